"""`Retry`: again, after a wait, as long as it can help; the last error as it was, the earlier ones attached."""

import asyncio

import pytest

from middleware.worlds import Emit, Script, virtual
from motet import Backoff, DeadlineExceeded, Flow, InvalidPayload, agent
from motet.kernel.errors import Unavailable
from motet.kernel.events import RetryScheduled
from motet.middleware.errors import CircuitOpen
from motet.middleware.retry import Retry, earlier_errors
from support import Recorder, StillClock, within

__all__ = ["virtual"]

STEADY = Backoff(initial=1, factor=2, cap=8, jitter=False)


def test_it_tries_until_an_attempt_succeeds(virtual):
    script = Script(OSError("one"), OSError("two"), "good")
    retry = Retry(5, backoff=STEADY)
    assert virtual.run(script.agent.using(retry)("x", clock=virtual.clock)) == "good"
    assert script.times == [0, 1, 3]
    assert retry.counters() == {"calls": 1, "retries": 2, "recovered": 1, "failed": 0}


def test_the_last_error_is_raised_as_it_was_with_the_earlier_ones_attached(virtual):
    errors = [OSError("one"), ConnectionError("two"), PermissionError("three")]
    script = Script(*errors)
    retry = Retry(3, backoff=STEADY)
    with pytest.raises(PermissionError, match="three") as caught:
        virtual.run(script.agent.using(retry)("x", clock=virtual.clock))
    assert caught.value is errors[2]
    assert earlier_errors(caught.value) == (errors[0], errors[1])
    assert caught.value.__notes__ == [
        "Attempt 3 failed, and was the last: all 3 attempts failed",
        "Attempt 1 failed with OSError: one",
        "Attempt 2 failed with ConnectionError: two",
    ]
    assert retry.counters() == {"calls": 1, "retries": 2, "recovered": 0, "failed": 1}


def test_an_error_that_every_attempt_raises_is_not_its_own_earlier_error(virtual):
    error = OSError("always")
    with pytest.raises(OSError, match="always") as caught:
        virtual.run(Script(error).agent.using(Retry(3))("x", clock=virtual.clock))
    assert earlier_errors(caught.value) == ()


def test_an_error_that_nobody_retried_has_no_earlier_ones():
    assert earlier_errors(ValueError()) == ()


@pytest.mark.parametrize("error", [TypeError("mistake"), InvalidPayload("wrong"), CircuitOpen("x").__class__("x")])
def test_what_trying_again_cannot_help_is_not_tried_again(virtual, error):
    script = Script(error)
    retryable = getattr(error, "retryable", False)
    with pytest.raises(type(error)) as caught:
        virtual.run(script.agent.using(Retry(2))("x", clock=virtual.clock))
    assert caught.value is error
    assert script.calls == (2 if retryable else 1)


@pytest.mark.parametrize(
    ("retry_on", "calls"),
    [
        (KeyError, 3),
        ((KeyError, OSError), 3),
        ((OSError,), 1),
        (lambda error: "again" in str(error), 3),
        (lambda error: False, 1),
    ],
)
def test_retry_on_replaces_the_errors_own_word(virtual, retry_on, calls):
    script = Script(KeyError("again"))
    with pytest.raises(KeyError):
        virtual.run(script.agent.using(Retry(3, retry_on=retry_on))("x", clock=virtual.clock))
    assert script.calls == calls


def test_a_payload_that_does_not_validate_is_never_tried_again(virtual):
    @agent
    async def numbers(number: int) -> int:
        return number

    with pytest.raises(InvalidPayload):
        virtual.run(numbers.using(Retry(3, retry_on=Exception))("x", clock=virtual.clock))
    assert virtual.clock.now() == 0


def test_what_the_error_says_of_waiting_is_heeded(virtual):
    script = Script(Unavailable("busy", retry_after=20), "good")
    assert virtual.run(script.agent.using(Retry(2, backoff=STEADY))("x", clock=virtual.clock)) == "good"
    assert script.times == [0, 20]


def test_waits_are_spread_evenly_below_the_backoff():
    retry = Retry(2, backoff=Backoff(initial=0.002, jitter=True))
    waits = []
    for random in (0.0, 0.25, 0.999):
        recorder = Recorder()
        script = Script(OSError(), "good")
        asyncio.run(script.agent.using(retry)("x", clock=StillClock(random), observer=recorder))
        waits += [event.delay for event in recorder.of(RetryScheduled)]
    assert waits == pytest.approx([0, 0.0005, 0.001998])


def test_there_is_no_further_attempt_that_the_deadline_would_cut_off(virtual):
    script = Script(Unavailable("busy", retry_after=20))
    with pytest.raises(Unavailable) as caught:
        virtual.run(script.agent.using(Retry(5))("x", clock=virtual.clock, deadline=10))
    assert (script.calls, virtual.clock.now()) == (1, 0)
    assert not hasattr(caught.value, "__notes__")


def test_a_deadline_interrupts_the_wait(virtual):
    script = Script(OSError("one"))
    with pytest.raises((DeadlineExceeded, OSError)):
        virtual.run(script.agent.using(Retry(50, backoff=STEADY))("x", clock=virtual.clock, deadline=100))
    assert virtual.clock.now() <= 100


async def test_cancelling_the_caller_interrupts_the_wait():
    script = Script(OSError("one"))
    task = asyncio.create_task(script.agent.using(Retry(5, backoff=Backoff(1000, jitter=False)))("x"))
    while not script.calls:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert script.calls == 1


async def test_what_was_cancelled_is_not_tried_again():
    script = Script(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await script.agent.using(Retry(3, retry_on=lambda error: True))("x")
    assert script.calls == 1


async def test_a_stream_is_told_that_the_agent_begins_again():
    script = Script((Emit("a"), Emit("b"), OSError()), OSError(), (Emit("c"), "good"))
    async with script.agent.using(Retry(3, backoff=Backoff(0))).stream("x") as stream:
        chunks = [(chunk.value, chunk.since) async for chunk in stream]
        assert await stream.result() == "good"
    assert chunks == [("a", None), ("b", None), (None, 1), ("c", None)]


async def test_streams_that_a_failed_attempt_has_begun_end_with_it():
    begun, started, ended = [], asyncio.Event(), []

    @agent
    async def endless(payload):
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(payload)

    @agent(use=[Retry(2, backoff=Backoff(0))])
    async def leaky(payload):
        if begun:
            return list(ended)
        stream = endless.stream("below")
        begun.append(stream)
        reading = asyncio.ensure_future(anext(stream, None))
        await started.wait()
        reading.cancel()
        raise OSError

    assert await within(leaky("x")) == ["below"]


def test_each_attempt_is_told_to_observers(virtual):
    recorder = Recorder()
    script = Script(OSError("one"), OSError("two"), "good")
    virtual.run(script.agent.using(Retry(3, backoff=STEADY))("x", clock=virtual.clock, observer=recorder))
    told = [(event.agent, event.attempt, event.delay, str(event.error)) for event in recorder.of(RetryScheduled)]
    assert told == [("scripted", 1, 1, "one"), ("scripted", 2, 2, "two")]


async def test_a_node_of_a_flow_may_have_it():
    script = Script(OSError("one"), "good")
    flow = Flow("f", script.agent.using(Retry(2, backoff=Backoff(0))))
    assert await within(flow("x")) == "good"


@pytest.mark.parametrize("attempts", [0, -1, 2.5, "3", True, None])
def test_there_is_at_least_one_attempt(attempts):
    with pytest.raises(ValueError, match="attempts=.*: it is a whole number from 1"):
        Retry(attempts)


@pytest.mark.parametrize("retry_on", [[OSError], (1,), (), "OSError", BaseException, str])
def test_what_is_no_test_of_an_error_is_refused_at_once(retry_on):
    with pytest.raises(ValueError, match="retry_on=.*: it is a class of Exception"):
        Retry(retry_on=retry_on)


def test_a_backoff_that_is_none_is_refused_at_once():
    with pytest.raises(ValueError, match="backoff=1: it is a Backoff"):
        Retry(backoff=1)
