"""The progress of a long run: it comes after half a second, and is gone afterwards."""

import threading
import time

from motet.cli.drawing import Drawing
from motet.cli.tally import Tally

__all__ = ["Progress"]


class Progress(Drawing):
    """Shows a tally on standard error, which is a terminal, while work runs.

    Args:
        tally: What to show; something else counts.
    """

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally
        self._start = time.monotonic()

    def draw(self, over: threading.Event) -> None:
        """Draw the tally until the run is over."""
        # Loaded here: a short run does not wait for rich.
        from motet.cli.display import display  # noqa: PLC0415

        display(self._tally, self._start, over)
