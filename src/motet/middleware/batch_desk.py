"""The calls of one `Batch` in one event loop: they wait here until they are sent together."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from contextvars import Context as Variables
from typing import Any

from motet.kernel.channel import Channel
from motet.kernel.context import Context
from motet.kernel.events import Intervened
from motet.middleware.around import contexts_around
from motet.middleware.batch_queue import BatchQueue, Group
from motet.middleware.bell import Bell
from motet.middleware.errors import MiddlewareClosed

__all__ = ["Desk", "Item", "Sent"]


class Item:
    """One call, and what its caller waits for.

    Args:
        payload: Its input.
        ctx: Its context.
        answered: Done when the caller can go on.
        pipe: Where its chunks come from; None where nobody listens.

    Attributes:
        group: Where it waits.
        sent: The batch that it is a part of, once that is under way.
        output: The answer.
        failure: What is raised in place of an answer.
    """

    # What most calls never have stands here, so that it costs them nothing.
    group: "Group[Item] | None" = None
    sent: "Sent | None" = None
    output: Any = None
    failure: Exception | None = None

    def __init__(self, payload: Any, ctx: Context, answered: asyncio.Future[None], pipe: Channel | None) -> None:
        self.payload = payload
        self.ctx = ctx
        self.answered = answered
        self.pipe = pipe

    def answer(self, output: Any = None, failure: Exception | None = None) -> None:
        """Let the caller go on; one who was answered or has left stays as it is."""
        if not self.answered.done():
            self.output = output
            if failure is not None:
                self.failure = failure
            self.answered.set_result(None)
        if self.pipe is not None:
            self.pipe.close()


class Sent(ABC):
    """A batch that is under way.

    Args:
        desk: Whose.
        items: The calls in it.

    Attributes:
        there: How many of its callers have not left.
    """

    def __init__(self, desk: "Desk", items: list[Item]) -> None:
        self.desk = desk
        self.items = items
        self.there = len(items)

    @abstractmethod
    def left(self, item: Item) -> asyncio.Task[None] | None:
        """Take note that a caller has left; return what is to be ended now that nobody waits for it any more."""

    @abstractmethod
    def cancel(self) -> None:
        """End it, as far as that is not its callers' own affair."""


class Desk:
    """Where calls wait, in one event loop.

    Args:
        queue: Decides which calls go together, and when.
        wait: How many seconds a group collects calls.
        send: Lets a batch begin.
        counts: What happens is counted there.

    Attributes:
        loop: Whose desk it is.
        queue: What waits.
        sent: The batches that are under way.
        under_way: The contexts of the calls that are under way.
    """

    def __init__(
        self, queue: BatchQueue[Item], wait: float, send: "Callable[[Desk, list[Item]], Sent]", counts: dict[str, int]
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.queue = queue
        self.sent: set[Sent] = set()
        self.under_way: set[Context] = set()
        self._wait = wait
        self._send = send
        self._counts = counts
        self._timers: dict[Group[Item], asyncio.TimerHandle] = {}
        self._bell = Bell()

    def inside(self, ctx: Context) -> bool:
        """Tell whether a call comes from within a batch that is under way, which would wait for its own end."""
        return any(context in self.under_way for context in contexts_around(ctx))

    def add(self, key: Hashable, item: Item) -> None:
        """Let a call wait."""
        group = item.group = self.queue.add(key, item)
        size = len(group.items)
        if size == 1:
            # Without the caller's contextvars: the batch is not that caller's alone.
            self._timers[group] = self.loop.call_later(self._wait, self._time_over, group, context=Variables())
        if size >= self.queue.size:
            self.send_ripe()

    def leave(self, item: Item) -> asyncio.Task[None] | None:
        """Let a caller go who waits no more; return what is to be ended, and waited for, on the way out."""
        if self.loop.is_closed():
            return None  # what is left of it is collected as garbage: nobody waits
        item.answered.cancel()
        if item.pipe is not None:
            item.pipe.close(discard=True)
        if item.sent is not None:
            return item.sent.left(item)
        group, item.group = item.group, None
        if group is not None:
            self.queue.drop(group, item)
            if not group.items:
                self._stop(group)
            self._look_up()
        return None

    def ended(self, sent: Sent) -> None:
        """Take note that a batch is over: the next one may begin."""
        self.sent.discard(sent)
        self.queue.done()
        self.send_ripe()
        self._look_up()

    def send_ripe(self) -> None:
        """Let as many batches begin as may."""
        while (group := self.queue.take()) is not None:
            self._stop(group)
            items = list(group.items)
            self._counts["batches"] += 1
            self._counts["biggest"] = max(self._counts["biggest"], len(items))
            sent = self._send(self, items)
            self.sent.add(sent)
            for item in items:
                item.sent = sent
                if item.ctx.scope.observer is not None:
                    _tell(item.ctx, len(items))

    async def close(self, *, drain: bool) -> None:
        """Answer everybody, and wait until nothing is under way.

        Args:
            drain: Whether what waits is sent, and what is under way may end by itself.
        """
        if drain:
            self.queue.ripen_all()
            self.send_ripe()
        else:
            for item in self.queue.refuse():
                item.group = None
                item.answer(failure=MiddlewareClosed("The batch was closed before this call was sent"))
            for group in list(self._timers):
                self._stop(group)
            for sent in list(self.sent):
                sent.cancel()
        while not self.queue.idle:
            await self._bell.wait()

    def _time_over(self, group: Group[Item]) -> None:
        self.queue.ripen(group)
        self.send_ripe()

    def _stop(self, group: Group[Item]) -> None:
        timer = self._timers.pop(group, None)
        if timer is not None:
            timer.cancel()

    def _look_up(self) -> None:
        if self.queue.idle:
            self._bell.ring()


def _tell(ctx: Context, size: int) -> None:
    if ctx.scope.observer is not None:
        ctx.scope.observer(Intervened(ctx.trace, ctx.now(), ctx.span, ctx.agent, "batch", "sent", str(size)))
