"""`Cache` and failures: of the agent, which may be kept for a while, and of the store, which reach nobody."""

import logging

import pytest

from middleware.counted import counted
from middleware.stores import FailingStore
from middleware.worlds import Script, virtual
from motet.kernel.errors import (
    AgentFailed,
    BudgetExceeded,
    Cancelled,
    DeadlineExceeded,
    InvalidPayload,
    NotFound,
    Unavailable,
)  # fmt: skip
from motet.middleware.cache import Cache
from motet.middleware.errors import Saturated

__all__ = ["virtual"]


async def test_an_error_passes_as_it_is_and_is_not_kept():
    error = ValueError("bad")
    work, calls = counted(error)
    asked = work.using(Cache())
    with pytest.raises(ValueError, match="bad") as caught:
        await asked("x")
    assert caught.value is error
    assert await asked("x") == 2
    assert calls == ["x", "x"]


KEPT = [NotFound("gone"), InvalidPayload("bad"), TypeError("bad"), AgentFailed("broken", agent="a")]
NOT_KEPT = [
    ValueError("flaky"), Unavailable("away"), Saturated("full"), DeadlineExceeded("late"), Cancelled("gone"),
    BudgetExceeded("spent", budget="tokens", limit=1.0),
]  # fmt: skip


@pytest.mark.parametrize("error", [*KEPT, *NOT_KEPT], ids=lambda error: type(error).__name__)
async def test_of_errors_those_are_kept_that_would_come_again(error):
    work, calls = counted(error)
    cache = Cache(negative_ttl=10)
    asked = work.using(cache)
    caught = []
    for _ in range(3):
        try:
            await asked("x")
        except type(error) as raised:
            caught.append(raised)
            raised.add_note("mine")
    assert caught[0] is error
    kept = error in KEPT
    assert len(caught) == (3 if kept else 1)
    assert len(calls) == (1 if kept else 2)
    assert cache.counters()["negative_hits"] == (2 if kept else 0)
    for other in caught[1:]:
        assert (str(other), other.args, other.__notes__) == (str(error), error.args, ["mine"])


@pytest.mark.parametrize(
    ("on", "kept"),
    [(ValueError, True), ((KeyError, ValueError), True), (KeyError, False), (lambda error: "ba" in str(error), True)],
)
async def test_which_errors_are_kept_can_be_said(on, kept):
    work, calls = counted(ValueError("bad"))
    asked = work.using(Cache(negative_ttl=10, negative_on=on))
    with pytest.raises(ValueError, match="bad"):
        await asked("x")
    if kept:
        with pytest.raises(ValueError, match="bad"):
            await asked("x")
    assert len(calls) == 1
    assert kept or await asked("x") == 2


def test_an_error_is_over_after_a_time_of_its_own(virtual):
    script = Script(NotFound("gone"), "there")
    asked = script.agent.using(Cache(ttl=100, negative_ttl=5))
    for at, good in [(0, False), (4.9, False), (5, True)]:
        virtual.advance(at - virtual.clock.now())
        if good:
            assert virtual.run(asked("x", clock=virtual.clock)) == "there"
        else:
            with pytest.raises(NotFound):
                virtual.run(asked("x", clock=virtual.clock))
    assert script.calls == 2


@pytest.mark.parametrize("failing", ["peek", "get", "set"])
async def test_a_store_that_fails_does_not_fail_the_call(failing, caplog):
    work, calls = counted("a", "b")
    cache = Cache(store=FailingStore(failing))
    with caplog.at_level(logging.WARNING):
        assert [await work.using(cache)("x") for _ in range(2)] == (["a", "a"] if failing == "peek" else ["a", "b"])
    assert cache.counters()["store_failures"] >= 1
    assert f"no {failing} today" in caplog.text
    assert len(calls) == (1 if failing == "peek" else 2)
