"""Batches that are under way: one call for all of them, or single calls that begin together."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import Context as Variables
from typing import Any

from motet.kernel.context import Context
from motet.kernel.errors import AgentFailed, Cancelled
from motet.kernel.invoke import Call, invoke
from motet.kernel.observers import Observer, Observers, combine
from motet.kernel.scope import Scope
from motet.middleware.batch_desk import Desk, Item, Sent
from motet.middleware.batch_sink import BatchSink
from motet.middleware.shared_error import SharedError

__all__ = ["BatchCall", "Released", "joint_context"]


class BatchCall(Sent):
    """One real call for all the payloads of a batch.

    Args:
        desk: Whose.
        items: The calls in it.
        call: Takes a list of payloads, and returns a list of as many outputs.
        name: The name of what is called.
        counts: What fails is counted there.
    """

    def __init__(self, desk: Desk, items: list[Item], call: Call[Any, Any], name: str, counts: dict[str, int]) -> None:
        super().__init__(desk, items)
        self._counts = counts
        self._ctx = joint_context(items, name)
        desk.under_way.add(self._ctx)
        # Without the contextvars of the caller who happened to be the last.
        self._task = desk.loop.create_task(self._run(call), context=Variables())
        self._task.add_done_callback(self._over, context=Variables())

    def left(self, item: Item) -> asyncio.Task[None] | None:
        """Take note that a caller has left; the last one ends the call."""
        self.there -= 1
        return None if self.there else self._task

    def cancel(self) -> None:
        """Cancel the call."""
        self._task.cancel()

    async def _run(self, call: Call[Any, Any]) -> None:
        items = self.items
        try:
            outputs = await invoke(call, [item.payload for item in items], self._ctx, {})
            _check(outputs, len(items), self._ctx.agent)
        except Exception as error:  # noqa: BLE001 - raised for every caller
            self._counts["failed"] += 1
            shared = SharedError(error)
            for item in items:
                item.answer(failure=shared.following())
        else:
            _answer(items, outputs)

    def _over(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is not None:  # what is no `Exception` ends the program by itself
            for item in self.items:
                item.answer(failure=Cancelled(f"The batch call of {self._ctx.agent!r} was cancelled"))
        self.desk.under_way.discard(self._ctx)
        self.desk.ended(self)


class Released(Sent):
    """Single calls that begin together, each in the task of its own caller.

    Args:
        desk: Whose.
        items: The calls.
    """

    def __init__(self, desk: Desk, items: list[Item]) -> None:
        super().__init__(desk, items)
        for item in items:
            desk.under_way.add(item.ctx)
            item.answer()

    def left(self, item: Item) -> None:
        """Take note that a call has ended."""
        self.desk.under_way.discard(item.ctx)
        self.there -= 1
        if not self.there:
            self.desk.ended(self)

    def cancel(self) -> None:
        """Let the calls end by themselves: they are their callers'."""


class _Links(Mapping[str, object]):
    """The metadata of a call that is done for several callers: under "traceparents" what they are a part of.

    Args:
        items: The calls. Their ids are made when somebody looks: mostly nobody does.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name != "traceparents":
            raise KeyError(name)
        return tuple(item.ctx.traceparent for item in self._items)

    def __iter__(self) -> Iterator[str]:
        yield "traceparents"

    def __len__(self) -> int:
        return 1


def joint_context(items: Sequence[Item], name: str) -> Context:
    """Make the context of a call that is done for several callers: a trace of its own.

    Its deadline is the latest of theirs, and there is none where one of them has none. Its metadata has under
    "traceparents" what they are a part of, in the order of the payloads. Whoever observes one of them is told of it,
    once. Its chunks go to those who listen.

    Args:
        items: The calls.
        name: The name of what is called.
    """
    scopes = [item.ctx.scope for item in items]
    scope = Scope.root({"clock": scopes[0].clock})
    ends = [each.deadline for each in scopes if each.deadline is not None]
    scope.deadline = max(ends) if len(ends) == len(scopes) else None
    scope.metadata = _Links(items)
    if any(each.observer is not None for each in scopes):
        scope.observer = _jointly(each.observer for each in scopes)
    pipes = [item.pipe for item in items]
    if any(pipe is not None for pipe in pipes):
        scope.channel = BatchSink(1, pipes)
    return Context(scope, name)


def _jointly(observers: Iterable[Observer | None]) -> Observer | None:
    known: list[Observer] = []
    for observer in observers:
        for each in observer.each if isinstance(observer, Observers) else (observer,):
            if each is not None and each not in known:
                known.append(each)
    return combine(known)


def _check(outputs: object, size: int, name: str) -> None:
    """Check that there is an output for each payload.

    Raises:
        AgentFailed: There is not.
    """
    if not isinstance(outputs, list | tuple):
        given = f"a {type(outputs).__name__}"
    elif len(outputs) != size:
        given = f"{len(outputs)} outputs"
    else:
        return
    raise AgentFailed(
        f"{name!r} was called with a batch of {size} payloads, and returned {given}: it returns a list "
        "with one output, or exception, for each payload, in the same order",
        agent=name,
        size=size,
    )


def _answer(items: Sequence[Item], outputs: Sequence[Any]) -> None:
    """Give every caller its own output; one that is an exception is raised there."""
    errors: dict[int, SharedError] = {}
    for item, output in zip(items, outputs, strict=True):
        if not isinstance(output, BaseException):
            item.answer(output)
        elif isinstance(output, Exception):
            # One object may stand for several failures.
            shared = errors.setdefault(id(output), SharedError(output))
            item.answer(failure=shared.following())
        else:
            item.answer(failure=_cancelled(output))


def _cancelled(error: BaseException) -> Exception:
    made = Cancelled(f"The work on this item of a batch ended with {type(error).__name__}")
    made.__cause__ = error
    return made
