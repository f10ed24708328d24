"""What counts as a failure of an agent, and what says nothing about it."""

import pytest

from middleware.crowd import called, kinds
from middleware.worlds import Script, virtual
from motet import BudgetExceeded, Cancelled, Context, DeadlineExceeded, InvalidPayload, agent
from motet.kernel.errors import AgentTimeout, Fault, NotFound, QueueFull, Unavailable
from motet.middleware.circuit_breaker import CircuitBreaker
from motet.middleware.errors import CircuitOpen
from motet.middleware.timeout import Timeout

__all__ = ["virtual"]

WRONG = ValueError("wrong")


class OfTheAgent(InvalidPayload):
    """An output that does not fit."""

    fault = Fault.AGENT


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (ValueError("x"), True),
        (TypeError("x"), True),
        (TimeoutError("x"), True),
        (AgentTimeout("x"), True),
        (Unavailable("x"), True),
        (QueueFull("x"), True),
        (CircuitOpen("another one's"), True),
        (OfTheAgent("x"), True),
        (DeadlineExceeded("of a call that the agent made"), True),
        (InvalidPayload("x"), False),
        (NotFound("x"), False),
        (Cancelled("x"), False),
        (BudgetExceeded("x"), False),
    ],
)
@pytest.mark.parametrize("options", [{}, {"deadline": 5}])
def test_what_counts_is_every_exception_that_is_not_the_callers_fault(virtual, error, counts, options):
    breaker = CircuitBreaker(1)
    assert called(virtual, Script(error).agent.using(breaker), "x", **options) == [error]
    assert breaker.state() == ("open" if counts else "closed")
    assert breaker.counters()["failed" if counts else "neither"] == 1


def test_the_callers_own_deadline_says_nothing_about_the_agent(virtual):
    @agent
    async def stubborn(payload, ctx: Context):
        virtual.loop.jump(10)
        ctx.check()

    breaker = CircuitBreaker(1)
    for work in (stubborn, Script(1000.0).agent):  # one that notices it, and one that is interrupted
        (answer,) = called(virtual, work.using(breaker), "x", deadline=5)
        assert isinstance(answer, DeadlineExceeded)
    assert (breaker.state(), breaker.counters()["neither"]) == ("closed", 2)


def test_a_deadline_that_the_agent_sets_for_itself_does(virtual):
    @agent
    async def hasty(payload):
        return await Script(1000.0).agent(payload, deadline=2)

    breaker = CircuitBreaker(1)
    assert kinds(called(virtual, hasty.using(breaker), "x", deadline=60)) == ["DeadlineExceeded"]
    assert breaker.state() == "open"


def test_an_agent_that_hangs_is_noticed_by_a_timeout_inside(virtual):
    breaker, script = CircuitBreaker(2), Script(1000.0)
    work = script.agent.using(breaker, Timeout(1))
    assert kinds(called(virtual, work, *"abc")) == ["AgentTimeout", "AgentTimeout", "CircuitOpen"]


@pytest.mark.parametrize(
    "counts",
    [KeyError, (KeyError, OSError), (LookupError,), lambda error: isinstance(error, KeyError)],
    ids=["class", "classes", "base", "function"],
)
def test_what_counts_can_be_said(virtual, counts):
    breaker = CircuitBreaker(2, counts=counts)
    script = Script(WRONG, WRONG, KeyError("x"), InvalidPayload("x"), WRONG, KeyError("x"))
    assert kinds(called(virtual, script.agent.using(breaker), *"abcdefg"))[-2:] == ["KeyError", "CircuitOpen"]
    assert (breaker.counters()["failed"], breaker.counters()["neither"]) == (2, 4)


def test_a_predicate_that_fails_takes_no_probe_with_it(virtual):
    def broken(error):
        if str(error) == "first":
            return True
        raise RuntimeError("broken predicate")

    script, breaker = Script(ValueError("first"), WRONG, WRONG, "good"), CircuitBreaker(1, counts=broken, recovery=1)
    work = script.agent.using(breaker)
    called(virtual, work, "x")
    virtual.advance(1)
    assert kinds(called(virtual, work, *"abc")) == ["RuntimeError", "RuntimeError", "good"]
    assert breaker.state() == "closed"
