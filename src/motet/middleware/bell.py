"""A way to wait until something has changed, for any number of tasks."""

import asyncio

__all__ = ["Bell"]


class Bell:
    """Wakes whoever waits for it; each looks then for itself whether it has what it waited for."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], None] = {}  # in the order in which they came

    async def wait(self) -> None:
        """Wait until it is rung."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[future] = None
        try:
            await future
        finally:
            del self._waiting[future]

    def ring(self) -> None:
        """Wake everybody who waits now."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
