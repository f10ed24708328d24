"""Settings are read anew when a file changes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from motet.config.changes import Change
from motet.config.errors import InvalidConfig
from motet.config.places import NAME, PROJECT_VARIABLE, SHARED, upwards
from motet.config.reading import Surroundings
from motet.kernel.errors import NotAvailable

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
        async with aclosing(_looks()(lambda: files_to_watch(self._around))) as each:
            async for _ in each:
                for change in self._look():
                    yield change

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch in a task of its own."""
        if not files_to_watch(self._around):
            raise NotAvailable("there is nothing to watch: these settings come from no file")
        _looks()  # what is missing is told here, and not at the end
        task = asyncio.create_task(self._follow(), name="motet settings")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))
        if not task.cancelled() and (error := task.exception()):
            raise error

    async def _follow(self) -> None:
        try:
            async with aclosing(self.changes()) as changes:
                async for _ in changes:
                    pass  # subscribers were told by the reload
        except Exception:
            logger.exception("settings are watched no more")
            raise

    def _look(self) -> tuple[Change, ...]:
        try:
            return self._reload()
        except InvalidConfig as error:
            logger.error("the last good settings stay: %s", error)  # noqa: TRY400 - where it failed is in the message
            self._tell(error)
            return ()

    def _tell(self, error: InvalidConfig) -> None:
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except Exception:
            logger.exception("whoever is told of broken settings has failed")


def _looks() -> Callable[[Callable[[], Iterable[Path]]], AsyncGenerator[None]]:
    # Loaded here: it needs an optional dependency.
    from motet.config.watching import looks  # noqa: PLC0415

    return looks


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
