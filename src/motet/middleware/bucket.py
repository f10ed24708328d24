"""A token bucket: never more than its rate, and a burst; times are passed in, and nothing waits."""

from math import inf

from motet.middleware.arguments import SHORTEST

__all__ = ["Bucket"]


class Bucket:
    """Tokens that come at a steady rate, and are kept up to a burst.

    In any interval of t seconds at most `burst + rate * t` tokens are taken. What is taken `SHORTEST` too early is
    missing afterwards, so nothing adds up; neither does rounding, which is below a 10^15th of the burst each time.

    Source: the token bucket meter of RFC 2697, with one bucket.

    Args:
        rate: Tokens that come each second.
        burst: How many there are at most, and at first.
    """

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at = -inf

    def wait(self, cost: float, now: float) -> float:
        """Return the seconds until there will be tokens, if nobody takes any; 0 if they are there.

        Args:
            cost: How many tokens; more than the burst if they are to be taken bit by bit.
            now: The time in seconds. Time that goes back, with the clock of another world, is no time passed.
        """
        self._at = min(self._at, now)
        seconds = self._at - now + (cost - self._tokens) / self.rate
        return seconds if seconds > SHORTEST else 0.0

    def take(self, cost: float, now: float) -> bool:
        """Take tokens if they are there; tell whether they were.

        Args:
            cost: How many.
            now: The time in seconds.
        """
        if self.wait(cost, now):
            return False
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate) - cost
        self._at = now
        return True

    def give_back(self, cost: float) -> None:
        """Put tokens back that were taken for nothing."""
        self._tokens = min(self.burst, self._tokens + cost)

    def full(self, now: float) -> bool:
        """Tell whether it is as good as new."""
        return self._at + (self.burst - self._tokens) / self.rate <= now
