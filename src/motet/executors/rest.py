"""`rest`: an HTTP request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from motet.executors.limit import Limit
from motet.executors.offer import offer
from motet.executors.rest_answer import RestOutput, failure, output_of
from motet.executors.rest_exchange import exchange
from motet.executors.rest_input import RestInput, Retry
from motet.executors.rest_remote import Remote
from motet.executors.rest_request import Request, request_of, shown
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import AgentTimeout, MotetError, Unavailable
from motet.kernel.events import RetryScheduled
from motet.kernel.policy import Backoff, GiveUp, RetryPolicy

__all__ = ["Rest", "rest"]

PATIENCE: Final = 60.0
"""Seconds between two attempts, at most: a longer wait is left to the task's own retry, which survives a restart."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt that failed, and the answer that told so if there was one."""

    error: MotetError
    output: RestOutput | None = None


class Rest(Agent[RestInput, RestOutput]):
    """Send an HTTP request, and return the answer.

    Args:
        private: Whether tasks may reach addresses that are not public: this machine and the network around it.
        max_bytes: How long the body of an answer may be, uncompressed.
        timeout: Seconds that one attempt may take, at most.
        traceparent: Whether requests name the trace, in the header of W3C Trace Context.
    """

    name = "rest"
    description = "Send an HTTP request, and return the answer."
    examples = ({"url": "https://example.com"},)

    def __init__(
        self,
        *,
        private: bool = False,
        max_bytes: int = 10 * 2**20,
        timeout: float = 60.0,
        traceparent: bool = True,
    ) -> None:
        self._private = private
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._traced = traceparent

    async def call(self, inputs: RestInput, ctx: Context) -> RestOutput:
        """Send the request, again where that is asked for."""
        request = request_of(inputs, traced=self._traced)
        policy, attempt, remote = _policy(inputs.retry), 1, Remote(ctx)
        while True:
            outcome = await self._attempt(request, inputs, ctx, remote)
            if not isinstance(outcome, Failed):
                return outcome
            delay = _delay(policy, attempt, outcome.error, ctx)
            if delay is None:
                if outcome.output is None or inputs.raise_for_status:
                    raise outcome.error
                return outcome.output
            _tell(ctx, attempt, delay, outcome.error)
            await asyncio.sleep(delay)
            attempt += 1

    async def _attempt(self, request: Request, inputs: RestInput, ctx: Context, remote: Remote) -> RestOutput | Failed:
        limit, place, start = Limit(inputs.timeout, self._timeout, ctx), _place(request), ctx.now()
        try:
            async with asyncio.timeout(limit.seconds):
                answer = await exchange(
                    request, remote, private=self._private, max_bytes=self._max_bytes, redirects=inputs.redirects
                )
        except TimeoutError:
            late = limit.passed(place)
            if isinstance(late, AgentTimeout):
                return Failed(late)
            raise late from None
        except Unavailable as error:
            return Failed(error)
        output = output_of(answer, ctx.now() - start)
        refused = failure(answer, place, ctx.scope.clock.wall())
        return output if refused is None else Failed(refused, output)

    @staticmethod
    def demo(inputs: Mapping[str, Any]) -> RestOutput:
        """Return what would be sent, without headers and credentials, as the answer of demo mode."""
        sent = {key: inputs[key] for key in ("method", "url", "json", "form", "body") if key in inputs}
        return RestOutput(url=str(inputs.get("url", "")), status=200, headers={}, json=sent, seconds=0.0)


def _place(request: Request) -> str:
    return f"{request.method} {shown(request.url)}"


def _policy(retry: Retry) -> RetryPolicy:
    def wanted(error: BaseException) -> bool:
        status = error.details.get("status") if isinstance(error, MotetError) else None
        return status is None or status in retry.on

    return RetryPolicy(retry.attempts, Backoff(initial=retry.backoff, cap=PATIENCE), retry_on=wanted)


def _delay(policy: RetryPolicy, attempt: int, error: MotetError, ctx: Context) -> float | None:
    """Decide how many seconds to wait before the next attempt; None if there is none."""
    decision = policy.decide(attempt, error, random=ctx.scope.clock.random(), remaining=ctx.remaining())
    return None if isinstance(decision, GiveUp) or decision.delay > PATIENCE else decision.delay


def _tell(ctx: Context, attempt: int, delay: float, error: MotetError) -> None:
    if ctx.scope.observer is not None:
        ctx.scope.observer(RetryScheduled(ctx.trace, ctx.now(), ctx.span, ctx.agent, attempt, delay, error))


rest = Rest()

offer(rest, Rest.demo)
