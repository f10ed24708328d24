"""Every middleware of the room meets the contract of middleware."""

import pytest

from middlewares import MAKE
from motet import Middleware
from motet.testing.middleware_contract import MiddlewareContract


class Built(MiddlewareContract):
    make = ""

    @pytest.fixture
    def middleware(self) -> Middleware:
        return MAKE[self.make]()


class TestBatch(Built):
    make = "batch"


class TestCache(Built):
    make = "cache"


class TestCircuitBreaker(Built):
    make = "circuit_breaker"


class TestConcurrency(Built):
    make = "concurrency"


class TestGuard(Built):
    make = "guard"
    holds_chunks = True


class TestGuardThatShowsChunks(Built):
    make = "guard_showing"


class TestObserve(Built):
    make = "observe"


class TestRateLimit(Built):
    make = "rate_limit"


class TestRetry(Built):
    make = "retry"


class TestTimeout(Built):
    make = "timeout"


class TestValidate(Built):
    make = "validate"


class TestAllOfThem(MiddlewareContract):
    holds_chunks = True

    @pytest.fixture
    def middleware(self) -> Middleware:
        return Stack()


class Stack(Middleware):
    """All of them as one."""

    def __init__(self) -> None:
        self.layers = [make() for make in MAKE.values()]

    def wrap(self, call, agent):
        for layer in reversed(self.layers):
            call = layer.wrap(call, agent)
        return call


def test_every_middleware_has_its_class_here():
    classes = [cls for cls in globals().values() if isinstance(cls, type) and issubclass(cls, Built)]
    assert {cls.make for cls in classes} == {"", *MAKE}
