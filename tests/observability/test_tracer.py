"""The tracer: what it measures of which events, whom it tells, and that nobody disturbs anybody."""

import asyncio
import logging
import threading

import pytest
from every_event import KINDS, every_event

from motet import Flow, agent
from motet.kernel.errors import InvalidAgent
from motet.kernel.events import AgentEnded, AgentStarted, BudgetSpent, Event, TreeChanged
from motet.middleware import Cache
from motet.observability.collector import MetricsCollector
from motet.observability.instruments import INSTRUMENTS, WATCHED
from motet.observability.memory import MemoryCollector
from motet.observability.tracer import Tracer
from support import Recorder, echo, within


class Told(MetricsCollector):
    """Keeps everything that it is told."""

    def __init__(self) -> None:
        self.values = []

    def series(self, instrument, labels):
        return lambda value: self.values.append((instrument, labels, value))


class Broken(MetricsCollector):
    """Fails, when it is asked for a series or when it is told."""

    def __init__(self, where) -> None:
        self.where = where

    def series(self, instrument, labels):
        if self.where == "series":
            raise RuntimeError("no series")

        def record(value):
            raise ValueError("no value")

        return record


def traced(*each: object, **options: object):
    tracer = Tracer(**options)
    tracer.register(*each)
    return tracer


def test_the_table_names_every_kind_of_event_of_the_closed_set():
    assert set(INSTRUMENTS) == KINDS
    assert {type(event) for event in every_event()} == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS, key=lambda kind: kind.__name__))
def test_an_event_reaches_the_instruments_of_the_table_and_no_others(kind):
    told = Told()
    tracer = traced(told)
    for event in every_event():
        if type(event) is kind:
            tracer(event)
    tracer.pull()
    reached = {instrument for instrument, _, _ in told.values}
    if kind is TreeChanged:  # it takes a task that has begun
        assert reached == {INSTRUMENTS[kind][0]}
        for event in every_event():
            tracer(event)
        assert INSTRUMENTS[kind][1] in {instrument for instrument, _, _ in told.values}
    else:
        assert reached == set(INSTRUMENTS[kind])


def test_no_label_holds_an_id_a_payload_or_a_message():
    told = Told()
    tracer = traced(told)
    for event in every_event():
        tracer(event)
    for instrument, labels, _ in told.values:
        assert tuple(labels) == instrument.labels
        assert not any(text in value for value in labels.values() for text in ("hush", "aaa", "bbb", "1111", "tree-1"))


def test_the_names_of_instruments_are_words_with_dots_and_each_is_there_once():
    every = {each for instruments in INSTRUMENTS.values() for each in instruments} | {WATCHED}
    names = [each.name for each in every]
    assert len(set(names)) == len(names)
    assert all(name.startswith("motet.") and name.replace(".", "").isalpha() for name in names)
    assert all(each.about and each.unit for each in every)


async def test_calls_flows_and_failures_are_measured():
    memory = MemoryCollector()
    tracer = traced(memory)

    @agent
    async def fussy(number: int) -> int:
        if number < 0:
            raise ValueError("hush")
        return await echo(number)

    flow = Flow("flow", fussy, observers=[tracer])
    assert await within(flow(1)) == 1
    with pytest.raises(ValueError, match="hush"):
        await within(flow(-1))
    found = memory.snapshot()
    assert found.value("flow.duration", flow="flow", status="completed") == 1
    assert found.value("node.duration", node="fussy", status="failed", error="ValueError") == 1
    assert found.value("agent.duration", agent="echo") == 1
    assert found.value("agent.running") == found.value("flow.running") == found.value("node.running") == 0


async def test_a_cancelled_call_is_measured_as_cancelled_and_runs_no_longer():
    memory = MemoryCollector()
    tracer = traced(memory)
    begun = asyncio.Event()

    @agent
    async def hang(payload: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(hang(1, observer=tracer))
    await within(begun.wait())
    assert memory.snapshot().value("agent.running", agent="hang") == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    found = memory.snapshot()
    assert found.value("agent.running", agent="hang") == 0
    assert found.value("agent.duration", status="cancelled", error="CancelledError") == 1


@pytest.mark.parametrize(("where", "kind"), [("series", "Broken: RuntimeError"), ("value", "Broken: ValueError")])
async def test_a_failing_collector_is_logged_once_counted_and_disturbs_nobody(caplog, where, kind):
    memory = MemoryCollector()
    tracer = traced(Broken(where), memory)
    with caplog.at_level(logging.ERROR):
        for number in range(3):
            assert await echo(number, observer=tracer) == number
    assert memory.snapshot().value("agent.duration") == 3
    assert [record.name for record in caplog.records] == ["motet.observability.desk"]
    assert tracer.failures[kind] >= 2


async def test_a_failing_observer_is_logged_once_counted_and_disturbs_nobody(caplog):
    recorder = Recorder()

    def broken(event: Event) -> None:
        raise KeyError(event.trace)

    tracer = traced(broken, recorder)
    assert await echo(1, observer=tracer) == 1
    assert [type(event) for event in recorder.events] == [AgentStarted, AgentEnded]
    assert tracer.failures == {"function: KeyError": 2}
    assert len(caplog.records) == 1


async def test_who_is_unregistered_is_told_no_longer_and_who_comes_late_knows_what_runs():
    first, late, recorder = MemoryCollector(), MemoryCollector(), Recorder()
    tracer = traced(first, recorder)

    @agent
    async def change(payload: int) -> None:
        tracer.register(late)
        tracer.unregister(first, recorder)

    await change(1, observer=tracer)
    assert first.snapshot().value("agent.duration") == 0
    assert late.snapshot().value("agent.duration", agent="change") == 1
    assert [type(event) for event in recorder.events] == [AgentStarted]
    assert late.snapshot().value("agent.running", agent="change") == 0


async def test_registering_twice_tells_once():
    memory = MemoryCollector()
    tracer = traced(memory, memory)
    await echo(1, observer=tracer)
    assert memory.snapshot().value("agent.duration") == 1


@pytest.mark.parametrize("wrong", [1, "memory", None])
def test_what_is_neither_collector_nor_observer_is_refused(wrong):
    with pytest.raises(InvalidAgent, match="neither a MetricsCollector nor an observer"):
        Tracer().register(wrong)


@pytest.mark.parametrize(
    "wrong", [{"attributes": "tenant"}, {"attributes": [1]}, {"attributes": ["status"]}, {"max_series": 0}]
)
def test_wrong_arguments_are_told(wrong):
    with pytest.raises(InvalidAgent, match="it takes"):
        Tracer(**wrong)


async def test_series_are_bounded_and_what_comes_beyond_is_counted_as_other(caplog):
    memory = MemoryCollector()
    tracer = traced(memory, max_series=3)
    for number in range(10):
        tracer(AgentEnded("a" * 32, 1.0, "b" * 16, f"agent {number}", "completed", 0.1))
    found = memory.snapshot()
    assert found.value("agent.duration") == 10
    assert found.value("agent.duration", agent="other", status="other") == 7
    assert tracer.overflowed["motet.agent.duration"] >= 7
    assert sum("motet.agent.duration" in record.getMessage() for record in caplog.records) == 1


def begun(name: str) -> AgentStarted:
    return AgentStarted("a" * 32, 1.0, "b" * 16, "", name)


def ended(name: str) -> AgentEnded:
    return AgentEnded("a" * 32, 1.0, "b" * 16, name, "completed", 0.1)


def test_what_runs_beyond_the_bound_adds_up_as_other_until_it_ends():
    memory = MemoryCollector()
    tracer = traced(memory, max_series=2)

    def running(**labels: str) -> float:
        return memory.snapshot().value("agent.running", **labels)

    for number in range(10):
        tracer(begun(f"agent {number}"))
    assert (running(), running(agent="agent 0"), running(agent="agent 1"), running(agent="other")) == (10, 1, 1, 8)
    for number in range(6):
        tracer(ended(f"agent {number}"))
    assert (running(), running(agent="agent 0"), running(agent="agent 1"), running(agent="other")) == (4, 0, 0, 4)
    tracer(begun("agent 1"))
    assert (running(agent="agent 1"), running(agent="other")) == (1, 4)
    for number in (1, 6, 7, 8, 9):
        tracer(ended(f"agent {number}"))
    assert running() == 0


def test_what_runs_adds_up_for_who_comes_late_as_well():
    first, late = MemoryCollector(), MemoryCollector()
    tracer = traced(first, max_series=2)
    for number in range(5):
        tracer(begun(f"agent {number}"))
    assert first.snapshot().value("agent.running") == 5
    tracer.register(late)
    assert late.snapshot().value("agent.running") == 5
    for number in range(5):
        tracer(ended(f"agent {number}"))
    assert first.snapshot().value("agent.running") == late.snapshot().value("agent.running") == 0


def test_counters_of_watched_middleware_add_up_beyond_the_bound():
    class Three:
        def counters(self):
            return {"a": 1, "b": 2, "c": 4}

    tracer = traced(memory := MemoryCollector(), max_series=1)
    tracer.watch(Three(), "first")
    tracer.watch(Three(), "second")
    found = memory.snapshot()
    assert found.value("middleware.counter") == 14
    assert found.value("middleware.counter", middleware="other") == 13


def test_a_gauge_that_has_come_to_nothing_is_told_once_more():
    tracer = traced(told := Told())

    def pulled() -> list[float]:
        told.values.clear()
        tracer.pull()
        return [value for _, _, value in told.values]

    tracer(begun("ann"))
    assert [pulled(), pulled()] == [[1], [1]]
    tracer(ended("ann"))
    assert [pulled(), pulled()] == [[0], []]


@pytest.mark.parametrize("pulled", [False, True])
def test_of_what_has_run_no_more_is_remembered_than_there_are_series(pulled):
    tracer = traced(max_series=10)
    for number in range(100):
        tracer(begun(f"agent {number}"))
        if pulled:
            tracer.pull()
        tracer(ended(f"agent {number}"))
    for number in range(100):
        tracer(begun(f"agent {number}"))
    for number in range(100):
        tracer(ended(f"agent {number}"))
    assert max(len(level._levels) for level in tracer._levels) <= 10
    assert max(len(level._told) for level in tracer._levels) <= 1


async def test_only_metadata_that_is_allowed_becomes_a_label():
    memory, plain = MemoryCollector(), MemoryCollector()
    metadata = {"tenant": "acme", "api_key": "hush"}
    await echo(1, observer=traced(memory, attributes=["tenant"]), metadata=metadata)
    await echo(1, observer=traced(plain), metadata=metadata)
    await Flow("f", echo).submit_nowait(1, observer=traced(memory, attributes=["tenant"]), metadata=metadata)
    assert memory.snapshot().value("agent.duration", tenant="acme") == 1
    assert memory.snapshot().value("flow.duration", tenant="acme") == 1
    assert memory.snapshot().value("node.duration", tenant="acme") == 1
    assert "hush" not in memory.table()
    assert all("tenant" not in series.labels for series in plain.snapshot())


class Unwritable:
    """Raises when it is written."""

    def __str__(self) -> str:
        raise RuntimeError("hush")


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("a\udcffb", "a?b"),
        ("caf\u00e9", "caf\u00e9"),
        (7, "7"),
        ("x" * 2000, "x" * 1000),
        (Unwritable(), "<Unwritable that cannot be written: RuntimeError>"),
    ],
)
async def test_whatever_metadata_holds_its_label_is_text_and_all_hear_of_the_call(value, label):
    memory, recorder = MemoryCollector(), Recorder()
    tracer = traced(memory, recorder, attributes=["tenant"])
    assert await echo(1, observer=tracer, metadata={"tenant": value}) == 1
    assert memory.snapshot().value("agent.duration", tenant=label) == 1
    assert [type(event) for event in recorder.events] == [AgentStarted, AgentEnded]
    assert not tracer.failures


def test_what_cannot_be_measured_is_logged_once_counted_and_the_others_hear_of_it(caplog):
    memory, recorder = MemoryCollector(), Recorder()
    tracer = traced(memory, recorder)
    odd = BudgetSpent("a" * 32, 1.0, "b" * 16, "ann", 17, 0.25, ["no name"], "p", 10, 5)
    for _ in range(2):
        tracer(odd)
    assert recorder.events == [odd, odd]
    assert tracer.failures == {"Tracer: TypeError": 2}
    assert [record.name for record in caplog.records] == ["motet.observability.desk"]


async def test_a_watched_middleware_is_read_when_somebody_looks():
    memory, cache = MemoryCollector(), Cache(ttl=60)
    tracer = traced(memory)
    tracer.watch(cache, "answers")
    cached = echo.using(cache)
    assert [await cached(1), await cached(1)] == [1, 1]
    assert memory.snapshot().value("middleware.counter", middleware="answers", counter="hits") == 1
    await cached(1)
    assert memory.snapshot().value("middleware.counter", middleware="answers", counter="hits") == 2
    tracer.unwatch("answers")
    await cached(1)
    assert memory.snapshot().value("middleware.counter", middleware="answers", counter="hits") == 2


async def test_counters_that_cannot_be_read_are_counted_as_a_failure():
    class Odd:
        def counters(self):
            raise OSError("gone")

    class Worded:
        def counters(self):
            return {"hits": "many"}

    tracer = traced(memory := MemoryCollector())
    tracer.watch(Odd(), "odd")
    tracer.watch(Worded(), "worded")
    assert not list(memory.snapshot())
    assert tracer.failures == {"Odd: OSError": 1, "Worded: TypeError": 1}


def test_values_from_many_threads_are_all_counted():
    memory = MemoryCollector()
    tracer = traced(memory)

    def work():
        for _ in range(1000):
            tracer(AgentStarted("a" * 32, 1.0, "b" * 16, "", "ann"))
            tracer(AgentEnded("a" * 32, 1.0, "b" * 16, "ann", "completed", 0.5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = memory.snapshot().distribution("agent.duration", agent="ann")
    assert (found.count, found.sum) == (4000, 2000.0)
    assert memory.snapshot().value("agent.running") == 0
