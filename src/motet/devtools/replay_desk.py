"""Who answers in the place of agents while a trace is replayed: leaves answer from the record, the rest runs again."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from motet.devtools.replay_agents import Agents
from motet.devtools.replay_compare import Difference
from motet.devtools.replay_errors import error_from, stood_for
from motet.devtools.replay_places import ABSENT, Place, walk
from motet.devtools.replay_turns import Turns
from motet.flow.books import Parcel
from motet.kernel.context import Context
from motet.kernel.errors import Fault, MotetError
from motet.kernel.events import BudgetSpent, ChunkEmitted, Event, MessageSent
from motet.kernel.frozen import bytes_of, freeze, is_data, thaw
from motet.kernel.redaction import REDACTED

__all__ = ["Desk", "NotReplayable"]

AnyCall = Callable[..., Awaitable[Any]]


class NotReplayable(MotetError):
    """A trace cannot be replayed; the message says what to do about it."""

    code = "not_replayable"
    fault = Fault.CALLER


class Desk:
    """Answers, and keeps the books of which call is which.

    Args:
        root: The call at the top of the record.
        agents: Knows what calls give.
        live: Names of agents that run, whatever was recorded of them.
        recorded: Names of agents that answer from the record, with everything below them.

    Attributes:
        matched: The recorded calls, by the spans of those in the replay.
        answered: The recorded calls that answered from the record.
        found: Differences that were seen on the way.
        notes: What else is to be said.
        problem: Why the replay could not go on; None where it could.
        reached: Set once everything has begun that was cancelled when the trace was recorded.
    """

    def __init__(self, root: Place, agents: Agents, live: Collection[str], recorded: Collection[str]) -> None:
        self.matched: dict[str, Place] = {}
        self.answered: set[Place] = set()
        self.found: list[Difference] = []
        self.notes: dict[str, None] = {}
        self.problem: NotReplayable | None = None
        self.reached = asyncio.Event()
        self._root = root
        self._agents = agents
        self._live = live
        self._recorded = recorded
        self._used: set[Place] = set()
        self._loose: set[str] = set()
        self._last = 0
        answers = list(self._answers(root))
        self.turns = Turns(place.ended for place in answers if place.status != "cancelled")
        self._cut = sum(place.status == "cancelled" for place in answers)

    def stand_in(self, call: AnyCall, context: Context) -> AnyCall:
        """Return what is called in the place of a call."""
        parcel = context.host if isinstance(context.host, Parcel) and context.host.context is context else None
        router = parcel is not None and parcel.state.router

        async def stand(payload: Any, ctx: Context) -> Any:
            place = self._match(context, payload, node=parcel is not None)
            if place is None:
                # Of what runs without a record, nobody knows what it calls either.
                if router or context.agent in self._live or context.parent_span in self._loose:
                    self._loose.add(context.span)
                    return await call(payload, ctx)
                raise self._extra(context, payload)
            if router or not self.answers_itself(place):
                return await call(payload, ctx)
            self.answered.add(place)
            return await self._answer(place, call, parcel, ctx)

        return stand

    def answers_itself(self, place: Place) -> bool:
        """Tell whether a recorded call answers from the record."""
        if place.name in self._live:
            return False
        return place.name in self._recorded or place.leaf

    def _answers(self, place: Place) -> list[Place]:
        """Return the calls that will answer from the record; what is below them is not called at all."""
        if self.answers_itself(place):
            return [place]
        return [answer for child in place.children for answer in self._answers(child)]

    def _match(self, context: Context, payload: Any, *, node: bool) -> Place | None:
        if context.parent is None:
            place: Place | None = self._root
        else:
            around = self.matched.get(context.parent_span)
            free = [
                one
                for one in (around.children if around is not None else ())
                if one not in self._used and one.name == context.agent and one.node is node
            ]
            place = free[0] if free else None
            if len(free) > 1:
                given = thaw(freeze(payload))
                place = next((one for one in free if one.payload is ABSENT or one.payload == given), place)
        if place is not None:
            self._used.add(place)
            self._last = max(self._last, place.begun)
            self.matched[context.span] = place
        return place

    def _extra(self, context: Context, payload: Any) -> MotetError:
        self.found.append(Difference("extra call", context.path, None, thaw(freeze(payload)), self._last + 0.5))
        name = context.agent
        return NotReplayable(
            f"Nothing is recorded for this call of {name!r}: to let it run, name it with live={name!r}"
        )

    async def _answer(self, place: Place, call: AnyCall, parcel: Parcel | None, ctx: Context) -> Any:
        """Do what the recorded call did, and end as it did."""
        for event in _script(place):
            await _repeat(event, place, ctx)
        if place.status == "cancelled" or not place.status:
            self._cut -= 1
            if self._cut <= 0:
                self.reached.set()
            await asyncio.Event().wait()  # whatever cancelled it will do so again
        await self.turns.wait(place.ended)
        if place.status == "failed":
            raise self.error_of(place)
        return self._output(place, call, parcel)

    def error_of(self, place: Place) -> Exception:
        """Make the error of a recorded call again."""
        error = error_from(place.error or {"message": f"{place.name!r} failed, and why was not recorded"})
        if name := stood_for(error):
            told = "/".join(place.path)
            why = f"no class {name} is loaded that can be made of a message alone"
            self.notes[f"The recorded error of {told} is raised as AgentFailed: {why}"] = None
        return error

    def _output(self, place: Place, call: AnyCall, parcel: Parcel | None) -> Any:
        data, told = place.output, "/".join(place.path)
        raw = bytes_of(data)
        if raw is not None:
            return raw
        if data is ABSENT or not is_data(data):
            raise self._stop(
                f"The output of {told} was not recorded whole: let it run, with live={place.name!r}, "
                "or record with capture='all' and a higher limit"
            )
        if REDACTED in str(data):
            self.notes[f"The recorded output of {told} has secrets in it that were left out"] = None
        agent = parcel.state.node.agent if parcel is not None else None
        schema = agent.types[1] if agent is not None else self._agents.output_of(call, place.name)
        if schema is None or schema.open:
            return data
        try:
            return schema.adapter.validate_json(to_json(data))
        except ValidationError as error:
            self.found.append(Difference("type", place.path, data, schema.name, place.ended))
            raise NotReplayable(f"The recorded output of {told} is no {schema.name} any more") from error

    def _stop(self, why: str) -> NotReplayable:
        self.problem = self.problem or NotReplayable(why)
        return self.problem


def _script(place: Place) -> list[Event]:
    """Return what happened in a call, and the chunks of the calls below it."""
    happened = [*place.happened]
    for below in walk(place):
        if below is not place:
            happened += [(number, event) for number, event in below.happened if isinstance(event, ChunkEmitted)]
    return [event for _, event in sorted(happened, key=lambda pair: pair[0])]


async def _repeat(event: Event, place: Place, ctx: Context) -> None:
    """Let something happen again that happened in a recorded call."""
    match event:
        case ChunkEmitted(restart=True):
            await ctx.restart()
        case ChunkEmitted():
            await ctx.emit_for(event.value, () if event.span == place.span else (event.agent,))
        case MessageSent():
            await ctx.send(event.value, to=event.to or None)
        case BudgetSpent():
            ctx.spend(
                tokens=event.tokens,
                cost=event.cost,
                input_tokens=event.input_tokens,
                output_tokens=event.output_tokens,
                model=event.model,
                provider=event.provider,
            )
        case _ if ctx.scope.observer is not None and hasattr(event, "span"):
            told: Any = event
            ctx.scope.observer(dataclasses.replace(told, trace=ctx.trace, at=ctx.now(), span=ctx.span))
