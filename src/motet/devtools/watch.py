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


LOOK: Final = 1000
"""Milliseconds after which it is looked whether a folder that is gone is there again: nothing tells of that."""


async def watch(sources: Sources, debounce: float = DEBOUNCE) -> AsyncIterator[None]:
    """Tell when files of the user's own may have changed.

    It tells at once, as soon as nothing goes unseen any more: something may have changed before that. It may tell more
    than once of one change, so whoever is told looks what has changed.

    Args:
        sources: What is watched. New folders in it are watched as well, and those that are made again.
        debounce: Seconds for which changes are gathered at most.

    Raises:
        Unavailable: The system does not let us watch them, or the name of one is no UTF-8.
    """
    for folder in sources.folders:
        if not watchable(folder):
            raise Unavailable(f"The files cannot be watched: the name {str(folder)!r} is no UTF-8: rename the folder")
    while True:
        places = sources.places()
        missing = [folder for folder in sources.folders if folder not in places]
        changes = awatch(
            *places,
            watch_filter=None,
            debounce=max(1, round(debounce * 1000)),
            step=max(1, round(debounce * 400)),
            recursive=False,
            ignore_permission_denied=True,
            rust_timeout=LOOK if missing else None,
            yield_on_timeout=bool(missing),
        )
        following = asyncio.ensure_future(anext(changes, None))
        try:
            await asyncio.sleep(0)  # the first step of `awatch` is what begins to listen
            if sources.places() != places:
                continue  # a folder that is new was looked at too early
            yield
            while (found := await _told(following, debounce)) is not None:
                if _other_folders(found, places, sources) or any(folder.is_dir() for folder in missing):
                    break
                following = asyncio.ensure_future(anext(changes, None))
                if any(path.endswith(".py") for _, path in found):
                    yield
        finally:
            following.cancel()
            await asyncio.wait((following,))
            if not following.cancelled():
                following.exception()  # seen: it was told, or is of folders that are not looked at any more
            await changes.aclose()


async def _told(following: "asyncio.Future[set[FileChange] | None]", debounce: float) -> "set[FileChange] | None":
    """Wait for changes; None where it has to begin again, as something has changed that cannot be told."""
    try:
        return await following
    except FileNotFoundError:  # a folder has gone before it was watched
        return None
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


def _other_folders(found: set[FileChange], places: list[Path], sources: Sources) -> bool:
    """Tell whether there are other folders than those that are watched; one that was made again is another one."""
    paths = {Path(path) for change, path in found if change is not Change.modified}
    return not paths.isdisjoint(places) or (
        any(Path(path).is_dir() for _, path in found) and sources.places() != places
    )
