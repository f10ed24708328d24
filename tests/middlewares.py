"""One of each built-in middleware, for tests that hold of all of them."""

from collections.abc import Callable
from typing import Final

from motet import Middleware
from motet.middleware.batch import Batch
from motet.middleware.cache import Cache
from motet.middleware.circuit_breaker import CircuitBreaker
from motet.middleware.concurrency import Concurrency
from motet.middleware.guard import Guard
from motet.middleware.observe import Observe
from motet.middleware.rate_limit import RateLimit
from motet.middleware.retry import Retry
from motet.middleware.timeout import Timeout
from motet.middleware.validate import Validate
from support import Recorder

__all__ = ["MAKE"]

MAKE: Final[dict[str, Callable[[], Middleware]]] = {
    "batch": lambda: Batch(size=1),
    "cache": lambda: Cache(60),
    "circuit_breaker": CircuitBreaker,
    "concurrency": lambda: Concurrency(4),
    "guard": lambda: Guard(lambda value, ctx: None, lambda value, ctx: None),
    "guard_showing": lambda: Guard(lambda value, ctx: None, lambda value, ctx: None, hold=False),
    "observe": lambda: Observe(Recorder()),
    "rate_limit": lambda: RateLimit(1000),
    "retry": lambda: Retry(3),
    "timeout": lambda: Timeout(60),
    "validate": lambda: Validate(input=str, output=str),
}
