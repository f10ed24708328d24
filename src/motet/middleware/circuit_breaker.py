"""`CircuitBreaker`: an agent that keeps failing is left alone for a while."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.errors import DeadlineExceeded, Fault, MotetError
from motet.kernel.invoke import Call
from motet.middleware.arguments import check_callable, check_whole, error_test
from motet.middleware.breaker_state import (
    CLOSED,
    FAILURE,
    HALF_OPEN,
    NEITHER,
    OPEN,
    SUCCESS,
    Breaker,
    Limits,
    State,
    Verdict,
)
from motet.middleware.errors import CircuitOpen
from motet.middleware.keyed import Keyed, KeyOf, key_of, tell

__all__ = ["CircuitBreaker", "blames"]

Counts = type[Exception] | tuple[type[Exception], ...] | Callable[[Exception], bool]

_TOLD: Final = {OPEN: "opened", HALF_OPEN: "half_open", CLOSED: "closed"}


class CircuitBreaker(Middleware):
    """Stop calling an agent that keeps failing, and try from time to time whether it works again.

    `breaker_state` draws the states, and says what leads from one to another. While it is closed calls pass. It opens
    after `failures` failures in a row, or when of at least `minimum` calls that ended within `window` seconds a share
    of `rate` failed (the window moves in tenths); then calls get `CircuitOpen` at once. After `recovery` seconds it is
    half open: up to `probes` calls at once pass, the others are refused. `successes` successes close it, one failure
    opens it again. A result that comes after such a change, of a call that began before it, changes nothing.

    What counts as a failure, unless `counts` says something else, is every exception that is not the caller's fault.
    A payload that does not fit is the caller's fault; an `AgentTimeout` or a `TimeoutError` is not. `DeadlineExceeded`
    depends on whose deadline it was: the deadline that this call came with only says how patient its caller is, and
    does not count; one that the agent set for a call of its own does. Every other end says nothing about the agent,
    and is neither success nor failure: what does not count, a cancellation, and with it the interruption at the
    caller's deadline. So an agent that hangs is noticed only where a `Timeout` stands inside the breaker; without one
    a probe that hangs keeps everybody else out. A `RateLimit` or a `Concurrency` belongs around the breaker: inside,
    its refusals would count.

    Where there are more than `max_keys` keys, the breaker that was used longest ago of those that are closed, with no
    call inside, is dropped; where there is none of them, the one that was used longest ago.

    Args:
        failures: How many failures in a row open it; None does not look at that.
        rate: Which share of failures opens it, above 0 and up to 1; None does not look at that.
        window: How many seconds back calls are counted for `rate`.
        minimum: How many calls must have ended within the window before their share counts.
        recovery: For how many seconds it stays open.
        probes: How many calls at once may pass while it is half open.
        successes: How many of them must succeed before it closes.
        counts: Exception types, or a predicate, that replace the rule of what counts as a failure. What is no
            `Exception`, such as a cancellation, never counts.
        key: Tells from (payload, ctx) which breaker a call belongs to; without it there is one for all.
        max_keys: How many breakers are kept.

    Raises:
        ValueError: An argument is out of bounds; the message says what is allowed.
    """

    def __init__(
        self,
        failures: int | None = 5,
        *,
        rate: float | None = None,
        window: float = 60.0,
        minimum: int = 10,
        recovery: float = 30.0,
        probes: int = 1,
        successes: int = 1,
        counts: Counts | None = None,
        key: KeyOf | None = None,
        max_keys: int = 1024,
    ) -> None:
        self.limits = Limits(failures, rate, window, minimum, recovery, probes, successes)
        check_callable("key", key)
        check_whole("max_keys", max_keys, 1)
        self._counts = None if counts is None else error_test("counts", counts)
        self._key = key
        self._breakers = Keyed(lambda: Breaker(self.limits), max_keys)
        self._only = self._breakers.add(None) if key is None else None
        self._passed = self._ended = self._refused = self._late = self._failed = self._neither = 0
        self._to = dict.fromkeys(State, 0)

    def state(self, key: Hashable = None) -> State:
        """Return where a breaker stands; one that has rested long enough is open until the next call comes.

        Args:
            key: Whose breaker; of no meaning where there is one for all.
        """
        breaker = self._only or self._breakers.peek(key)
        return CLOSED if breaker is None else breaker.state

    def reset(self, key: Hashable = None) -> None:
        """Close a breaker by hand; what is inside now will not count.

        Args:
            key: Whose breaker; of no meaning where there is one for all.
        """
        breaker = self._only or self._breakers.peek(key)
        if breaker is not None:
            before = breaker.state
            breaker.reset()
            self._to[CLOSED] += before is not CLOSED
            if breaker.idle:
                self._breakers.release(key, breaker)

    def counters(self) -> Mapping[str, float]:
        """Return what was counted.

        `passed` and `refused` calls; of those that passed `succeeded`, `failed`, `neither`, `late` (their result came
        after a change of state) and, now, `at_work`; how often a breaker `opened`, `half_opened` and `closed`; how many
        breakers are kept now (`keys`), and how many of them are not closed (`broken`).
        """
        return {
            "passed": self._passed,
            "refused": self._refused,
            "succeeded": self._ended - self._failed - self._neither - self._late,
            "failed": self._failed,
            "neither": self._neither,
            "late": self._late,
            "at_work": self._passed - self._ended,
            "opened": self._to[OPEN],
            "half_opened": self._to[HALF_OPEN],
            "closed": self._to[CLOSED],
            "keys": len(self._breakers),
            "broken": sum(breaker.state is not CLOSED for breaker in self._breakers),
        }

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that is not made while the breaker is open."""

        async def guarded(payload: Any, ctx: Context) -> Any:
            key = None if self._key is None else key_of(self._key, payload, ctx)
            breaker = self._only or self._find(key)
            ticket = breaker.pass_closed() if breaker.state is CLOSED else self._probe(key, breaker, ctx)
            self._passed += 1
            verdict = NEITHER
            try:
                output = await call(payload, ctx)
                verdict = SUCCESS
            except Exception as error:
                if self._counts(error) if self._counts is not None else blames(error, ctx):
                    verdict = FAILURE
                raise
            finally:
                self._leave(key, breaker, ticket, verdict, ctx)
            return output

        return guarded

    def _find(self, key: Hashable) -> Breaker:
        """Return the breaker of a key, to be kept while a call is inside."""
        breakers = self._breakers
        breaker = breakers.use(key)
        if breaker is None:
            if breakers.full and not breakers.drop_free():
                breakers.drop_held()
            breaker = breakers.add(key)
        breakers.hold(key, breaker)
        return breaker

    def _probe(self, key: Hashable, breaker: Breaker, ctx: Context) -> int:
        """Let a call in that comes while the breaker is not closed.

        Raises:
            CircuitOpen: It may not pass.
        """
        before, now = breaker.state, ctx.now()
        ticket = breaker.enter(now)
        if breaker.state is not before:
            self._changed(key, breaker, ctx)
        if ticket is None:
            self._refused += 1
            tell(ctx, "circuit_breaker", "refused", key)
            raise _refusal(ctx.agent, breaker.retry_after(now))
        return ticket

    def _leave(self, key: Hashable, breaker: Breaker, ticket: int, verdict: Verdict, ctx: Context) -> None:
        counted = breaker.leave(ticket, verdict, ctx.now())
        self._ended += 1
        if not counted:
            self._late += 1
        elif verdict is FAILURE:
            self._failed += 1
        elif verdict is NEITHER:
            self._neither += 1
        if breaker is not self._only and breaker.idle:
            self._breakers.release(key, breaker)
        if counted and breaker.generation != ticket:
            self._changed(key, breaker, ctx)

    def _changed(self, key: Hashable, breaker: Breaker, ctx: Context) -> None:
        self._to[breaker.state] += 1
        tell(ctx, "circuit_breaker", _TOLD[breaker.state], key)


def blames(error: Exception, ctx: Context) -> bool:
    """Tell whether an exception says that an agent does not work; see `CircuitBreaker`.

    Args:
        error: What the agent raised.
        ctx: The context that it was called with.
    """
    if isinstance(error, DeadlineExceeded):
        remaining = ctx.remaining()
        return remaining is None or remaining > 0
    return not (isinstance(error, MotetError) and error.fault == Fault.CALLER)


def _refusal(agent: str, retry_after: float | None) -> CircuitOpen:
    if retry_after is None:
        told = f"The circuit breaker of {agent!r} is half open, and as many calls as may try it already"
    else:
        told = f"The circuit breaker of {agent!r} is open, for {retry_after:.3g} s more"
    return CircuitOpen(told, retry_after=retry_after, agent=agent)
