"""The fields of a task that are the user's own, told apart from those that are misspelt or not for the user to set."""

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from motet.tasks.fields import READERS
from motet.tasks.hints import Tell, meant, shown
from motet.tasks.json_data import to_json_data, unwritable
from motet.tasks.model import Task

__all__ = ["FIELDS", "OTHER_WORDS", "RESERVED", "misspelt", "read_custom"]

FIELDS: Final = (
    *("name", "id", "executor", "schemas", "inputs", "parent", "parent_id", "dependencies"),
    *READERS,
)
"""Every key of an entry that means something."""

RESERVED: Final = frozenset(
    {field.name for field in dataclasses.fields(Task)} - {"definition"} | {"attempts", "journal", "seq"}
)
"""What a task tells of how it runs: a field of the user's own would stand in its place."""

SURE: Final = 0.85
"""How alike a key and a field are, as a ratio of `difflib`, that it counts as misspelt and not as the user's own."""

OTHER_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dependency": "dependencies",
        "depends": "dependencies",
        "depends_on": "dependencies",
        "executor_id": "executor",
        "retries": "retry",
    }
)
"""What people write for a field although it is less alike than `SURE`."""

FLAT: Final = frozenset({"children", "subtasks"})
"""What people write for tasks inside a task; they would be kept as data, and never run."""


def read_custom(key: object, value: object, tell: Tell) -> object:
    """Read a field that means nothing to Motet: it stays with its task, as JSON data.

    Args:
        key: The field.
        value: What stands there.
        tell: Takes each problem.
    """
    if not isinstance(key, str) or unwritable(key):
        tell("", f"the key {shown(key)} is no JSON text: write a string")
    elif key in RESERVED:
        tell(key, "how the task runs is not for you to set: leave it out, or call your own field something else")
    elif key in FLAT:
        tell(key, 'the array is flat: write every task as an entry of its own, with its "parent"')
    elif field := misspelt(key):
        tell(key, f'there is no such field: did you mean "{field}"? (a field of your own needs a name less like it)')
    else:
        return to_json_data(value, key, tell)
    return None


def misspelt(key: object) -> str:
    """Return the field that a key was meant to be, where that is more likely than a field of the user's own; or ""."""
    return _misspelt(key) if isinstance(key, str) and key not in RESERVED else ""


@lru_cache(maxsize=1024)
def _misspelt(key: str) -> str:
    return OTHER_WORDS.get(key) or meant(key.casefold().replace("-", "_"), FIELDS, SURE)
