"""`TaskMocker`: executors that do as a test says, so that task trees run without touching anything outside."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent, MissingExtra, NotAvailable, NotFound
from motet.tasks.executors import DEFAULT_EXECUTORS, Executors
from motet.tasks.manager import TaskManager
from motet.testing.errors import NotMocked
from motet.testing.showing import listed, nearest, plural
from motet.testing.stand_in import Failure, a_failure
from motet.testing.task_calls import TaskCalls
from motet.testing.task_mock import Answer, Mock, answering, failing_first, function_of, sequence_of

__all__ = ["TaskMocker"]

UNSAID: Final = object()
"""Stands for "not given": None is a result."""


class TaskMocker(TaskCalls):
    """Executors that do as a test says, and remember how they were called.

    As in `async with TaskManager(executors=TaskMocker({"rest": {"status": 200}}).executors) as manager:`, or around a
    manager that is there already: `with TaskMocker({"rest": ...}).around(manager) as mocks:`.

    A task whose executor is neither mocked nor let through fails with `NotMocked`, and leaving the `with` block is an
    `AssertionError` then. What a mock is given is checked against the types of the executor in whose place it stands.

    Args:
        mocks: What executors answer, by their ids: a value, a function of the inputs (and the context), an exception,
            or `Chunks`. `mock` says more.
        executors: Whose executors these are; the default ones and those of installed packages unless given.
        passthrough: Ids of executors that run as they are; True lets all run that are not mocked.
        new: Whether executors may be mocked that there are none of.

    Raises:
        NotFound: There is no executor of some id.
    """

    def __init__(
        self,
        mocks: Mapping[str, object] | None = None,
        *,
        executors: Executors | None = None,
        passthrough: bool | Collection[str] = (),
        new: bool = False,
    ) -> None:
        super().__init__()
        self._real = executors or DEFAULT_EXECUTORS
        self._passthrough = {passthrough} if isinstance(passthrough, str) else passthrough
        self._mocks: dict[str, Mock] = {}
        self._refused: list[str] = []
        self._new = new
        self.executors: Executors = _Mocked(self, self._real)
        self._around: Executors | None = None
        self._entered: list[Executors | None] = []
        if not isinstance(mocks or {}, Mapping):
            raise TypeError(f'mocks={mocks!r}: it is a dict from ids to answers, as in {{"rest": {{"status": 200}}}}')
        for id_, answer in (mocks or {}).items():
            self.mock(id_, does=answering(answer), new=new)
        for id_ in () if isinstance(self._passthrough, bool) else self._passthrough:
            self._check_known(id_, "let through")

    def mock(
        self,
        id: str,  # noqa: A002
        *,
        returns: object = UNSAID,
        does: Callable[..., Any] | None = None,
        sequence: Iterable[object] | None = None,
        raises: Failure | None = None,
        fails: int | None = None,
        delay: float = 0.0,
        new: bool = False,
    ) -> Self:
        """Say what an executor does; what was said of it before is forgotten.

        Args:
            id: Its id.
            returns: What it gives, JSON data or what becomes that.
            does: A function of the inputs, sync or async, that gives the result; it gets the context as well if it has
                a parameter `ctx` or `context`, or a second one without a default. A `unittest.mock.Mock` has neither.
            sequence: What it gives call by call; exceptions among it are raised, `Chunks` emitted.
            raises: What it raises: an exception, its class, or a function that makes it of the inputs.
            fails: How many calls raise before it does what else was said, or returns None.
            delay: Seconds of the loop's time that each call takes.
            new: Whether there need not be such an executor.

        Raises:
            NotFound: There is no such executor.
            TypeError: Several ways to answer were said, or one that is none.
        """
        said_ = [returns is not UNSAID, does is not None, sequence is not None]
        if sum(said_) > 1 or (raises is not None and any(said_) and fails is None):
            raise TypeError(
                f"{id!r} can do one thing: say returns=, does=, sequence= or raises=; raises= with fails= comes first"
            )
        if sequence is not None and (isinstance(sequence, str | bytes) or not isinstance(sequence, Iterable)):
            raise TypeError(f"sequence={sequence!r}: it is a list of answers, one for each call")
        if does is not None and not callable(does):
            raise TypeError(f"does={does!r}: it is a function of the inputs; a result is said with returns=")
        a_failure("raises", raises)
        if not (new or self._new):
            self._check_known(id, "mocked")
        answer = sequence_of(id, sequence) if sequence is not None else function_of(does) if does is not None else None
        if answer is None:
            answer = function_of(lambda _: None if returns is UNSAID else returns)
        if raises is not None or fails is not None:
            answer = failing_first(id, raises, fails, answer)
        self._mocks[id] = Mock(self.calls, id, self._looks(id), answer, delay)
        return self

    def around(self, manager: TaskManager) -> Self:
        """Stand between a manager and its executors, for as long as a `with` block of this lasts.

        Blocks around several managers may be within one another.

        Args:
            manager: Whose executors are mocked; they are back in their places afterwards.
        """
        if not isinstance(manager, TaskManager):
            raise TypeError(f"around() takes a TaskManager, not {manager!r}")
        self._around = self._real = manager.executors
        return self

    def __enter__(self) -> Self:
        if self._around is not None:
            if self._around.instead is not None:
                raise NotAvailable("The executors of this manager are mocked already: mock more of them there")
            self._around.instead = _Mocked(self, self._around)
        if not self._entered:
            self._refused.clear()  # of blocks before this one, which have told of it
        self._entered.append(self._around)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        left = self._entered.pop()
        if left is not None:
            left.instead = None
        if self._entered and self._entered[-1] is not None:
            self._around = self._real = self._entered[-1]
        if error is None:
            self.assert_all_mocked()

    def assert_all_mocked(self) -> None:
        """Check that no task named an executor that is neither mocked nor let through.

        Raises:
            AssertionError: Some did; the message says what to write.
        """
        __tracebackhide__ = True
        if self._refused:
            count = plural(len(self._refused), "task")
            raise AssertionError(f"{count} would have run an executor that is real:\n{listed(self._refused)}")

    def knows(self, name: str) -> bool:
        """Tell whether there is an executor of that id, mocked or real."""
        return name in self._mocks or name in self._real

    def known(self, real: Executors | None = None) -> Sequence[str]:
        """Return the ids of all executors that are mocked or among the real ones."""
        return sorted({*self._mocks, *(self._real if real is None else real)})

    def find(self, id: str, real: Executors) -> Agent[Any, Any] | None:  # noqa: A002
        """Return what stands for one of some executors: a mock, the executor itself, or what refuses to run."""
        if id in self._mocks:
            return self._mocks[id]
        if self._passthrough is True or (not isinstance(self._passthrough, bool) and id in self._passthrough):
            return real.own(id)
        return Mock(self.calls, id, None, self._refuse(id), 0.0) if id in real else None

    def _refuse(self, id_: str) -> Answer:
        def refuse(inputs: Mapping[str, Any], ctx: Context) -> Any:
            task = ctx.task.name if ctx.task is not None else id_
            told = (
                f"task {task!r} names the executor {id_!r}, which is not mocked: say what it does with "
                f'.mock("{id_}", returns=...), or let it run with passthrough=["{id_}"]'
            )
            self._refused.append(told)
            raise NotMocked(told[0].upper() + told[1:])

        return refuse

    def _looks(self, id_: str) -> Agent[Any, Any] | None:
        """Find the executor in whose place a mock stands; one that cannot be loaded here says nothing of its types."""
        try:
            return self._real.own(id_)
        except (MissingExtra, ImportError, InvalidAgent):
            return None

    def _check_known(self, id_: str, what: str) -> None:
        if id_ not in self._real:
            raise NotFound(
                f"No executor is called {id_!r}, so it cannot be {what}: {nearest(id_, self._real)} "
                "To mock one that there is none of yet, pass new=True",
                id=id_,
            )


class _Mocked(Executors):
    """The executors of a mocker, as one manager asks for them: those that are let through are its own."""

    def __init__(self, mocker: TaskMocker, real: Executors) -> None:
        super().__init__(installed=False)
        self._mocker = mocker
        self._real = real

    def own(self, id: str) -> Agent[Any, Any] | None:  # noqa: A002
        """Return what stands for an executor."""
        return self._mocker.find(id, self._real)

    def __iter__(self) -> Iterator[str]:
        return iter(self._mocker.known(self._real))
