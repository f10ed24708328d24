"""Where histories come from: a store by its URL, or a file of JSON Lines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from motet.cli.failures import InvalidUsage
from motet.cli.lookup import file_at
from motet.devtools.history import History, from_lines, read_history
from motet.kernel.errors import InvalidPayload, NotFound
from motet.kernel.history import StateStore
from motet.tasks.stores import open_store

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = [
    "DEFAULT_STORE",
    "find_trace",
    "history_of",
    "is_file",
    "opened_store",
    "read_file",
    "state_of",
    "url_of",
]

DEFAULT_STORE: Final = "sqlite:///motet.db"
"""Where trees and histories are kept unless --store or MOTET_STORE says something else."""

MOST: Final = 100_000
"""Among how many traces, the newest first, one is looked for by the beginning of its id."""


def state_of(store: object, url: str) -> StateStore:
    """Return a store as one that keeps histories.

    Raises:
        InvalidUsage: It keeps none.
    """
    if not isinstance(store, StateStore):
        raise InvalidUsage(f"the store {url.partition('://')[0]}:// keeps no histories: give another --store URL")
    return store


@asynccontextmanager
async def opened_store(url: str) -> AsyncIterator[StateStore]:
    """Open the store of a URL.

    Raises:
        MotetError: It cannot be used.
    """
    store = open_store(url)
    state = state_of(store, url)
    await store.open()
    try:
        yield state
    finally:
        await store.close()


def is_file(text: str) -> bool:
    """Tell whether TRACE is a file of JSON Lines, and not a part of an id.

    Raises:
        InvalidUsage: The system refuses to tell.
    """
    return text.endswith((".jsonl", ".ndjson", ".json")) or "/" in text or file_at(text)


async def find_trace(store: StateStore, text: str) -> str:
    """Return the trace whose id begins with a text.

    Raises:
        NotFound: There is none, or more than one.
    """
    if text and await store.history(text, limit=1):
        return text
    found = [trace for trace in await store.traces(MOST) if trace.startswith(text)]
    if len(found) == 1 and text:
        return found[0]
    if not found:
        raise NotFound(
            f"no trace begins with {text!r}: `motet inspect` lists those there are, and `motet run --record` makes one",
            id=text,
        )
    some = ", ".join(trace[:12] for trace in found[:5])
    raise NotFound(f"{len(found)} traces begin with {text!r}, such as {some}: write more of the id", id=text)


async def history_of(text: str, url: str) -> History:
    """Read the history that TRACE means: the beginning of an id, or a file.

    Args:
        text: What the user wrote.
        url: The URL of the store.

    Raises:
        MotetError: There is no such trace or file, or the store cannot be used.
    """
    if is_file(text):
        return read_file(text)
    async with opened_store(url) as store:
        return await read_history(store, await find_trace(store, text))


def read_file(path: str) -> History:
    """Read a history from a file of JSON Lines.

    Raises:
        InvalidUsage: It cannot be read, or is no history.
    """
    try:
        return from_lines(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidUsage(f"{path} cannot be read: {error.strerror}") from error
    except (NotFound, InvalidPayload, UnicodeDecodeError) as error:
        raise InvalidUsage(f"{path} is no history: {error}") from error


def url_of(store: str) -> "URL | None":
    """Take a URL apart; None where that cannot be done: whoever opens it says what is wrong."""
    # Loaded here: what is kept in memory does without.
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        return make_url(store)
    except (ArgumentError, ValueError):
        return None
