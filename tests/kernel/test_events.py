"""Events are frozen facts, observers cannot disturb, and with no observer no event is built."""

import asyncio
import dataclasses

import pytest

from motet import Budget, agent
from motet.kernel import context as context_module
from motet.kernel import events as events_module
from motet.kernel import invoke as invoke_module
from motet.kernel.context import Context
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded
from motet.kernel.events import AgentEnded, AgentStarted, BudgetSpent, ChunkEmitted, DeadlinePassed, Event
from motet.kernel.invoke import invoke
from motet.kernel.observers import combine
from motet.kernel.scope import Scope
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


def test_what_payloads_hold_is_in_no_repr_of_an_event():
    hidden = {"payload", "output", "value"}
    for kind in KINDS:
        event = kind(*range(len(dataclasses.fields(kind))))
        for field in dataclasses.fields(kind):
            assert (f"{field.name}=" in repr(event)) is (field.name not in hidden | {"description"}), (kind, field.name)


async def test_payloads_outputs_and_chunks_are_told_as_they_are():
    recorder = Recorder()
    payload = {"a": [1]}

    @agent(validate="none")
    async def talk(payload, ctx):
        await ctx.emit(payload["a"])
        return payload

    async with talk.stream(payload, observer=recorder) as stream:
        assert await within(stream.result()) is payload
    started, chunk, ended = recorder.events
    assert (started.payload, chunk.value, ended.output) == (payload, [1], payload)
    assert started.payload is payload is ended.output


async def test_a_stand_in_answers_in_place_of_an_agent_where_somebody_observes():
    scope = Scope(observer=(recorder := Recorder()))

    def stand_in(call, context):
        async def answer(payload, ctx):
            return f"{context.agent} was given {payload}"

        return call if context.agent == "outer" else answer

    @agent
    async def outer(payload: int) -> str:
        return await echo(payload) + await echo.stream(payload + 1).result()

    scope.stand_in = stand_in
    assert await invoke(outer.bound, 1, Context(scope, "outer"), {}) == "echo was given 1echo was given 2"
    assert [event.output for event in recorder.of(AgentEnded)][:2] == ["echo was given 1", "echo was given 2"]
    unobserved = Scope()
    unobserved.stand_in = stand_in
    assert await invoke(echo.bound, 1, Context(unobserved, "echo"), {}) == 1


async def test_what_a_model_has_read_and_written_is_told_and_charged():
    recorder = Recorder()

    @agent
    async def model(payload, ctx):
        ctx.spend(input_tokens=10, output_tokens=5, model="m", provider="p", cost=0.5)
        ctx.spend(tokens=20, input_tokens=10)

    with pytest.raises(BudgetExceeded, match="tokens"):
        await model(1, observer=recorder, budget=Budget(tokens=30))
    first, second = recorder.of(BudgetSpent)
    assert (first.tokens, first.input_tokens, first.output_tokens, first.model, first.provider, first.cost) == (
        15,
        10,
        5,
        "m",
        "p",
        0.5,
    )
    assert (second.tokens, second.input_tokens, second.model) == (20, 10, "")


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
