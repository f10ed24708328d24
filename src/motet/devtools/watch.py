"""Being told when files change."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from motet.devtools.sources import Sources, watchable
from motet.kernel.errors import MissingExtra, Unavailable

try:
    from watchfiles import Change, awatch
    from watchfiles._rust_notify import WatchfilesRustInternalError
except ImportError as error:
    raise MissingExtra.of("Watching files", "dev") from error

__all__ = ["DEBOUNCE", "watch"]

FileChange = tuple[Change, str]

DEBOUNCE: Final = 0.05
"""Seconds for which changes are gathered at most: editors save a file in several steps."""


async def watch(sources: Sources, debounce: float = DEBOUNCE) -> AsyncIterator[None]:
    """Tell when files of the user's own may have changed.

    It tells at once, as soon as nothing goes unseen any more: something may have changed before that. It may tell more
    than once of one change, so whoever is told looks what has changed.

    Args:
        sources: What is watched. New folders in it are watched as well.
        debounce: Seconds for which changes are gathered at most.

    Raises:
        Unavailable: The system does not let us watch them, or the name of one is no UTF-8.
    """
    for folder in sources.folders:
        if not watchable(folder):
            raise Unavailable(f"The files cannot be watched: the name {str(folder)!r} is no UTF-8: rename the folder")
    while True:
        places = sources.places()
        changes = awatch(
            *places,
            watch_filter=None,
            debounce=max(1, round(debounce * 1000)),
            step=max(1, round(debounce * 400)),
            recursive=False,
            ignore_permission_denied=True,
        )
        following = asyncio.ensure_future(anext(changes, None))
        try:
            await asyncio.sleep(0)  # the first step of `awatch` is what begins to listen
            yield
            while (found := await _told(following, debounce)) is not None:
                if any(_of_folder(change, path, places) for change, path in found) and sources.places() != places:
                    break
                following = asyncio.ensure_future(anext(changes, None))
                if any(path.endswith(".py") for _, path in found):
                    yield
        finally:
            following.cancel()
            await asyncio.wait((following,))
            await changes.aclose()


async def _told(following: "asyncio.Future[set[FileChange] | None]", debounce: float) -> "set[FileChange] | None":
    """Wait for changes; None where it has to begin again, as something has changed that cannot be told."""
    try:
        return await following
    except (WatchfilesRustInternalError, ExceptionGroup) as error:
        if not _of_names(error):
            raise
        await asyncio.sleep(debounce)  # whatever has such a name may be written all the time
        return None
    except OSError as error:
        raise Unavailable(
            f"The files cannot be watched: {error}: watch fewer folders, or raise what the system allows "
            "(fs.inotify.max_user_watches on Linux)"
        ) from error


def _of_names(error: Exception) -> bool:
    """Tell whether all that is wrong is that a file has a name that is no UTF-8."""
    if isinstance(error, ExceptionGroup):
        return all(map(_of_names, error.exceptions))
    return isinstance(error, WatchfilesRustInternalError)


def _of_folder(change: Change, path: str, places: list[Path]) -> bool:
    return Path(path) in places if change is Change.deleted else Path(path).is_dir()
