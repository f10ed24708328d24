"""What mocked executors were called with, and assertions about that."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from motet.kernel.errors import NotFound
from motet.kernel.events import Status
from motet.testing.showing import differences, listed, nearest, ordinal, plural, shown

__all__ = ["TaskCall", "TaskCalls"]


@dataclass(slots=True)
class TaskCall:
    """One attempt of a task at a mocked executor.

    Args:
        order: Which call of all, from 1, by when they began.
        executor: The id of the executor.
        task: The name of the task.
        inputs: What the executor was given.
        attempt: Which attempt of the task this is, from 1.
        key: The idempotency key: the same for every attempt of one task.
        status: How it ended, or "running".
        result: What it gave.
        error: What it raised.
    """

    order: int
    executor: str
    task: str
    inputs: Mapping[str, Any]
    attempt: int
    key: str
    status: Status | Literal["running"] = "running"
    result: Any = field(default=None, repr=False)
    error: BaseException | None = None

    def __str__(self) -> str:
        came = {"completed": f" -> {shown(self.result, 40)}", "failed": f" raised {shown(self.error, 60)}"}
        again = f" (attempt {self.attempt})" if self.attempt > 1 else ""
        what = f"{ordinal(self.order)}: {self.task} by {self.executor}{again} with {shown(dict(self.inputs), 60)}"
        return what + came.get(self.status, f", {self.status}")


class TaskCalls(ABC):
    """The calls of mocked executors; an executor is named by its id, a task by its name."""

    def __init__(self) -> None:
        self.calls: list[TaskCall] = []

    @abstractmethod
    def knows(self, name: str) -> bool:
        """Tell whether there is an executor of that id."""

    @abstractmethod
    def known(self) -> Sequence[str]:
        """Return the ids of executors that a message may suggest."""

    def calls_of(self, name: str) -> list[TaskCall]:
        """Return the calls of an executor, or of a task, in the order in which they began.

        Args:
            name: The id of an executor, or the name of a task.
        """
        return [call for call in self.calls if name in {call.executor, call.task}]

    def assert_called(self, name: str, *, times: int | None = None) -> None:
        """Check that an executor was called, or a task run.

        Args:
            name: The id of the executor, or the name of the task.
            times: How often exactly, attempts counted; at least once unless given.

        Raises:
            AssertionError: It was not; the message lists what was called.
        """
        __tracebackhide__ = True
        count = len(self.calls_of(name))
        if count == times or (times is None and count):
            return
        want = "to be called" if times is None else f"to be called {plural(times, 'time')}"
        hint = "" if count else f"; of what was called, {nearest(name, self._seen())}"
        raise AssertionError(f"Expected {name!r} {want}, and it was {plural(count, 'time')}{hint}\n{self._listed()}")

    def assert_not_called(self, name: str) -> None:
        """Check that an executor was not called.

        Args:
            name: The id of the executor, or the name of a task.

        Raises:
            AssertionError: It was; the message lists its calls.
            NotFound: There is no such executor, and no such task was run: the check could never fail.
        """
        __tracebackhide__ = True
        found = self.calls_of(name)
        if found:
            raise AssertionError(f"Expected {name!r} not to be called, and it was:\n{listed(map(str, found))}")
        if not self.knows(name) and name not in self._tasks():
            names = {*self.known(), *self._tasks()}
            raise NotFound(f"No executor or task is called {name!r}, so it could not be called: {nearest(name, names)}")

    def assert_called_with(self, name: str, /, **inputs: object) -> None:
        """Check that an executor was called with certain inputs.

        Args:
            name: The id of the executor, or the name of the task.
            **inputs: What was to be among its inputs; others may be there, too.

        Raises:
            AssertionError: No call had them; the message shows how the nearest one differs.
        """
        __tracebackhide__ = True
        found = self.calls_of(name)
        if not found:
            self.assert_called(name)
        apart = [(list(map(str, differences(inputs, _only(call.inputs, inputs)))), call) for call in found]
        if any(not lines for lines, _ in apart):
            return
        lines, call = min(apart, key=lambda pair: len(pair[0]))
        raise AssertionError(
            f"{name!r} was not called with these inputs. The nearest of {plural(len(found), 'call')} is the "
            f"{ordinal(call.order)}, of task {call.task!r}:\n{listed(lines)}\n{self._listed()}"
        )

    def assert_order(self, *names: str) -> None:
        """Check in which order executors, or tasks, were begun; others may have come between.

        Args:
            *names: Ids of executors, or names of tasks.

        Raises:
            AssertionError: They were not begun in that order; the message lists the calls.
        """
        __tracebackhide__ = True
        at = 0
        for number, name in enumerate(names):
            ahead = [index for index in range(at, len(self.calls)) if self._is(self.calls[index], name)]
            if not ahead:
                if not self.calls_of(name):
                    self.assert_called(name)
                after = f" after {names[number - 1]!r}" if number else ""
                raise AssertionError(f"Expected {name!r}{after}, and it was called before that only\n{self._listed()}")
            at = ahead[0] + 1

    @staticmethod
    def _is(call: TaskCall, name: str) -> bool:
        return name in {call.executor, call.task}

    def _seen(self) -> set[str]:
        return {name for call in self.calls for name in (call.executor, call.task)}

    def _tasks(self) -> set[str]:
        return {call.task for call in self.calls}

    def _listed(self) -> str:
        return f"Calls:\n{listed(map(str, self.calls), many=30)}"


def _only(inputs: Mapping[str, Any], wanted: Mapping[str, object]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key in wanted}
