"""Motet's side: `await agent(payload, observer=...)`, beside the same without an observer."""

from __future__ import annotations

import io
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from benchmarks.middleware.harness import Way, measure, payloads
from benchmarks.shared.harness import Sample, Workload, main, require
from motet import Agent, Flow, agent
from motet.kernel.events import Event
from motet.kernel.observers import Observer
from motet.observability.logging_events import EventLog
from motet.observability.logging_formats import JsonFormatter
from motet.observability.logging_handlers import LineHandler
from motet.observability.memory import MemoryCollector
from motet.observability.otel_metrics import OtelMetrics
from motet.observability.otel_spans import OtelSpans
from motet.observability.prometheus import PrometheusCollector
from motet.observability.tracer import Tracer


@agent(validate="none")
async def step(text: str) -> str:
    """Do nothing."""
    return text


class Nowhere(SpanExporter):
    """Drops what it is given."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Drop spans."""
        return SpanExportResult.SUCCESS


def no_op(event: Event) -> None:
    """Observe an event and do nothing."""


def traced(*collectors: Any, **options: Any) -> Tracer:
    """Make a tracer that tells collectors."""
    tracer = Tracer(**options)
    tracer.register(*collectors)
    return tracer


async def observed(
    n: int,
    *,
    make: Callable[[], Observer],
    beside: Observer | None = no_op,
    each: Agent[Any, Any] = step,
    **options: Any,
) -> Sample:
    """Call with an observer, beside a call with one that does nothing, or without."""
    texts, observer = payloads(n), make()

    def call(text: str) -> Awaitable[Any]:
        return each(text, observer=observer, **options)

    def plain(text: str) -> Awaitable[Any]:
        return each(text, **options) if beside is None else each(text, observer=beside, **options)

    return await measure(n, texts, Way(call, texts), Way(plain, texts))


async def memory(n: int, **options: Any) -> Sample:
    """Call with the collector in memory, and see that it has counted."""
    collector = MemoryCollector()
    sample = await observed(n, make=lambda: traced(collector), **options)
    require(collector.snapshot().value("agent.running") == 0, "a call runs for ever")
    require(bool(list(collector.snapshot())), "nothing was counted")
    return sample


async def otel_metrics(n: int) -> Sample:
    """Call with the collector for OpenTelemetry's metrics."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    sample = await observed(n, make=lambda: traced(OtelMetrics(provider)))
    require(reader.get_metrics_data() is not None, "nothing was counted")
    return sample


async def otel_spans(n: int, *, batch: bool) -> Sample:
    """Call with spans of OpenTelemetry."""
    provider = TracerProvider()
    if batch:
        provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    spans = OtelSpans(provider)
    sample = await observed(n, make=lambda: spans)
    require(not spans.open, "a span is open for ever")
    provider.shutdown()
    return sample


async def event_log(n: int, *, level: int) -> Sample:
    """Call with every event as a line of a log."""
    stream = io.StringIO()
    logger = logging.Logger("bench", level)  # noqa: LOG001 - of this measurement alone
    logger.addHandler(LineHandler(stream, JsonFormatter()))
    sample = await observed(n, make=lambda: EventLog(logger))
    require(bool(stream.getvalue()) is (level == logging.DEBUG), "the log is not what was expected")
    return sample


async def json_line(n: int) -> Sample:
    """Write two lines in each call."""
    texts, stream = payloads(n), io.StringIO()
    logger = logging.Logger("bench", logging.INFO)  # noqa: LOG001 - of this measurement alone
    logger.addHandler(LineHandler(stream, JsonFormatter()))

    @agent(validate="none")
    async def logs(text: str) -> str:
        logger.info("got %s of %d", text, 1)
        logger.info("got %s of %d", text, 2)
        return text

    return await measure(n, texts, Way(logs, texts), Way(step, texts))


async def unobserved(n: int) -> Sample:
    """Call alone."""
    texts = payloads(n)
    return await measure(n, texts, Way(step, texts))


async def unobserved_twice(n: int) -> Sample:
    """Call alone, beside the same call once more, with a tracer around that is not asked."""
    texts = payloads(n)
    tracer = traced(MemoryCollector(), PrometheusCollector())
    sample = await measure(n, texts, Way(step, texts), Way(step, texts))
    require(not tracer.failures, "something failed")
    return sample


WORKLOADS: dict[str, Workload] = {
    "no_op": partial(observed, make=lambda: no_op, beside=None),
    "tracer": partial(observed, make=traced),
    "memory": memory,
    "memory_flow": partial(memory, each=Flow("flow", step)),
    "attributes": partial(memory, metadata={"tenant": "acme"}),
    "prometheus": partial(observed, make=lambda: traced(PrometheusCollector())),
    "otel_metrics": otel_metrics,
    "otel_spans": partial(otel_spans, batch=False),
    "otel_batch": partial(otel_spans, batch=True),
    "event_log_quiet": partial(event_log, level=logging.ERROR),
    "event_log_json": partial(event_log, level=logging.DEBUG),
    "json_line": json_line,
    "unobserved": unobserved,
    "unobserved_twice": unobserved_twice,
}

if __name__ == "__main__":
    main(WORKLOADS)
