"""Where a replay differs from its record: calls, their order, what they were given, what they gave, how they ended."""

import difflib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final, Literal, Self

from motet.devtools.replay_places import ABSENT, Place, walk
from motet.kernel.frozen import is_data

__all__ = ["Difference", "Differences", "compare"]

Kind = Literal[
    "missing call", "extra call", "order", "input", "output", "type", "error", "status", "chunks", "messages"
]

SHOWN: Final = 5
"""How many differences are written out; the others are counted."""

LINES: Final = 40
"""How many lines of a difference are shown."""

NOUNS: Final[Mapping[str, str]] = {
    "missing call": "was called when it was recorded, and is not called any more",
    "extra call": "is called, and was not when it was recorded",
    "order": "is called in another order",
    "input": "is given something else",
    "output": "gives something else",
    "type": "is recorded with an output that no longer fits its type",
    "error": "fails with another error",
    "status": "ends in another way",
    "chunks": "emits other chunks",
    "messages": "sends other messages",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Args:
        kind: What differs.
        path: The names of the calls around the one that differs, outermost first, its own last.
        expected: What was recorded: JSON data.
        actual: What came of the replay, likewise.
        at: Where in the record it comes.
    """

    kind: Kind
    path: tuple[str, ...]
    expected: Any
    actual: Any
    at: float = 0.0

    def __str__(self) -> str:
        lines = [f"{' / '.join(self.path)} {NOUNS[self.kind]}"]
        if self.kind == "missing call":
            lines += _indented("- ", self.expected)
        elif self.kind == "extra call":
            lines += _indented("+ ", self.actual)
        else:
            lines += _diff(self.expected, self.actual)
        return "\n".join(lines)


@dataclass(slots=True)
class Differences:
    """What came of a replay; false where everything was as recorded.

    Args:
        found: The differences, the first one first.
        notes: What else is to be said.
        calls: How many recorded calls were met again.
        answered: How many of them answered from the record.
    """

    found: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    answered: int = 0

    def __bool__(self) -> bool:
        return bool(self.found)

    def __iadd__(self, other: "Differences") -> Self:
        """Take what came of another call of the same trace along."""
        self.found = sorted([*self.found, *other.found], key=lambda one: one.at)
        self.notes += (note for note in other.notes if note not in self.notes)
        self.calls += other.calls
        self.answered += other.answered
        return self

    def __str__(self) -> str:
        if not self.found:
            return f"the same: {self.calls} calls, {self.answered} of them answered from the record"
        lines = [str(difference) for difference in self.found[:SHOWN]]
        if len(self.found) > SHOWN:
            lines.append(f"and {len(self.found) - SHOWN} more")
        return "\n\n".join(lines)


def compare(
    expected: Place, actual: Place, matched: Mapping[str, Place], answered: Collection[Place]
) -> list[Difference]:
    """Compare a replay with its record.

    Args:
        expected: The call at the top, as it was recorded.
        actual: The same in the replay.
        matched: The recorded calls, by the spans of those in the replay.
        answered: The recorded calls that answered from the record, and are only compared by what they were given.
    """
    found: list[Difference] = []
    again = {matched[place.span]: place for place in walk(actual) if place.span in matched}
    waiting = [expected]
    while waiting:
        place = waiting.pop()
        now = again[place]
        found += _input(place, now)
        if place in answered:
            continue
        found += _ends(place, now)
        found += _missing(place, again)
        found += _order(place, again)
        waiting += [child for child in place.children if child in again]
    return sorted(found, key=lambda difference: difference.at)


def _input(place: Place, now: Place) -> Iterable[Difference]:
    if place.around is not None and _differ(place.payload, now.payload):
        yield Difference("input", place.path, place.payload, now.payload, place.begun)


def _ends(place: Place, now: Place) -> Iterable[Difference]:
    at = place.ended or place.begun
    for kind, one, other in (("chunks", place.chunks, now.chunks), ("messages", place.sent, now.sent)):
        if _differ(one, other):
            yield Difference(kind, place.path, one, other, at - 0.4)  # type: ignore[arg-type]
    if place.status and place.status != now.status:
        yield Difference("status", place.path, _ended(place), _ended(now), at)
    elif place.status == "failed" and _error(place) != _error(now, place):
        yield Difference("error", place.path, _error(place), _error(now), at)
    elif place.status == "completed" and _differ(place.output, now.output):
        yield Difference("output", place.path, place.output, now.output, at)


def _missing(place: Place, again: Mapping[Place, Place]) -> Iterable[Difference]:
    for child in place.children:
        if child not in again and child.status not in {"cancelled", ""}:
            yield Difference("missing call", child.path, child.payload, None, child.begun)


def _order(place: Place, again: Mapping[Place, Place]) -> Iterable[Difference]:
    """Find what was called one after the other, and is now called the other way round; a flow keeps no such order."""
    if place.flow:
        return
    met = [child for child in place.children if child in again]
    for first, second in combinations(met, 2):
        if 0 < first.ended < second.begun and again[second].begun < again[first].begun:
            told = [child.name for child in met]
            now = [child.name for child in sorted(met, key=lambda child: again[child].begun)]
            yield Difference("order", (*place.path, second.name), told, now, first.begun)
            return


def _differ(one: Any, other: Any) -> bool:
    if one is ABSENT or other is ABSENT:
        return False
    # What was only recorded by its looks may look different each time, as an address in a repr does.
    return bool(one != other and is_data(one) and is_data(other))


def _error(place: Place, like: Place | None = None) -> dict[str, Any]:
    """Tell an error as it is compared; only the beginning of its message if no more was recorded of the other."""
    error, other = place.error or {}, (like and like.error) or {}
    details, message = error.get("details"), error.get("message")
    name = details.get("type") if isinstance(details, dict) else None
    if "cut" in other and isinstance(message, str):
        message = message[: len(str(other.get("message")))]
    return {"error": name or error.get("code"), "message": message}


def _ended(place: Place) -> dict[str, Any]:
    told: dict[str, Any] = {"status": place.status or "not over"}
    if place.status == "failed":
        told |= _error(place)
    elif place.status == "completed":
        told["output"] = place.output
    return told


def _written(value: Any) -> list[str]:
    if value is ABSENT:
        return [repr(value)]
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=repr).splitlines()


def _indented(sign: str, value: Any) -> list[str]:
    return _cut([f"  {sign}{line}" for line in _written(value)])


def _diff(expected: Any, actual: Any) -> list[str]:
    lines = [line for line in difflib.ndiff(_written(expected), _written(actual)) if not line.startswith("?")]
    return _cut([f"  {line}" for line in lines])


def _cut(lines: list[str]) -> list[str]:
    return lines if len(lines) <= LINES else [*lines[:LINES], f"  … {len(lines) - LINES} more lines"]
