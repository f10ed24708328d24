"""A sliding window: how many calls ended, and how many of them failed, within the last seconds."""

from typing import Final

__all__ = ["SLICES", "SlidingWindow"]

SLICES: Final = 10
"""Into how many slices a window is cut."""


class SlidingWindow:
    """Counts what happened within the last seconds, in constant time and memory.

    The window is cut into ten slices, and moves on by one slice at a time: what it counts happened within the last
    `seconds`, and everything of the last nine tenths of them is counted.

    Args:
        seconds: How long the window is.

    Attributes:
        calls: How many calls ended within the window, as of the last `add`.
        failures: How many of them failed.
    """

    __slots__ = ("_calls", "_failures", "_newest", "_width", "calls", "failures")

    def __init__(self, seconds: float) -> None:
        self._width = seconds / SLICES
        self._newest = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._calls = [0] * SLICES
        self._failures = [0] * SLICES
        self.calls = self.failures = 0

    @property
    def share(self) -> float:
        """The share of failures, from 0 to 1; 0 where nothing ended."""
        return self.failures / self.calls if self.calls else 0.0

    def add(self, now: float, *, failed: bool) -> None:
        """Count the end of a call.

        Args:
            now: When it ended, in seconds. Time that goes back, with the clock of another world, is no time passed.
            failed: Whether it failed.
        """
        newest = int(now // self._width)
        if newest != self._newest:
            self._move(newest)
        slot = self._newest % SLICES
        self.calls += 1
        self._calls[slot] += 1
        if failed:
            self.failures += 1
            self._failures[slot] += 1

    def _move(self, newest: int) -> None:
        """Drop the slices that are too old."""
        if newest - self._newest >= SLICES:
            self.clear()
        for index in range(self._newest + 1, min(newest, self._newest + SLICES - 1) + 1):
            slot = index % SLICES
            self.calls -= self._calls[slot]
            self.failures -= self._failures[slot]
            self._calls[slot] = self._failures[slot] = 0
        self._newest = newest
