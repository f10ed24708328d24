"""Assertions that say where the difference is: of events, of chunks, and of JSON data."""

import re
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Final, overload

import pydantic_core

from motet.kernel.events import Event
from motet.kernel.message import Chunk
from motet.kernel.stream import Stream
from motet.testing.outcome import Outcome
from motet.testing.patterns import Pattern, Wanted, brief, pattern_of
from motet.testing.showing import MANY, differences, listed, plural, same, shown

__all__ = ["assert_chunks", "assert_events", "assert_same_json"]

AROUND: Final = 60
"""How many events are shown."""


def assert_events(recorded: Iterable[Event] | Outcome, expected: Iterable[Wanted], *, exact: bool = False) -> None:
    """Check that events came in an order.

    As in `assert_events(recorder, [RunStarted, event(NodeEnded, node="write", status="failed"), RunEnded])`.

    Args:
        recorded: A `Recorder`, an `Outcome`, or events.
        expected: What has to have come, in this order: classes of events, or `event(...)` for some of their fields.
        exact: Whether nothing else may have come; otherwise others may stand before, between and after.

    Raises:
        AssertionError: Something did not come; the message shows what came, and how near it was.
    """
    __tracebackhide__ = True
    events = list(recorded.events if isinstance(recorded, Outcome) else recorded)
    if isinstance(expected, type | Pattern):
        raise TypeError(f"What is expected is a list, as in [{getattr(expected, '__name__', expected)}]")
    patterns = [pattern_of(wanted) for wanted in expected]
    places, missing = _match(events, patterns, exact=exact)
    if missing is None and not (exact and len(events) > len(patterns)):
        return
    rows = [f"{_mark(index, places)} {brief(told)}" for index, told in enumerate(events)]
    if missing is None:
        head = f"{plural(len(events), 'event')} came, {len(patterns)} expected: the last ones are too many."
    else:
        head = _missing(patterns, missing, events, places, exact=exact)
    raise AssertionError(f"{head}\nThere came (numbers say which expectation was met):\n{listed(rows, many=AROUND)}")


def _match(events: Sequence[Event], patterns: Sequence[Pattern], *, exact: bool) -> tuple[dict[int, int], int | None]:
    """Find an event for each pattern, in order; return which ones, and the first pattern that has none."""
    places: dict[int, int] = {}
    at = 0
    for number, pattern in enumerate(patterns):
        ahead = range(at, min(at + 1, len(events)) if exact else len(events))
        found = next((index for index in ahead if pattern.matches(events[index])), None)
        if found is None:
            return places, number
        places[found] = number
        at = found + 1
    return places, None


def _mark(index: int, places: dict[int, int]) -> str:
    return f"{places[index] + 1:>3}." if index in places else "    "


def _missing(
    patterns: Sequence[Pattern], number: int, events: Sequence[Event], places: dict[int, int], *, exact: bool
) -> str:
    pattern = patterns[number]
    after = max(places, default=-1)
    where = f" after {patterns[number - 1]}" if number else ""
    head = f"Expectation {number + 1} of {len(patterns)} was not met: no {pattern} came{where}."
    if exact:
        came = brief(events[after + 1]) if after + 1 < len(events) else "nothing more"
        return f"Expectation {number + 1} of {len(patterns)} was not met: {pattern} was next, and {came} came."
    before = [told for told in events[: after + 1] if pattern.matches(told)]
    if before:
        return f"{head} One came before that: is the order as it should be?"
    near = [(told, list(pattern.misfits(told))) for told in events if isinstance(told, pattern.kind)]
    if not near:
        return f"{head} There is no {pattern.kind.__name__} at all."
    told, misfits = min(near, key=lambda pair: len(pair[1]))
    return f"{head} The nearest is {brief(told)}, whose {'; '.join(misfits)}."


@overload
def assert_chunks(source: Outcome | Iterable[Chunk], expected: Sequence[object], *, raw: bool = False) -> None: ...
@overload
def assert_chunks(source: Stream[Any], expected: Sequence[object], *, raw: bool = False) -> Awaitable[None]: ...


def assert_chunks(
    source: Outcome | Iterable[Chunk] | Stream[Any], expected: Sequence[object], *, raw: bool = False
) -> Awaitable[None] | None:
    """Check what was emitted.

    Args:
        source: An `Outcome`, or chunks. A `Stream` is read to its end: then this has to be awaited.
        expected: The values, in order.
        raw: Whether what was emitted before a restart counts; otherwise only what is left in the end does.

    Raises:
        AssertionError: Something else was emitted; the message shows both beside one another.
    """
    __tracebackhide__ = True
    if isinstance(source, Stream):
        return _read_and_check(source, expected, raw=raw)
    _check_chunks(source.chunks if isinstance(source, Outcome) else tuple(source), expected, raw=raw)
    return None


async def _read_and_check(stream: Stream[Any], expected: Sequence[object], *, raw: bool) -> None:
    __tracebackhide__ = True
    _check_chunks([chunk async for chunk in stream], expected, raw=raw)


def _check_chunks(chunks: Sequence[Chunk], expected: Sequence[object], *, raw: bool) -> None:
    __tracebackhide__ = True
    data = [chunk for chunk in chunks if not chunk.restart]
    kept = data if raw else [one for one in data if not any(later.replaces(one) for later in chunks)]
    values = [chunk.value for chunk in kept]
    if len(values) == len(expected) and all(map(same, expected, values)):
        return
    pairs = zip(expected, values, strict=False)
    at = next((n for n, (want, have) in enumerate(pairs) if not same(want, have)), min(len(values), len(expected)))
    begin = max(at - 3, 0)
    rows = []
    for number in range(begin, max(len(values), len(expected))):
        want = shown(expected[number], 36) if number < len(expected) else "(nothing)"
        have = f"{shown(values[number], 36)} from {kept[number].agent!r}" if number < len(values) else "(nothing)"
        rows.append(f"{'>' if number == at else ' '} {number + 1:>3}. {want:<36}  {have}")
    restarts = sum(chunk.restart for chunk in chunks)
    note = f"\n{plural(restarts, 'restart')} left out what was emitted before; raw=True counts it" if restarts else ""
    raise AssertionError(
        f"{plural(len(values), 'chunk')} came, {len(expected)} expected; they part at number {at + 1}.\n"
        f"       {'expected':<36}  got\n{listed(rows, indent='')}{note}"
    )


def assert_same_json(got: object, expected: object, *, ignore: Iterable[str] = ()) -> None:
    """Check that two values are the same as JSON data; models and dataclasses count as what they are written as.

    Args:
        got: What came.
        expected: What it should be.
        ignore: JSON pointers (RFC 6901) of what may differ, with all that is in it; `*` stands for any one step:
            "/items/*/id". A key's own / is written ~1, and its ~ is written ~0.

    Raises:
        AssertionError: They differ; the message lists each place as its pointer, with both values.
        ValueError: What is to be ignored is no JSON pointer.
    """
    __tracebackhide__ = True
    left_out = [_pointer(pointer) for pointer in ([ignore] if isinstance(ignore, str) else ignore)]
    found = differences(pydantic_core.to_jsonable_python(expected), pydantic_core.to_jsonable_python(got))
    lines = [str(one) for one in found if not any(_leads(pointer, one.steps) for pointer in left_out)]
    if lines:
        places = "1 place" if len(lines) == 1 else f"{len(lines)} places"
        raise AssertionError(f"The JSON data differs in {places}:\n{listed(lines, many=MANY * 2)}")


def _pointer(text: str) -> tuple[str, ...]:
    """Read a JSON pointer: https://www.rfc-editor.org/rfc/rfc6901#section-4."""
    if not re.fullmatch(r"(/([^~/]|~[01])*)*", text, re.DOTALL):
        raise ValueError(
            f"{text!r} is no JSON pointer: it is empty, or begins with / as in '/items/*/id'; "
            "in a key, / is written ~1, and ~ is written ~0"
        )
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])


def _leads(pointer: tuple[str, ...], steps: tuple[str, ...]) -> bool:
    """Tell whether a pointer leads to a place, or to something around it."""
    near = zip(pointer, steps, strict=False)
    return len(pointer) <= len(steps) and all(wanted in {"*", step} for wanted, step in near)
