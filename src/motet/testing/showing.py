"""Values in the words of a failure message: short, on one line, and what differs between two of them."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Difference", "differences", "listed", "nearest", "ordinal", "plural", "shown"]

WIDTH: Final = 88
"""How many characters of a value are shown."""

MANY: Final = 12
"""How many lines of a list are shown."""


def shown(value: object, width: int = WIDTH) -> str:
    """Show a value on one line, cut in the middle where it is long."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - the message about a failure must not fail itself
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def listed(lines: Iterable[str], indent: str = "  ", many: int = MANY) -> str:
    """Show lines below one another, of many the first ones only; "(none)" where there are none."""
    rows = list(lines)
    cut = rows[:many] + ([f"... and {len(rows) - many:,} more"] if len(rows) > many else [])
    return "\n".join(indent + row for row in cut or ["(none)"])


def plural(count: int, word: str) -> str:
    """Count things in words: "1 event", "3 events"."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def ordinal(number: int) -> str:
    """Say "1st", "2nd", "11th"."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def nearest(wanted: str, known: Iterable[str]) -> str:
    """Say which known names look like a wanted one, or which there are.

    Returns:
        The end of a sentence, such as "did you mean 'write'?" or "there are 'read', 'write'."
    """
    names = sorted(set(known))
    close = difflib.get_close_matches(wanted, names, n=3)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"there are {', '.join(map(repr, names[:MANY]))}." if names else "there are none."


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where two values differ; as text it is "/items/0/id: expected 1, got 2".

    Args:
        steps: The keys and indices that lead there.
        text: What differs.
    """

    steps: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        # https://www.rfc-editor.org/rfc/rfc6901#section-3
        place = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in self.steps)
        return f"{place or '(the value)'}: {self.text}"


def differences(expected: object, got: object, steps: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Find where two values of JSON data differ.

    Args:
        expected: What was wanted.
        got: What came.
        steps: The keys and indices that lead to them.
    """
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key in expected:
            if key in got:
                yield from differences(expected[key], got[key], (*steps, str(key)))
            else:
                yield Difference((*steps, str(key)), f"missing, expected {shown(expected[key])}")
        for key in got:
            if key not in expected:
                yield Difference((*steps, str(key)), f"unexpected {shown(got[key])}")
    elif _row(expected) and _row(got):
        yield from _rows(expected, got, steps)
    elif isinstance(expected, str) and isinstance(got, str) and expected != got:
        yield Difference(steps, _texts(expected, got))
    elif not same(expected, got):
        yield Difference(steps, f"expected {shown(expected)}, got {shown(got)}")


def same(expected: object, got: object) -> bool:
    """Tell whether two values are one in JSON: 1 and 1.0 are, 1 and true are not."""
    return isinstance(expected, bool) == isinstance(got, bool) and expected == got


def _row(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _rows(expected: object, got: object, steps: tuple[str, ...]) -> Iterator[Difference]:
    assert isinstance(expected, Sequence)
    assert isinstance(got, Sequence)
    for index, (one, other) in enumerate(zip(expected, got, strict=False)):
        yield from differences(one, other, (*steps, str(index)))
    for index in range(len(got), len(expected)):
        yield Difference((*steps, str(index)), f"missing, expected {shown(expected[index])}")
    for index in range(len(expected), len(got)):
        yield Difference((*steps, str(index)), f"unexpected {shown(got[index])}")


def _texts(expected: str, got: str) -> str:
    """Tell two texts apart: short ones whole, long ones from where they part."""
    if len(expected) <= WIDTH and len(got) <= WIDTH:
        return f"expected {expected!r}, got {got!r}"
    at = next((n for n, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), min(len(expected), len(got)))
    begin = max(at - 20, 0)
    cut = "..." if begin else ""
    return (
        f"the texts part at character {at}: expected {cut}{shown(expected[begin : at + 40])}, "
        f"got {cut}{shown(got[begin : at + 40])}"
    )
