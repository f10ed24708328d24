"""Agenkit's side: its decorators around an agent, and its agents of agents, with `await agent.process(message)`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from agenkit import Agent, ConditionalAgent, FallbackAgent, Message, ParallelAgent, SequentialAgent
from agenkit.composition import content_contains
from agenkit.middleware import (
    BatchingConfig,
    BatchingDecorator,
    CachingConfig,
    CachingDecorator,
    CircuitBreakerDecorator,
    MetricsDecorator,
    RateLimiterConfig,
    RateLimiterDecorator,
    RetryDecorator,
    TimeoutConfig,
    TimeoutDecorator,
)

from benchmarks.middleware.harness import MOST, RATE, SECONDS, WIDER, WIDTH, Call, Way, in_tens, measure, payloads
from benchmarks.shared.harness import Sample, Workload, main, require


class Step(Agent):
    """An agent that does nothing."""

    def __init__(self, name: str = "step") -> None:
        self._name = name

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    async def process(self, message: Message) -> Message:
        """Give the message back."""
        return message


class Waiting(Step):
    """An agent that lets the event loop have one turn."""

    async def process(self, message: Message) -> Message:
        """Wait for one turn, and give the message back."""
        await asyncio.sleep(0)
        return message


def messages(n: int, *, step: int = 1) -> list[Message]:
    """Build the messages of one slice; see `payloads`."""
    return [Message(role="user", content=text) for text in payloads(n, step=step)]


def content(message: Message) -> object:
    """Read what a message says."""
    return message.content


def limited(agent: Agent) -> Agent:
    """Limit the rate, so high that tokens are always free."""
    return RateLimiterDecorator(agent, RateLimiterConfig(rate=RATE, capacity=int(RATE)))


def timed(agent: Agent) -> Agent:
    """Limit the time."""
    return TimeoutDecorator(agent, TimeoutConfig(timeout_ms=int(SECONDS * 1000)))


def stack(agent: Agent) -> Agent:
    """Put the five around the agent that the design names."""
    return limited(CircuitBreakerDecorator(timed(RetryDecorator(MetricsDecorator(agent)))))


async def bare(n: int, *, agent: Agent) -> Sample:
    """Call alone."""
    inputs = messages(n)
    return await measure(n, inputs, Way(agent.process, payloads(n), read=content))


async def over(n: int, *, around: Callable[[Agent], Agent], agent: Agent) -> Sample:
    """Call with something around, beside a call without."""
    inputs, texts = messages(n), payloads(n)
    call = around(agent).process
    return await measure(n, inputs, Way(call, texts, read=content), Way(agent.process, texts, read=content))


async def cache_hit(n: int) -> Sample:
    """Ask for what is in the cache."""
    cache = CachingDecorator(Step(), CachingConfig(max_cache_size=2 * MOST))
    sample = await over(n, around=lambda _: cache, agent=Step())
    require(cache.metrics.cache_misses == len(payloads(n)), "something was asked for twice")
    return sample


async def cache_miss(n: int) -> Sample:
    """Ask for what is not in the cache, because it has room for one answer alone."""
    cache = CachingDecorator(Step(), CachingConfig(max_cache_size=1))
    sample = await over(n, around=lambda _: cache, agent=Step())
    require(not cache.metrics.cache_hits, "something was still there")
    return sample


async def batch(n: int) -> Sample:
    """Call ten at once, in a batch, beside one after another."""
    inputs, texts, agent = messages(n, step=WIDTH), payloads(n, step=WIDTH), Step()
    batching = BatchingDecorator(agent, BatchingConfig(max_batch_size=WIDTH))
    plain = Way(agent.process, texts, read=content)
    sample = await measure(n, inputs, Way(batching.process, texts, in_tens, content), plain)
    require(batching.metrics.min_batch_size == batching.metrics.max_batch_size == WIDTH, "a batch was not of ten")
    await batching.shutdown()
    return sample


async def composed(n: int, *, agent: Agent, by_hand: Call) -> Sample:
    """Call an agent of agents, beside doing what it does by hand."""
    inputs, texts = messages(n), payloads(n)
    return await measure(n, inputs, Way(agent.process, texts, read=content), Way(by_hand, texts, read=content))


async def sequential2(n: int) -> Sample:
    """Call two agents, the second with what the first gave."""
    first, second = Step("first"), Step("second")

    async def by_hand(message: Message) -> Message:
        return await second.process(await first.process(message))

    return await composed(n, agent=SequentialAgent("both", [first, second]), by_hand=by_hand)


async def fallback2(n: int) -> Sample:
    """Call the first of two agents, which answers."""
    first, second = Step("first"), Waiting("second")

    async def by_hand(message: Message) -> Message:
        try:
            return await first.process(message)
        except ConnectionError:
            return await second.process(message)

    return await composed(n, agent=FallbackAgent("either", [first, second]), by_hand=by_hand)


async def conditional2(n: int) -> Sample:
    """Call the second of two agents, for the payload does not ask for the first."""
    first, second = Waiting("first"), Step("second")
    agent = ConditionalAgent("chosen", second)
    agent.add_route(content_contains("answer"), first)

    async def by_hand(message: Message) -> Message:
        return await (first.process(message) if "answer" in message.content else second.process(message))

    return await composed(n, agent=agent, by_hand=by_hand)


async def parallel(n: int, *, width: int) -> Sample:
    """Call so many agents at once with each payload, beside a gather of the same calls."""
    inputs, texts = messages(n), payloads(n)
    agents = [Step(f"step {number}") for number in range(width)]

    async def by_hand(message: Message) -> list[Message]:
        return await asyncio.gather(*(agent.process(message) for agent in agents))

    joined = ["\n".join(f"[{agent.name}]: {text}" for agent in agents) for text in texts]
    way = Way(ParallelAgent("parallel", list(agents)).process, joined, read=content)
    plain = Way(by_hand, [[text] * width for text in texts], read=lambda found: [content(each) for each in found])
    return await measure(n, inputs, way, plain)


WORKLOADS: dict[str, Workload] = {
    "bare": partial(bare, agent=Step()),
    "bare_waiting": partial(bare, agent=Waiting()),
    "retry": partial(over, around=RetryDecorator, agent=Step()),
    "timeout": partial(over, around=timed, agent=Step()),
    "timeout_waiting": partial(over, around=timed, agent=Waiting()),
    "circuit_breaker": partial(over, around=CircuitBreakerDecorator, agent=Step()),
    "rate_limit": partial(over, around=limited, agent=Step()),
    "cache_hit": cache_hit,
    "cache_miss": cache_miss,
    "batch": batch,
    "stack": partial(over, around=stack, agent=Step()),
    "observe": partial(over, around=MetricsDecorator, agent=Step()),
    "sequential2": sequential2,
    "fallback2": fallback2,
    "conditional2": conditional2,
    "parallel10": partial(parallel, width=WIDTH),
    "parallel100": partial(parallel, width=WIDER),
}

if __name__ == "__main__":
    main(WORKLOADS)
