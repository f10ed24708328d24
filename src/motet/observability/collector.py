"""What collects metrics: the contract between the tracer and whoever keeps figures or sends them away."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from motet.observability.instruments import Instrument

__all__ = ["MetricsCollector", "Record"]

Record = Callable[[float], None]
"""Takes one value of one series: what is added to a counter, a value of a histogram, what a gauge stands at."""


class MetricsCollector(ABC):
    """Keeps figures, or sends them away.

    The tracer asks once for each series (an instrument with certain values of its labels), keeps what it is given, and
    calls that for every value, in the middle of the work and from any thread: it must be cheap. What it raises is
    counted and logged, and disturbs nobody.
    """

    _pulls: tuple[Callable[[], None], ...] = ()

    @abstractmethod
    def series(self, instrument: Instrument, labels: Mapping[str, str]) -> Record:
        """Return what takes the values of a series.

        Args:
            instrument: What is measured.
            labels: The values of its labels, by name, in the order of the instrument's.
        """

    def attach(self, pull: Callable[[], None]) -> None:
        """Take note of a tracer: `pull` brings the gauges up to date that are only read when somebody looks."""
        self._pulls = (*self._pulls, pull)

    def detach(self, pull: Callable[[], None]) -> None:
        """Forget a tracer."""
        self._pulls = tuple(each for each in self._pulls if each != pull)

    def pull(self) -> None:
        """Bring gauges up to date: what a collector calls before it shows its figures."""
        for pull in self._pulls:
            pull()
