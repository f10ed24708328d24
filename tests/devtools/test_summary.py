"""A trace in a line, without reading all of it."""

import pytest

from motet import agent, sequential
from motet.devtools.summary import NEVER, summary_of
from motet.kernel.events import AgentStarted, DeadlinePassed
from motet.observability.history import HistoryRecorder
from motet.storage import MemoryStore

TRACE = "0123456789abcdef" * 2


@agent
async def double(payload: int) -> int:
    if payload < 0:
        raise ValueError("no")
    return payload * 2


@pytest.mark.parametrize(("payload", "status"), [(1, "completed"), (-1, "failed")])
@pytest.mark.parametrize("length", [1, 40])
async def test_a_trace_is_summarised(payload: int, status: str, length: int) -> None:
    store = MemoryStore()
    work = sequential(*[double] * length, name="work")
    async with HistoryRecorder(store, about={"target": "x.py:work"}) as recorder:
        try:
            await work(payload, observer=recorder)
        except ValueError:
            assert payload < 0
    (trace,) = await store.traces()
    summary = await summary_of(store, trace)
    assert (summary.trace, summary.name, summary.status, summary.target) == (trace, "work", status, "x.py:work")
    assert summary.records == recorder.written
    assert summary.took is not None
    assert summary.began_at is not None


async def test_an_end_in_the_middle_is_found_unless_there_is_too_much() -> None:
    async def recorded(more: int) -> str:
        store = MemoryStore()
        async with HistoryRecorder(store, buffer=10**5) as recorder:
            await sequential(double, double)(1, observer=recorder, traceparent=f"00-{TRACE}-{'1' * 16}-01")
            for number in range(more):
                recorder(DeadlinePassed(TRACE, float(number), "s", "a"))
        return (await summary_of(store, TRACE)).status

    assert await recorded(100) == "completed"
    assert await recorded(NEVER + 1) == "open"


async def test_what_has_no_end_is_open() -> None:
    store = MemoryStore()
    async with HistoryRecorder(store) as recorder:
        recorder(AgentStarted(TRACE, 1.0, "s", "", "a"))
        await recorder.flush()
        summary = await summary_of(store, TRACE)
    assert (summary.name, summary.status, summary.took) == ("a", "open", None)


async def test_a_trace_without_readable_records_has_no_name() -> None:
    store = MemoryStore()
    await store.append(TRACE, [{"odd": 1}])
    summary = await summary_of(store, TRACE)
    assert (summary.name, summary.status, summary.began_at) == ("", "open", None)
