"""Something that is drawn on the terminal while work runs, in a thread of its own."""

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final, Self

__all__ = ["DELAY", "Drawing"]

DELAY: Final = 0.5
"""Seconds before anything is shown: what is over by then shows nothing."""


class Drawing(ABC):
    """Shows something while it is entered.

    A thread of its own draws, so that work which keeps the event loop busy does not stop the clock.
    """

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="motet-progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        if not self._over.wait(DELAY):
            self.draw(self._over)

    @abstractmethod
    def draw(self, over: threading.Event) -> None:
        """Draw until it is over.

        Args:
            over: Set when there is nothing more to show.
        """
