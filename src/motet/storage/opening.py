"""A store by its address."""

from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.storage.memory import MemoryStore
from motet.storage.sql import SqlStore
from motet.storage.urls import parse_address

__all__ = ["open_store"]


def open_store(url: str, *, patience: float = 30.0, clock: Clock = SYSTEM_CLOCK) -> MemoryStore | SqlStore:
    """Make the store that an address stands for; `await store.open()` makes it ready.

    Args:
        url: `memory://`, `sqlite:///work.db` (four slashes before an absolute path), `duckdb:///work.duckdb` or
            `postgresql://user@host/database`.
        patience: Seconds for which trouble that may pass is waited out: a lock, a full disk, a lost connection.
        clock: Where times come from.

    Raises:
        InvalidPayload: The URL is no address of a store.
    """
    if parse_address(url).kind == "memory":
        return MemoryStore()
    return SqlStore(url, patience=patience, clock=clock)
