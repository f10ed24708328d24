"""The layers that a file holds: what stands in it, and a profile just above that."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from motet.config.errors import InvalidConfig, Problem
from motet.config.keys import leaf_of, with_leaves
from motet.config.layer import Layer, Written
from motet.config.places import expanded, heading_of
from motet.config.section import NONE
from motet.config.source import Source
from motet.config.toml_text import lines_of, parse_toml, read_text

__all__ = ["PROFILES", "FileSays", "read_file"]

PROFILES: Final = "profiles"

_FILE_STORES: Final = ("sqlite", "duckdb")


class FileSays:
    """What a file says.

    Args:
        name: Which of the two files it is.
        file: Its path.
        text: What is in it.
        tables: The same, read.

    Raises:
        InvalidConfig: Profiles are something else than tables of tables.
    """

    def __init__(self, name: Literal["global", "project"], file: Path, text: str, tables: dict[str, object]) -> None:
        self._name: Literal["global", "project"] = name
        self._file = file
        self._text = text
        heading = heading_of(file)
        found: object = tables
        for step in heading:
            found = found.get(step, {}) if isinstance(found, Mapping) else {}
        if not isinstance(found, Mapping):
            raise InvalidConfig.of([Problem(self._source(heading), f"{'.'.join(heading)} is a table of settings")])
        self._tables = dict(found)
        profiles = self._tables.pop(PROFILES, {})
        if not isinstance(profiles, Mapping) or not all(isinstance(each, Mapping) for each in profiles.values()):
            told = "profiles are tables of settings: write [profiles.NAME.SECTION]"
            raise InvalidConfig.of([Problem(self._source((*heading, PROFILES)), told)])
        self.profiles: Mapping[str, Mapping[str, object]] = profiles

    def layers(self, profile: str | None) -> list[Layer]:
        """Return what it says, and above that what its profile says."""
        heading = heading_of(self._file)
        made = [self._layer(self._tables, Written(self._file, self._text, heading))]
        if profile in self.profiles:
            written = Written(self._file, self._text, (*heading, PROFILES, str(profile)), profile)
            made.append(self._layer(self.profiles[str(profile)], written))
        return made

    def _layer(self, tables: Mapping[str, object], written: Written) -> Layer:
        said = Layer(self._name, tables, written)
        placed = with_leaves(tables, lambda key, value: _placed(key, value, self._file.parent, said))
        return Layer(self._name, placed, written)

    def _source(self, path: tuple[str, ...]) -> Source:
        return Source(self._name, self._file, lines_of(self._text).get(path))


def read_file(name: Literal["global", "project"], file: Path | None) -> FileSays | None:
    """Read a file; None where there is none.

    Raises:
        InvalidConfig: It cannot be read.
    """
    text = None if file is None else read_text(file, name)
    if file is None or text is None:
        return None
    return FileSays(name, file, text, parse_toml(text, file, name))


def _placed(key: str, value: object, folder: Path, said: Layer) -> object:
    """Make relative paths mean what they mean from the file's folder."""
    leaf = leaf_of(key)
    if leaf is None or (leaf.located is None and not leaf.url):
        return value
    if isinstance(value, list):
        return [_placed(key, each, folder, said) for each in value]
    if not isinstance(value, str):
        return value
    if leaf.located is None:
        return _url(value, folder)
    if value in {"", NONE} or (leaf.located.modules and not value.endswith(".py") and "/" not in value):
        return value
    return str(folder.resolve() / expanded(value, said.source(key), key))


def _url(text: str, folder: Path) -> str:
    scheme, slashes, rest = text.partition(":///")
    path, mark, query = rest.partition("?")
    if not slashes or scheme.partition("+")[0] not in _FILE_STORES or not path or path[:1] in {"/", ":"}:
        return text
    return f"{scheme}:////{str(folder.resolve() / path).lstrip('/')}{mark}{query}"
