"""Names and ids within a task array: which entry each of them means."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from motet.tasks.entries import Entry
from motet.tasks.hints import meant, shown

__all__ = ["Names", "Told"]

Told = Callable[[int, str, str], None]
"""Takes a problem: the index of the entry, the field and the sentence."""

SEVERAL: Final = -1
"""The place of a name that several entries have."""

HINTS: Final = 20
"""How many unknown names are compared with the known ones: that takes a while in a large array."""


class Names:
    """The names and ids of the entries of an array.

    An id that two entries have is a problem. A name may be shared as long as nobody refers to it.

    Args:
        entries: The entries.
        tell: Takes each problem.

    Attributes:
        ids_first: The places of entries by what refers to them, where an id counts more than a name.
        names_first: The same, where a name counts more than an id.
    """

    def __init__(self, entries: Sequence[Entry], tell: Told) -> None:
        self._tell, self._hints = tell, HINTS
        ids: dict[str, int] = {}
        names: dict[str, int] = {}
        for place, entry in enumerate(entries):
            if entry.name:
                names[entry.name] = SEVERAL if entry.name in names else place
            if entry.id is not None and ids.setdefault(entry.id, place) != place:
                tell(place, "id", f"entry {ids[entry.id]} has the id {shown(entry.id)}, too: give each its own")
        self.ids_first: Mapping[str, int] = names | ids if ids else names
        self.names_first: Mapping[str, int] = ids | names if ids else names

    def find(self, index: int, field: str, text: str, *, name: bool = False) -> int | None:
        """Find the entry that a text means; a problem is told.

        Args:
            index: The entry that refers to it.
            field: Where it does.
            text: The name or id.
            name: Whether it is written as a name.
        """
        place = (self.names_first if name else self.ids_first).get(text)
        if place is None:
            self.unknown(index, field, text, "entry", self.ids_first)
        elif place == SEVERAL:
            told = f"several entries are called {shown(text)}"
            self._tell(index, field, f'{told}: give each an "id" of its own, and write that here')
        else:
            return place
        return None

    def unknown(self, index: int, field: str, text: str, what: str, known: Mapping[str, object]) -> None:
        """Tell of a name that nobody has, with the one that is most like it.

        Args:
            index: The entry that refers to it.
            field: Where it does.
            text: The name or id.
            what: What it should be the name of.
            known: The names there are.
        """
        self._hints -= 1
        near = meant(text, known) if self._hints >= 0 else ""
        hint = f"did you mean {shown(near)}?" if near else f"write the name or the id of {_one(what)}"
        self._tell(index, field, f"no {what} is called {shown(text)}: {hint}")


def _one(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
