"""Stores by URL: those that installed packages offer for its scheme, ours among them."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from motet.kernel.errors import InvalidPayload, NotFound
from motet.tasks.ports import TaskStore

__all__ = ["ENTRY_POINTS", "open_store"]

ENTRY_POINTS: Final = "motet.stores"
"""The entry point group of stores: `scheme = "package.module:function"`, where the function takes the URL."""


def open_store(url: str) -> TaskStore:
    """Make the store that a URL names; it is not opened yet.

    Args:
        url: Such as `sqlite:///work.db`, `duckdb:///work.duckdb`, `postgresql://user@host/name` or `memory://`.

    Raises:
        InvalidPayload: It is no URL of a store.
        NotFound: Nothing that is installed knows its scheme.
        MissingExtra: Its driver is not installed.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or not scheme:
        raise InvalidPayload(f"{url!r} is no URL of a task store: write one such as sqlite:///work.db")
    offered = _offered()
    found = offered.get(scheme.partition("+")[0])
    if found is None:
        raise NotFound(f"No task store is known for {scheme}://: there are {', '.join(sorted(offered))}", scheme=scheme)
    store = found.load()(url)
    if not isinstance(store, TaskStore):
        raise InvalidPayload(f"The entry point {found.value!r} makes no task store")
    return store


@cache
def _offered() -> Mapping[str, EntryPoint]:
    # Read once: what is installed is found by reading a file of every package there is.
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
