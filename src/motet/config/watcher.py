"""Settings are read anew when a file changes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

from motet.config.changes import Change
from motet.config.errors import InvalidConfig
from motet.config.places import NAME, PROJECT_VARIABLE, SHARED, upwards
from motet.config.reading import Surroundings

__all__ = ["Watcher", "files_to_watch"]

logger = logging.getLogger(__name__)


class Watcher:
    """Reloads settings when a file changes.

    Args:
        around: Where the files are.
        reload: Reads them, and says what has changed.
        on_error: Called with what is wrong with them; it is logged as well.
    """

    def __init__(
        self,
        around: Surroundings,
        reload: Callable[[], tuple[Change, ...]],
        on_error: Callable[[InvalidConfig], object] | None,
    ) -> None:
        self._around = around
        self._reload = reload
        self._on_error = on_error

    async def changes(self) -> AsyncGenerator[Change]:
        """Yield what changes, for as long as that is asked for."""
        # Loaded here: it needs an optional dependency.
        from motet.config.watching import looks  # noqa: PLC0415

        async with aclosing(looks(lambda: files_to_watch(self._around))) as each:
            async for _ in each:
                for change in self._look():
                    yield change

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch in a task of its own."""

        async def watch() -> None:
            async with aclosing(self.changes()) as changes:
                async for _ in changes:
                    pass  # subscribers were told by the reload

        task = asyncio.create_task(watch(), name="motet settings")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _look(self) -> tuple[Change, ...]:
        try:
            return self._reload()
        except InvalidConfig as error:
            logger.error("the last good settings stay: %s", error)  # noqa: TRY400 - where it failed is in the message
            if self._on_error is not None:
                self._on_error(error)
            return ()


def files_to_watch(around: Surroundings) -> list[Path]:
    """List the files that settings are read from, and those that would be if they came to be."""
    if around.closed:
        return []
    places = around.places()
    found = [] if places.global_file is None else [places.global_file]
    named = around.project_file or around.variables.get(PROJECT_VARIABLE)
    if named and places.project_file is not None:
        return [*found, places.project_file]
    return [*found, *(above / name for above in upwards(around.folder or Path.cwd()) for name in (NAME, SHARED))]
