"""`Guard`: a hook that may refuse, or replace, what goes into an agent or what comes out of it."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import CURRENT, Context
from motet.kernel.errors import Fault
from motet.kernel.events import Intervened
from motet.kernel.invoke import Call
from motet.kernel.within import Within
from motet.middleware.arguments import check_callable, check_whole
from motet.middleware.errors import Refused
from motet.middleware.holding import Holding

__all__ = ["Guard", "Hook", "Replace", "Verdict"]

Side = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Replace:
    """A hook's word that `value` goes on in place of what it has seen."""

    value: object


Verdict = bool | str | Replace | None
"""What a hook says: None or True to let pass, False or a reason to refuse, `Replace` to let something else pass."""

Hook = Callable[[Any, Context], Verdict | Awaitable[Verdict]] | Agent[Any, Any]

_UNSAID: Final = "it was not let pass"


class Guard(Middleware):
    """Ask a hook before an agent gets its payload, and before its caller gets the output.

    A hook takes the value and the context, and returns nothing to let it pass, a reason to refuse it, or
    `Replace(value)`. It may be sync, async, or an agent, which takes the value alone. An error that it raises refuses
    as well: what could not be checked does not pass.

    Chunks that the agent emits are a part of its output. Where there is an `output` hook they are held back until it
    has let the output pass, and are dropped if it refuses or replaces it.

    Args:
        input: Asked about the payload.
        output: Asked about the output.
        hold: Whether chunks are held back; without that a stream shows what the hook has not seen.
        max_held: How many chunks are held back at most; an agent that emits more is refused.

    Raises:
        ValueError: There is no hook, or it cannot be called; or nothing could be held.
    """

    def __init__(
        self,
        input: Hook | None = None,  # noqa: A002 - the word of agents' cards
        output: Hook | None = None,
        *,
        hold: bool = True,
        max_held: int = 100_000,
    ) -> None:
        if input is None and output is None:
            raise ValueError("Guard() asks nobody: give it input=HOOK, output=HOOK, or both")
        check_callable("input", input)
        check_callable("output", output)
        check_whole("max_held", max_held, 1)
        self._input, self._output = input, output
        self._hold = hold and output is not None
        self._max_held = max_held
        self._counts = {"passed": 0, "refused": 0, "replaced": 0}

    def counters(self) -> Mapping[str, float]:
        """Return how many values passed, were refused, and were replaced."""
        return dict(self._counts)

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that is guarded."""

        async def guarded(payload: Any, ctx: Context) -> Any:
            verdict = await self._ask(self._input, "input", payload, ctx)
            seen = verdict.value if isinstance(verdict, Replace) else payload
            if not self._hold or ctx.scope.channel is None:
                return await self._checked(call, seen, ctx)
            return await self._held(call, seen, ctx)

        return guarded

    async def _checked(self, call: Call[Any, Any], payload: Any, ctx: Context) -> Any:
        output = await call(payload, ctx)
        verdict = await self._ask(self._output, "output", output, ctx)
        return verdict.value if isinstance(verdict, Replace) else output

    async def _held(self, call: Call[Any, Any], payload: Any, ctx: Context) -> Any:
        """Call the agent, and let its chunks go on when its output may."""
        holding = Holding(ctx, self._max_held)
        inside = Within(ctx, ctx.scope.derive({}, holding))
        token = CURRENT.set(inside)
        try:
            output = await call(payload, inside)
        finally:
            CURRENT.reset(token)
            holding.close()
        verdict = await self._ask(self._output, "output", output, ctx)
        if isinstance(verdict, Replace):
            return verdict.value
        await holding.release()
        return output

    async def _ask(self, hook: Hook | None, side: Side, value: Any, ctx: Context) -> Replace | None:
        """Return what goes on in place of a value, if something else does.

        Raises:
            Refused: The hook does not let it pass.
        """
        if hook is None:
            return None
        verdict = hook(value) if isinstance(hook, Agent) else hook(value, ctx)
        if inspect.isawaitable(verdict):
            verdict = await verdict
        if isinstance(verdict, Replace):
            self._count("replaced", side, ctx)
            return verdict
        if verdict is None or verdict is True:
            self._counts["passed"] += 1
            return None
        self._count("refused", side, ctx)
        raise _refusal(ctx.agent, side, verdict)

    def _count(self, what: Literal["refused", "replaced"], side: Side, ctx: Context) -> None:
        self._counts[what] += 1
        if ctx.scope.observer is not None:
            ctx.scope.observer(Intervened(ctx.trace, ctx.now(), ctx.span, ctx.agent, "guard", what, side))


def _refusal(agent: str, side: Side, verdict: object) -> Refused:
    if verdict is not False and not isinstance(verdict, str):
        raise TypeError(
            f"The guard of {agent!r} said {verdict!r}: a hook returns None or True to let pass, False or a reason to "
            "refuse, or Replace(value)"
        )
    reason = verdict or _UNSAID
    error = Refused(f"The {side} of {agent!r} was refused: {reason}", agent=agent, side=side, reason=reason)
    error.fault = Fault.CALLER if side == "input" else Fault.AGENT
    return error
