"""What happened, in a line."""

import pytest

from motet.devtools.event_lines import event_line
from motet.kernel import events as e


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (e.AgentStarted("t", 1, "s", "", "a"), "a begins"),
        (e.NodeStarted("t", 1, "s", "p", "f", "n", 1), "n begins"),
        (e.NodeStarted("t", 1, "s", "p", "f", "n", 2), "n begins, attempt 2"),
        (e.AgentEnded("t", 1, "s", "a", "failed", 0.5, ValueError("x\ny")), "a failed after 500 ms: ValueError: x; y"),
        (e.NodeEnded("t", 1, "s", "f", "n", "cancelled", 0.5), "n cancelled after 500 ms"),
        (e.ChunkEmitted("t", 1, "s", "a", 1, True), "a starts again"),
        (e.RetryScheduled("t", 1, "s", "a", 1, 0.5, ValueError("x")), "a is tried again after 500 ms: x"),
        (e.TaskChanged("t", 1, "t", "t-1", "n", "in_progress", 2, 0), "task n: in progress, attempt 2"),
        (e.TaskChanged("t", 1, "t", "t-1", "n", "failed", 1, 1, "why\nso"), "task n: failed: why; so"),
        (e.TreeChanged("t", 1, "t", "n", "completed", 1.0), "tree n: completed, 100%"),
        (e.Intervened("t", 1, "s", "a", "circuit_breaker", "opened"), "a: circuit breaker opened"),
        (e.RunCancelled("t", 1, "s", "f"), "f is cancelled"),
        (e.RemoteEnded("t", 1, "s", "a", "http", "h:1", "completed", 1, 2, 3), "a: http h:1 completed, 3 B read"),
        (e.DeadlinePassed("t", 1, "s", "a"), "the deadline of a passes"),
        (e.RemoteStarted("t", 1, "s", "a", "http", "h:1"), "a calls http h:1 as span s"),
        (e.MessageSent("t", 1, "s", "f", "n", "m", 5), "n sends to m: 5"),
        (e.AgentChosen("t", 1, "s", "a", "b"), "a takes the answer of b"),
        (e.BudgetSpent("t", 1, "s", "a", 1200, 0.0, "m"), "a used 1,200 tokens of m"),
        (e.ToolCalled("t", 1, "s", "a"), ""),
    ],
)
def test_what_happens_is_told_in_a_line(event: e.Event, line: str) -> None:
    assert event_line(event) == line
