"""Flaky, slow and hanging agents misbehave exactly as asked."""

import asyncio

import pytest

from motet import Backoff
from motet.middleware import Retry
from motet.testing import Chunks, InjectedFault, VirtualTime, echo, flaky, hanging, scripted, slow


async def fates(agent_, count):
    """Call an agent so many times, and tell which calls failed."""
    failed = []
    for number in range(1, count + 1):
        try:
            await agent_(number)
        except InjectedFault:
            failed.append(number)
    return failed


@pytest.mark.parametrize(
    ("rules", "failed"),
    [
        ({"fail": [1, 3]}, [1, 3]),
        ({"fail": range(2, 5)}, [2, 3, 4]),
        ({"every": 3}, [3, 6, 9]),
        ({"every": 4, "fail": [1]}, [1, 4, 8]),
        ({"rate": 1}, list(range(1, 11))),
    ],
)
async def test_the_calls_asked_for_fail(rules, failed):
    agent_ = flaky(echo("steady"), **rules)
    assert await fates(agent_, 10) == failed
    assert (agent_.calls, agent_.failed, agent_.name) == (10, len(failed), "steady")


async def test_a_rate_is_the_same_with_the_same_seed_and_about_as_asked():
    first, again, other = [await fates(flaky(echo(), rate=0.3, seed=seed), 200) for seed in (1, 1, 2)]
    assert first == again != other
    assert 30 < len(first) < 90


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ConnectionError("cut"), ConnectionError, "cut"),
        (LookupError, LookupError, "the 1st call of 'echo' was to fail"),
        (lambda payload: ValueError(f"not {payload}"), ValueError, "not 7"),
        (None, InjectedFault, "the 1st call of 'echo' was to fail"),
    ],
)
async def test_the_error_asked_for_is_raised(error, kind, text):
    with pytest.raises(kind, match=text):
        await flaky(echo(), fail=[1], error=error)(7)


async def test_what_makes_no_error_is_told():
    with pytest.raises(TypeError, match="gives what is no exception: '7'"):
        await flaky(echo(), fail=[1], error=str)(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "rules", [{}, {"fail": []}, {"fail": [0]}, {"every": 0}, {"rate": 1.5}, {"rate": -0.1, "fail": [1]}]
)
def test_rules_that_make_no_sense_are_refused(rules):
    with pytest.raises(ValueError, match=r"never fails|calls count from 1"):
        flaky(echo(), **rules)


async def test_a_retry_around_it_sees_the_failure_and_its_stream_begins_again():
    inner = scripted([Chunks("a", ConnectionError("cut")), Chunks("a", "b")], name="model")
    async with inner.using(Retry(attempts=2, backoff=Backoff(initial=0))).stream(1) as stream:
        chunks = [chunk async for chunk in stream]
    assert [chunk.value for chunk in chunks if not chunk.restart] == ["a", "a", "b"]
    assert sum(chunk.restart for chunk in chunks) == 1
    assert await flaky(echo(), fail=[1]).using(Retry(attempts=2, backoff=Backoff(initial=0)))("x") == "x"


def test_a_slow_agent_takes_its_time_by_the_clock_and_streams():
    with VirtualTime() as virtual:

        async def main():
            agent_ = slow(scripted([Chunks("a", "b")], name="model"), 3600)
            assert agent_.name == "model"
            async with agent_.stream(1) as stream:
                return [chunk.value async for chunk in stream]

        assert virtual.run(main()) == ["a", "b"]
        assert virtual.clock.now() == 3600


async def test_a_hanging_agent_ends_by_being_cancelled_only():
    stuck = hanging("search")
    task = asyncio.ensure_future(stuck(1))
    await asyncio.sleep(0)
    assert (stuck.name, stuck.calls, stuck.inside, stuck.cancelled) == ("search", 1, 1, 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (stuck.inside, stuck.cancelled) == (0, 1)
