"""Files of settings are watched."""

import os
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Final

from motet.kernel.errors import MissingExtra, NotAvailable

try:
    from watchfiles import Change, awatch
except ModuleNotFoundError as error:
    raise MissingExtra.of("Watching settings", "config") from error

__all__ = ["looks"]

PATIENCE: Final = 1000
"""Milliseconds after which files are looked at although nobody has said that they changed: before it was listened."""

QUIET: Final = 50
"""Milliseconds without a change after which a file counts as written."""

LONGEST: Final = 500
"""Milliseconds after which it is looked at in any case."""

State = tuple[tuple[str, int, int, int], ...]


async def looks(files: Callable[[], Iterable[Path]]) -> AsyncGenerator[None]:
    """Yield at once, and then whenever a file is another one than before, for as long as that is asked for.

    Args:
        files: Names those that there are and those that may come, as of now.

    Raises:
        NotAvailable: There is nothing to watch.
    """
    seen = _state(files())
    yield
    while True:
        watched = _folders(files())
        if not watched:
            raise NotAvailable("there is nothing to watch: these settings come from no file")
        # What leads to a file is listened to as well: its folder may have to come first.
        names = {name for file in files() for name in file.absolute().parts}

        def wanted(_: Change, path: str, names: set[str] = names) -> bool:
            return Path(path).name in names

        listening = awatch(
            *watched,
            watch_filter=wanted,
            debounce=LONGEST,
            step=QUIET,
            rust_timeout=PATIENCE,
            yield_on_timeout=True,
            recursive=False,
        )
        async with aclosing(listening) as changes:
            async for _ in changes:
                now = _state(files())
                if now != seen:
                    seen = now
                    yield
                if _folders(files()) != watched:
                    break


def _state(files: Iterable[Path]) -> State:
    """Return what tells a file from what it was."""
    found = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            continue
        found.append((str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)


def _folders(files: Iterable[Path]) -> list[Path]:
    """Return the folders to listen to: that of each file and of what a link leads to, or the nearest one above."""
    found = []
    for file in files:
        for path in (file.absolute(), Path(os.path.realpath(file))):
            folder = next((each for each in path.parents if each.is_dir()), None)
            found += [] if folder is None else [folder]
    return list(dict.fromkeys(found))
