"""Words for people: a value in short, and the word that they may have meant."""

import reprlib
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Final

__all__ = ["Tell", "listed", "meant", "shown"]

Tell = Callable[[str, str], None]
"""Takes a problem: the field, dotted where it is inside another one, and the sentence."""

LONGEST: Final = 60
"""Words longer than this are not compared, and values are shown up to here: comparing takes quadratic time."""

MOST: Final = 1_000
"""How many words are compared with one."""


class _Short(reprlib.Repr):
    """Shows a value in a few words, whatever its own `repr` does."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = LONGEST

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write numbers of some thousand digits.
        return super().repr_int(x, level) if abs(x) < 10**100 else "a number of more than 100 digits"


_SHORT: Final = _Short()


def shown(value: object) -> str:
    """Return a value as a message shows it: short, and never raising."""
    try:
        return _SHORT.repr(value)
    except Exception:  # noqa: BLE001  # it comes from the value's own methods, and its type says enough
        return f"a value of the type {type(value).__name__}"


def meant(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the word that is most like another one, or "".

    Args:
        word: What somebody wrote.
        words: What it could have been; the first thousand are looked at.
        cutoff: How alike they have to be, as a ratio of `difflib`.
    """
    if len(word) > LONGEST:
        return ""
    known = [known for known in islice(words, MOST) if len(known) <= LONGEST]
    return next(iter(get_close_matches(word, known, n=1, cutoff=cutoff)), "")


def listed(names: Iterable[str], most: int = 3) -> str:
    """Return names as a list for a sentence: the first few, and how many more there are."""
    all_names = list(names)
    first = ", ".join(map(shown, all_names[:most]))
    return first if len(all_names) <= most else f"{first} and {len(all_names) - most} more"
