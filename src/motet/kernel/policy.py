"""Decisions about failures, without I/O: a policy returns what to do, and a runtime does it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from motet.kernel.errors import InvalidPayload, MotetError, is_retryable

__all__ = ["Backoff", "Decision", "GiveUp", "Policy", "RetryAfter", "RetryPolicy"]

RetryOn = tuple[type[BaseException], ...] | Callable[[Exception], bool]


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Try again after `delay` seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Let the error pass; `reason` says why in a few words."""

    reason: str


Decision = RetryAfter | GiveUp


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait between attempts: exponential with full jitter.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: sleep = random(0, min(cap,
    initial * factor ** attempt)).

    Args:
        initial: Seconds before the second attempt, at most.
        factor: By what the wait grows from one attempt to the next.
        cap: The longest wait in seconds.
        jitter: Spread the waits evenly over (0, wait), so that callers who failed together do not come back together.

    Raises:
        ValueError: A wait would be negative, or shrink from one attempt to the next.
    """

    initial: float = 0.1
    factor: float = 2.0
    cap: float = 30.0
    jitter: bool = True

    def __post_init__(self) -> None:
        if not (self.initial >= 0 and self.cap >= 0 and self.factor >= 1):
            raise ValueError(f"{self}: initial and cap are at least 0 seconds, factor is at least 1")

    def delay(self, attempt: int, random: float) -> float:
        """Return the seconds to wait after a failed attempt.

        Args:
            attempt: Which attempt failed, from 1.
            random: A number in [0, 1).
        """
        try:
            ceiling = min(self.cap, self.initial * self.factor ** (attempt - 1))
        except OverflowError:
            ceiling = self.cap if self.initial else 0.0  # 2.0 ** 1100 is no number any more
        return ceiling * random if self.jitter else ceiling


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Whether to try again after a failure.

    Args:
        attempts: How often to try in all, from 1.
        backoff: How long to wait in between.
        retry_on: Exception types, or a predicate, that replace the errors' own word (`is_retryable`). A payload that
            does not validate is never retried, whatever it says, and neither is a cancellation.

    Raises:
        ValueError: There would be no attempt at all.
    """

    attempts: int = 3
    backoff: Backoff = field(default_factory=Backoff)
    retry_on: RetryOn | None = None

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts={self.attempts}: the first try is one, too")

    def decide(self, attempt: int, error: BaseException, *, random: float, remaining: float | None = None) -> Decision:
        """Decide what follows a failed attempt.

        Args:
            attempt: Which attempt failed, from 1.
            error: What it raised.
            random: A number in [0, 1).
            remaining: Seconds until the deadline, None without one.
        """
        if attempt >= self.attempts:
            return GiveUp(f"all {self.attempts} attempts failed")
        if not self._wanted(error):
            return GiveUp(f"{type(error).__name__} is not retryable")
        delay = self.backoff.delay(attempt, random)
        if isinstance(error, MotetError) and error.retry_after is not None:
            delay = max(delay, error.retry_after)
        if remaining is not None and delay >= remaining:
            return GiveUp("the deadline would pass before the next attempt")
        return RetryAfter(delay)

    def _wanted(self, error: BaseException) -> bool:
        if isinstance(error, InvalidPayload) or not isinstance(error, Exception):
            return False
        if self.retry_on is None:
            return is_retryable(error)
        if isinstance(self.retry_on, tuple):
            return isinstance(error, self.retry_on)
        return self.retry_on(error)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a node of a flow treats the agent in it.

    Args:
        retry: Whether to try again after a failure; None lets every failure pass.
        timeout: Seconds that one attempt may take; None sets no limit.
    """

    retry: RetryPolicy | None = None
    timeout: float | None = None
