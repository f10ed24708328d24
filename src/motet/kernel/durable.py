"""What a durable task offers the agents in it: recorded steps, questions to people, long waits, progress.

Here nothing is durable: outside of a task steps simply run and waits simply wait, so that one agent works in both.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from motet.kernel.errors import NotAvailable
from motet.kernel.policy import RetryPolicy

__all__ = ["NOTHING_DURABLE", "Durable", "TaskInfo", "perform"]


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """The durable task that is running.

    Args:
        id: Its id.
        tree_id: The id of its tree.
        name: Its name.
        attempt: Which attempt this is, from 1, through all reruns.
        idempotency_key: The same for every attempt until the task is rerun: for services that take such a key.
        extra: The fields of the user's own.
    """

    id: str
    tree_id: str
    name: str
    attempt: int
    idempotency_key: str
    extra: Mapping[str, object]


class Durable:
    """The work around an agent that outlives a crash; here there is none."""

    __slots__ = ()

    @property
    def task(self) -> TaskInfo | None:
        """The task that is running; None outside of one."""
        return None

    async def step(
        self, name: str, function: Callable[..., Any], args: tuple[Any, ...], key: str | None, retry: RetryPolicy | None
    ) -> Any:
        """Run a step, or answer from the journal."""
        return await perform(function, args)

    async def ask(self, question: str, answer: Any, key: str | None) -> Any:
        """Ask a person, and wait for the answer."""
        raise NotAvailable("ctx.ask() works inside a durable task: run this agent as the executor of one")

    async def sleep(self, seconds: float, key: str | None) -> None:
        """Wait, not longer in all than this, however often the work is begun again."""
        await asyncio.sleep(seconds)

    def progress(self, fraction: float, message: str) -> None:
        """Tell how far the work is."""


NOTHING_DURABLE: Final = Durable()


async def perform(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call what a step does: an agent or coroutine function is awaited, a sync function runs in a worker thread."""
    if _is_async(function):
        return await function(*args)
    result = await asyncio.to_thread(function, *args)
    return await result if inspect.isawaitable(result) else result


def _is_async(function: Callable[..., Any]) -> bool:
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "func", None)):
        return True
    call: Callable[..., Awaitable[Any]] | None = getattr(type(function), "__call__", None)  # noqa: B004
    # An agent's __call__ returns what is to be awaited, and is no coroutine function itself.
    return inspect.iscoroutinefunction(call) or hasattr(function, "bound")
