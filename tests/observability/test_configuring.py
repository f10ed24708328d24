"""Observability from plain settings."""

import asyncio
import json
import logging
import socket
import subprocess
import sys

import pytest
from otlp_receiver import receiving
from prometheus_client.parser import text_string_to_metric_families as parse_text
from pydantic import SecretStr

from motet import Context, Flow, agent
from motet.kernel.errors import InvalidPayload, MissingExtra
from motet.observability.configuring import configure
from support import echo


@pytest.fixture(autouse=True)
def log_as_it_was():
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    yield
    assert (root.level, root.handlers) == before


async def test_spans_and_metrics_arrive_at_a_collector():
    with receiving() as receiver:
        settings = {
            "exporters": ["otlp"],
            "otlp_endpoint": receiver.url,
            "otlp_headers": SecretStr("x-key=hush, x-other=b"),
            "service_name": "shop",
            "attributes": ["tenant"],
            "log_level": "OFF",
        }
        with configure(**settings) as observing:
            flow = Flow("f", echo, observers=[observing.tracer])
            run = await flow.submit(1, metadata={"tenant": "acme", "key": "hush"})
            await run
    spans = {span.name: span for span in receiver.spans}
    assert set(spans) == {"invoke_workflow f", "invoke_agent echo"}
    assert {span.trace_id.hex() for span in receiver.spans} == {run.trace}
    assert spans["invoke_agent echo"].parent_span_id == spans["invoke_workflow f"].span_id
    assert spans["invoke_workflow f"].span_id.hex() == run.context.span
    told = {pair.key: pair.value.string_value for pair in spans["invoke_workflow f"].attributes}
    assert told["motet.metadata.tenant"] == "acme"
    assert {metric.name for metric in receiver.metrics} >= {"motet.flow.duration", "motet.node.duration"}
    assert receiver.resources[0]["service.name"] == "shop"
    assert all({name.lower(): value for name, value in each.items()}["x-key"] == "hush" for each in receiver.headers)


async def test_a_collector_that_is_not_there_disturbs_no_work():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens on it
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        observing = configure(exporters=["otlp"], otlp_endpoint=endpoint, log_level="OFF")
        assert await echo(1, observer=observing.tracer) == 1
        assert not observing.tracer.failures
        observing._spans.close()
        for processor in observing.exports.tracer_provider._active_span_processor._span_processors:
            processor.span_exporter.shutdown()
        observing.exports._readers[0]._exporter.shutdown()
        observing.close()


async def test_where_opentelemetry_is_switched_off_by_the_environment_work_goes_on_and_nothing_is_sent(
    monkeypatch, capfd
):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    header = f"00-{'a' * 32}-{'b' * 16}-00"

    @agent
    async def told(payload: int, ctx: Context) -> str:
        return ctx.traceparent

    with receiving() as receiver:
        settings = {"exporters": ["otlp", "console", "prometheus"], "otlp_endpoint": receiver.url, "log_level": "OFF"}
        with configure(**settings) as observing:
            found = await told(1, observer=observing.tracer, traceparent=header)
            assert not observing.tracer.failures
            assert 'motet_agent_duration_seconds_count{agent="told"' in observing.prometheus.text().decode()
    assert (found[:35], found[-2:]) == (header[:35], "00")
    assert not receiver.headers
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("given", "variables", "name"),
    [
        ({}, {}, "motet"),
        ({}, {"OTEL_SERVICE_NAME": "shop"}, "shop"),
        ({}, {"OTEL_RESOURCE_ATTRIBUTES": "service.name=shop,host.name=a"}, "shop"),
        ({"service_name": "desk"}, {"OTEL_SERVICE_NAME": "shop"}, "desk"),
    ],
)
def test_the_environment_names_the_program_unless_a_setting_does(given, variables, name, monkeypatch):
    for variable in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    settings = {"exporters": ["otlp"], "log_level": "OFF", **given}
    with receiving() as receiver, configure(**settings, otlp_endpoint=receiver.url) as observing:
        asyncio.run(echo(1, observer=observing.tracer))
    assert {each["service.name"] for each in receiver.resources} == {name}


@pytest.mark.parametrize("ends", ["", "sys.exit(3)", "raise ValueError('hush')", "observing.close()"])
def test_what_a_program_has_not_closed_is_sent_at_its_end(ends):
    code = (
        "import asyncio, sys\n"
        "from motet import agent\n"
        "from motet.observability import configure\n"
        "@agent\n"
        "async def greet(name: str) -> str:\n"
        "    return name\n"
        "observing = configure(exporters=['otlp'], otlp_endpoint=sys.argv[1])\n"
        "asyncio.run(greet('Ann', observer=observing.tracer))\n" + ends
    )
    with receiving() as receiver:
        command = [sys.executable, "-c", code, receiver.url]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert [span.name for span in receiver.spans] == ["invoke_agent greet"]
    assert "motet.agent.duration" in {metric.name for metric in receiver.metrics}
    assert len(receiver.headers) == 2
    assert "opentelemetry" not in done.stderr


def test_closing_twice_is_closing_once(caplog):
    with receiving() as receiver:
        observing = configure(exporters=["otlp"], otlp_endpoint=receiver.url, log_level="OFF")
        observing.close()
        observing.close()
    assert not caplog.records


async def test_the_console_shows_spans_as_lines_of_json(capsys):
    with configure(exporters=["console"], log_level="OFF") as observing:
        await echo(1, observer=observing.tracer)
        lines = capsys.readouterr().err.splitlines()
    assert json.loads(lines[0])["name"] == "invoke_agent echo"
    assert "motet.agent.duration" in capsys.readouterr().err


async def test_prometheus_is_there_to_be_scraped():
    with configure(exporters=["prometheus"], log_level="OFF", attributes=["tenant"]) as observing:
        await echo(1, observer=observing.tracer, metadata={"tenant": "acme"})
        families = {family.name: family for family in parse_text(observing.prometheus.text().decode())}
    assert families["motet_agent_duration_seconds"].samples[0].labels["tenant"] == "acme"


async def test_the_log_is_written_with_events_and_left_as_it_was(capsys):
    with configure(log_level="info", log_format="json", redact=["account"]) as observing:
        await Flow("f", echo, observers=[observing.tracer])(1)
        logging.getLogger("mine").info("account=%s", "hush")
        logging.getLogger("mine").debug("quiet")
    logging.getLogger("mine").warning("afterwards")
    found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [each["message"] for each in found] == ["RunEnded f completed", "account=***"]


async def test_text_is_for_people(capsys):
    with configure():
        logging.getLogger("mine").warning("hello")
    assert " WARNING mine hello" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"log_level": "LOUD"}, "log_level='LOUD': it is one of"),
        ({"log_format": "xml"}, "log_format='xml': it is one of json, text"),
        ({"exporters": ["statsd"]}, "exporters=.*any of console, otlp, prometheus"),
        ({"exporters": "otlp"}, "it is a list"),
        ({"otlp_endpoint": "localhost:4318"}, "otlp_endpoint: write http"),
        ({"otlp_endpoint": "ftp://user:hush@host"}, "otlp_endpoint: write http"),
        ({"otlp_headers": "hush"}, "otlp_headers: write name=value"),
        ({"redact": [""]}, "a name is empty"),
    ],
)
def test_wrong_settings_are_told_and_secrets_are_not(wrong, told):
    with pytest.raises(InvalidPayload, match=told) as caught:
        configure(**wrong)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("module", "exporter", "extra"),
    [
        ("prometheus_client", "prometheus", "prometheus"),
        ("opentelemetry", "console", "otel"),
        ("opentelemetry.exporter", "otlp", "otlp"),
    ],
)
def test_an_exporter_without_its_extra_says_what_to_install(module, exporter, extra):
    code = (
        f"import sys; sys.modules[{module!r}] = None; from motet.observability.configuring import configure;"
        f"configure(exporters=[{exporter!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert MissingExtra.__name__ in done.stderr.splitlines()[-1]
    assert f'pip install "motet[{extra}]"' in done.stderr.splitlines()[-1]


def test_without_exporters_no_extra_is_loaded():
    code = (
        "import sys; from motet.observability.configuring import configure; configure();"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'prometheus'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
