"""The side of a context that is about durable tasks: steps, questions, long waits, progress."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

from motet.kernel.durable import TaskInfo
from motet.kernel.policy import RetryPolicy
from motet.kernel.scope import Scope

__all__ = ["TaskSide"]

T = TypeVar("T")


class TaskSide:
    """What a `Context` offers to an agent that runs within a durable task; most of it works outside of one as well."""

    __slots__ = ()

    scope: Scope

    @property
    def task(self) -> TaskInfo | None:
        """The durable task that this call is a part of; None outside of one."""
        return self.scope.durable.task

    async def step(
        self,
        name: str,
        function: Callable[..., Awaitable[T]] | Callable[..., T],
        *args: Any,
        key: str | None = None,
        retry: RetryPolicy | None = None,
    ) -> T:
        """Do something once: in a durable task the result is recorded, and answers when the task is run again.

        A step is known by its name, its key and the step that it stands in. The result comes back as it was read from
        the journal, by the type that the function is annotated to return; without one as JSON data. Outside of a task
        the function is simply called.

        Args:
            name: What the step is called.
            function: What to do: an agent, a coroutine function, or a sync function, which runs in a worker thread.
            *args: What to call it with.
            key: Tells steps of one name apart, as in a loop.
            retry: Whether to try again when it fails; None lets every failure pass.

        Raises:
            InvalidStep: Another step of this attempt has the same name and key.
            InvalidPayload: The result is no JSON data.
        """
        result: T = await self.scope.durable.step(name, function, args, key, retry)
        return result

    @overload
    async def ask(self, question: str, answer: type[T], *, key: str | None = None) -> T: ...
    @overload
    async def ask(self, question: str, *, key: str | None = None) -> Any: ...
    async def ask(self, question: str, answer: Any = Any, *, key: str | None = None) -> Any:
        """Ask a person: the task is parked until there is an answer, and then run again from its start.

        Args:
            question: What to ask.
            answer: The type of the answer, as in an annotation.
            key: Tells questions of one text apart.

        Returns:
            The answer.

        Raises:
            NotAvailable: This is no durable task.
            InvalidStep: This attempt has asked the same already.
        """
        return await self.scope.durable.ask(question, answer, key)

    async def sleep(self, seconds: float, *, key: str | None = None) -> None:
        """Wait; in a durable task the time counts on while no process runs.

        Args:
            seconds: How long.
            key: Tells several waits of one task apart.
        """
        await self.scope.durable.sleep(seconds, key)

    def progress(self, fraction: float, message: str = "") -> None:
        """Tell how far the durable task is; outside of one nobody is told.

        Args:
            fraction: From 0 to 1.
            message: What to say beside it.
        """
        self.scope.durable.progress(fraction, message)
