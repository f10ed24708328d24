"""`Retry`: an agent that failed is tried again."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.events import RetryScheduled
from motet.kernel.invoke import Call
from motet.kernel.policy import Backoff, GiveUp, RetryOn, RetryPolicy
from motet.middleware.arguments import check_whole, error_test

__all__ = ["Retry", "earlier_errors"]

_EARLIER: Final = "__motet_earlier__"


class Retry(Middleware):
    """Try an agent again when it fails, after a wait that grows and is spread.

    Whether an error is worth another try is its own word (`retryable` for the errors of this library, everything but
    mistakes in a program otherwise), unless `retry_on` says something else. What the error says of waiting
    (`retry_after`) is heeded; where the deadline would pass before the next attempt, there is none. The last error is
    raised as it was, with the earlier ones attached: see `earlier_errors`. In a stream, each further attempt begins
    with a restart, and the streams that the failed attempt has begun end with it.

    Args:
        attempts: How often to try in all, from 1.
        backoff: How long to wait in between.
        retry_on: Exception types, or a predicate, that replace the errors' own word. A payload that does not validate
            is never tried again, and neither is what was cancelled.

    Attributes:
        policy: What decides.

    Raises:
        ValueError: An argument is out of bounds, or of another kind; the message says what is allowed.
    """

    def __init__(
        self,
        attempts: int = 3,
        *,
        backoff: Backoff | None = None,
        retry_on: type[BaseException] | RetryOn | None = None,
    ) -> None:
        check_whole("attempts", attempts, 1)
        if not isinstance(backoff, Backoff | None):
            raise ValueError(f"backoff={backoff!r}: it is a Backoff, as in Backoff(initial=0.1, cap=30)")  # noqa: TRY004
        wanted = None if retry_on is None else error_test("retry_on", retry_on)
        self.policy = RetryPolicy(attempts, backoff or Backoff(), wanted)
        self._calls = self._retries = self._recovered = self._failed = 0

    def counters(self) -> Mapping[str, float]:
        """Return how many calls, further attempts, calls saved by them, and calls that failed all the same."""
        return {
            "calls": self._calls,
            "retries": self._retries,
            "recovered": self._recovered,
            "failed": self._failed,
        }

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that tries again."""

        async def tried(payload: Any, ctx: Context) -> Any:
            self._calls += 1
            try:
                return await call(payload, ctx)
            except Exception as error:  # noqa: BLE001 - raised again, unless another attempt succeeds
                first = error
            return await self._again(call, payload, ctx, first)

        return tried

    async def _again(self, call: Call[Any, Any], payload: Any, ctx: Context, error: Exception) -> Any:
        failed: list[Exception] = []
        while True:
            failed.append(error)
            await self._wait(ctx, failed)
            try:
                output = await call(payload, ctx)
            except Exception as next_error:  # noqa: BLE001 - (as above)
                error = next_error
            else:
                self._recovered += 1
                return output

    async def _wait(self, ctx: Context, failed: list[Exception]) -> None:
        """Wait until the next attempt, or raise the last error if there is none."""
        attempt, error, clock = len(failed), failed[-1], ctx.scope.clock
        decision = self.policy.decide(attempt, error, random=clock.random(), remaining=ctx.remaining())
        if isinstance(decision, GiveUp):
            self._failed += 1
            raise _with_earlier(error, failed, decision)
        self._retries += 1
        if ctx.scope.observer is not None:
            ctx.scope.observer(
                RetryScheduled(ctx.trace, clock.now(), ctx.span, ctx.agent, attempt, decision.delay, error)
            )
        ctx.abandon()
        await ctx.restart()
        await asyncio.sleep(decision.delay)


def earlier_errors(error: BaseException) -> tuple[BaseException, ...]:
    """Return the errors of the attempts before the one that raised `error`, oldest first.

    Args:
        error: What an agent with `Retry` around it raised.
    """
    found = getattr(error, _EARLIER, ())
    return found if isinstance(found, tuple) else ()


def _with_earlier(error: Exception, failed: list[Exception], decision: GiveUp) -> Exception:
    # The same object may be raised by every attempt: it is not its own earlier error.
    earlier = tuple(other for other in failed[:-1] if other is not error)
    if len(failed) > 1:
        setattr(error, _EARLIER, earlier)
        error.add_note(f"Attempt {len(failed)} failed, and was the last: {decision.reason}")
        for number, other in enumerate(earlier, 1):
            error.add_note(f"Attempt {number} failed with {type(other).__name__}: {other}")
    return error
