"""The kinds of faults: what each makes of the bytes."""

from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from motet.testing.fault import Effect, End, NetworkFault, Outcome, Way, chance

__all__ = ["Bandwidth", "Corrupt", "Drop", "HalfOpen", "Latency", "Pause", "Refuse", "Reset", "Truncate"]


@dataclass(eq=False)
class Latency(NetworkFault):
    """Bytes take longer: each piece by the same time, and some more by chance. They stay in order.

    Args:
        seconds: How much longer.
        jitter: At most this much more, evenly spread; in seconds.
        seed: Of the random numbers.
    """

    seconds: float
    jitter: float = 0.0
    seed: int = 0

    def check(self) -> None:
        """Refuse negative times."""
        if self.seconds < 0 or self.jitter < 0:
            raise ValueError("Latency takes seconds of at least 0")

    def effect(self, way: Way) -> Effect:
        """Begin on one way."""
        return _Later(self.seconds, self.jitter, chance(self.seed, way))


class _Later(Effect):
    def __init__(self, seconds: float, jitter: float, random: Random) -> None:
        self._seconds, self._jitter, self._random = seconds, jitter, random

    def take(self, data: bytes, now: float) -> Outcome:
        return Outcome(data, self._seconds + self._jitter * self._random.random())


@dataclass(eq=False)
class Bandwidth(NetworkFault):
    """Bytes come slowly, a few at a time.

    Args:
        rate: Bytes a second, more than 0.
    """

    rate: float

    def check(self) -> None:
        """Refuse a rate at which nothing would ever come."""
        if self.rate <= 0:
            raise ValueError("Bandwidth takes bytes a second of more than 0; Pause() lets nothing through")

    def effect(self, way: Way) -> Effect:
        """Begin on one way."""
        return _Slow(self.rate)


class _Slow(Effect):
    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0
        self.size = max(1, min(65_536, int(rate / 50)))

    def take(self, data: bytes, now: float) -> Outcome:
        self._free = max(self._free, now) + len(data) / self._rate
        return Outcome(data, self._free - now)


@dataclass(eq=False)
class Drop(NetworkFault):
    """Bytes are swallowed: the other side never sees them, and the connection stays.

    Args:
        after: How many bytes pass first.
        size: How many are swallowed then, before the rest passes again; None swallows all.
    """

    after: int = 0
    size: int | None = None

    def check(self) -> None:
        """Refuse negative numbers."""
        if self.after < 0 or (self.size is not None and self.size < 1):
            raise ValueError("Drop takes after= of at least 0 bytes, and size= of at least 1")

    def effect(self, way: Way) -> Effect:
        """Begin on one way."""
        return _Swallow(self.after, self.size)


class _Swallow(Effect):
    def __init__(self, after: int, size: int | None) -> None:
        self._pass, self._left = after, size

    def take(self, data: bytes, now: float) -> Outcome:
        head, rest = data[: self._pass], data[self._pass :]
        self._pass -= len(head)
        gone = len(rest) if self._left is None else min(len(rest), self._left)
        if self._left is not None:
            self._left -= gone
        return Outcome(head + rest[gone:], fired=gone > 0)


@dataclass(eq=False)
class _Ending(NetworkFault):
    after: int = 0
    end: ClassVar[End]

    def check(self) -> None:
        """Refuse negative numbers."""
        if self.after < 0:
            raise ValueError(f"{type(self).__name__} takes after= of at least 0 bytes")

    def effect(self, way: Way) -> Effect:
        """Begin on one way."""
        return _Ends(self.after, self.end)


class _Ends(Effect):
    def __init__(self, after: int, end: End) -> None:
        self._pass, self._end = after, end

    def take(self, data: bytes, now: float) -> Outcome:
        head = data[: self._pass]
        self._pass -= len(head)
        return Outcome(head, end=self._end) if len(data) > len(head) else Outcome(head, fired=False)

    def withholds_end(self) -> bool:
        return self._end == "vanish" and self._pass == 0


@dataclass(eq=False)
class Truncate(_Ending):
    """The connection is closed in an orderly way (a FIN to both sides) in the middle of what is said.

    Args:
        after: How many bytes pass first.
    """

    end: ClassVar[End] = "close"


@dataclass(eq=False)
class Reset(_Ending):
    """The connection is reset (a RST to both sides).

    Args:
        after: How many bytes pass first, as far as the system has sent them when the RST overtakes them.
    """

    end: ClassVar[End] = "reset"


@dataclass(eq=False)
class HalfOpen(_Ending):
    """Each side has vanished for the other one, without a FIN: nothing is passed on any more, and nothing is closed.

    The connection stays like that, also when the fault is removed; it ends with the proxy.

    Args:
        after: How many bytes pass first.
    """

    end: ClassVar[End] = "vanish"


@dataclass(eq=False)
class Corrupt(NetworkFault):
    """Bytes arrive with all their bits turned round.

    Args:
        offsets: Which bytes of a connection, counted from 0 where the fault began.
        rate: Beside those, each byte with this chance, from 0 to 1.
        seed: Of the chance; the same bytes are hit for the same seed, in whatever pieces they come.
    """

    offsets: Collection[int] = ()
    rate: float = 0.0
    seed: int = 0

    def check(self) -> None:
        """Refuse what would corrupt nothing."""
        if not 0 <= self.rate <= 1 or not (self.rate or self.offsets):
            raise ValueError("Corrupt takes offsets=(0, 7, ...), or a rate= from 0 to 1, of bytes that it turns round")

    def effect(self, way: Way) -> Effect:
        """Begin on one way."""
        return _Flip(frozenset(self.offsets), self.rate, chance(self.seed, way))


class _Flip(Effect):
    def __init__(self, offsets: frozenset[int], rate: float, random: Random) -> None:
        self._offsets, self._rate, self._random = offsets, rate, random
        self._seen = 0

    def take(self, data: bytes, now: float) -> Outcome:
        changed = bytearray(data)
        for place in range(len(data)):
            by_chance = self._rate > 0 and self._random.random() < self._rate
            if by_chance or self._seen + place in self._offsets:
                changed[place] ^= 0xFF
        self._seen += len(data)
        return Outcome(bytes(changed), fired=changed != data)


@dataclass(eq=False)
class Pause(NetworkFault):
    """Bytes are held until the fault is removed, and come then, in order. It fires once for each piece it has held."""

    def check(self) -> None:
        """Refuse a number of times: it ends when it is removed."""
        if self.times is not None:
            raise ValueError("Pause() takes no times=: bytes are held until it is removed")

    def effect(self, way: Way) -> Effect:
        """Begin on one way; holding is what the proxy does."""
        return _Through()


@dataclass(eq=False)
class Refuse(NetworkFault):
    """New connections are refused by the system; those that are there stay. It does not count how often."""

    def check(self) -> None:
        """Refuse what has no meaning for connections that there are not."""
        if self.direction != "both" or self.connection is not None or self.once or self.times is not None:
            raise ValueError("Refuse() takes nothing: it refuses every new connection until it is removed")

    def effect(self, way: Way) -> Effect:
        """Leave the bytes of other connections alone."""
        return _Through()


class _Through(Effect):
    def take(self, data: bytes, now: float) -> Outcome:
        return Outcome(data, fired=False)
