"""The collector for StatsD, with a socket that takes its datagrams."""

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from motet.kernel.events import AgentEnded
from motet.observability.tracer import Tracer

EXAMPLE = Path(__file__).parents[2] / "examples" / "observability" / "statsd.py"


@pytest.fixture(scope="module")
def statsd():
    """The example, as a module."""
    spec = importlib.util.spec_from_file_location("observability_statsd", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server():
    """A socket that takes datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        yield server


def told(server, count):
    return [server.recv(2000).decode() for _ in range(count)]


def test_values_arrive_as_datagrams_with_tags(statsd, server):
    collector, tracer = statsd.StatsdCollector(*server.getsockname()), Tracer()
    tracer.register(collector)
    tracer(AgentEnded("a" * 32, 1.0, "b" * 16, "an agent|#:\n", "completed", 0.25))
    assert told(server, 1) == ["motet.agent.duration:250|ms|#agent:an_agent____,status:completed"]
    collector.close()


def test_what_cannot_be_sent_is_counted_and_disturbs_nobody(statsd, server):
    collector, tracer = statsd.StatsdCollector(*server.getsockname()), Tracer()
    tracer.register(collector)
    collector.close()
    tracer(AgentEnded("a" * 32, 1.0, "b" * 16, "ann", "completed", 0.25))
    assert collector.lost == 1
    assert not tracer.failures


def test_the_program_sends_what_it_says(server):
    host, port = server.getsockname()
    done = subprocess.run(
        [sys.executable, EXAMPLE, f"{host}:{port}"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["Hello, Ann!", "Hello, Bob!", "Hello, Cid!"]
    found = told(server, 4)
    assert all(line.startswith("motet.agent.duration:") for line in found[:3])
    assert found[3] == "motet.agent.running:0|g|#agent:greet"
