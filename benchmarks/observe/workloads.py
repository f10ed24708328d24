"""What is measured: each way of observing, and of each what it costs more than not observing."""

from __future__ import annotations

from benchmarks.shared.harness import Sample
from benchmarks.shared.workloads import Metric, Side, Target, Workload

MOTET, ALONE = "motet", "alone"
COLLECTORS, LOGS, CONTEXT = "collectors", "logs", "context"

LIMIT = Target(most=3.0)
NOTHING = Target()


def over_plain(events: int) -> Metric:
    """Take microseconds of processor time per event, over the same calls by the plain way."""

    def of(sample: Sample) -> float | None:
        plain = sample.extra.get("plain")
        return None if plain is None else (sample.cpu - plain) / sample.count / events * 1e6

    return Metric("us/event", of, more_is_better=False)


PER_CALL = Metric("us/call", lambda sample: sample.cpu / sample.count * 1e6, more_is_better=False)


def measured(
    name: str, statement: str, *, section: str, target: Target = NOTHING, alone: bool = False, n: int = 20_000
) -> Workload:
    """Say what is measured of calls of an agent, of which two events are told."""
    sides = [Side(ALONE, n)] * alone + [Side(MOTET, n)]
    return Workload(name, statement, over_plain(2), sides, target, section=section)


EVERY = [
    measured("no_op", "an observer that does nothing, over an unobserved call: what the events cost", section=CONTEXT),
    measured("tracer", "a tracer without collectors", section=COLLECTORS),
    measured("memory", "a tracer with the collector in memory", section=COLLECTORS, target=LIMIT),
    measured(
        "prometheus",
        "a tracer with the collector for Prometheus; alone: a gauge up and down and a histogram of prometheus-client",
        section=COLLECTORS,
        target=LIMIT,
        alone=True,
    ),
    measured(
        "otel_metrics",
        "a tracer with the collector for OpenTelemetry's metrics; alone: a gauge set twice and a histogram of its SDK",
        section=COLLECTORS,
        target=LIMIT,
        alone=True,
    ),
    measured(
        "otel_spans",
        "spans of OpenTelemetry, dropped when they end; alone: `start_as_current_span` of its SDK, same attributes",
        section=COLLECTORS,
        target=LIMIT,
        alone=True,
        n=10_000,
    ),
    measured(
        "otel_batch",
        "the same in batches to an exporter that drops them; alone: likewise",
        section=COLLECTORS,
        target=LIMIT,
        alone=True,
        n=10_000,
    ),
    measured("attributes", "memory, with one name of metadata as a label", section=COLLECTORS, target=LIMIT),
    Workload(
        "memory_flow",
        "memory, with a flow of one node that is called: six events",
        over_plain(6),
        [Side(MOTET, 10_000)],
        LIMIT,
        section=COLLECTORS,
    ),
    measured("event_log_quiet", "events as lines of a log, at a level that nobody wants", section=LOGS, target=LIMIT),
    measured("event_log_json", "every event as a line of JSON, written to memory", section=LOGS, n=4_000),
    measured(
        "json_line",
        "two lines of JSON with two arguments in each call; alone: the formatter of `logging` (no JSON, no redaction)",
        section=LOGS,
        alone=True,
        n=4_000,
    ),
    Workload(
        "unobserved",
        "a call that nobody observes, and beside it a call of the agent's function by hand",
        PER_CALL,
        [Side(ALONE, 100_000), Side(MOTET, 100_000)],
        NOTHING,
        section=CONTEXT,
    ),
    Workload(
        "unobserved_twice",
        "a call that nobody observes, in a program with a tracer and collectors, over the same: it should be 0",
        over_plain(1),
        [Side(MOTET, 100_000)],
        Target(most=0.1),
        section=CONTEXT,
    ),
]
WORKLOADS = {each.name: each for each in EVERY}
