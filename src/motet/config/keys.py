"""The keys of settings: which there are, what each takes, and values by key in place of tables in tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from motet.config.section import Address, Located, Section, marks_of, parts_of
from motet.config.settings import SECTIONS, section_class
from motet.kernel.errors import NotFound

__all__ = [
    "Leaf",
    "all_leaves",
    "find_leaf",
    "flatten",
    "leaf_of",
    "nested",
    "slipped",
    "suggestion",
    "unflatten",
    "with_leaves",
]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A setting.

    Args:
        key: Such as `tasks.store`.
        field: What its section says of it.
        secret: Whether its value is never shown.
        located: How it holds paths; None: it holds none.
        url: How it is a URL that may hold a path and a password; None: it is none.
    """

    key: str
    field: FieldInfo
    secret: bool
    located: Located | None
    url: Address | None

    @property
    def default(self) -> Any:
        """What it is unless something else is said."""
        return self.field.get_default(call_default_factory=True)

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of what it takes."""
        return TypeAdapter(self.field.rebuild_annotation()).json_schema()


def nested(section: type[Section], name: str) -> type[Section] | None:
    """Return the class of a section within a section, or None where the name is that of a setting, or of nothing."""
    field = section.model_fields.get(name)
    inner = None if field is None else field.annotation
    return inner if isinstance(inner, type) and issubclass(inner, Section) else None


@cache
def _leaves(name: str) -> Mapping[str, Leaf]:
    return {leaf.key: leaf for leaf in _walk(name, section_class(name))}


def _walk(path: str, section: type[Section]) -> Iterator[Leaf]:
    for name, field in section.model_fields.items():
        key = f"{path}.{field.alias or name}"
        if inner := nested(section, name):
            yield from _walk(key, inner)
        else:
            marks = marks_of(field)
            yield Leaf(
                key,
                field,
                secret=SecretStr in parts_of(field.annotation),
                located=next((mark for mark in marks if isinstance(mark, Located)), None),
                url=next((mark for mark in marks if isinstance(mark, Address)), None),
            )


def all_leaves() -> dict[str, Leaf]:
    """Return every setting by its key."""
    return {key: leaf for name in SECTIONS for key, leaf in _leaves(name).items()}


def leaf_of(key: str) -> Leaf | None:
    """Return the setting with this key, or None."""
    head = key.partition(".")[0]
    return _leaves(head).get(key) if head in SECTIONS else None


def slipped(name: str) -> str | None:
    """Return the setting whose key was written with underscores for its dots, as `tasks_store`, or None."""
    head = name.partition("_")[0]
    known = _leaves(head) if head in SECTIONS else ()
    return next((key for key in known if key.replace(".", "_") == name), None)


def find_leaf(key: str) -> Leaf:
    """Return the setting with this key.

    Raises:
        NotFound: There is none; the message names the nearest.
    """
    leaf = leaf_of(key)
    if leaf is None:
        raise NotFound(f"there is no setting {key}{suggestion(key)}", key=key)
    return leaf


def suggestion(key: str) -> str:
    """Say which key may have been meant."""
    known = all_leaves()
    inside = [each for each in known if each.startswith(f"{key}.")]
    if inside:
        return f": it is a table, of {_listed(each.removeprefix(f'{key}.') for each in inside)}"
    last = [each for each in known if each.rpartition(".")[2] == key.rpartition(".")[2]]
    close = get_close_matches(key, known, n=1, cutoff=0.75) or last[:3] or get_close_matches(key, known, n=1)
    return f": did you mean {' or '.join(close)}?" if close else ": `motet config list` shows all"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(name.partition(".")[0] for name in names))


def flatten(values: Mapping[str, object]) -> dict[str, object]:
    """Take tables apart as far as they are sections; what no section knows is kept as it is."""
    found: dict[str, object] = {}
    for name, value in values.items():
        if name in SECTIONS and isinstance(value, Mapping):
            found |= _flat(name, section_class(name), value)
        else:
            found[name] = value
    return found


def _flat(path: str, section: type[Section], values: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in values.items():
        inner = nested(section, name)
        if inner is not None and isinstance(value, Mapping):
            found |= _flat(f"{path}.{name}", inner, value)
        else:
            found[f"{path}.{name}"] = value
    return found


def with_leaves(values: Mapping[str, object], change: Callable[[str, object], object]) -> dict[str, object]:
    """Return tables with what a function makes of each of their settings, which is called with the key and the value.

    A name that holds a dot is that of no setting, and what stands under it is kept as it is.
    """
    return {
        name: _changed(name, section_class(name), value, change)
        if name in SECTIONS and isinstance(value, Mapping)
        else value
        for name, value in values.items()
    }


def _changed(
    path: str, section: type[Section], values: Mapping[str, object], change: Callable[[str, object], object]
) -> dict[str, object]:
    made: dict[str, object] = {}
    for name, value in values.items():
        inner = nested(section, name)
        if inner is not None and isinstance(value, Mapping):
            made[name] = _changed(f"{path}.{name}", inner, value, change)
        else:
            made[name] = value if "." in name else change(f"{path}.{name}", value)
    return made


def unflatten(flat: Mapping[str, object]) -> dict[str, Any]:
    """Put values by key into tables in tables again."""
    made: dict[str, Any] = {}
    for key, value in flat.items():
        *path, last = key.split(".")
        table = made
        for step in path:
            table = table.setdefault(step, {})
        table[last] = value
    return made
