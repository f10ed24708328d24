"""The buffer: bounded, never silent about what it drops, and every part of a history has a beginning and an end."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from motet.kernel.events import AgentEnded, AgentStarted, DeadlinePassed, Event
from motet.observability import history_buffer
from motet.observability.history_buffer import SOME, URGENT, Buffer
from support import StillClock

TRACE = "0123456789abcdef" * 2


class SetClock(StillClock):
    """A clock whose times are set."""

    mono, time = 0.0, 0.0

    def now(self) -> float:
        return self.mono

    def wall(self) -> float:
        return self.time


def made(most: int = 100, most_bytes: int = 10**6, **about: object) -> Buffer:
    return Buffer(most, most_bytes, StillClock(), about)


def put(buffer: Buffer, *events: Event) -> list[int]:
    return [buffer.put(event, (), 0) for event in events]


def told(buffer: Buffer) -> list[Any]:
    """Write down what waits: names of events, and the records of the buffer's own, with their numbers."""
    lines: list[Any] = []
    for _, number, event, _, _ in buffer.take(1000):
        if isinstance(event, dict):
            lines.append((event["kind"], number, *([event["count"]] if event["kind"] == "lost" else [])))
        else:
            lines.append((type(event).__name__, number))
    return lines


def happened(number: int = 0, trace: str = TRACE) -> Event:
    return DeadlinePassed(trace, float(number), "s", "a")


STARTED, ENDED = AgentStarted(TRACE, 1.0, "s", "", "a"), AgentEnded(TRACE, 2.0, "s", "a", "completed", 1.0)


def test_a_part_has_a_beginning_numbers_and_an_end() -> None:
    buffer = made(name="x")
    assert put(buffer, STARTED, happened(), ENDED) == [SOME, 0, URGENT]
    assert told(buffer) == [
        ("begin", 0),
        ("AgentStarted", 1),
        ("DeadlinePassed", 2),
        ("AgentEnded", 3),
        ("end", 3),
    ]
    begin = buffer.take(1)[0][2]
    assert isinstance(begin, dict)
    assert (begin["trace"], begin["at"], begin["v"], begin["name"]) == (TRACE, 1.0, 1, "x")


def test_a_part_began_at_the_time_of_day_that_it_is_also_after_the_clock_was_set() -> None:
    clock = SetClock()
    clock.mono, clock.time = 100.0, 5.0  # a machine that does not know yet how late it is
    buffer = Buffer(100, 10**6, clock, {})
    put(buffer, AgentStarted(TRACE, 99.0, "s", "", "a"))
    clock.mono, clock.time = 200.0, 1_800_000_000.0
    put(buffer, AgentStarted("f" * 32, 198.5, "s", "", "a"))
    begins = [event for _, _, event, _, _ in buffer.take(10) if isinstance(event, dict)]
    assert [begin["wall"] for begin in begins] == [4.0, 1_799_999_998.5]


def test_what_comes_after_the_end_is_a_part_of_its_own() -> None:
    buffer = made()
    put(buffer, STARTED, ENDED, happened())
    assert [line[0] for line in told(buffer)][3:] == ["end", "begin", "DeadlinePassed"]
    assert len({item[0].by for item in buffer.take(10)}) == 2


def test_what_finds_no_room_is_counted_where_it_was() -> None:
    buffer = made(4)
    put(buffer, STARTED, *map(happened, range(5)))
    assert told(buffer) == [("begin", 0), ("AgentStarted", 1), ("DeadlinePassed", 2), ("DeadlinePassed", 3)]
    assert buffer.dropped == 3
    buffer.written(3)
    put(buffer, happened(6))
    assert told(buffer) == [("DeadlinePassed", 3), ("lost", 6, 3), ("DeadlinePassed", 7)]


def began_and_ended(trace: str) -> tuple[Event, Event]:
    return AgentStarted(trace, 1.0, "s", "", "a"), AgentEnded(trace, 2.0, "s", "a", "completed", 1.0)


def test_traces_that_come_and_go_without_room_leave_nothing_behind_but_their_number() -> None:
    buffer = made(4)
    put(buffer, STARTED, happened(), happened())
    for number in range(1000):
        assert put(buffer, *began_and_ended(f"t{number}")) == [0, 0]
    assert (len(buffer), buffer.dropped) == (4, 2000)
    put(buffer, happened(), ENDED)
    assert told(buffer)[4:] == [("lost", 5, 2), ("end", 5)]
    buffer.written(6)
    buffer.tell_losses()
    buffer.close()
    assert len(buffer) == 0


def test_the_marks_beyond_the_bound_are_two_for_each_part_that_was_open() -> None:
    buffer = made(6)
    begun = [began_and_ended(f"t{number}") for number in range(3)]
    put(buffer, *(started for started, _ in begun))
    assert len(buffer) == 6
    for started, ended in begun:
        put(buffer, happened(1, started.trace), ended)
    put(buffer, *(event for number in range(100) for event in began_and_ended(f"u{number}")))
    assert told(buffer)[6:] == [("lost", 3, 2), ("end", 3)] * 3
    assert buffer.dropped == 206


def test_a_trace_that_finds_room_late_has_its_beginning_and_what_it_lost_before() -> None:
    buffer = Buffer(2, 10**6, SetClock(), {})
    put(buffer, *map(happened, range(2)), STARTED, happened(5, "late"), happened(6, "late"))
    first = buffer.take(1)[0][2]
    buffer.written(2)
    put(buffer, happened(7, "late"))
    assert told(buffer) == [("begin", 0), ("lost", 2, 2), ("DeadlinePassed", 3)]
    begin = buffer.take(1)[0][2]
    assert isinstance(begin, dict)
    assert isinstance(first, dict)
    assert (begin["trace"], begin["at"]) == ("late", 5.0)
    assert begin["wall"] - first["wall"] == begin["at"] - first["at"]


@pytest.mark.parametrize("ends", [False, True])
def test_of_a_trace_that_found_no_room_it_is_told_where_there_is_room_again(ends: bool) -> None:
    buffer = made(100, 1000)
    started, ended = began_and_ended("big")
    buffer.put(started, (), 2000)
    if ends:
        buffer.put(ended, (), 2000)
    else:
        buffer.tell_losses()
    assert told(buffer) == [("begin", 0), *([("lost", 2, 2), ("end", 2)] if ends else [("lost", 1, 1)])]


def test_losses_are_told_only_as_far_as_there_is_room() -> None:
    buffer = made(3)
    put(buffer, STARTED, happened(), *(happened(1, f"t{number}") for number in range(10)))
    assert not buffer.tell_losses()
    assert len(buffer) == 3
    found: list[Any] = []
    while len(buffer):
        found += told(buffer)
        buffer.written(len(buffer))
        all_told = buffer.tell_losses()
        assert len(buffer) <= 4
    assert all_told
    assert found.count(("lost", 1, 1)) == 10
    assert (buffer.added, buffer.gone) == (len(found), len(found))


def test_what_is_given_up_is_counted_without_the_marks() -> None:
    buffer = made()
    put(buffer, STARTED, happened(), ENDED)
    assert buffer.give_up() == 3
    assert (len(buffer), buffer.dropped) == (0, 3)


def test_too_many_bytes_find_no_room_either() -> None:
    buffer = made(100, 2000)
    buffer.put(STARTED, (), 1000)
    buffer.put(happened(), (), 1000)
    assert buffer.dropped == 1
    buffer.written(2)
    buffer.put(happened(), (), 1000)
    assert buffer.dropped == 1


def test_what_was_lost_last_is_told_without_another_event() -> None:
    buffer = made(2)
    put(buffer, STARTED, happened())
    buffer.written(2)
    buffer.tell_losses()
    assert told(buffer) == [("lost", 2, 1)]


def test_an_end_that_finds_no_room_ends_its_part_nevertheless() -> None:
    buffer = made(2)
    assert put(buffer, STARTED, ENDED)[-1] == URGENT
    assert told(buffer) == [("begin", 0), ("AgentStarted", 1), ("lost", 2, 1), ("end", 2)]


def test_closing_ends_every_part_and_what_comes_later_is_dropped() -> None:
    buffer = made()
    put(buffer, STARTED, happened(1, "other"))
    buffer.close()
    assert [line[0] for line in told(buffer)] == ["begin", "AgentStarted", "begin", "DeadlinePassed", "end", "end"]
    assert put(buffer, happened()) == [0]
    assert (len(buffer), buffer.dropped) == (6, 1)


def test_many_are_to_be_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_buffer, "MANY", 4)
    assert put(made(), *map(happened, range(5))) == [SOME, 0, URGENT, 0, 0]


def test_only_so_many_parts_are_open_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_buffer, "PARTS", 2)
    buffer = made()
    put(buffer, *(happened(number, f"t{number}") for number in range(3)))
    assert [line[0] for line in told(buffer)].count("end") == 1


class Buffering(RuleBasedStateMachine):
    """Whatever comes and goes: numbers go up without gaps that nobody tells of, and bounds hold."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = made(5, 4000)
        self.given = 0
        self.ends: dict[str, int] = {}
        self.seen: dict[str, list[tuple[int, int]]] = {}
        self.lost = 0

    @rule(trace=st.sampled_from(["a", "b", "c"]), size=st.sampled_from([0, 1500]), ends=st.booleans())
    def tell(self, trace: str, size: int, ends: bool) -> None:
        started, ended = began_and_ended(trace)
        self.buffer.put(ended if ends else started, (), size)
        self.given += 1

    @rule(most=st.integers(1, 6))
    def write(self, most: int) -> None:
        items = self.buffer.take(most)
        for part, number, event, _, _ in items:
            kind = event["kind"] if isinstance(event, dict) else "event"
            assert (kind == "begin") == (part.by not in self.seen), "it begins once, and first"
            assert part.by not in self.ends, "nothing follows its end"
            if isinstance(event, dict) and kind == "lost":
                covers = int(event["count"])  # type: ignore[call-overload]
                self.lost += covers
            else:
                covers = int(kind == "event")
            self.seen.setdefault(part.by, []).append((number - covers + 1, number))
            if kind == "end":
                self.ends[part.by] = number
        self.buffer.written(len(items))

    @rule()
    def settle(self) -> None:
        self.buffer.tell_losses()
        while len(self.buffer):
            self.write(6)
            self.buffer.tell_losses()
        events = sum(last - first + 1 for ranges in self.seen.values() for first, last in ranges)
        vanished = self.buffer.dropped - self.lost
        assert vanished >= 0
        assert events + vanished == self.given

    @invariant()
    def nothing_is_missing_silently(self) -> None:
        for ranges in self.seen.values():
            following = 1
            for first, last in ranges:
                assert first == following
                following = last + 1

    @invariant()
    def bounds_hold(self) -> None:
        items = self.buffer.take(100)
        assert len(items) <= 5 + 2 + 2 * 3
        events = [item for item in items if not isinstance(item[2], dict)]
        assert len(events) <= 5
        assert sum(item[-1] for item in events) <= 4000


Buffering.TestCase.settings = settings(max_examples=50, stateful_step_count=30)
TestBuffering = Buffering.TestCase
