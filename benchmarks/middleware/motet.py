"""Motet's side: `agent.using(...)` with each middleware, `await agent(payload)` at the top of a trace of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks.middleware import motet_compose, motet_state
from benchmarks.middleware.harness import RATE, SECONDS, WIDTH, Way, measure, payloads
from benchmarks.middleware.motet_around import around, step, waiting
from benchmarks.shared.harness import Sample, Workload, main
from motet import Agent, Context, Middleware
from motet.kernel.events import Event
from motet.middleware.circuit_breaker import CircuitBreaker
from motet.middleware.concurrency import Concurrency
from motet.middleware.guard import Guard
from motet.middleware.observe import Observe
from motet.middleware.rate_limit import RateLimit
from motet.middleware.retry import Retry
from motet.middleware.timeout import Timeout
from motet.middleware.validate import Validate

Layers = Callable[[], Sequence[Middleware]]


def observe(event: Event) -> None:
    """Observe an event and do nothing."""


def allow(value: object, ctx: Context) -> None:
    """Let everything pass."""


def stack() -> Sequence[Middleware]:
    """Make the five layers that the design names."""
    return RateLimit(RATE), CircuitBreaker(), Timeout(SECONDS), Retry(), Observe()


async def bare(n: int, *, each: Agent[Any, Any] = step) -> Sample:
    """Call alone."""
    texts = payloads(n)
    return await measure(n, texts, Way(each, texts))


async def over(n: int, *, layers: Layers, counted: Mapping[str, float], each: Agent[Any, Any] = step) -> Sample:
    """Call with middleware around, beside a call without; see `around`."""
    return await around(n, layers(), payloads(n), counted=counted, each=each)


WORKLOADS: dict[str, Workload] = {
    "bare": bare,
    "bare_waiting": partial(bare, each=waiting),
    "retry": partial(over, layers=lambda: [Retry()], counted={"retries": 0, "failed": 0}),
    "timeout": partial(over, layers=lambda: [Timeout(SECONDS)], counted={"timed_out": 0}),
    "timeout_waiting": partial(over, layers=lambda: [Timeout(SECONDS)], each=waiting, counted={"timed_out": 0}),
    "circuit_breaker": partial(
        over, layers=lambda: [CircuitBreaker()], counted={"refused": 0, "failed": 0, "opened": 0}
    ),
    "rate_limit": partial(over, layers=lambda: [RateLimit(RATE)], counted={"refused": 0, "waited": 0}),
    "stack": partial(over, layers=stack, counted={"refused": 0, "waited": 0}),
    "concurrency": partial(
        over, layers=lambda: [Concurrency(WIDTH)], counted={"refused": 0, "waited": 0, "at_work": 0}
    ),
    "validate": partial(over, layers=lambda: [Validate(input=str, output=str)], counted={"refused": 0}),
    "guard": partial(over, layers=lambda: [Guard(allow, allow)], counted={"refused": 0, "replaced": 0}),
    "observe": partial(over, layers=lambda: [Observe()], counted={"failed": 0, "running": 0}),
    "observe_told": partial(over, layers=lambda: [Observe(observe)], counted={"failed": 0, "running": 0}),
    **motet_compose.WORKLOADS,
    **motet_state.WORKLOADS,
}

if __name__ == "__main__":
    main(WORKLOADS)
