"""Where time, ids and randomness come from: passed in, so that a test can set them."""

import os
import random
import time

__all__ = ["SYSTEM_CLOCK", "Clock"]


class Clock:
    """The real clock of this machine; a test passes a subclass of its own."""

    __slots__ = ()

    def now(self) -> float:
        """Monotonic time in seconds: for durations, deadlines and timers."""
        return time.monotonic()

    def wall(self) -> float:
        """Time of day, in seconds since 1970 UTC: for records that people read."""
        return time.time()

    def random(self) -> float:
        """Return a number in [0, 1): for jitter."""
        return random.random()  # noqa: S311 - jitter is no secret

    def hex_id(self, size: int) -> str:
        """Return a fresh id of `size` random bytes as lower-case hexadecimal digits."""
        return os.urandom(size).hex()


SYSTEM_CLOCK = Clock()
"""The clock that is used where none is passed in; it holds no state."""
