"""`MemoryCollector`: figures in the memory of this process, as a snapshot or a table for people."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from motet.observability.buckets import Distribution, Histogram
from motet.observability.collector import MetricsCollector, Record
from motet.observability.instruments import Instrument

__all__ = ["MemoryCollector", "Series", "Snapshot"]

WHOLE: Final = 2.0**53
"""Beyond this, a float is no longer exact."""

Key = tuple[Instrument, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Series:
    """One series as it stands: a number, or how the values of a histogram are spread."""

    instrument: Instrument
    labels: Mapping[str, str]
    value: float | Distribution


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All series as they stand, in the order of their names and labels."""

    series: tuple[Series, ...]

    def __iter__(self) -> Iterator[Series]:
        return iter(self.series)

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the counters or gauges of a name; of a histogram, how many values it has.

        Args:
            name: The name of the instrument, with or without "motet.".
            **labels: What the labels must say; labels that are not named may say anything.
        """
        found = (one.value for one in self.series if _fits(one, name, labels))
        return sum(value.count if isinstance(value, Distribution) else value for value in found)

    def distribution(self, name: str, **labels: str) -> Distribution | None:
        """Return how the values of the first histogram of a name and labels are spread; None if there is none."""
        for one in self.series:
            if isinstance(one.value, Distribution) and _fits(one, name, labels):
                return one.value
        return None

    def table(self) -> str:
        """Write the figures as a table for people."""
        rows = [(_title(one), *_cells(one)) for one in self.series]
        head = ("series", "count", "p50", "p90", "p99", "max")
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        lines = (
            "  ".join(
                [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
            )
            for row in (head, *rows)
        )
        return "\n".join(line.rstrip() for line in lines)


class MemoryCollector(MetricsCollector):
    """Keeps counters, gauges and histograms in memory: a few hundred bytes for a counter, two KB for a histogram."""

    def __init__(self) -> None:
        self._numbers: dict[Key, Number] = {}
        self._histograms: dict[Key, Histogram] = {}

    def series(self, instrument: Instrument, labels: Mapping[str, str]) -> Record:
        """Return what takes the values of a series."""
        key = instrument, tuple(labels.items())
        if instrument.kind == "histogram":
            return self._histograms.setdefault(key, Histogram()).record
        number = self._numbers.setdefault(key, Number())
        return number.add if instrument.kind == "counter" else number.put

    def snapshot(self) -> Snapshot:
        """Return all figures as they stand, those of watched middleware too."""
        self.pull()
        found: list[tuple[Key, float | Distribution]] = []
        found += [(key, number.value) for key, number in list(self._numbers.items())]
        found += [(key, histogram.distribution()) for key, histogram in list(self._histograms.items())]
        every = sorted(found, key=lambda one: (one[0][0].name, one[0][1]))
        return Snapshot(tuple(Series(key[0], dict(key[1]), value) for key, value in every))

    def table(self) -> str:
        """Write all figures as a table for people."""
        return self.snapshot().table()


class Number:
    """A counter or a gauge; safe to be used from several threads."""

    __slots__ = ("_lock", "value")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.value = 0.0

    def add(self, value: float) -> None:
        """Add to it."""
        with self._lock:
            self.value += value

    def put(self, value: float) -> None:
        """Set it."""
        self.value = value


def _fits(one: Series, name: str, labels: Mapping[str, str]) -> bool:
    named = one.instrument.name in {name, f"motet.{name}"}
    return named and all(one.labels.get(key) == value for key, value in labels.items())


def _title(one: Series) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in one.labels.items() if value)
    return (
        f"{one.instrument.name.removeprefix('motet.')}{{{labels}}}"
        if labels
        else one.instrument.name.removeprefix("motet.")
    )


def _cells(one: Series) -> tuple[str, str, str, str, str]:
    if not isinstance(one.value, Distribution):
        return number(one.value), "", "", "", ""
    spread, seconds = one.value, one.instrument.unit == "s"
    values = (spread.p50, spread.p90, spread.p99, spread.max)
    p50, p90, p99, most = (duration(value) if seconds else number(value) for value in values)
    return str(spread.count), p50, p90, p99, most


def number(value: float) -> str:
    """Write a number for people: a whole one with all of its digits, any other one with six of them."""
    return f"{value:.0f}" if abs(value) < WHOLE and value == int(value) else f"{value:.6g}"


def duration(seconds: float) -> str:
    """Write a duration for people, such as "12.3 ms"."""
    unit, size = next((each for each in (("s", 1.0), ("ms", 1e-3)) if seconds >= each[1]), ("us", 1e-6))
    value = seconds / size
    return f"{value:.3g} {unit}" if value < 999.5 else f"{value:.0f} {unit}"
