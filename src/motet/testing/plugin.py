"""The plugin for pytest that comes with Motet: fixtures, loaded when a test asks for them.

Installing Motet is enough: pytest finds it by its entry point. `-p no:motet` leaves it out. Fixtures are plain objects,
so they work with pytest-asyncio, anyio and any other way of running async tests; what has to be opened and closed in
the event loop of a test is opened and closed around the test function itself.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final
from unittest import TestCase

import pytest

if TYPE_CHECKING:
    from motet.tasks.manager import TaskManager
    from motet.testing.leaving import NoLeaks
    from motet.testing.recorder import Recorder
    from motet.testing.task_mocker import TaskMocker
    from motet.testing.virtual_time import VirtualTime

__all__ = [
    "no_leaks",
    "pytest_runtest_call",
    "recorder",
    "task_manager",
    "task_mocker",
    "virtual_world",
]

AROUND: Final = pytest.StashKey[list[AbstractAsyncContextManager[Any]]]()
"""What is opened around a test function, in its event loop."""


@pytest.fixture
def recorder() -> "Recorder":
    """Return an observer that keeps every event: pass it as `observer=`, and ask it, or wait for it."""
    from motet.testing.recorder import Recorder  # noqa: PLC0415 - a run that uses no fixture loads nothing

    return Recorder()


@pytest.fixture
def task_mocker() -> "Iterator[TaskMocker]":
    """Return a mocker of executors; a task whose executor is not mocked fails the test."""
    from motet.testing.task_mocker import TaskMocker  # noqa: PLC0415 - (the same)

    mocker = TaskMocker()
    yield mocker
    with _in_plain_words():
        mocker.assert_all_mocked()


@pytest.fixture
def task_manager(request: pytest.FixtureRequest) -> "TaskManager":
    """Return a task manager on a store in memory, open while the test function runs.

    Its executors are those of `task_mocker` where the test asks for both.
    """
    from motet.tasks.manager import TaskManager  # noqa: PLC0415 - (the same)

    mocked = "task_mocker" in request.fixturenames
    manager = TaskManager(executors=request.getfixturevalue("task_mocker").executors if mocked else None)
    _around(request, manager, "task_manager")
    return manager


@pytest.fixture
def virtual_world() -> "Iterator[VirtualTime]":
    """Return a world with virtual time, for a test that is no coroutine function: `virtual_world.run(work())`."""
    from motet.testing.virtual_time import VirtualTime  # noqa: PLC0415 - (the same)

    with VirtualTime() as virtual:
        yield virtual


@pytest.fixture
def no_leaks(request: pytest.FixtureRequest) -> "Iterator[NoLeaks]":
    """Fail the test if it leaves tasks, timers, threads, open files or unseen failures behind."""
    from motet.testing.leaving import assert_no_leaks  # noqa: PLC0415 - (the same)

    watch = assert_no_leaks()
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        kept = _Kept(watch)
        _around(request, kept, "no_leaks", outermost=True)
        yield watch
        with _in_plain_words():
            kept.tell()
    else:
        with _in_plain_words(), watch:
            yield watch


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Open what fixtures have asked for around the test function."""
    contexts = item.stash.get(AROUND, None)
    if contexts is None:
        return (yield)
    function = getattr(item, "obj")  # noqa: B009 - only items that are functions come here

    @functools.wraps(function)
    async def opened(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return await _within(contexts, functools.partial(function, *args, **kwargs))

    # unittest calls its test cases' methods by their names, and never asks the item.
    case = getattr(item, "instance", None)
    own = vars(case) if isinstance(case, TestCase) else {}
    setattr(item, "obj", opened)  # noqa: B010 - (the same)
    own[item.name] = opened
    try:
        return (yield)
    finally:
        own.pop(item.name, None)
        setattr(item, "obj", function)  # noqa: B010 - (the same)


async def _within(contexts: Sequence[AbstractAsyncContextManager[Any]], call: Callable[[], Awaitable[Any]]) -> Any:
    __tracebackhide__ = True
    if not contexts:
        return await call()
    async with contexts[0]:
        return await _within(contexts[1:], call)


class _Kept(AbstractAsyncContextManager["NoLeaks"]):
    """Keeps what a watch has found for the end of the test, where it can be told without the frames in between."""

    def __init__(self, watch: "NoLeaks") -> None:
        self._watch = watch
        self._error: AssertionError | None = None

    async def __aenter__(self) -> "NoLeaks":
        return await self._watch.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._watch.__aexit__(kind, error, trace)
        except AssertionError as found:
            self._error = found

    def tell(self) -> None:
        """Raise what was found."""
        if self._error is not None:
            raise self._error


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Let what is wrong after a test be told by its message alone: the frames that led there are not the test's."""
    try:
        yield
    except AssertionError as error:
        pytest.fail(str(error), pytrace=False)


def _around(
    request: pytest.FixtureRequest, context: AbstractAsyncContextManager[Any], name: str, *, outermost: bool = False
) -> None:
    """Ask for something to be opened around the test function."""
    node = request.node
    if getattr(getattr(node, "obj", None), "__unittest_skip__", False):
        return  # unittest has put a plain function in its place, which does not run either
    if not isinstance(node, pytest.Item) or not inspect.iscoroutinefunction(getattr(node, "obj", None)):
        pytest.fail(
            f"The fixture {name!r} is open while an async test runs, and this test is no coroutine function: "
            "write `async def`, with pytest-asyncio or anyio",
            pytrace=False,
        )
    contexts = node.stash.setdefault(AROUND, [])
    contexts.insert(0 if outermost else len(contexts), context)
