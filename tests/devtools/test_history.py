"""Histories are read as far as they go, and say what is missing."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import Flow, agent
from motet.devtools.history import History, Reader, from_lines, read_history, records_after, to_lines
from motet.devtools.replay import record
from motet.kernel.errors import NotFound
from motet.kernel.events import AgentEnded, AgentStarted, DeadlinePassed
from motet.kernel.observers import combine
from motet.kernel.records import KINDS
from motet.observability.history import HistoryRecorder
from motet.storage import MemoryStore
from support import Recorder, node

TRACE = "0123456789abcdef" * 2


NO_END = (
    "There is no end: it still goes on, or its process was killed, and something may be missing: "
    "at most 50 events that waited to be written"
)
UNKNOWN = "Record 2 is of a kind that is not known here: 'made_later'"
UNREADABLE = "Record 2 cannot be read: `span` of 'deadline_passed': it is int, not str"


def begin(by: str = "x1", **more: object) -> dict[str, Any]:
    told = {"v": 1, "trace": TRACE, "at": 10.0, "wall": 1010.0, "clock": "x", "buffer": 50}
    return {"kind": "begin", "by": by, "n": 0, **told, **more}


def happened(number: int, by: str = "x1", at: float = 11.0) -> dict[str, Any]:
    return {"kind": "deadline_passed", "at": at, "span": "s", "agent": "a", "by": by, "n": number}


def end(number: int, by: str = "x1", why: str = "over") -> dict[str, Any]:
    return {"kind": "end", "why": why, "by": by, "n": number}


def read(*records: object) -> History:
    reader = Reader(TRACE)
    reader.add(records)
    return reader.history


async def test_what_was_recorded_is_read_again() -> None:
    store, told = MemoryStore(), Recorder()

    @agent
    async def double(payload: int) -> int:
        return payload * 2

    flow = Flow("f", double >> node("last"))
    async with HistoryRecorder(store, about={"target": "x.py:f"}) as recorder:
        await flow(2, observer=combine((recorder, told)))
    (trace,) = await store.traces()
    history = await read_history(store, trace)
    assert history.events == told.events
    assert (history.problems, history.missing, history.over) == ([], 0, True)
    assert history.about == {"target": "x.py:f"}
    assert history.began_at is not None
    assert from_lines(to_lines(history.records)) == history


def test_a_complete_history_has_no_problems() -> None:
    history = read(begin(), happened(1), happened(2), end(2))
    assert (history.problems, history.missing, history.over, history.wall_of_zero) == ([], 0, True, 1000.0)
    assert history.events == [DeadlinePassed(TRACE, 11.0, "s", "a")] * 2


@pytest.mark.parametrize(
    ("records", "missing", "problems"),
    [
        ([begin(), happened(1), happened(4), end(4)], 2, ["2 events after DeadlinePassed of 'a' are missing"]),
        ([begin(), happened(2), end(2)], 1, ["1 event at the beginning is missing"]),
        ([begin(), happened(1), end(3)], 2, ["2 events after DeadlinePassed of 'a' are missing"]),
        (
            [begin(), happened(1), {"kind": "lost", "count": 3, "by": "x1", "n": 4}, happened(5), end(5)],
            3,
            ["3 events after DeadlinePassed of 'a' found no room where they waited to be written"],
        ),
        (
            [begin(), happened(1), {"kind": "lost", "count": 1, "by": "x1", "n": 4}, end(4)],
            3,
            [
                "2 events after DeadlinePassed of 'a' are missing",
                "1 event after DeadlinePassed of 'a' found no room where it waited to be written",
            ],
        ),
        ([begin(), happened(1), end(1, why="closed")], 0, ["Recording ended before the trace did"]),
        ([begin(), happened(1)], 0, [NO_END]),
        ([happened(1), end(1)], 0, []),
        ([], 0, ["The beginning is missing"]),
        ([begin(), 5, end(0)], 0, ["Record 2 is no object"]),
        ([begin(), {"kind": "x"}, end(0)], 0, ["Record 2 does not say what it is, whose, or which one"]),
        ([begin(), {"kind": "made_later", "by": "x1", "n": 1}, end(1)], 0, [UNKNOWN]),
        ([begin(), {**happened(1), "span": 5}, end(1)], 0, [UNREADABLE]),
        ([begin(v=9), end(0)], 0, ["Records are of version 9, and this reads version 1"]),
    ],
)
def test_what_is_missing_is_said(records: list[Any], missing: int, problems: list[str]) -> None:
    history = read(*records)
    assert (history.missing, history.problems) == (missing, problems)


def test_what_was_written_twice_counts_once() -> None:
    history = read(begin(), happened(1), begin(), happened(1), happened(2), happened(2), end(2))
    assert (len(history.events), history.problems, len(history.records)) == (2, [], 4)


def test_parts_of_several_processes_have_times_of_one_clock() -> None:
    other = begin("y1", clock="y", at=500.0, wall=1012.0)
    history = read(begin(), happened(1), other, happened(1, "y1", at=501.0), end(1, "y1"), happened(2, at=14.0), end(2))
    assert [event.at for event in history.events] == [11.0, 13.0, 14.0]
    assert history.over


def test_parts_of_one_process_keep_their_times() -> None:
    history = read(begin(), end(0), begin("x2", wall=1010.5), happened(1, "x2"), end(1, "x2"))
    assert [event.at for event in history.events] == [11.0]


async def test_records_are_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from motet.devtools import history as module

    monkeypatch.setattr(module, "PAGE", 2)
    store = MemoryStore()
    await store.append(TRACE, [{"n": n} for n in range(5)])
    assert [record["n"] async for _, record in records_after(store, TRACE)] == [0, 1, 2, 3, 4]
    assert [record["n"] async for _, record in records_after(store, TRACE, 3)] == [3, 4]


def test_an_unknown_trace_and_text_that_is_no_history_are_refused() -> None:
    with pytest.raises(NotFound, match="no history of trace"):
        asyncio.run(read_history(MemoryStore(), "t"))
    for text in ("", "5\n[1]\n", "garbage"):
        with pytest.raises(NotFound, match="no record"):
            from_lines(text)


def test_a_line_that_was_cut_off_is_said_to_be_so() -> None:
    text = to_lines([begin(), happened(1), end(1)])
    history = from_lines(text[:-5])
    assert history.trace == TRACE
    assert history.problems[0] == "Record 3 is no object"
    assert not history.over


KEYS = st.sampled_from(["kind", "by", "n", "at", "span", "agent", "count", "why", "wall", "v", "trace", "buffer"])
VALUES = (
    st.none()
    | st.integers(-3, 9)
    | st.floats(allow_nan=False)
    | st.sampled_from(["begin", "lost", "end", *(name for name, _ in KINDS.values())])
    | st.text(max_size=3)
    | st.lists(st.integers(), max_size=2)
)


@given(st.lists(st.dictionaries(KEYS, VALUES) | VALUES, max_size=8))
def test_whatever_is_in_a_history_it_is_read(records: list[Any]) -> None:
    history = read(*records)
    assert len(history.events) + history.missing >= 0
    assert len(history.records) <= len(records)
    assert history.over or history.problems


def test_events_that_are_added_later_are_returned() -> None:
    reader = Reader(TRACE)
    assert reader.add([begin()]) == []
    started = {"kind": "agent_started", "at": 11.0, "span": "s", "parent": "", "agent": "a", "payload": 1}
    assert reader.add([{**started, "by": "x1", "n": 1}]) == [AgentStarted(TRACE, 11.0, "s", "", "a", 1)]
    ended = {"kind": "agent_ended", "at": 12.0, "span": "s", "agent": "a", "status": "completed", "seconds": 1.0}
    found = reader.add([{**ended, "by": "x1", "n": 2}, end(2)])
    assert found == [AgentEnded(TRACE, 12.0, "s", "a", "completed", 1.0)]
    assert reader.history.over


@pytest.mark.parametrize("text", ["a\u2028b", "a\u2029b", "a\x85b", "a\x0bb\x0cc", "a\r\nb\n", "a\x1c\x1d\x1eb"])
async def test_a_text_with_line_ends_of_any_kind_comes_back_from_a_file(text: str) -> None:
    history = await record(node("it"), text)
    found = from_lines(to_lines(history.records))
    assert (found.problems, found.events) == ([], history.events)
    assert from_lines(to_lines(history.records).replace("\n", "\r\n")).events == history.events


ENDED = '{"kind":"agent_ended","at":%s,"span":"s","agent":"a","status":"completed","seconds":%s,"by":"x1","n":1}'


@pytest.mark.parametrize(
    "odd",
    [ENDED % ("1e999", "1"), ENDED % ("1", "NaN"), ENDED % ("1" + "0" * 400, "1"), "[" * 100_000],
    ids=["infinite", "no number", "endless", "deep"],
)
def test_what_no_reader_can_reckon_with_is_said_and_ends_nothing(odd: str) -> None:
    text = "\n".join([json.dumps(begin()), odd, json.dumps(end(1))])
    history = from_lines(text)
    assert history.events == []
    assert any(problem.startswith("Record 2 ") for problem in history.problems)


@pytest.mark.parametrize("odd", [{"wall": 1e20}, {"wall": 1e999}, {"at": 10**400}, {"wall": "now"}])
def test_a_time_that_there_is_not_is_not_known(odd: dict[str, object]) -> None:
    assert read(begin(**odd), happened(1)).began_at is None
