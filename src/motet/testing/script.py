"""`scripted`: an agent that answers as it was told to, and `echo`, which gives back what it gets."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from motet.kernel.adapt import reduced
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.testing.errors import ScriptEnded
from motet.testing.showing import listed, nearest, ordinal, plural, shown
from motet.testing.stand_in import StandIn, made

__all__ = ["Chunks", "Echo", "Scripted", "echo", "scripted"]

Answers = Iterable[object] | Mapping[Any, object] | Callable[[Any], object]

UNSAID: Final = object()
"""Stands for "not given": None is an answer."""


@dataclass(frozen=True, slots=True, init=False)
class Chunks:
    """An answer that comes in pieces: each is emitted, and an exception among them is raised in its turn.

    Args:
        *values: What is emitted, in order.
        output: What is returned then; unless given the pieces together: texts are joined, anything else is a list.
    """

    values: tuple[object, ...]
    output: object

    def __init__(self, *values: object, output: object = UNSAID) -> None:
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "output", reduced(list(values)) if output is UNSAID else output)


class Scripted(StandIn):
    """An agent that answers by a script. Made by `scripted`.

    Attributes:
        calls: How often it was called.
    """

    name = "scripted"

    def __init__(
        self,
        answers: Answers,
        *,
        name: str | None,
        like: Agent[Any, Any] | None,
        then: object,
        key: Callable[[Any], Any],
    ) -> None:
        self.calls = 0
        self._then = then
        self._key = key
        self._told: Callable[[Any], object] | None = None
        self._by_payload: list[tuple[Any, object]] | None = None
        self._in_order: list[object] = []
        if isinstance(answers, Mapping):
            self._by_payload = list(answers.items())
        elif isinstance(answers, Iterable) and not isinstance(answers, str | bytes):
            self._in_order = list(answers)
        elif callable(answers):
            self._told = answers
        else:
            raise TypeError(
                f"A script is a list of answers, a dict from payloads to answers, or a function, not {shown(answers)}: "
                "for one answer write a list of it"
            )
        self._length = len(self._in_order)
        told = [*self._in_order, *(answer for _, answer in self._by_payload or ())]
        super().__init__(name, like, streaming=any(isinstance(answer, Chunks) for answer in told))

    @property
    def left(self) -> int:
        """How many answers of a list were not given yet."""
        return len(self._in_order)

    async def call(self, payload: Any, ctx: Context) -> Any:
        """Give the next answer."""
        __tracebackhide__ = True
        self.calls += 1
        answer = self._answer(payload)
        if inspect.isawaitable(answer):
            answer = await answer
        return await said(answer, payload, ctx)

    def _answer(self, payload: Any) -> object:
        __tracebackhide__ = True
        if self._told is not None:
            return self._told(payload)
        if self._by_payload is not None:
            wanted = self._key(payload)
            for known, answer in self._by_payload:
                if known == wanted:
                    return answer
        elif self._in_order:
            return self._in_order.pop(0)
        if self._then is not UNSAID:
            return self._then
        raise ScriptEnded(self._missing(payload))

    def _missing(self, payload: Any) -> str:
        call = f"{self.name!r} was called for the {ordinal(self.calls)} time, with {shown(payload)}"
        if self._by_payload is None:
            return (
                f"{call}, but its script has {plural(self._length, 'answer')}: "
                "add one, or say with `then=` what it answers from there on"
            )
        wanted, known = self._key(payload), [entry for entry, _ in self._by_payload]
        hint = nearest(wanted, map(str, known)) if isinstance(wanted, str) else "see `key=`"
        of = "" if wanted is payload else f", whose key is {shown(wanted)}"
        return (
            f"{call}{of}, and its script has no answer to that ({hint}).\nIt has answers to\n"
            f"{listed(map(shown, known))}\nAdd one, or say with `then=` what it answers to everything else"
        )


def scripted(
    answers: Answers,
    *,
    name: str | None = None,
    like: Agent[Any, Any] | None = None,
    then: object = UNSAID,
    key: Callable[[Any], Any] = lambda payload: payload,
) -> Scripted:
    """Make an agent that answers by a script.

    Args:
        answers: A list: the n-th call gets the n-th answer. A dict: the answer to each payload. A function of the
            payload, sync or async, that gives the answer. An answer that is an exception, or its class, is raised;
            `Chunks` are emitted; anything else is returned.
        name: The agent's name; that of `like`, or "scripted", unless given.
        like: The agent whose place it takes: it has that one's name, card and types, which are checked.
        then: What it answers where the script has nothing more; unless given, that is an error.
        key: What a dict is asked for, of each payload: `key=lambda question: question.text`.

    Raises:
        TypeError: The script is none.
    """
    return Scripted(answers, name=name, like=like, then=then, key=key)


async def said(answer: object, payload: Any, ctx: Context) -> Any:
    """Give an answer of a script: raise it, emit it, or return it."""
    if isinstance(answer, Chunks):
        for value in answer.values:
            if _raises(value):
                raise made(value, payload, "a script says so")  # type: ignore[arg-type]
            await ctx.emit(value)
        return answer.output
    if _raises(answer):
        raise made(answer, payload, "a script says so")  # type: ignore[arg-type]
    return answer


def _raises(answer: object) -> bool:
    return isinstance(answer, BaseException) or (isinstance(answer, type) and issubclass(answer, BaseException))


class Echo(StandIn):
    """An agent that gives back what it gets. Made by `echo`."""

    name = "echo"

    async def call(self, payload: Any, ctx: Context) -> Any:
        """Give back the payload, and emit it where this agent streams."""
        if self.streaming:
            for piece in _pieces(payload):
                await ctx.emit(piece)
        return payload


def _pieces(payload: Any) -> Iterator[Any]:
    return iter(re.findall(r"\S+\s*|\s+", payload) if isinstance(payload, str) else (payload,))


def echo(name: str | None = None, *, like: Agent[Any, Any] | None = None, streaming: bool = False) -> Echo:
    """Make an agent that gives back what it gets.

    Args:
        name: Its name; that of `like`, or "echo", unless given.
        like: The agent whose place it takes.
        streaming: Whether it emits the payload first, a text word by word.
    """
    return Echo(name, like, streaming=streaming)
