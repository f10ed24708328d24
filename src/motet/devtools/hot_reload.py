"""A live agent that follows its files: they are watched, loaded in a thread when they change, and then served."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from contextvars import Context, copy_context
from typing import Any, TypeVar

from motet.devtools.live_agent import LiveAgent
from motet.devtools.outcome import Broken, Outcome, Reloaded
from motet.devtools.reloader import Reloader

__all__ = ["HotReload"]

T = TypeVar("T")

Told = Callable[[Outcome], object]


class HotReload:
    """Keeps a live agent at what its files say.

    Args:
        reloader: Loads the agent; it is entered and left by whoever has made it.
        changes: Tells that files may have changed, once at its start as well: see `watch`.
        told: Is told what comes of it, in the event loop.
        patience: Seconds for which an error is held back: if something changes meanwhile, it was of a file that was
            not wholly written yet, and nobody is told.
        slow: Is told when loading takes long, and at which line of the user's files it is; empty if in none. Nothing
            can be done about a file that never comes to an end: what is served goes on, nothing more is loaded.
        slow_after: Seconds that loading may take before that.

    Attributes:
        live: The agent; None until its files have been loaded for the first time.
        context: What its modules have set in their context when they were loaded, such as the precision of decimal
            numbers, on top of what was set where they were loaded first. A call that is made in a copy of it sees that.
    """

    def __init__(
        self,
        reloader: Reloader,
        changes: AsyncIterator[None],
        told: Told = lambda _: None,
        *,
        patience: float = 0.05,
        slow: Callable[[str], object] = lambda _: None,
        slow_after: float = 5.0,
    ) -> None:
        self.live: LiveAgent | None = None
        self.context = Context()
        self._reloader = reloader
        self._changes = changes
        self._told = told
        self._patience = patience
        self._slow = slow
        self._slow_after = slow_after

    async def load(self) -> Outcome | None:
        """Look once whether the files have changed, and serve what they say; return what came of it."""
        # What a file has set that cannot be loaded is not kept.
        context = copy_context() if self.live is None else self.context.copy()
        outcome = await _in_thread(lambda: context.run(self._reloader.check), self._slow_after, self._is_slow)
        if isinstance(outcome, Reloaded):
            self.context = context
            self._serve(outcome)
        return outcome

    async def run(self) -> None:
        """Follow the files until this is cancelled."""
        changes: Any = self._changes
        async with aclosing(changes):
            following = asyncio.ensure_future(anext(changes))
            try:
                while True:
                    await following
                    following = asyncio.ensure_future(anext(changes))
                    outcome = await self.load()
                    if isinstance(outcome, Broken) and await self._goes_on(following):
                        self._reloader.forget_error()
                    elif outcome is not None:
                        self._told(outcome)
            finally:
                following.cancel()
                with suppress(asyncio.CancelledError, StopAsyncIteration):
                    await following

    def _is_slow(self, thread: int) -> None:
        self._slow(self._reloader.where(thread))

    async def _goes_on(self, following: "asyncio.Future[None]") -> bool:
        """Wait a little whether something changes again."""
        done, _ = await asyncio.wait((following,), timeout=self._patience)
        return bool(done)

    def _serve(self, reloaded: Reloaded) -> None:
        if self.live is None:
            self.live = LiveAgent(reloaded.agent)
        else:
            self.live.replace(reloaded.agent)


async def _in_thread(function: Callable[[], T], slow_after: float, slow: Callable[[int], None]) -> T:
    """Call a function in a thread of its own: the event loop's workers may all be busy with the user's functions."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def give(value: T | None, error: BaseException | None) -> None:
        if future.done():
            return  # nobody waits any more
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]

    def body() -> None:
        value, raised = None, None
        try:
            value = function()
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            raised = error
        with suppress(RuntimeError):  # the event loop is closed
            loop.call_soon_threadsafe(give, value, raised)

    thread = threading.Thread(target=body, name="motet-reload", daemon=True)
    thread.start()
    timer = loop.call_later(slow_after, lambda: slow(thread.ident or 0))
    try:
        return await future
    finally:
        timer.cancel()
