"""The libraries that the collectors stand on, called by hand around a plain function."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry, Gauge, Histogram

from benchmarks.middleware.harness import Call, Way, measure, payloads
from benchmarks.shared.harness import Sample, Workload, main

ATTRIBUTES = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "step"}
LABELS = {"agent": "step", "status": "completed"}


class Nowhere(SpanExporter):
    """Drops what it is given."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Drop spans."""
        return SpanExportResult.SUCCESS


async def step(text: str) -> str:
    """Do nothing."""
    return text


async def beside(n: int, call: Call) -> Sample:
    """Call with something around, beside a call without."""
    texts = payloads(n)
    return await measure(n, texts, Way(call, texts), Way(step, texts))


async def prometheus(n: int) -> Sample:
    """Move a gauge up and down, and give a histogram a value."""
    registry = CollectorRegistry()
    running = Gauge("running", "Calls", ["agent"], registry=registry).labels("step")
    took = Histogram("took", "Seconds", ["agent", "status"], registry=registry).labels("step", "completed")

    async def call(text: str) -> str:
        running.inc()
        start = time.monotonic()
        answer = await step(text)
        running.dec()
        took.observe(time.monotonic() - start)
        return answer

    return await beside(n, call)


async def otel_metrics(n: int) -> Sample:
    """Set a gauge twice, and give a histogram a value."""
    meter = MeterProvider([InMemoryMetricReader()]).get_meter("bench")
    running, took, agent = meter.create_gauge("running"), meter.create_histogram("took"), {"agent": "step"}

    async def call(text: str) -> str:
        running.set(1, agent)
        start = time.monotonic()
        answer = await step(text)
        running.set(0, agent)
        took.record(time.monotonic() - start, LABELS)
        return answer

    return await beside(n, call)


async def otel_spans(n: int, *, batch: bool) -> Sample:
    """Start and end a span that is current meanwhile."""
    provider = TracerProvider()
    if batch:
        provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracer = provider.get_tracer("bench")

    async def call(text: str) -> str:
        with tracer.start_as_current_span("invoke_agent step", attributes=ATTRIBUTES) as span:
            answer = await step(text)
            span.set_attribute("motet.status", "completed")
            return answer

    sample = await beside(n, call)
    provider.shutdown()
    return sample


async def json_line(n: int) -> Sample:
    """Write two lines in each call, as `logging` does by itself."""
    logger = logging.Logger("bench", logging.INFO)  # noqa: LOG001 - of this measurement alone
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.addHandler(handler)

    async def call(text: str) -> str:
        logger.info("got %s of %d", text, 1)
        logger.info("got %s of %d", text, 2)
        return text

    return await beside(n, call)


async def unobserved(n: int) -> Sample:
    """Call the function by hand."""
    texts: list[Any] = list(payloads(n))
    return await measure(n, texts, Way(step, texts))


WORKLOADS: dict[str, Workload] = {
    "prometheus": prometheus,
    "otel_metrics": otel_metrics,
    "otel_spans": partial(otel_spans, batch=False),
    "otel_batch": partial(otel_spans, batch=True),
    "json_line": json_line,
    "unobserved": unobserved,
}

if __name__ == "__main__":
    main(WORKLOADS)
