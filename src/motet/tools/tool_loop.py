"""`tool_loop`: a model that calls tools until it has an answer, or a bound ends it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, Literal, get_args

from motet.kernel.agent import Agent
from motet.kernel.budget import Budget, Ledger
from motet.kernel.context import CURRENT, Context
from motet.kernel.errors import BudgetExceeded, Cancelled, InvalidAgent, InvalidPayload, NotFound
from motet.kernel.function import agent as as_agent
from motet.kernel.invoke import call_below
from motet.kernel.sketch import Arrow, Sketch, Spot
from motet.kernel.within import Within
from motet.tools.chat import Answer, ChatRequest, Said, Stop, ToolCall, Turn, read_said, read_turns
from motet.tools.conversation import Conversation, Limits
from motet.tools.parallel import in_parallel
from motet.tools.result import ToolResult
from motet.tools.toolbox import Toolbox

__all__ = ["ToolLoop", "tool_loop"]

Errors = Literal["tell", "raise"]

_STOPS: Final[Mapping[str, Stop]] = {"tokens": "tokens", "cost": "cost", "seconds": "seconds"}


class ToolLoop(Agent[Said, Answer]):
    """An agent that lets a chat agent call tools. Made by `tool_loop`."""

    def __init__(
        self,
        chat: Agent[ChatRequest, Any],
        toolbox: Toolbox,
        limits: Limits,
        budget: Budget,
        concurrency: int,
        errors: Errors,
        system: str | None,
        name: str | None,
    ) -> None:
        self.chat = chat
        self.toolbox = toolbox
        self.name = name or f"{chat.name} with tools"
        self.description = chat.description
        self.streaming = chat.streaming
        self._limits = limits
        self._budget = budget
        self._concurrency = concurrency
        self._errors = errors
        self._system = system

    async def call(self, payload: Said, ctx: Context) -> Answer:
        """Talk until the model has an answer, or a bound is reached."""
        talk = Conversation(self._opening(payload))
        ledger = Ledger(self._budget, ctx.scope.ledger)
        inside = Within(ctx, ctx.scope.derive({}))
        inside.scope.ledger = ledger
        token = CURRENT.set(inside)
        try:
            if self._budget.seconds is None:
                return await self._talk(talk, inside, ledger)
            return await self._timed(talk, inside, ledger, self._budget.seconds)
        finally:
            CURRENT.reset(token)

    async def _timed(self, talk: Conversation, inside: Context, ledger: Ledger, seconds: float) -> Answer:
        end = asyncio.get_running_loop().time() + seconds
        timer = asyncio.timeout_at(end)
        try:
            async with timer:
                return await self._talk(talk, inside, ledger, end)
        except Exception:
            if not timer.expired():
                raise
            return talk.ended("seconds")

    async def _talk(self, talk: Conversation, ctx: Context, ledger: Ledger, end: float | None = None) -> Answer:
        clock = asyncio.get_running_loop().time
        while end is None or clock() < end:
            try:
                talk.said(await self._asked(talk, ctx))
                stopped = talk.over(self._limits)
                if stopped is not None or not talk.pending:
                    return talk.ended(stopped)
                await self._answer(talk, ctx)
            except BudgetExceeded as error:
                own, outer = ledger.overdrawn(), ledger.around()
                if own is None:
                    raise
                if outer is not None:
                    raise outer from error  # it ends more than the loop
                return talk.ended(_STOPS[own.budget])
            talk.settle()
        return talk.ended("seconds")  # an agent that would not be interrupted would go on for ever

    async def _asked(self, talk: Conversation, ctx: Context) -> Turn:
        request = ChatRequest(tuple(talk.turns), self.toolbox.specs)
        return read_said(await call_below(self.chat.bound, self.chat.name, request, ctx), self.chat.name)

    async def _answer(self, talk: Conversation, ctx: Context) -> None:
        work = [partial(self._one, talk, place, call, ctx) for place, call in talk.pending.items()]
        await in_parallel(work, self._concurrency)

    async def _one(self, talk: Conversation, place: int, call: ToolCall, ctx: Context) -> None:
        try:
            if place in talk.refused:
                raise talk.refused[place]
            made, arguments = self.toolbox.prepared(call.name, call.arguments)
            result = await call_below(made.bound, made.name, arguments, ctx)
        except (NotFound, InvalidPayload) as error:
            result = ToolResult.failed(error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            result = ToolResult.failed(Cancelled(f"{call.name!r} was cancelled from within: go on without it"))
        talk.answered(place, result)
        if self._errors == "raise":
            result.unwrap()

    def _opening(self, said: Said) -> tuple[Turn, ...]:
        turns = read_turns(said)
        if self._system is None or any(turn.role == "system" for turn in turns):
            return turns
        return (Turn("system", self._system), *turns)

    def sketch(self) -> Sketch:
        """Return the chat agent with an arrow to each tool and back."""
        chat = Spot(self.chat.name, "loop")
        names = [f"{name} (tool)" if name == chat.name else name for name in self.toolbox]
        there = [Arrow(chat.name, name, "calls") for name in names]
        back = [Arrow(name, chat.name, "result", back=True) for name in names]
        return Sketch(self.name, (chat, *map(Spot, names)), (*there, *back))


def tool_loop(
    chat: Agent[ChatRequest, Any] | Callable[..., Any],
    toolbox: Toolbox | Iterable[Agent[Any, Any] | Callable[..., Any]],
    *,
    max_rounds: int = 10,
    concurrency: int = 4,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    max_cost: float | None = None,
    max_seconds: float | None = None,
    errors: Errors = "tell",
    system: str | None = None,
    name: str | None = None,
) -> Agent[Said, Answer]:
    """Ask a model, make the calls that it wants, tell it the results, and so on until it has an answer.

    The calls of one turn are made in parallel, and their results told in the order of the calls. A limit of the loop's
    own ends it with what there is so far; `stopped` in the answer says which. A budget or a deadline of the caller's is
    raised, as everywhere.

    Args:
        chat: Takes a `ChatRequest`, and gives a `Turn`; a `str` or a `Message` is an answer without calls.
        toolbox: What the model may call.
        max_rounds: How often the model is asked at most.
        concurrency: How many calls of one turn are made at once.
        max_calls: How many calls the model may make in all. Of a turn with which they would be more, none is made.
        max_tokens: How many tokens model and tools may report through `ctx.spend`.
        max_cost: How much money they may report through `ctx.spend`.
        max_seconds: How long it may take; what is running then is interrupted.
        errors: "tell" tells the model of a call that fails; "raise" ends the loop with its error.
        system: What the system says first, unless the talk has a turn of the system already.
        name: The loop's name.

    Returns:
        An agent that takes a question, or a talk so far, and gives an `Answer`.

    Raises:
        InvalidAgent: A limit makes no sense.
    """
    if max_rounds < 1 or concurrency < 1 or (max_calls is not None and max_calls < 0):
        raise InvalidAgent("A tool loop needs max_rounds and concurrency of at least 1, and max_calls of at least 0")
    if errors not in get_args(Errors):
        raise InvalidAgent(f"errors={errors!r}: it is one of {', '.join(get_args(Errors))}")
    if not isinstance(toolbox, Iterable):
        raise InvalidAgent(f"tool_loop() takes a toolbox or a list of tools, not {toolbox!r}: write [{toolbox!r}]")
    box = toolbox if isinstance(toolbox, Toolbox) else Toolbox(*toolbox)
    asked: Agent[ChatRequest, Any] = chat if isinstance(chat, Agent) else as_agent(chat)
    budget = Budget(tokens=max_tokens, cost=max_cost, seconds=max_seconds)
    return ToolLoop(asked, box, Limits(max_rounds, max_calls), budget, concurrency, errors, system, name)
