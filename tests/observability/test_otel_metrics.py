"""Metrics of OpenTelemetry, read with the SDK's in-memory reader."""

import subprocess
import sys

import pytest
from every_event import every_event
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from motet.middleware import Cache
from motet.observability.instruments import INSTRUMENTS
from motet.observability.otel_metrics import OtelMetrics
from motet.observability.tracer import Tracer
from support import echo


@pytest.fixture
def reader():
    """A reader, whose provider is shut down in the end."""
    reader = InMemoryMetricReader()
    reader.provider = MeterProvider([reader], shutdown_on_exit=False)
    yield reader
    reader.provider.shutdown()


def read(reader):
    data = reader.get_metrics_data()
    return {
        metric.name: metric
        for each in data.resource_metrics
        for scope in each.scope_metrics
        for metric in scope.metrics
    }


def test_every_instrument_is_told_under_its_name_and_unit(reader):
    tracer = Tracer()
    tracer.register(OtelMetrics(reader.provider))
    for event in every_event():
        tracer(event)
    found = read(reader)
    for instrument in {each for instruments in INSTRUMENTS.values() for each in instruments}:
        assert found[instrument.name].unit == instrument.unit
    point = found["motet.agent.duration"].data.data_points[0]
    assert dict(point.attributes) == {"agent": "ann", "status": "failed", "error": "ConnectionError"}
    assert (point.count, point.sum, point.explicit_bounds[0]) == (1, 1.0, 1e-4)
    assert found["motet.remote.received"].data.data_points[0].value == 9
    assert "hush" not in repr(found)


async def test_watched_middleware_is_read_when_metrics_are_collected(reader):
    tracer, cache = Tracer(), Cache(ttl=60)
    tracer.register(OtelMetrics(reader.provider))
    tracer.watch(cache, "answers")
    cached = echo.using(cache)
    for hits in (0, 1, 2):
        await cached(1)
        points = read(reader)["motet.middleware.counter"].data.data_points
        assert {point.attributes["counter"]: point.value for point in points}["hits"] == hits


@pytest.mark.parametrize("module", ["otel_metrics", "otel_spans", "otel_ids"])
def test_without_the_extra_the_error_says_what_to_install(module):
    code = f"import sys; sys.modules['opentelemetry'] = None; import motet.observability.{module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert 'pip install "motet[otel]"' in done.stderr.splitlines()[-1]
