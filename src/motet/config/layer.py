"""A layer of settings: what one place says, and how to say where exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from motet.config.keys import flatten
from motet.config.source import DEFAULT, LayerName, Source
from motet.config.toml_text import lines_of

__all__ = ["Layer", "Written", "merged", "source_in"]


@dataclass(frozen=True, slots=True)
class Written:
    """The part of a file that a layer comes from.

    Args:
        file: The file.
        text: What is in it.
        heading: The table in it, such as `("tool", "motet")`.
        profile: The profile that it is.
    """

    file: Path
    text: str = field(repr=False)
    heading: tuple[str, ...] = ()
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says.

    Args:
        name: Which layer.
        values: Tables in tables, as they were read.
        written: The file; None where it is none.
        variables: The environment variables, or the files of secrets, by their keys.
    """

    name: LayerName
    values: Mapping[str, object] = field(repr=False)
    written: Written | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def flat(self) -> dict[str, object]:
        """What it says, by key."""
        return flatten(self.values)

    def source(self, key: str) -> Source:
        """Say where exactly a key is written."""
        return self.source_at(tuple(key.split(".")))

    def source_at(self, place: tuple[str, ...]) -> Source:
        """Say where exactly something is written, by the names of the tables that it is in and its own."""
        written = self.written
        if written is None:
            return Source(self.name, variable=self._variable(".".join(place)))
        lines = lines_of(written.text)
        path = (*written.heading, *place)
        while path not in lines and len(path) > len(written.heading):
            path = path[:-1]
        return Source(self.name, written.file, lines.get(path), written.profile)

    def _variable(self, key: str) -> str | None:
        above = key
        while above:
            if above in self.variables:
                return self.variables[above]
            above = above.rpartition(".")[0]
        return next((name for below, name in self.variables.items() if below.startswith(f"{key}.")), None)


def merged(layers: list[Layer]) -> dict[str, object]:
    """Return what holds, by key: what a later layer says replaces what an earlier one says."""
    flat: dict[str, object] = {}
    for layer in layers:
        flat |= layer.flat
    return flat


def source_in(layers: list[Layer], key: str) -> Source:
    """Say where what holds comes from."""
    return next((layer.source(key) for layer in reversed(layers) if key in layer.flat), DEFAULT)
