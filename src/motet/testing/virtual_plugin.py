"""A plugin of pytest: tests that are marked with `virtual_time` run on an event loop on which nobody waits."""

import asyncio
import asyncio.events
import inspect
from collections.abc import Generator
from typing import Final
from unittest import mock

import pytest

from motet.testing.virtual_loop import PATIENCE, VirtualLoop
from motet.testing.virtual_time import VirtualClock, as_system_clock

__all__ = ["clock"]

MARK: Final = "virtual_time"

FOREIGN: Final = (
    f"The test is marked with {MARK}, but runs on an event loop that is not virtual: one made by a loop factory, or "
    "for tests without the marker too. Take it out of the factory's reach, or mark all tests that share the loop"
)


class World:
    """What one test finds: its clock, and the loops that are made while it runs.

    Args:
        seed: Of random numbers and ids.
        patience: Real seconds for which sockets, pipes and processes are waited for.
    """

    def __init__(self, seed: int = 0, patience: float = PATIENCE) -> None:
        self.clock = VirtualClock(seed=seed)
        self._patience = patience

    def make_loop(self) -> VirtualLoop:
        """Make an event loop; from now on the clock goes by it."""
        loop = VirtualLoop(self._patience)
        self.clock.loop = loop
        return loop


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
    """Leave the function of a test as it was, whoever runs it."""
    if WORLD not in item.stash or not isinstance(item, pytest.Function):
        return (yield)
    function = item.obj
    try:
        return (yield)
    finally:
        item.obj = function


@pytest.hookimpl
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Let pytest run a marked coroutine function that no other plugin has taken; fail one on a loop of somebody else's.

    Plugins that run coroutine functions come before this, and pytest itself, which refuses them, comes after it.
    """
    world, function = pyfuncitem.stash.get(WORLD, None), pyfuncitem.obj
    if world is None:
        return
    if inspect.iscoroutinefunction(function):
        pyfuncitem.obj = lambda **given: asyncio.run(function(**given))
    elif inspect.iscoroutinefunction(inspect.unwrap(function)) and world.clock.loop is None:
        pytest.fail(FOREIGN, pytrace=False)


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> VirtualClock:
    """The clock of a test in virtual time; wherever no clock is passed in, it is asked as well."""
    world: World | None = request.node.stash.get(WORLD, None)
    if world is None:
        pytest.fail(f"`clock` is for tests in virtual time: mark this one with @pytest.mark.{MARK}", pytrace=False)
    return world.clock
