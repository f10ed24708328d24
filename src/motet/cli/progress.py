"""The progress of a long run: it comes after half a second, and is gone afterwards."""

import threading
import time
from types import TracebackType
from typing import Final, Self

from motet.cli.tally import Tally

__all__ = ["Progress"]

DELAY: Final = 0.5
"""Seconds before anything is shown: a short run shows nothing."""


class Progress:
    """Shows a tally on standard error, which is a terminal, while work runs.

    A thread of its own draws, so that a node which keeps the event loop busy does not stop the clock.

    Args:
        tally: What to show; something else counts.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="motet-progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _draw(self) -> None:
        start = time.monotonic()
        if not self._over.wait(DELAY):
            # Loaded here: a short run does not wait for rich.
            from motet.cli.display import display  # noqa: PLC0415

            display(self._tally, start, self._over)
