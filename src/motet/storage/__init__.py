"""Where tasks and the state of traces are kept: in memory, SQLite, DuckDB or PostgreSQL."""

from motet.storage.memory import MemoryStore
from motet.storage.opening import open_store
from motet.storage.sql import SqlStore

__all__ = ["MemoryStore", "SqlStore", "open_store"]
