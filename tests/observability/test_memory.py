"""Figures in memory: percentiles, snapshots, tables."""

import pytest
from every_event import every_event
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.events import ToolCalled
from motet.observability.buckets import Histogram
from motet.observability.instruments import INSTRUMENTS
from motet.observability.memory import MemoryCollector, duration
from motet.observability.tracer import Tracer


@given(st.lists(st.floats(min_value=1e-5, max_value=1e4), min_size=1, max_size=200))
def test_percentiles_are_within_a_bucket_of_the_true_ones(values):
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    found = histogram.distribution()
    ordered = sorted(values)
    assert (found.count, found.min, found.max) == (len(values), ordered[0], ordered[-1])
    assert found.sum == pytest.approx(sum(values))
    assert found.mean == pytest.approx(sum(values) / len(values))
    for part, got in ((0.5, found.p50), (0.9, found.p90), (0.99, found.p99)):
        rank = next(index for index in range(len(values)) if index + 1 >= len(values) * part)
        assert ordered[rank] / 1.2 <= got <= ordered[rank] * 1.2


def test_an_empty_histogram_has_nothing_in_it():
    assert Histogram().distribution().count == 0
    assert Histogram().distribution().mean == 0


@pytest.mark.parametrize("value", [-1.0, 0.0, 1e9])
def test_what_is_outside_of_the_buckets_is_counted_all_the_same(value):
    histogram = Histogram()
    histogram.record(value)
    found = histogram.distribution()
    assert (found.p50, found.p99, found.max) == (value, value, value)


def test_a_snapshot_is_asked_by_name_and_labels():
    memory, tracer = MemoryCollector(), Tracer()
    tracer.register(memory)
    for event in every_event():
        tracer(event)
    found = memory.snapshot()
    assert found.value("llm.tokens") == found.value("motet.llm.tokens") == 17
    assert {kind: found.value("llm.tokens", type=kind) for kind in ("input", "output", "any")} == {
        "input": 10,
        "output": 5,
        "any": 2,
    }
    assert found.value("llm.cost", model="m", provider="p") == 0.25
    assert found.value("task.changes", status="in_progress") == 1
    assert found.distribution("task.attempt.duration", status="failed").sum == 2.0
    assert found.distribution("tree.duration", status="failed").sum == 3.0
    assert found.distribution("remote.cancel.duration", peer="example.org:80").sum == 0.1
    assert (found.value("remote.sent"), found.value("remote.received")) == (7, 9)
    assert found.value("nothing") == 0
    assert found.distribution("nothing") is None


@pytest.mark.parametrize(
    ("value", "told"),
    [(1234567, "1234567"), (12_345_678.0, "12345678"), (0.0, "0"), (0.125, "0.125"), (1e300, "1e+300")],
)
def test_a_whole_number_has_all_of_its_digits_in_the_table(value, told):
    memory = MemoryCollector()
    memory.series(INSTRUMENTS[ToolCalled][0], {"tool": "t"})(value)
    assert memory.table().splitlines()[1].split() == ["tool.calls{tool=t}", told]


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_what_is_no_number_is_in_the_table(value):
    memory = MemoryCollector()
    memory.series(INSTRUMENTS[ToolCalled][0], {"tool": "t"})(value)
    assert memory.table().splitlines()[1].split()[1] == str(value)


def test_the_table_is_for_people():
    memory, tracer = MemoryCollector(), Tracer()
    tracer.register(memory)
    for event in every_event():
        tracer(event)
    lines = memory.table().splitlines()
    assert lines[0].split() == ["series", "count", "p50", "p90", "p99", "max"]
    row = next(line for line in lines if line.startswith("agent.duration"))
    assert row.startswith("agent.duration{agent=ann, status=failed, error=ConnectionError}")
    assert row.split()[3:] == ["1", "1", "s", "1", "s", "1", "s", "1", "s"]
    assert "hush" not in memory.table()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (7384.5, "7384 s"),
        (999.7, "1000 s"),
        (12.345, "12.3 s"),
        (0.9996, "1000 ms"),
        (0.0123, "12.3 ms"),
        (3.2e-5, "32 us"),
        (0, "0 us"),
    ],
)
def test_durations_are_written_for_people(seconds, text):
    assert duration(seconds) == text
