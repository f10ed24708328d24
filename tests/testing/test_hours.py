"""Hours of retries, timeouts, limits and schedules: in exact order, and the same again with the same seed."""

import asyncio

import pytest

from motet import Context, Executors, TaskManager, agent
from motet.kernel.errors import AgentTimeout
from motet.kernel.policy import Backoff
from motet.middleware import Concurrency, RateLimit, Retry, Timeout
from motet.storage import MemoryStore
from motet.tasks.executor import executor
from motet.tasks.stores import open_store
from motet.testing.virtual_time import VirtualTime, as_system_clock

HOUR = 3600.0


async def middleware_day(clock):
    """A day of callers; return what happened when."""
    told = []

    def tell(*words: object):
        told.append((clock.now(), *words))

    @agent
    async def flaky(number: int) -> int:
        tell("begin", number)
        await asyncio.sleep(HOUR * clock.random())
        if clock.random() < 0.5:
            raise ConnectionError
        return number

    wrapped = flaky.using(
        Retry(6, backoff=Backoff(initial=60, cap=2 * HOUR), retry_on=(ConnectionError, AgentTimeout)),
        Timeout(0.75 * HOUR),
        Concurrency(4),
        RateLimit(10, per=HOUR, burst=2),
    )

    async def one(number):
        try:
            tell("done", await wrapped(number, deadline=20 * HOUR))
        except Exception as error:  # noqa: BLE001 - what became of each is what is compared
            tell("failed", number, type(error).__name__)

    await asyncio.gather(*map(one, range(40)))
    return told


async def tasks_days(clock, store):
    """Days of tasks; return what happened when."""
    told, executors = [], Executors(installed=False)

    @executor("work", executors=executors, validate="none")
    async def work(inputs, ctx: Context):
        told.append((clock.now(), "begin", ctx.task.name))
        await ctx.sleep(HOUR * inputs["hours"])
        await asyncio.sleep(60 * clock.random())
        if clock.random() < 0.4:
            raise ConnectionError(ctx.task.name)
        told.append((clock.now(), "end", ctx.task.name))
        return ctx.task.name

    retry = {"attempts": 5, "initial": HOUR, "cap": 12 * HOUR}
    tasks = [{"name": "all"}] + [
        {"name": f"t{n}", "parent": "all", "executor": "work", "inputs": {"hours": n % 5}, "retry": retry}
        for n in range(12)
    ]
    async with TaskManager(store, executors=executors, poll=30.0, lease=600.0) as manager:
        tree = await manager.execute(tasks)
    told.append((clock.now(), str(tree.status), tree.id))
    return told


@pytest.mark.parametrize("kind", ["middleware", "memory", "sqlite"])
def test_the_same_seed_gives_the_same_events_at_the_same_times(kind, tmp_path):
    def told(seed, name):
        with VirtualTime(seed) as virtual, as_system_clock(virtual.clock):
            if kind == "middleware":
                return virtual.run(middleware_day(virtual.clock))
            return virtual.run(stored(virtual.clock, name))

    async def stored(clock, name):
        if kind == "memory":
            return await tasks_days(clock, MemoryStore())
        store = open_store(f"sqlite:///{tmp_path / name}.db")
        try:
            return await tasks_days(clock, store)
        finally:
            await store.close()

    first, again, other = told(1, "a"), told(1, "b"), told(2, "c")
    assert first == again
    assert first != other
    times = [time for time, *_ in first]
    assert times == sorted(times)
    assert times[-1] > 4 * HOUR
