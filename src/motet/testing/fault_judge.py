"""What the faults of a proxy make of a piece of bytes together; no I/O here."""

from collections.abc import Iterator, Sequence

from motet.testing.fault import Effect, End, NetworkFault, Outcome, Way
from motet.testing.fault_kinds import Pause

__all__ = ["Judge"]


class Judge:
    """Decides for one connection what becomes of its bytes.

    Args:
        connection: Its number.
        faults: Those that there are; the list changes while the connection is open.
    """

    def __init__(self, connection: int, faults: Sequence[NetworkFault]) -> None:
        self._connection = connection
        self._faults = faults
        self._effects: dict[tuple[NetworkFault, Way], Effect] = {}
        self._begun: set[NetworkFault] = set()
        self._ended = False
        self._tails: dict[tuple[NetworkFault, Way], bytes] = {}

    def size(self, way: Way) -> int:
        """Tell how many bytes are to be read at once."""
        return min((self._effect(fault, way).size for fault in self._active(way)), default=65_536)

    def outcomes(self, way: Way, data: bytes, now: float) -> Iterator[tuple[Outcome, list[NetworkFault]]]:
        """Decide about what was read, piece by piece, and say which faults fired on each.

        A piece ends where something begins that a fault waits for with `once`.
        """
        while data:
            piece, data, begin = self._until_begun(way, data)
            yield self._judged(way, piece, now)
            self._begun |= begin

    def withholds_end(self, way: Way) -> bool:
        """Tell whether the other side hears nothing of an end."""
        return any(self._effect(fault, way).withholds_end() for fault in self._active(way))

    def held(self, way: Way) -> NetworkFault | None:
        """Return the fault that holds the bytes of a way now, if one does."""
        return next((fault for fault in self._active(way) if isinstance(fault, Pause)), None)

    def _judged(self, way: Way, data: bytes, now: float) -> tuple[Outcome, list[NetworkFault]]:
        delay, fired = 0.0, []
        end: End | None = None
        for fault in self._active(way):
            outcome = self._effect(fault, way).take(data, now)
            data, delay = outcome.data, delay + outcome.delay
            end = outcome.end
            if outcome.fired and not (end and self._ended):  # what ends a connection in both directions fires once
                fault.fired += 1
                fired.append(fault)
            if end or not data:
                break
        self._ended = self._ended or end is not None
        return Outcome(data, delay, end), fired

    def _active(self, way: Way) -> list[NetworkFault]:
        return [
            fault
            for fault in tuple(self._faults)
            if not fault.spent and fault.concerns(way) and (not fault.once or fault in self._begun)
        ]

    def _effect(self, fault: NetworkFault, way: Way) -> Effect:
        effect = self._effects.get((fault, way))
        if effect is None:
            effect = self._effects[fault, way] = fault.effect(way)
        return effect

    def _until_begun(self, way: Way, data: bytes) -> tuple[bytes, bytes, set[NetworkFault]]:
        """Split off what comes before the first fault begins, if one does; say which begin then."""
        waiting = [fault for fault in tuple(self._faults) if fault.once and self._waits(fault)]
        ends = {fault: self._end_of(fault, way, data) for fault in waiting}
        first = min(ends.values(), default=len(data) + 1)
        size = min(first, len(data))
        for fault, end in ends.items():
            if end > size:
                tail = self._tails.get((fault, way), b"") + data[:size]
                self._tails[fault, way] = tail[max(0, len(tail) - len(fault.once) + 1) :]
        return data[:size], data[size:], {fault for fault, end in ends.items() if end == size}

    def _waits(self, fault: NetworkFault) -> bool:
        mine = Way(self._connection, "up"), Way(self._connection, "down")
        return fault not in self._begun and any(fault.concerns(way) for way in mine)

    def _end_of(self, fault: NetworkFault, way: Way, data: bytes) -> int:
        """Tell behind which byte of the data it begins; beyond its end if it does not."""
        tail = self._tails.get((fault, way), b"")
        found = (tail + data).find(fault.once)
        return found + len(fault.once) - len(tail) if found >= 0 else len(data) + 1
