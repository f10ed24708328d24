"""The state machine of a circuit breaker: a table, and counts; times are passed in, and nothing waits.

    CLOSED ──tripped──▶ OPEN ──rested──▶ HALF_OPEN ──proved──▶ CLOSED
                         ▲                   │
                         └──────failed───────┘
    every state ──reset──▶ CLOSED

A call enters and, unless it is refused, leaves again with a verdict. Every transition begins a generation; a call has
the generation in which it entered as its ticket, and what comes back with an older ticket changes nothing.

    State      A call that enters              What leads out of it
    CLOSED     passes                          `failures` failures in a row, or a share of `rate` failures in the window
    OPEN       is refused                      the first call after `recovery` seconds
    HALF_OPEN  passes as one of `probes`       one failure; `successes` successes

Source: M. T. Nygard, "Release It!", 2007, chapter 5.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from math import inf
from types import MappingProxyType
from typing import Final

from motet.middleware.arguments import SHORTEST, check_number, check_whole
from motet.middleware.sliding_window import SlidingWindow

__all__ = [
    "CLOSED",
    "FAILURE",
    "HALF_OPEN",
    "NEITHER",
    "OPEN",
    "SUCCESS",
    "TRANSITIONS",
    "Breaker",
    "Cause",
    "Limits",
    "State",
    "Verdict",
]


class State(StrEnum):
    """Where a circuit breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Cause(StrEnum):
    """What leads from one state to another."""

    TRIPPED = "tripped"
    RESTED = "rested"
    FAILED = "failed"
    PROVED = "proved"
    RESET = "reset"


class Verdict(Enum):
    """What the end of a call says about the agent; NEITHER says nothing, as a call that was cancelled."""

    SUCCESS = auto()
    FAILURE = auto()
    NEITHER = auto()


# An attribute of an enum costs more than a global name.
CLOSED, OPEN, HALF_OPEN = State
SUCCESS, FAILURE, NEITHER = Verdict

TRANSITIONS: Final[Mapping[State, Mapping[Cause, State]]] = MappingProxyType(
    {
        State.CLOSED: MappingProxyType({Cause.TRIPPED: State.OPEN, Cause.RESET: State.CLOSED}),
        State.OPEN: MappingProxyType({Cause.RESTED: State.HALF_OPEN, Cause.RESET: State.CLOSED}),
        State.HALF_OPEN: MappingProxyType(
            {Cause.PROVED: State.CLOSED, Cause.FAILED: State.OPEN, Cause.RESET: State.CLOSED}
        ),
    }
)
"""Where each cause leads from each state; what is not here never happens."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a circuit breaker opens and closes.

    Args:
        failures: How many failures in a row open it; None does not look at that.
        rate: Which share of failures in the window opens it, above 0 and up to 1; None does not look at that.
        window: How many seconds back the window reaches.
        minimum: How many calls must have ended within the window before their share counts.
        recovery: For how many seconds it stays open.
        probes: How many calls at once may try whether the agent works again.
        successes: How many of them must succeed before it closes.

    Raises:
        ValueError: One of them is out of bounds, or nothing would ever open it.
    """

    failures: int | None = 5
    rate: float | None = None
    window: float = 60.0
    minimum: int = 10
    recovery: float = 30.0
    probes: int = 1
    successes: int = 1

    def __post_init__(self) -> None:
        if self.failures is None and self.rate is None:
            raise ValueError("failures=None, rate=None: one of them has to say when the breaker opens")
        if self.failures is not None:
            check_whole("failures", self.failures, 1)
        if self.rate is not None:
            check_number("rate", self.rate, 1e-9, 1)
        check_number("window", self.window, 0.001)
        check_number("recovery", self.recovery, 0)
        for name in ("minimum", "probes", "successes"):
            check_whole(name, getattr(self, name), 1)


class Breaker:
    """One circuit breaker: who may pass, and what follows from how calls end.

    Args:
        limits: When it opens and closes.

    Attributes:
        state: Where it stands. It learns that its rest is over from the next call, not by itself.
        generation: How many transitions there were.
        at_work: How many calls have entered and not left yet.
    """

    __slots__ = ("_limits", "_opened_at", "_probing", "_rate", "_streak", "_window", "at_work", "generation", "state")

    def __init__(self, limits: Limits) -> None:
        self.state = CLOSED
        self.generation = 0
        self.at_work = 0
        self._limits = limits
        self._opened_at = 0.0
        self._streak = 0  # failures in a row while closed, successes of probes while half open
        self._probing = 0
        self._rate = limits.rate or 0.0
        self._window = SlidingWindow(limits.window) if limits.rate else None

    @property
    def idle(self) -> bool:
        """Whether it is closed, and nobody is inside: what is lost with it is a count of failures at most."""
        return self.state is CLOSED and not self.at_work

    def enter(self, now: float) -> int | None:
        """Ask whether a call may pass.

        Args:
            now: The time in seconds.

        Returns:
            The ticket to leave with; None if the call is refused.
        """
        return self.pass_closed() if self.state is CLOSED else self._probe(now)

    def pass_closed(self) -> int:
        """Let a call pass, without asking for the time: what `enter` does while the state is CLOSED."""
        self.at_work += 1
        return self.generation

    def leave(self, ticket: int, verdict: Verdict, now: float) -> bool:
        """Take note of the end of a call that has entered.

        Args:
            ticket: What `enter` gave.
            verdict: What the end says about the agent.
            now: The time in seconds.

        Returns:
            Whether that counts; not if there was a transition since the call entered.
        """
        self.at_work -= 1
        if ticket != self.generation:
            return False
        if self.state is HALF_OPEN:
            self._probed(verdict, now)
        elif verdict is not NEITHER:
            self._ended(verdict is FAILURE, now)
        return True

    def reset(self) -> None:
        """Close it, and forget what was; what is inside now will not count."""
        self._go(Cause.RESET)

    def retry_after(self, now: float) -> float | None:
        """Return after how many seconds it is worth asking again; None where that depends on who is inside."""
        return self._rest(now) if self.state is OPEN else None

    def _probe(self, now: float) -> int | None:
        if self.state is OPEN:
            if self._rest(now) > SHORTEST:
                return None
            self._go(Cause.RESTED)
        if self._probing >= self._limits.probes:
            return None
        self._probing += 1
        self.at_work += 1
        return self.generation

    def _rest(self, now: float) -> float:
        self._opened_at = min(self._opened_at, now)  # time that goes back, with another world's clock, is none passed
        return self._opened_at + self._limits.recovery - now

    def _probed(self, verdict: Verdict, now: float) -> None:
        self._probing -= 1
        if verdict is FAILURE:
            self._go(Cause.FAILED, now)
        elif verdict is not NEITHER:
            self._streak += 1
            if self._streak == self._limits.successes:
                self._go(Cause.PROVED)

    def _ended(self, failed: bool, now: float) -> None:
        self._streak = self._streak + 1 if failed else 0
        tripped = failed and self._streak == self._limits.failures
        window = self._window
        if window is not None:
            window.add(now, failed=failed)
            if window.failures and window.calls >= self._limits.minimum:
                tripped = tripped or window.share >= self._rate
        if tripped:
            self._go(Cause.TRIPPED, now)

    def _go(self, cause: Cause, now: float = inf) -> None:
        self.state = TRANSITIONS[self.state][cause]
        self.generation += 1
        self._opened_at = now
        self._streak = self._probing = 0
        if self._window is not None:
            self._window.clear()
