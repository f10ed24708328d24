"""The recorder: what happens is in the store afterwards, and whatever the store does, the work does not notice."""

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

import motet
from motet import Context, Flow, agent, sequential
from motet.kernel.errors import NotAvailable
from motet.kernel.events import AgentStarted, DeadlinePassed, Event
from motet.kernel.history import StateStore
from motet.kernel.records import Capture
from motet.observability.history import HistoryRecorder
from motet.storage import MemoryStore, SqlStore
from observability.stores import BusyStore, ClosableStore, FailingStore, HeldStore, PickyStore
from support import echo, node, until, within

TRACE = "0123456789abcdef" * 2


def happened(number: int = 0) -> Event:
    return DeadlinePassed(TRACE, float(number), "s", f"agent {number}")


async def records_of(store: StateStore, trace: str = "") -> list[dict[str, Any]]:
    (found,) = [trace] if trace else await store.traces()
    return [record for _, record in await store.history(found, limit=10**6)]


@agent
async def talk(payload: dict[str, Any], ctx: Context) -> dict[str, Any]:
    await ctx.emit({"said": payload["n"]})
    return {"n": payload["n"] + 1}


async def test_a_run_is_in_the_store_once_its_recorder_has_ended() -> None:
    store = MemoryStore()
    flow = Flow("f", talk >> node("last"))
    recorder = HistoryRecorder(store, about={"target": "x.py:f"})
    async with recorder, flow.stream({"n": 1}, observer=recorder) as stream:
        assert await within(stream.result()) == {"n": 2}
    records = await records_of(store)
    assert [record["kind"] for record in records] == [
        "begin",
        "agent_started",
        "run_started",
        "node_started",
        "chunk_emitted",
        "node_ended",
        "node_started",
        "node_ended",
        "run_ended",
        "agent_ended",
        "end",
    ]
    assert [record["n"] for record in records] == [0, *range(1, 10), 9]
    assert records[0]["target"] == "x.py:f"
    assert (records[4]["value"], records[-2]["output"]) == ({"said": 1}, {"n": 2})
    assert (recorder.pending, recorder.dropped, recorder.written) == (0, 0, len(records))


@pytest.mark.parametrize(("capture", "words"), [("all", {"in", "out"}), ("outputs", {"out"}), ("none", set[str]())])
async def test_only_what_was_asked_for_is_captured(capture: Capture, words: set[str]) -> None:
    store = MemoryStore()

    @agent
    async def turn(payload: str) -> str:
        return "out"

    async with HistoryRecorder(store, capture=capture) as recorder:
        await turn("in", observer=recorder)
    records = await records_of(store)
    assert {record[key] for record in records for key in ("payload", "output") if key in record} == words


async def test_payloads_are_those_of_the_time_of_the_call() -> None:
    store = MemoryStore()

    @agent(validate="none")
    async def change(payload: list[int]) -> list[int]:
        payload.append(2)
        return payload

    async with HistoryRecorder(store) as recorder:
        await change([1], observer=recorder)
    records = await records_of(store)
    assert (records[1]["payload"], records[2]["output"]) == ([1], [1, 2])


async def test_a_call_ends_while_the_store_is_held_up_and_nothing_is_missing_afterwards() -> None:
    store = HeldStore()
    async with HistoryRecorder(store, every=0) as recorder:
        await within(sequential(talk, talk)({"n": 1}, observer=recorder))
        await within(store.asked.wait())
        await within(talk({"n": 5}, observer=recorder))
        assert recorder.written == 0
        store.go.set()
        await within(recorder.flush())
        assert recorder.pending == 0
    assert len(await store.traces()) == 2


async def test_while_the_store_is_held_up_what_finds_no_room_is_counted_where_it_was() -> None:
    store = HeldStore()
    async with HistoryRecorder(store, buffer=4, every=0) as recorder:
        for number in range(10):
            recorder(happened(number))
        await within(store.asked.wait())
        store.go.set()
        await within(recorder.flush())
        recorder(happened(10))
    kinds = [(record["kind"], record["n"], record.get("count")) for record in await records_of(store)]
    assert kinds == [
        ("begin", 0, None),
        ("deadline_passed", 1, None),
        ("deadline_passed", 2, None),
        ("deadline_passed", 3, None),
        ("lost", 10, 7),
        ("deadline_passed", 11, None),
        ("end", 11, None),
    ]
    assert recorder.dropped == 7


async def test_flush_comes_back_while_more_is_told_all_the_time() -> None:
    store = BusyStore()
    async with HistoryRecorder(store, every=0) as recorder:
        store.meanwhile = lambda: recorder(happened(1))
        recorder(happened())
        await within(recorder.flush())
        assert recorder.pending == 1
        assert [record["kind"] for record in await records_of(store)] == ["begin", "deadline_passed"]


async def test_flush_waits_for_all_that_was_told_before_and_for_nothing_else() -> None:
    store = HeldStore()
    async with HistoryRecorder(store, every=0) as recorder:
        recorder(happened())
        await within(store.asked.wait())
        recorder(happened(1))
        flushing = [asyncio.create_task(recorder.flush()) for _ in range(2)]
        await asyncio.sleep(0)
        store.asked.clear()
        store.go.set()
        await within(store.asked.wait())  # what was told first is written, and what was told before `flush` is not
        assert not any(task.done() for task in flushing)
        await within(asyncio.gather(*flushing))
        assert len(await records_of(store)) == 3
        await within(recorder.flush())


async def test_flush_tells_what_was_lost_while_more_is_told_all_the_time() -> None:
    store = BusyStore()
    async with HistoryRecorder(store, every=0, buffer=4) as recorder:
        store.meanwhile = lambda: recorder(DeadlinePassed("other", 1.0, "s", "a"))
        for number in range(10):
            recorder(happened(number))
        await within(recorder.flush())
        assert (await records_of(store, TRACE))[-1]["kind"] == "lost"


async def test_flush_comes_back_when_what_it_waits_for_is_given_up() -> None:
    recorder = HistoryRecorder(FailingStore(), every=0, grace=0.01)
    async with recorder:
        recorder(happened())
        flushing = asyncio.create_task(recorder.flush())
        await asyncio.sleep(0)
    await within(flushing)
    assert recorder.dropped == 1


async def test_a_store_that_fails_is_tried_again_until_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    store = FailingStore()
    async with HistoryRecorder(store, every=0) as recorder:
        assert await within(talk({"n": 1}, observer=recorder)) == {"n": 2}
        await within(store.failed.wait())
        store.broken = False
        await within(recorder.flush())
    assert [record["kind"] for record in await records_of(store)] == ["begin", "agent_started", "agent_ended", "end"]
    assert caplog.text.count("History cannot be stored for now") == 1
    assert "the store is gone" in caplog.text


async def test_leaving_does_not_wait_for_ever_for_a_store_that_is_dead(caplog: pytest.LogCaptureFixture) -> None:
    recorder = HistoryRecorder(FailingStore(), every=0, grace=0.01)
    async with recorder:
        await within(talk({"n": 1}, observer=recorder))
    assert (recorder.pending, recorder.dropped) == (0, 2)
    assert "2 events of history could not be stored, and are lost" in caplog.text


async def test_however_many_traces_come_and_go_while_the_store_is_gone_what_waits_is_bounded() -> None:
    recorder = HistoryRecorder(FailingStore(), buffer=100, grace=0.01)
    async with recorder:
        for number in range(1000):
            await echo(number, observer=recorder)
        assert recorder.pending <= 102
    assert (recorder.pending, recorder.dropped) == (0, 2000)


async def test_a_record_that_the_store_refuses_is_counted_and_the_others_are_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = PickyStore()
    async with HistoryRecorder(store) as recorder:
        recorder(AgentStarted(TRACE, 1.0, "s", "", "a"))
        recorder(happened())
        recorder(AgentStarted(TRACE, 2.0, "t", "s", "b"))
    assert [(record["kind"], record["n"]) for record in await records_of(store)] == [
        ("begin", 0),
        ("agent_started", 1),
        ("lost", 2),
        ("agent_started", 3),
        ("end", 3),
    ]
    assert "no deadlines here" in caplog.text


async def test_cancelling_who_leaves_cancels_the_writing_and_leaves_no_task() -> None:
    store = HeldStore()
    recorder = HistoryRecorder(store, every=0)

    async def work() -> None:
        async with recorder:
            recorder(happened())

    task = asyncio.create_task(work())
    await within(store.asked.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert not [other for other in asyncio.all_tasks() if other.get_name() == "motet-history"]


async def test_a_cancelled_call_is_in_the_history_as_that() -> None:
    store = MemoryStore()
    begun = asyncio.Event()

    @agent
    async def endless(payload: int) -> int:
        begun.set()
        await asyncio.Event().wait()
        return payload

    async with HistoryRecorder(store) as recorder:
        task = asyncio.create_task(endless(1, observer=recorder))
        await within(begun.wait())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (await records_of(store))[2]["status"] == "cancelled"


async def test_events_may_come_from_many_threads_and_none_is_missing() -> None:
    store = MemoryStore()
    async with HistoryRecorder(store, every=0) as recorder:

        def tell(place: int) -> None:
            for number in range(500):
                recorder(DeadlinePassed(f"{place:032x}", number, "s", "a"))

        await asyncio.gather(*(asyncio.to_thread(tell, place) for place in range(4)))
    for place in range(4):
        records = await records_of(store, f"{place:032x}")
        assert [record["at"] for record in records if record["kind"] == "deadline_passed"] == list(range(500))


async def test_a_sync_agent_in_a_worker_thread_is_recorded() -> None:
    store = MemoryStore()

    @agent
    def count(payload: int, ctx: Context) -> int:
        ctx.spend(tokens=payload)
        return ctx.wait(echo(payload))

    async with HistoryRecorder(store) as recorder:
        assert await count(3, observer=recorder) == 3
    kinds = [record["kind"] for record in await records_of(store)]
    assert kinds == ["begin", "agent_started", "budget_spent", "agent_started", "agent_ended", "agent_ended", "end"]


def test_from_a_program_without_an_event_loop_a_thread_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/history.db"
    with HistoryRecorder(SqlStore(url)) as recorder:
        for number in range(3):
            assert motet.run(talk, {"n": number}, observer=recorder) == {"n": number + 1}
    assert (recorder.pending, recorder.dropped) == (0, 0)

    async def read() -> int:
        store = SqlStore(url)
        await store.open()
        try:
            return len(await store.traces())
        finally:
            await store.close()

    assert asyncio.run(read()) == 3
    assert "motet-history" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("failures", [0, 1])
def test_the_thread_opens_and_closes_the_store_in_a_loop_of_its_own(
    failures: int, caplog: pytest.LogCaptureFixture
) -> None:
    store = ClosableStore(failures)
    with HistoryRecorder(store) as recorder:
        motet.run(talk, {"n": 1}, observer=recorder)
    assert len({id(loop) for loop in store.loops}) == 1
    assert store.closed
    assert ("History cannot be stored" in caplog.text) is bool(failures)
    assert len(asyncio.run(records_of(store))) == 4


def test_what_is_told_when_the_loop_has_gone_waits_and_disturbs_nobody() -> None:
    recorder = HistoryRecorder(MemoryStore())

    async def begin() -> None:
        await recorder.__aenter__()
        await asyncio.sleep(0)

    with asyncio.Runner() as runner:
        runner.run(begin())
    recorder(happened())
    assert recorder.pending == 2


async def test_what_is_told_before_it_is_entered_is_written_too() -> None:
    store = MemoryStore()
    recorder = HistoryRecorder(store)
    await talk({"n": 1}, observer=recorder)
    async with recorder:
        await within(recorder.flush())
        assert len(await records_of(store)) == 4


async def test_while_a_trace_goes_on_it_is_written_now_and_then() -> None:
    store = MemoryStore()
    async with HistoryRecorder(store, every=0.01) as recorder:
        recorder(happened())
        await until(lambda: recorder.pending == 0)
        assert recorder.written == 2


async def test_a_recorder_is_entered_once() -> None:
    recorder = HistoryRecorder(MemoryStore())
    async with recorder:
        pass
    with pytest.raises(NotAvailable, match="make another"):
        await recorder.__aenter__()
    with pytest.raises(NotAvailable, match="make another"), recorder:
        pass
    with pytest.raises(NotAvailable, match="async with"):
        await recorder.flush()
    await recorder.aclose()
    recorder.close()


@pytest.mark.parametrize("wrong", [{"capture": "some"}, {"limit": 0}, {"buffer": 0}, {"buffer_bytes": 0}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        HistoryRecorder(MemoryStore(), **wrong)


async def test_an_event_that_cannot_be_written_is_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from motet.observability import history_writer

    def broken(*_: object) -> dict[str, object]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(history_writer, "write_event", broken)
    store = MemoryStore()
    with caplog.at_level(logging.ERROR):
        async with HistoryRecorder(store) as recorder:
            recorder(happened())
    assert [record["kind"] for record in await records_of(store)] == ["begin", "lost", "end"]
    assert "a bug" in caplog.text
