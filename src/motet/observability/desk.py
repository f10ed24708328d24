"""Where measured values go: the series of every instrument, bound to every collector, and bounded in their number."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable

from motet.observability.collector import MetricsCollector, Record
from motet.observability.instruments import Instrument
from motet.observability.metadata import Allowed
from motet.observability.plain import word_of

__all__ = ["OTHER", "Book", "Desk", "Level"]

logger = logging.getLogger(__name__)

OTHER = "other"
"""The value of every label of what comes when an instrument has as many series as it may."""

Labels = tuple[str, ...]
Bound = tuple[tuple[Record, MetricsCollector], ...]
Tell = Callable[[Labels, float], None]


class Desk:
    """The collectors that there are, and what became of what they were told.

    Args:
        metadata: What of metadata may leave as labels.
        max_series: How many series an instrument may have.

    Attributes:
        collectors: Who is told.
        failures: How often a collector failed, by its class and the class of the error.
        overflowed: How many values came for a series for which there was no room, by instrument.
    """

    def __init__(self, metadata: Allowed, max_series: int) -> None:
        self.metadata = metadata
        self.max_series = max_series
        self.collectors: tuple[MetricsCollector, ...] = ()
        self.failures: Counter[str] = Counter()
        self.overflowed: Counter[str] = Counter()
        self._books: list[Book] = []

    def book(self, instrument: Instrument) -> "Book":
        """Open the book of an instrument."""
        book = Book(self, instrument)
        self._books.append(book)
        return book

    def use(self, collectors: Iterable[MetricsCollector]) -> None:
        """Tell these collectors from now on."""
        self.collectors = tuple(collectors)
        for book in self._books:
            book.renew()

    def failed(self, who: object, error: Exception) -> None:
        """Take note that somebody failed: logged the first time for each kind of failure, counted every time."""
        kind = f"{type(who).__name__}: {type(error).__name__}"
        self.failures[kind] += 1
        if self.failures[kind] == 1:
            logger.error("%r failed; further failures of this kind are only counted", who, exc_info=error)


class Book:
    """The series of one instrument.

    Args:
        desk: Who is told.
        instrument: Which one.

    Attributes:
        most: How many series it may have, beside that of `OTHER`.
        tell: Gives a value to every collector, by the values of its labels; made once, as it is called for each event.
    """

    __slots__ = ("_desk", "_labels", "_other", "_series", "instrument", "most", "tell")

    def __init__(self, desk: Desk, instrument: Instrument) -> None:
        self.instrument = instrument
        self._desk = desk
        added = desk.metadata.names if instrument.calls else ()
        self._labels = (*instrument.labels, *added)
        self.most = desk.max_series
        self._other = (OTHER,) * len(self._labels)
        self._series: dict[Labels, Bound] = {}
        self.tell = self._teller()

    def _teller(self) -> Tell:
        known, opened, failed = self._series.get, self._opened, self._desk.failed

        def tell(labels: Labels, value: float) -> None:
            bound = known(labels)
            for record, collector in opened(labels)[1] if bound is None else bound:
                try:
                    record(value)
                except Exception as error:  # noqa: BLE001 - logged and counted
                    failed(collector, error)

        return tell

    @property
    def tell_call(self) -> Tell:
        """Give a value that speaks of a single call, with the metadata of that call that may leave."""
        metadata = self._desk.metadata
        if not metadata.names:
            return self.tell

        def tell(labels: Labels, value: float) -> None:
            self.tell(labels + metadata.labels(), value)

        return tell

    def tell_all(self, levels: Iterable[tuple[Labels, float]]) -> dict[Labels, float]:
        """Tell what gauges stand at; levels that share a series, as all those beyond the last one do, are added up.

        Args:
            levels: All levels that there are, by the values of their labels.

        Returns:
            What was told, by the labels of its series.
        """
        found: dict[Labels, float] = {}
        for labels, level in levels:
            place, _ = self._opened(labels)
            found[place] = found.get(place, 0) + level
        for place, level in found.items():
            self.tell(place, level)
        return found

    def renew(self) -> None:
        """Forget how the series are bound: the collectors have changed."""
        self._series.clear()

    def _opened(self, labels: Labels) -> tuple[Labels, Bound]:
        """Return the series that takes the values of these labels, with the labels that it has itself."""
        # Here, and not with each event: what is no text is never the key of a series, so it always comes this way.
        labels = tuple(map(word_of, labels))
        if labels not in self._series and self._full():
            labels = self._other
        bound = self._series.get(labels)
        if bound is None:
            bound = self._series[labels] = self._bound(labels)
        return labels, bound

    def _full(self) -> bool:
        """Tell whether there is no room for another series, and take note of that; `OTHER` needs none."""
        overflowed, name = self._desk.overflowed, self.instrument.name
        if len(self._series) - (self._other in self._series) < self.most:
            return False
        overflowed[name] += 1
        if overflowed[name] == 1:
            logger.warning("%s has %d series: further ones are counted as %r", name, self.most, OTHER)
        return True

    def _bound(self, labels: Labels) -> Bound:
        """Ask every collector for what takes the values of a series."""
        found: list[tuple[Record, MetricsCollector]] = []
        for collector in self._desk.collectors:
            try:
                named = dict(zip(self._labels, labels, strict=True))
                found.append((collector.series(self.instrument, named), collector))
            except Exception as error:  # noqa: BLE001 - logged and counted
                self._desk.failed(collector, error)
        return tuple(found)


class Level:
    """How many of something there are now, as gauges that are told when somebody looks.

    What has come to nothing is kept until it is told, but of that no more than there are series: nobody may ever look.

    Args:
        book: The book of the gauge.

    Attributes:
        move: Takes note that there are more, or fewer; made once, as it is called for each event.
    """

    __slots__ = ("_book", "_levels", "_lock", "_told", "move")

    def __init__(self, book: Book) -> None:
        self._book = book
        self._levels: dict[Labels, int] = {}
        self._told: set[Labels] = set()
        self._lock = threading.Lock()
        self.move = self._mover()

    def _mover(self) -> Callable[[Labels, int], None]:
        levels, known, lock, most = self._levels, self._levels.get, self._lock, self._book.most

        def move(labels: Labels, by: int) -> None:
            with lock:
                level = known(labels, 0) + by
                if level > 0 or len(levels) <= most:
                    levels[labels] = level
                else:
                    levels.pop(labels, None)

        return move

    def tell(self) -> None:
        """Tell every level; one that has come to nothing is told once more."""
        with self._lock:
            levels = dict(self._levels)
            for labels, level in levels.items():
                if level <= 0:
                    del self._levels[labels]
            ended = [(labels, 0) for labels in self._told]
        # Those that were told come first: when the collectors have changed, they get their series again.
        found = self._book.tell_all([*ended, *((labels, max(level, 0)) for labels, level in levels.items())])
        with self._lock:
            self._told = (self._told - found.keys()) | {labels for labels, level in found.items() if level}
