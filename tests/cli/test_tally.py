import pytest

from motet.cli.tally import Line, Tally
from motet.kernel.events import (
    AgentEnded,
    AgentStarted,
    ChunkEmitted,
    Event,
    NodeEnded,
    NodeStarted,
    RetryScheduled,
    RunStarted,
    Status,
)


def began(node: str, flow: str = "main") -> Event:
    return NodeStarted("t", 0.0, "s", "p", flow, node, 1)


def ended(node: str, status: Status = "completed", flow: str = "main") -> Event:
    return NodeEnded("t", 0.0, "s", flow, node, status, 0.1)


ERROR = ValueError("no")
AGAIN = RetryScheduled("t", 0.0, "s", "a", 1, 0.1, ERROR)


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        ([], []),
        ([AgentStarted("t", 0, "s", "", "main"), RunStarted("t", 0, "s", "", "main")], []),
        ([began("a"), began("a"), began("b")], [Line("a", flying=2), Line("b", flying=1)]),
        ([began("a"), ended("a")], [Line("a", done=1)]),
        ([began("a"), ended("a", "failed")], [Line("a", failed=1)]),
        ([began("a"), ended("a", "failed"), AGAIN, began("a")], [Line("a", flying=1, failed=1, retries=1)]),
        ([began("a"), ended("a", "cancelled")], [Line("a")]),
        ([began("a", "sub")], [Line("sub/a", flying=1)]),
        ([AgentStarted("t", 0, "s", "p", "helper")], [Line("helper", flying=1)]),
        (
            [AgentStarted("t", 0, "s", "p", "helper"), AgentEnded("t", 0, "s", "helper", "completed", 0.1)],
            [Line("helper", done=1)],
        ),
        ([AgentEnded("t", 0, "s", "main", "completed", 0.1), ChunkEmitted("t", 0, "s", "a", 1, False), AGAIN], []),
    ],
)
def test_events_are_counted(events: list[Event], lines: list[Line]) -> None:
    tally = Tally("main")
    for event in events:
        tally(event)
    assert list(tally.lines.values()) == lines
