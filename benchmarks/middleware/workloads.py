"""What is measured: each workload with its statement, its sides with their sizes, its metric and its target.

Everything is processor time. Sizes differ between sides so that each child measures for about half a second; they are
multiples of twenty slices, which take turns with those of what they are compared with.
"""

from __future__ import annotations

from benchmarks.shared.harness import Sample
from benchmarks.shared.workloads import Metric, Side, Target, Workload

MOTET, NEWER = "motet", "motet_newer"
FLOOR, NEWER_FLOOR = "floor", "floor_newer"
AGENKIT = "agenkit"

LAYERS, COMPOSITIONS, CONTEXT = "layers", "compositions", "context"
NOTHING = Target()


def micros_over(sample: Sample) -> float | None:
    """Take the microseconds of a call that a plain one does not have."""
    return (sample.cpu - sample.extra["plain"]) / sample.count * 1e6


def micros(sample: Sample) -> float | None:
    """Take the microseconds of a call."""
    return sample.cpu / sample.count * 1e6


def times(sample: Sample) -> float | None:
    """Say how many times as long as the plain way it takes, where there is one."""
    plain = sample.extra.get("plain")
    return sample.cpu / plain if plain else None


OVER = Metric("us/call over bare", micros_over, more_is_better=False)
ALONE = Metric("us/call", micros, more_is_better=False)
TIMES = Metric("x", times, more_is_better=False)


def sides(motet: int, floor: int, agenkit: int) -> list[Side]:
    """Describe who takes part, by the sizes of each; 0 leaves a side out. Both Pythons get the same."""
    sizes = {AGENKIT: agenkit, FLOOR: floor, MOTET: motet, NEWER_FLOOR: floor, NEWER: motet}
    return [Side(peer, size) for peer, size in sizes.items() if size]


def layer(
    name: str, statement: str, most: float | None = None, *, motet: int = 50_000, floor: int = 0, agenkit: int = 0
) -> Workload:
    """Describe middleware, counted in what it adds to a bare call."""
    return Workload(name, statement, OVER, sides(motet, floor, agenkit), Target(most=most), section=LAYERS)


def composition(
    name: str, statement: str, *, motet: int = 50_000, floor: int = 200_000, agenkit: int = 0, quick: int = 20
) -> Workload:
    """Describe an agent of agents, counted in all that a call takes."""
    return Workload(name, statement, ALONE, sides(motet, floor, agenkit), NOTHING, quick=quick, section=COMPOSITIONS)


def context(
    name: str, statement: str, metric: Metric = OVER, *, floor: int, motet: int = 0, agenkit: int = 0
) -> Workload:
    """Describe what helps to read the other figures."""
    return Workload(name, statement, metric, sides(motet, floor, agenkit), NOTHING, section=CONTEXT)


SUSPENDING = "an agent that suspends once (`asyncio.sleep(0)`)"
STACK = "rate limit > circuit breaker > timeout > retry > metrics, with nothing to do for any of them"

WORKLOADS: dict[str, Workload] = {
    each.name: each
    for each in (
        layer(
            "retry",
            "retry, nothing fails; the floor is a loop with try and except",
            0.5,
            motet=100_000,
            floor=500_000,
            agenkit=200_000,
        ),
        layer(
            "timeout",
            "timeout of 10 s, an agent that does not suspend; the floor is `call_later` and `cancel`",
            3,
            floor=200_000,
            agenkit=40_000,
        ),
        layer(
            "timeout_waiting",
            f"timeout of 10 s, {SUSPENDING}; the floor likewise",
            motet=40_000,
            floor=80_000,
            agenkit=30_000,
        ),
        layer("circuit_breaker", "circuit breaker, closed", 1.5, motet=100_000, agenkit=40_000),
        layer("rate_limit", "rate limit, tokens free", 1.2, motet=100_000, agenkit=100_000),
        layer("cache_hit", "cache, the answer to a string is there, a string", 3, motet=100_000, agenkit=40_000),
        layer("cache_hit_model", "cache, the answer to a pydantic model is there, a pydantic model"),
        layer(
            "cache_miss", "cache with room for one answer, which is always another one", motet=20_000, agenkit=20_000
        ),
        layer(
            "batch",
            "batch of 10 calls at once, each by itself, per call; the floor is `gather`",
            12,
            motet=20_000,
            floor=60_000,
            agenkit=10_000,
        ),
        layer("batch_list", "batch of 10 calls at once, as one call with a list, per call", 12, motet=20_000),
        layer("stack", STACK, 8, motet=40_000, agenkit=20_000),
        layer("concurrency", "limit of calls at once, not reached"),
        layer("validate", "validation of a string on both sides"),
        layer("guard", "hooks on both sides that let pass"),
        layer("observe", "metrics: calls counted and timed", agenkit=60_000),
        layer("observe_told", "the same, with an observer that is told of each call"),
        composition("sequential2", "two agents, one after the other", agenkit=200_000),
        composition("fallback2", "two agents, the first of which answers", agenkit=200_000),
        composition("conditional2", "two agents, chosen by a word in the payload", agenkit=200_000),
        composition("parallel10", "ten agents at once on the same payload", motet=6_000, floor=10_000, agenkit=6_000),
        composition(
            "parallel100", "a hundred agents at once on the same payload", motet=600, floor=1_000, agenkit=800, quick=10
        ),
        composition("fan_out10", "an agent for each of ten parts at once", motet=6_000, floor=10_000),
        composition(
            "map_reduce100",
            "an agent for each of a hundred parts at once, and `len` of the results",
            motet=600,
            floor=1_000,
            quick=10,
        ),
        composition(
            "map_reduce100_bounded",
            "the same with eight at once, by hand with a semaphore",
            motet=600,
            floor=0,
            quick=10,
        ),
        context("bare", "a call of an agent with nothing around", ALONE, motet=200_000, floor=500_000, agenkit=500_000),
        context("bare_waiting", f"a call of {SUSPENDING}", ALONE, motet=60_000, floor=100_000, agenkit=100_000),
        context("asyncio_timeout", "`asyncio.timeout` around a coroutine that does not suspend", floor=100_000),
        context("asyncio_timeout_waiting", "`asyncio.timeout` around one that suspends once", floor=60_000),
        context("asyncio_wait_for", "`asyncio.wait_for` around a coroutine that does not suspend", floor=40_000),
        context("asyncio_wait_for_waiting", "`asyncio.wait_for` around one that suspends once", floor=40_000),
    )
}

GATHERED = {"parallel10": Target(most=1.2), "parallel100": Target(most=1.2)}
"""What the design asks of compositions beside the same calls in a `gather`."""
