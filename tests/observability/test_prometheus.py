"""What Prometheus scrapes: accepted by its own parsers, with the figures that were measured."""

import asyncio
import subprocess
import sys

import pytest
from every_event import every_event
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from motet.kernel.events import AgentEnded, AgentStarted, BudgetSpent
from motet.middleware import Cache
from motet.observability.instruments import INSTRUMENTS
from motet.observability.prometheus import PrometheusCollector
from motet.observability.tracer import Tracer
from support import echo


def filled(registry=None):
    collector, tracer = PrometheusCollector(registry), Tracer()
    tracer.register(collector)
    for event in every_event():
        tracer(event)
    return collector, tracer


@pytest.mark.parametrize("form", ["text", "openmetrics"])
def test_every_instrument_is_there_and_the_parser_takes_it(form):
    collector, _ = filled()
    if form == "text":
        families = list(parse_text(collector.text().decode()))
    else:
        body, kind = collector.openmetrics()
        assert kind.startswith("application/openmetrics-text")
        families = list(parse_openmetrics(body.decode()))
    kinds = {family.name: family.type for family in families}
    for instrument in {each for instruments in INSTRUMENTS.values() for each in instruments}:
        name = instrument.name.replace(".", "_")
        suffix = {"s": "_seconds", "By": "_bytes"}.get(instrument.unit, "")
        assert kinds[f"{name}{suffix}"] == instrument.kind
    samples = {sample.name: sample for family in families for sample in family.samples if sample.name.endswith("_sum")}
    assert samples["motet_agent_duration_seconds_sum"].value == 1.0
    assert samples["motet_agent_duration_seconds_sum"].labels == {
        "agent": "ann",
        "status": "failed",
        "error": "ConnectionError",
    }
    counted = {sample.name: sample.value for family in families for sample in family.samples}
    assert counted["motet_remote_received_bytes_total"] == 9
    assert "hush" not in collector.text().decode()


def test_odd_names_are_escaped():
    collector, tracer = PrometheusCollector(), Tracer()
    tracer.register(collector)
    odd = 'a"b\\c\nd é'
    tracer(AgentEnded("a" * 32, 1.0, "b" * 16, odd, "completed", 0.1))
    families = list(parse_text(collector.text().decode()))
    assert {sample.labels.get("agent") for family in families for sample in family.samples} >= {odd}


@pytest.mark.parametrize("form", ["text", "openmetrics"])
async def test_half_a_surrogate_pair_in_a_label_breaks_no_scrape(form):
    collector, tracer = PrometheusCollector(), Tracer(attributes=["tenant"])
    tracer.register(collector)
    await echo(1, observer=tracer, metadata={"tenant": "a\udcffb"})
    tracer(BudgetSpent("a" * 32, 1.0, "b" * 16, "ann", 1, 0.25, "m\ud800", "p"))
    tracer(AgentStarted("a" * 32, 1.0, "b" * 16, "", "bob\ud800"))
    tracer(AgentStarted("a" * 32, 1.0, "b" * 16, "", "bob\udcff"))
    families = list(
        parse_text(collector.text().decode())
        if form == "text"
        else parse_openmetrics(collector.openmetrics()[0].decode())
    )
    samples = {(each.name, each.labels.get("agent")): each for family in families for each in family.samples}
    assert samples["motet_agent_duration_seconds_count", "echo"].labels["tenant"] == "a?b"
    assert samples["motet_llm_cost_total", "ann"].labels["model"] == "m?"
    assert samples["motet_agent_running", "bob?"].value == 2


def test_a_registry_of_the_programs_own_is_used():
    registry = CollectorRegistry()
    Counter("mine", "My own figures", registry=registry).inc()
    collector, _ = filled(registry)
    assert collector.registry is registry
    names = {family.name for family in parse_text(collector.text().decode())}
    assert {"mine", "motet_agent_chunks"} <= names


async def test_watched_middleware_is_read_with_each_scrape():
    collector, tracer = PrometheusCollector(), Tracer()
    tracer.register(collector)
    cache = Cache(ttl=60)
    tracer.watch(cache, "answers")
    cached = echo.using(cache)
    for hits in (0, 1, 2):
        await cached(1)
        found = {
            sample.labels["counter"]: sample.value
            for family in parse_text(collector.text().decode())
            if family.name == "motet_middleware_counter"
            for sample in family.samples
        }
        assert found["hits"] == hits


def test_two_collectors_in_one_registry_are_refused():
    registry = CollectorRegistry()
    collector, tracer = filled(registry)
    with pytest.raises(ValueError, match="Duplicated"):
        Tracer().register(PrometheusCollector(registry))
    Tracer().register(collector)  # two tracers may tell one collector
    assert not tracer.failures


async def test_an_asgi_application_answers_a_scrape():
    collector, _ = filled()
    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        await asyncio.sleep(0)
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/metrics", "query_string": b""}
    scope["headers"] = [(b"accept", b"text/plain")]
    await collector.asgi()(scope, receive, send)
    assert sent[0]["status"] == 200
    kinds = [value for name, value in sent[0]["headers"] if name.lower() == b"content-type"]
    assert kinds[0].startswith(b"text/plain")
    assert {family.name for family in parse_text(sent[1]["body"].decode())} >= {"motet_agent_chunks"}


def test_a_wsgi_application_answers_a_scrape():
    collector, _ = filled()
    begun = []
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics"}
    body = b"".join(collector.wsgi()(asked, lambda *told: begun.append(told)))
    assert begun[0][0].startswith("200")
    assert {family.name for family in parse_text(body.decode())} >= {"motet_agent_chunks"}


def test_without_the_extra_the_error_says_what_to_install():
    code = "import sys; sys.modules['prometheus_client'] = None; import motet.observability.prometheus"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert 'pip install "motet[prometheus]"' in done.stderr.splitlines()[-1]
