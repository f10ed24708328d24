"""Which metadata may leave the process: what is named, and nothing else."""

from collections.abc import Sequence
from typing import Final

from motet.kernel.context import CURRENT
from motet.kernel.errors import InvalidAgent
from motet.observability.plain import word_of

__all__ = ["Allowed", "Value"]

Value = str | bool | int | float

INT64: Final = 2**63
"""Beyond this, exporters have no room for a whole number, and leave the attribute out."""


class Allowed:
    """The names of metadata that may leave.

    Args:
        names: Which ones.

    Raises:
        InvalidAgent: They are no names.
    """

    def __init__(self, names: Sequence[str]) -> None:
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise InvalidAgent(f"attributes={names!r}: it takes names of metadata, as in attributes=['tenant']")
        self.names = tuple(names)

    def of(self, span: str) -> dict[str, Value]:
        """Return what may leave of the metadata of a call, which is the current one, as attributes of its span."""
        context = CURRENT.get() if self.names else None
        if context is None or context.span != span:
            return {}
        metadata = context.metadata
        return {f"motet.metadata.{name}": _plain(metadata[name]) for name in self.names if name in metadata}

    def labels(self) -> tuple[str, ...]:
        """Return what may leave of the metadata of the current call, as the values of labels."""
        context = CURRENT.get()
        if context is None:
            return ("",) * len(self.names)
        metadata = context.metadata
        return tuple(word_of(metadata.get(name, "")) for name in self.names)


def _plain(value: object) -> Value:
    if isinstance(value, int) and not -INT64 <= value < INT64:
        return word_of(value)
    return value if isinstance(value, bool | int | float) else word_of(value)
