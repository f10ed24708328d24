"""The agent that a call belongs to is found wherever an agent may know it from."""

import functools
from typing import Any

import pytest

from motet import Context, Flow, agent, fallback, loop, parallel, sequential
from motet.devtools.replay_agents import Agents
from motet.kernel.agent import Agent
from motet.middleware import Retry


@agent
async def known(payload: int) -> str:
    return str(payload)


class Holder:
    inner = known


class Written(Agent[int, str]):
    """An agent that was written as a class."""

    async def call(self, payload: int, ctx: Context) -> str:
        return await known(payload)


class Callee:
    def __init__(self, inner: Agent[Any, Any]) -> None:
        self.inner = inner

    async def call(self, payload: int) -> str:
        return await known(payload)


@agent
async def by_global(payload: int) -> str:
    return await known(payload)


@agent
async def deep(payload: int) -> list[str]:
    async def inner(number: int) -> str:
        return await known(number)

    return [await inner(number) for number in range(payload)]


def by_closure() -> Agent[Any, Any]:
    inner = known

    @agent
    async def outer(payload: int) -> str:
        return await inner(payload)

    return outer


async def with_argument(inner: Agent[int, str], payload: int) -> str:
    return await inner(payload)


@pytest.mark.parametrize(
    "root",
    [
        known,
        by_global,
        deep,
        by_closure(),
        Written(),
        agent(Callee(known)),
        agent(functools.partial(with_argument, known)),
        sequential(known, agent(name="x")(lambda text: text)),
        parallel(known, by_global),
        fallback(by_global, known),
        loop(known, until=lambda _: True),
        Flow("f", by_global >> agent(name="x")(lambda text: text)),
        Flow("outer", Flow("inner", by_global >> agent(name="x")(lambda text: text)) >> agent(name="y")(lambda x: x)),
        sequential(by_global).using(Retry()),
    ],
    ids=lambda root: root.name,
)
def test_it_is_found(root: Agent[Any, Any]) -> None:
    schema = Agents(root).output_of(known.bound, "another name")
    assert schema is not None
    assert schema.type is str


def test_a_wrapped_agent_is_found_by_its_own_call() -> None:
    wrapped = known.using(Retry())
    found = Agents(sequential(wrapped, agent(name="x")(lambda text: text))).output_of(wrapped.bound, "known")
    assert found is wrapped.types[1]


def test_agents_of_one_name_are_told_apart() -> None:
    @agent(name="known")
    async def other(payload: str) -> bool:
        return bool(payload)

    agents = Agents(sequential(known, other))
    kinds = [schema.type for schema in map(agents.output_of, (known.bound, other.bound), ("known", "known")) if schema]
    assert kinds == [str, bool]


def test_a_call_of_nobody_is_found_by_its_name_or_not_at_all() -> None:
    agents = Agents(by_global)
    assert agents.output_of(object(), "known") is known.types[1]
    assert agents.output_of(object(), "nobody") is None
