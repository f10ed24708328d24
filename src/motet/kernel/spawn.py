"""A task of its own for a piece of work, begun at once where the interpreter can do that."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["spawn"]

T = TypeVar("T")

if sys.version_info >= (3, 12):

    def spawn(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Begin a piece of work in a task of its own.

        Args:
            work: The coroutine. It runs up to where it first waits before this returns, so that what never waits
                costs no turn of the event loop.
        """
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)

else:

    def spawn(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Begin a piece of work in a task of its own.

        Args:
            work: The coroutine.
        """
        return asyncio.get_running_loop().create_task(work)
