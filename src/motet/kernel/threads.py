"""Sync functions in worker threads: their context, their way back into the event loop, and what cancels them."""

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import Future
from typing import Any, TypeVar

from motet.kernel.context import CURRENT, Context
from motet.kernel.errors import Cancelled, NotAvailable
from motet.kernel.invoke import Call
from motet.kernel.outside import outside, waited_for
from motet.kernel.owed import Owed
from motet.kernel.within import Within

__all__ = ["ThreadContext", "in_thread"]

T = TypeVar("T")


class ThreadContext(Within):
    """The context of a sync function in a worker thread."""

    __slots__ = ("_caller", "_cancelled", "_lock", "_loop", "_owed", "_waited")

    def __init__(self, around: Context, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(around, around.scope)
        # Ids are made when they are first asked for: here, so that two threads cannot make two for one thing.
        _ = around.span, around.parent_span
        self._loop = loop
        self._caller = threading.get_ident()
        self._cancelled = False
        self._lock = threading.Lock()
        # More than one where the function has threads of its own.
        self._waited: set[Future[Any]] = set()
        self._owed: set[Owed] = set()

    @property
    def cancelled(self) -> bool:
        """Whether whoever called the function no longer waits for it."""
        return self._cancelled

    def check(self) -> None:
        """Raise if the work should stop."""
        if self._cancelled:
            raise Cancelled(f"{self.agent!r} was cancelled")
        super().check()

    def emit(self, value: object) -> Owed:
        """Emit a chunk, within `ctx.wait`."""
        return self._owe(super().emit(value))

    def restart(self) -> Owed:
        """Mark in the stream that this agent begins again, within `ctx.wait`."""
        return self._owe(super().restart())

    def send(self, value: object, *, to: str | None = None) -> Owed:
        """Send a value on from a node of a flow, within `ctx.wait`."""
        return self._owe(super().send(value, to=to))

    def progress(self, fraction: float, message: str = "") -> None:
        """Tell how far the durable task is."""
        self._loop.call_soon_threadsafe(super().progress, fraction, message)

    def settle(self) -> None:
        """Take note that the function has returned.

        Raises:
            NotAvailable: It has asked for something without waiting for it, so that nothing came of it.
        """
        owed = self.close()
        if owed:
            raise NotAvailable(
                f"{self.agent!r} is a sync function, and did not wait for {owed} of its ctx.emit() or ctx.send(): "
                "write ctx.wait(ctx.emit(...)), or `async def`"
            )

    def close(self) -> int:
        """Give up what was asked for without waiting for it; return how many times that was."""
        owed = list(self._owed)
        for work in owed:
            work.close()
        return len(owed)

    def _owe(self, work: Coroutine[Any, Any, None]) -> Owed:
        owed = Owed(work, self._owed.discard)
        self._owed.add(owed)
        return owed

    def wait(self, work: Awaitable[T]) -> T:
        """Run something in the event loop, and wait for it in this thread."""
        if threading.get_ident() == self._caller:
            return super().wait(work)
        with self._lock:
            if self._cancelled:
                if isinstance(work, Coroutine):
                    work.close()
                raise Cancelled(f"{self.agent!r} was cancelled")
            below = asyncio.run_coroutine_threadsafe(_awaited(work), self._loop)
            self._waited.add(below)
        try:
            return below.result()
        except FutureCancelled:
            raise Cancelled(f"What {self.agent!r} waited for was cancelled") from None
        finally:
            with self._lock:
                self._waited.discard(below)

    def cancel(self) -> None:
        """Tell the function that nobody waits any more, and cancel what it waits for."""
        with self._lock:
            self._cancelled = True
            below = list(self._waited)
        for future in below:
            future.cancel()


async def _awaited(work: Awaitable[T]) -> T:
    with waited_for(asyncio.get_running_loop()):
        return await work


def in_thread(function: Callable[..., Any], takes_context: bool) -> Call[Any, Any]:
    """Make a call that runs a sync function in a worker thread, with the caller's contextvars.

    A thread cannot be interrupted: when the call is cancelled its caller goes on at once, `ctx.cancelled` turns true
    for the function, `ctx.check()` raises, and what it waits for in `ctx.wait` is cancelled.
    """

    async def call(payload: Any, ctx: Context) -> Any:
        loop = asyncio.get_running_loop()
        inside = ThreadContext(ctx, loop)
        variables = contextvars.copy_context()
        variables.run(CURRENT.set, inside)
        arguments = (payload, inside) if takes_context else (payload,)
        try:
            if _within_thread(ctx):
                # A worker thread waits for this call: from the same pool, enough of those would wait for each other.
                result = await _own_thread(loop, variables, function, arguments)
            else:
                result = await loop.run_in_executor(None, _run, variables, function, arguments)
            result = await result if inspect.isawaitable(result) else result
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                inside.cancel()
            inside.close()  # an error of the function's own says more than that it did not wait
            raise
        inside.settle()
        return result

    return call


def _within_thread(context: Context | None) -> bool:
    while context is not None:
        if isinstance(context, ThreadContext):
            return True
        context = context.parent
    return False


def _run(variables: contextvars.Context, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    try:
        return variables.run(function, *arguments)
    except StopIteration as error:
        # A future cannot carry a StopIteration: it would end the coroutine that waits for it.
        raise RuntimeError(f"{function!r} raised StopIteration") from error


def _own_thread(
    loop: asyncio.AbstractEventLoop,
    variables: contextvars.Context,
    function: Callable[..., T],
    arguments: tuple[Any, ...],
) -> "asyncio.Future[T]":
    done: Future[T] = Future()

    def run() -> None:
        if not done.set_running_or_notify_cancel():
            return
        try:
            result = _run(variables, function, arguments)
        except BaseException as error:  # noqa: BLE001 - carried to whoever waits
            done.set_exception(error)
        else:
            done.set_result(result)

    threading.Thread(target=run, name="motet-nested", daemon=True).start()
    return outside(asyncio.wrap_future(done, loop=loop))
