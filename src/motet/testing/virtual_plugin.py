"""A plugin of pytest: tests that are marked with `virtual_time` run on an event loop on which nobody waits."""

import asyncio
import asyncio.events
import functools
import inspect
from collections.abc import Generator
from typing import Any, Final
from unittest import mock

import pytest

from motet.testing.virtual_loop import PATIENCE, VirtualLoop
from motet.testing.virtual_time import VirtualClock, as_system_clock

__all__ = ["clock"]

MARK: Final = "virtual_time"

FOREIGN: Final = (
    f"The test is marked with {MARK}, but runs on an event loop that is not virtual: one made by a loop factory, for "
    "tests without the marker too, or by another library than asyncio. Take it out of the factory's reach, mark all "
    "tests that share the loop, or let asyncio run it"
)


class WorldClock(VirtualClock):
    """A clock that goes by whichever virtual loop it is asked in: a test may share one with those before it."""

    __slots__ = ()

    def now(self) -> float:
        """Return the time of the running loop; in a thread that runs none, of the one that was there last."""
        running = asyncio.events._get_running_loop()  # noqa: SLF001 - the public one raises where there is none
        if isinstance(running, VirtualLoop):
            self.loop = running
        return super().now()


class World:
    """What one test finds: its clock, and the loops that are made while it runs.

    Args:
        seed: Of random numbers and ids.
        patience: Real seconds for which sockets, pipes and processes are waited for.
    """

    def __init__(self, seed: int = 0, patience: float = PATIENCE) -> None:
        self.clock = WorldClock(seed=seed)
        self._patience = patience

    def make_loop(self) -> VirtualLoop:
        """Make an event loop; from now on the clock goes by it."""
        loop = VirtualLoop(self._patience)
        self.clock.loop = loop
        return loop

    def adopt_running(self) -> None:
        """Go by the loop that runs now, whoever has made it; fail where it is not virtual."""
        __tracebackhide__ = True
        running = asyncio.events._get_running_loop()  # noqa: SLF001 - another library's tests run none of asyncio
        if not isinstance(running, VirtualLoop):
            pytest.fail(FOREIGN, pytrace=False)
        running.patience = self._patience
        self.clock.loop = running


ARGUMENTS: Final = inspect.signature(World)

WORLD: Final = pytest.StashKey[World]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(seed=0, patience={PATIENCE}): run the test and its async fixtures in virtual time; "
        "the seed decides ids and random numbers, and patience is how long (real seconds) sockets and processes are "
        "waited for before time goes on",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a mark that says something else than it may."""
    for item in items:
        mark = item.get_closest_marker(MARK)
        if mark is not None:
            try:
                ARGUMENTS.bind(*mark.args, **mark.kwargs)
            except TypeError as error:
                raise pytest.UsageError(f"{item.nodeid}: {MARK} takes seed and patience: {error}") from error


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Make every event loop virtual from the set-up of a marked test to the end of its fixtures.

    Whoever makes the loop (pytest-asyncio, anyio, `asyncio.run` in the test) asks asyncio for one, and gets this one.
    """
    mark = item.get_closest_marker(MARK)
    if mark is None:
        return (yield)
    world = item.stash[WORLD] = World(*mark.args, **mark.kwargs)
    with (
        mock.patch.object(asyncio.events, "new_event_loop", world.make_loop),
        mock.patch.object(asyncio, "new_event_loop", world.make_loop),
        as_system_clock(world.clock),
    ):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let a marked coroutine function begin by looking at the loop that runs it, whoever does so."""
    world = item.stash.get(WORLD, None)
    if world is None or not isinstance(item, pytest.Function) or not inspect.iscoroutinefunction(item.obj):
        return (yield)
    function = item.obj

    @functools.wraps(function)
    async def looking(*args: Any, **kwargs: Any) -> object:
        __tracebackhide__ = True
        world.adopt_running()
        return await function(*args, **kwargs)

    item.obj = looking
    try:
        return (yield)
    finally:
        item.obj = function


@pytest.hookimpl
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Let pytest itself run a marked coroutine function that no other plugin has taken.

    Plugins that run coroutine functions come before this, and pytest itself, which refuses them, comes after it.
    """
    function = pyfuncitem.obj
    if WORLD in pyfuncitem.stash and inspect.iscoroutinefunction(function):
        pyfuncitem.obj = lambda **given: asyncio.run(function(**given))


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> VirtualClock:
    """The clock of a test in virtual time; wherever no clock is passed in, it is asked as well."""
    world: World | None = request.node.stash.get(WORLD, None)
    if world is None:
        pytest.fail(f"`clock` is for tests in virtual time: mark this one with @pytest.mark.{MARK}", pytrace=False)
    return world.clock
