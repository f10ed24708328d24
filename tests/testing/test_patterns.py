"""Patterns say what an event has to look like, and refuse what could never match."""

import pytest

from motet.kernel.events import AgentStarted, NodeEnded, NodeStarted
from motet.testing import event
from motet.testing.patterns import brief, pattern_of

STARTED = NodeStarted("t", 1.0, "s", "", "flow", "write", 2)
ENDED = NodeEnded("t", 2.0, "s", "flow", "write", "failed", 0.5, ConnectionError("cut"))


@pytest.mark.parametrize(
    ("wanted", "told", "fits"),
    [
        (NodeStarted, STARTED, True),
        (NodeEnded, STARTED, False),
        (event(NodeStarted, node="write", attempt=2), STARTED, True),
        (event(NodeStarted, attempt=True), STARTED, False),
        ((NodeStarted, {"node": "read"}), STARTED, False),
        (event(NodeEnded, error=OSError), ENDED, True),
        (event(NodeEnded, error=ValueError), ENDED, False),
        (event(NodeEnded, seconds=lambda seconds: seconds < 1), ENDED, True),
        (event(NodeEnded, error=None), ENDED, False),
    ],
)
def test_a_pattern_matches_by_class_and_fields(wanted, told, fits):
    assert pattern_of(wanted).matches(told) is fits


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(TypeError, match="NodeStarted has no field 'nod': did you mean 'node'"):
        event(NodeStarted, nod="x")
    with pytest.raises(TypeError, match=r"<class 'int'> is no class of events"):
        event(int)  # type: ignore[arg-type]


def test_events_and_patterns_are_told_in_few_words():
    assert brief(STARTED) == "NodeStarted(flow='flow', node='write', attempt=2)"
    assert brief(ENDED) == "NodeEnded(flow='flow', node='write', status='failed', error=ConnectionError('cut'))"
    assert brief(AgentStarted("t", 1.0, "s", "", "a")) == "AgentStarted(agent='a')"
    assert str(event(NodeEnded, node="x", error=OSError)) == "NodeEnded(node='x', error=OSError)"
    assert str(event(NodeEnded)) == "NodeEnded"
