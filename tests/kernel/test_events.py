"""Events are frozen facts, observers cannot disturb, and with no observer no event is built."""

import asyncio
import dataclasses

import pytest

from motet import agent
from motet.kernel import context as context_module
from motet.kernel import events as events_module
from motet.kernel import invoke as invoke_module
from motet.kernel.errors import DeadlineExceeded
from motet.kernel.events import AgentEnded, AgentStarted, BudgetSpent, ChunkEmitted, DeadlinePassed, Event
from motet.kernel.observers import combine
from support import Recorder, within


@agent
async def endless(payload: object) -> object:
    await asyncio.Event().wait()
    return payload


@agent
async def echo(payload: object) -> object:
    return payload


@agent
async def failing(payload: object) -> object:
    raise ValueError(payload)


KINDS = [kind for kind in vars(events_module).values() if isinstance(kind, type) and issubclass(kind, Event)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_is_frozen_says_when_and_where_and_is_public(kind):
    event = kind(*range(len(dataclasses.fields(kind))))
    assert (event.trace, event.at) == (0, 1)
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        event.trace = "x"
    assert not hasattr(event, "__dict__")
    assert kind.__name__ in events_module.__all__


def test_of_no_observers_there_is_none():
    assert combine([]) is None


def test_observers_are_told_in_order():
    told = []
    combine([lambda event: told.append(("a", event)), lambda event: told.append(("b", event))])("e")
    assert told == [("a", "e"), ("b", "e")]


def test_a_failing_observer_does_not_keep_the_next_from_being_told(caplog):
    told = []

    def broken(event):
        raise RuntimeError("broken observer")

    combine([broken, told.append])("e")
    assert told == ["e"]
    assert "broken observer" in caplog.text


def test_an_interrupt_of_the_program_passes_through_an_observer():
    def interrupted(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        combine([interrupted])("e")


async def test_a_failing_observer_does_not_disturb(caplog):
    def broken(event):
        raise RuntimeError("broken observer")

    recorder = Recorder()
    assert await echo(1, observer=broken) == 1
    with pytest.raises(ValueError, match="x"):
        await failing("x", observer=broken)

    @agent
    async def outer(payload):
        return await echo(payload, observer=recorder)

    assert await outer(2, observer=broken) == 2
    assert [type(event) for event in recorder.events] == [AgentStarted, AgentEnded]
    assert "broken observer" in caplog.text


async def test_with_no_observer_no_event_is_built(monkeypatch):
    def explode(*_: object):
        raise AssertionError("an event was built")

    for module in (invoke_module, context_module):
        for kind in (AgentStarted, AgentEnded, DeadlinePassed, ChunkEmitted, BudgetSpent):
            if hasattr(module, kind.__name__):
                monkeypatch.setattr(module, kind.__name__, explode)

    @agent
    async def busy(payload, ctx):
        await ctx.emit(1)
        await ctx.restart()
        ctx.spend(tokens=1)
        with pytest.raises(DeadlineExceeded):
            await endless(1, deadline=0.01)
        return await echo(payload, metadata={"a": 1})

    async with busy.stream(1, deadline=60) as stream:
        assert await within(stream.result()) == 1
    with pytest.raises(AssertionError, match="an event was built"):
        await echo(1, observer=lambda _: None)
