"""Middleware: what stands around an agent's call, and leaves it the agent that it was."""

from motet.middleware.batch import Batch
from motet.middleware.batch_sink import ItemChunk
from motet.middleware.cache import Cache
from motet.middleware.cache_store import CacheEntry, CacheStore, MemoryCacheStore
from motet.middleware.circuit_breaker import CircuitBreaker
from motet.middleware.concurrency import Concurrency
from motet.middleware.guard import Guard, Replace
from motet.middleware.observe import Observe
from motet.middleware.rate_limit import RateLimit
from motet.middleware.retry import Retry, earlier_errors
from motet.middleware.timeout import Timeout
from motet.middleware.validate import Validate

__all__ = [
    "Batch",
    "Cache",
    "CacheEntry",
    "CacheStore",
    "CircuitBreaker",
    "Concurrency",
    "Guard",
    "ItemChunk",
    "MemoryCacheStore",
    "Observe",
    "RateLimit",
    "Replace",
    "Retry",
    "Timeout",
    "Validate",
    "earlier_errors",
]
