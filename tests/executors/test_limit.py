"""How long a piece of work may take."""

import pytest

from motet.executors.limit import Limit
from motet.kernel.context import Context
from motet.kernel.errors import AgentTimeout, DeadlineExceeded, InvalidPayload
from motet.kernel.scope import Scope


def context(deadline=None):
    return Context(Scope.root({}).derive({} if deadline is None else {"deadline": deadline}), "rest")


@pytest.mark.parametrize(
    ("asked", "deadline", "seconds", "error"),
    [
        (None, None, 60, AgentTimeout),
        (5, None, 5, AgentTimeout),
        (60, None, 60, AgentTimeout),
        (None, 100, 60, AgentTimeout),
        (5, 10, 5, AgentTimeout),
        (None, 10, 10, DeadlineExceeded),
        (20, 10, 10, DeadlineExceeded),
    ],
)
def test_the_nearest_limit_counts(asked, deadline, seconds, error):
    limit = Limit(asked, 60, context(deadline))
    assert limit.seconds == pytest.approx(seconds, abs=0.5)
    passed = limit.passed("GET x")
    assert type(passed) is error
    assert "GET x" in str(passed)


def test_more_than_is_allowed_is_refused():
    with pytest.raises(InvalidPayload, match="timeout: 61 s is more than the 60 s .* 'rest' has to be registered with"):
        Limit(61, 60, context())


@pytest.mark.parametrize("deadline", [0, -1])
def test_nothing_is_begun_after_the_deadline(deadline):
    with pytest.raises(DeadlineExceeded):
        Limit(None, 60, context(deadline))
