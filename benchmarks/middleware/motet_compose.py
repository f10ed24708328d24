"""Motet's agents of agents, each beside an agent that does the same by hand with `await` and `asyncio.gather`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from benchmarks.middleware.harness import BOUND, WIDER, WIDTH, Way, measure, payloads
from benchmarks.shared.harness import Sample, Workload
from motet import Agent, agent
from motet.compose.conditional import conditional
from motet.compose.fallback import fallback
from motet.compose.fan_out import fan_out
from motet.compose.map_reduce import map_reduce
from motet.compose.parallel import parallel
from motet.compose.predicates import contains
from motet.compose.sequential import sequential


@agent(validate="none")
async def first(text: str) -> str:
    """Do nothing."""
    return text


@agent(validate="none")
async def second(text: str) -> str:
    """Do nothing either."""
    return text


@agent(validate="none")
async def other(text: str) -> str:
    """Do something that is never asked for."""
    raise AssertionError(text)


@agent(validate="none")
async def sequential_by_hand(text: str) -> str:
    """Call one after the other."""
    return await second(await first(text))


@agent(validate="none")
async def fallback_by_hand(text: str) -> str:
    """Call one, and the other if that fails."""
    try:
        return await first(text)
    except ConnectionError:
        return await other(text)


@agent(validate="none")
async def conditional_by_hand(text: str) -> str:
    """Call what the payload asks for."""
    return await (other(text) if "answer" in text else first(text))


@agent(validate="none")
async def spread_by_hand(texts: list[str]) -> list[str]:
    """Call with each part at once."""
    return await asyncio.gather(*map(first, texts))


@agent(validate="none")
async def map_by_hand(texts: list[str]) -> int:
    """Call with each part at once, and count."""
    return len(await asyncio.gather(*map(first, texts)))


@agent(validate="none")
async def bounded_map_by_hand(texts: list[str]) -> int:
    """Call with each part, some at once, and count."""
    room = asyncio.Semaphore(BOUND)

    async def call(text: str) -> str:
        async with room:
            return await first(text)

    return len(await asyncio.gather(*map(call, texts)))


async def composed(n: int, *, agent_of_agents: Agent[Any, Any], by_hand: Agent[Any, Any]) -> Sample:
    """Call an agent of agents, beside one that does the same by hand."""
    texts = payloads(n)
    return await measure(n, texts, Way(agent_of_agents, texts), Way(by_hand, texts))


async def beside_one_another(n: int, *, width: int) -> Sample:
    """Call so many agents at once with each payload, beside an agent that gathers the same calls."""
    texts = payloads(n)
    agents = [agent(name=f"step{number}", validate="none")(one) for number in range(width)]

    @agent(validate="none")
    async def by_hand(text: str) -> list[str]:
        return await asyncio.gather(*(each(text) for each in agents))

    expected = [[text] * width for text in texts]
    return await measure(n, texts, Way(parallel(*agents), expected), Way(by_hand, expected))


async def one(text: str) -> str:
    """Do nothing; made an agent under many names."""
    return text


async def parts(n: int, *, width: int, spreading: Agent[Any, Any], by_hand: Agent[Any, Any]) -> Sample:
    """Call with each of so many parts of a payload."""
    inputs = [[f"{text}, part {number}" for number in range(width)] for text in payloads(n)]
    expected: Sequence[object] = inputs if by_hand is spread_by_hand else [width] * len(inputs)
    return await measure(n, inputs, Way(spreading, expected), Way(by_hand, expected))


CONDITIONAL = conditional((contains("answer"), other), default=first)
MAP_REDUCE = map_reduce(map=first, reduce=len, concurrency=None)
BOUNDED_MAP_REDUCE = map_reduce(map=first, reduce=len, concurrency=BOUND)

WORKLOADS: dict[str, Workload] = {
    "sequential2": partial(composed, agent_of_agents=sequential(first, second), by_hand=sequential_by_hand),
    "fallback2": partial(composed, agent_of_agents=fallback(first, other), by_hand=fallback_by_hand),
    "conditional2": partial(composed, agent_of_agents=CONDITIONAL, by_hand=conditional_by_hand),
    "parallel10": partial(beside_one_another, width=WIDTH),
    "parallel100": partial(beside_one_another, width=WIDER),
    "fan_out10": partial(parts, width=WIDTH, spreading=fan_out(first), by_hand=spread_by_hand),
    "map_reduce100": partial(parts, width=WIDER, spreading=MAP_REDUCE, by_hand=map_by_hand),
    "map_reduce100_bounded": partial(parts, width=WIDER, spreading=BOUNDED_MAP_REDUCE, by_hand=bounded_map_by_hand),
}
