"""`Tracer`: the observer that tells collectors and further observers of what happens."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from motet.kernel.errors import InvalidAgent
from motet.kernel.event import Event
from motet.kernel.observers import Observer, Surroundings, around_of, sampled_by
from motet.observability.collector import MetricsCollector
from motet.observability.desk import Desk
from motet.observability.instruments import INSTRUMENTS, WATCHED
from motet.observability.measuring import measures
from motet.observability.metadata import Allowed

__all__ = ["Counting", "Tracer"]


class Counting(Protocol):
    """Whatever counts, as every middleware does."""

    def counters(self) -> Mapping[str, float]:
        """Return what it has counted, by name."""
        ...


class Tracer(Surroundings):
    """An observer that measures what happens, and tells collectors; observers beside them are told of the events.

    Pass it to a call as `observer=`, to flows as `observers=[...]`, to a task manager as `observer=`.

    Args:
        attributes: The names of metadata that may leave, as labels of what speaks of single calls; none unless given.
        max_series: How many series an instrument may have; what comes beyond that is counted as "other".
    """

    def __init__(self, *, attributes: Sequence[str] = (), max_series: int = 1000) -> None:
        metadata = Allowed(attributes)
        taken = {label for instruments in INSTRUMENTS.values() for each in instruments for label in each.labels}
        if taken & {*attributes}:
            raise InvalidAgent(
                f"attributes={attributes!r}: {min(taken & {*attributes})!r} is a label of ours; it takes others"
            )
        if max_series < 1:
            raise InvalidAgent(f"max_series={max_series}: it takes a whole number of at least 1")
        self._desk = Desk(metadata, max_series)
        self._measures, self._levels = measures(self._desk)
        self._watched: dict[str, Counting] = {}
        self._gauges = self._desk.book(WATCHED)
        self._observers: tuple[Observer, ...] = ()

    @property
    def attributes(self) -> Sequence[str]:
        """The names of metadata that may leave."""
        return self._desk.metadata.names

    def __call__(self, event: Event) -> None:
        """Measure an event, and tell of it."""
        measure = self._measures.get(type(event))
        if measure is not None:
            try:
                measure(event)
            except Exception as error:  # noqa: BLE001 - logged and counted
                self._desk.failed(self, error)
        for observer in self._observers:
            try:
                observer(event)
            except Exception as error:  # noqa: BLE001 - logged and counted
                self._desk.failed(observer, error)

    def register(self, *each: MetricsCollector | Observer) -> None:
        """Tell these from now on: collectors of what is measured, any other observer of the events themselves.

        Raises:
            InvalidAgent: Something is neither.
        """
        for one in each:
            if not isinstance(one, MetricsCollector) and not callable(one):
                raise InvalidAgent(f"{one!r} is neither a MetricsCollector nor an observer, which takes events")
        for one in each:
            if isinstance(one, MetricsCollector):
                if one not in self._desk.collectors:
                    one.attach(self.pull)
                    self._desk.use((*self._desk.collectors, one))
            elif one not in self._observers:
                self._observers = (*self._observers, one)

    def unregister(self, *each: MetricsCollector | Observer) -> None:
        """Tell these no longer; what they have kept stays with them."""
        for one in each:
            if isinstance(one, MetricsCollector):
                one.detach(self.pull)
                self._desk.use(other for other in self._desk.collectors if other is not one)
            else:
                self._observers = tuple(other for other in self._observers if other != one)

    def watch(self, counting: Counting, name: str) -> None:
        """Show the counters of a middleware as gauges, which are read when somebody looks.

        Args:
            counting: What counts: `counters()` gives its figures.
            name: Its label; another one of that name gives way.
        """
        self._watched[name] = counting

    def unwatch(self, name: str) -> None:
        """Show the counters of this name no longer."""
        self._watched.pop(name, None)

    def pull(self) -> None:
        """Tell the collectors how much runs now, and what those count that are watched.

        A collector that is read does this by itself; for one that sends, such as to StatsD, call it now and then.
        """
        for level in self._levels:
            level.tell()
        found: list[tuple[tuple[str, str], float]] = []
        for name, counting in list(self._watched.items()):
            try:
                counted = counting.counters()
                sum(counted.values())  # what is no number fails here, before it is added to those of others
                found += [((name, counter), value) for counter, value in counted.items()]
            except Exception as error:  # noqa: BLE001 - logged and counted
                self._desk.failed(counting, error)
        self._gauges.tell_all(found)

    def around(self) -> str:
        """Return the traceparent of what runs around, as the observers know it; empty where nothing does."""
        return around_of(self._observers)

    def sampled(self, span: str) -> bool | None:
        """Tell whether the span of a call that runs is recorded, as the observers know it."""
        return sampled_by(self._observers, span)

    @property
    def failures(self) -> Mapping[str, int]:
        """How often collectors, observers and measuring itself failed, by their class and that of the error."""
        return dict(self._desk.failures)

    @property
    def overflowed(self) -> Mapping[str, int]:
        """How many values an instrument had no series left for, by its name."""
        return dict(self._desk.overflowed)
