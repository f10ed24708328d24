"""What threads of ours and the event loop wait for of each other: a loop that makes its own time has to know of it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["outside", "waited_for"]

T = TypeVar("T")


def outside(future: "asyncio.Future[T]") -> "asyncio.Future[T]":
    """Say that a thread, of which the event loop knows nothing, is at work on a future.

    A loop in virtual time has a method `stand_still(future)`, and lets no time pass meanwhile; others wait anyway.

    Args:
        future: What that thread will settle through its loop.

    Returns:
        The same future.
    """
    stand_still = getattr(future.get_loop(), "stand_still", None)
    if stand_still is not None:
        stand_still(future)
    return future


@contextmanager
def waited_for(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Say that a thread does nothing but wait for the event loop, whose time has to pass for it.

    Args:
        loop: One in virtual time has a method `go_on(change)`, which counts such threads.
    """
    go_on = getattr(loop, "go_on", None)
    if go_on is None:
        yield
        return
    go_on(1)
    try:
        yield
    finally:
        go_on(-1)
