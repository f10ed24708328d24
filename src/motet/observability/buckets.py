"""Fixed buckets: how values are spread, kept in little memory whatever comes."""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Distribution", "Histogram", "exported_bounds"]

FINE: Final = tuple(1e-6 * 2 ** (step / 4) for step in range(136))
"""Upper bounds of the buckets for percentiles, from 1 us to over 4 hours: each is 19 % more than the one before."""

SECONDS: Final = (
    1e-4,
    5e-4,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    300.0,
)
COUNTS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)


def exported_bounds(unit: str) -> Sequence[float]:
    """Return the upper bounds of the buckets that leave the process, for a unit: fewer than are kept in memory."""
    return SECONDS if unit == "s" else COUNTS


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the values of a histogram are spread; the percentiles are right to some 10 %, the rest is exact."""

    count: int
    sum: float
    min: float
    max: float
    p50: float
    p90: float
    p99: float

    @property
    def mean(self) -> float:
        """The mean of the values."""
        return self.sum / self.count if self.count else 0.0


class Histogram:
    """Counts values in buckets; safe to be used from several threads."""

    __slots__ = ("_buckets", "_lock", "_max", "_min", "_sum")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets = [0] * (len(FINE) + 1)
        self._sum = 0.0
        self._min, self._max = float("inf"), float("-inf")

    def record(self, value: float) -> None:
        """Take a value."""
        index = bisect_left(FINE, value)
        with self._lock:
            self._buckets[index] += 1
            self._sum += value
            if value < self._min:  # noqa: PLR1730 - calls of `min` and `max` would take as long as all of this
                self._min = value
            if value > self._max:  # noqa: PLR1730
                self._max = value

    def distribution(self) -> Distribution:
        """Return how the values are spread so far."""
        with self._lock:
            buckets, total, low, high = list(self._buckets), self._sum, self._min, self._max
        count = sum(buckets)
        if not count:
            return Distribution(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        found = (min(max(percentile(buckets, count * part), low), high) for part in (0.5, 0.9, 0.99))
        return Distribution(count, total, low, high, *found)


def percentile(buckets: Sequence[int], rank: float) -> float:
    """Return the value at a rank, taken as spread evenly within its bucket.

    Args:
        buckets: How many values each has.
        rank: How many values are below.
    """
    below = 0
    for index, count in enumerate(buckets):
        if count and below + count >= rank:
            low = FINE[index - 1] if index else 0.0
            high = FINE[index] if index < len(FINE) else FINE[-1]
            return low + (high - low) * (rank - below) / count
        below += count
    return FINE[-1]
