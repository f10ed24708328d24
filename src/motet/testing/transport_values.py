"""The contract of transports, on values: what comes out is what went in, and an error is the error it was."""

import asyncio
import enum
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import (
    AgentFailed,
    AgentTimeout,
    BudgetExceeded,
    Cancelled,
    Fault,
    InvalidPayload,
    MotetError,
    NotFound,
    QueueFull,
    Unavailable,
)
from motet.kernel.function import agent
from motet.kernel.message import Message
from motet.testing.made import refused
from motet.testing.reaching import Reach, soon

__all__ = ["TransportValues"]


class Colour(enum.Enum):
    """An enumeration."""

    RED = "red"


class Hit(BaseModel):
    """A model within another one."""

    page: int
    text: str | None = None


class Found(BaseModel):
    """A model."""

    hits: list[Hit]
    at: datetime
    by: dict[str, Decimal]


@dataclass(frozen=True)
class Place:
    """A dataclass."""

    x: float
    names: tuple[str, ...]


WHEN: Final = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

VALUES: Final[tuple[tuple[Any, object], ...]] = (
    (str, "123"),
    (str, "true"),
    (str, "null"),
    (str, ""),
    (str, "\x00 \n \u2028 é 日本 😀"),
    (int, 2**53 + 1),
    (int, -(10**30)),
    (float, 0.1 + 0.2),
    (float, -0.0),
    (bool, False),
    (type(None), None),
    (str | None, None),
    (int | str, "7"),
    (int | str, 7),
    (list[int], []),
    (dict[str, int | None], {"a": None, "": 0}),
    (tuple[int, str], (1, "a")),
    (set[int], {1, 2}),
    (datetime, WHEN),
    (timedelta, timedelta(days=1, microseconds=1)),
    (Decimal, Decimal("1.10")),
    (UUID, UUID(int=7)),
    (Colour, Colour.RED),
    (Place, Place(0.5, ("a", "b"))),
    (Found, Found(hits=[Hit(page=1), Hit(page=2, text="x")], at=WHEN, by={"a": Decimal("0.5")})),
    (Message, Message.of("text", role="agent")),
    (Any, {"text": "123", "numbers": [1, 1.5, None, True], "nested": {"": []}}),
    (Any, None),
    (Any, "7"),
)
"""Types, and values that have to come back as they are."""


class TransportValues:
    """Payloads, outputs and errors."""

    async def test_values_of_many_types_come_back_as_they_were(self, reach: Reach) -> None:
        """With their types: the text "123" is no number, a tuple is no list, nothing is null by mistake."""
        for type_, value in VALUES:
            async with reach(_echo(type_)) as reached:
                output = await soon(reached.agent(value))
            told = f"{value!r} of {type_} came back as {output!r}"
            assert type(output) is type(value), told
            assert output == value, told
            if "datetime" not in repr(value):  # whose time zones are written in many ways
                assert repr(output) == repr(value), told  # otherwise -0.0 is 0.0, and True is 1

    async def test_a_number_that_json_has_no_word_for_is_refused_or_comes_back(self, reach: Reach) -> None:
        """It does not become nothing in silence."""
        async with reach(_echo(Any)) as reached:
            for number in (math.inf, -math.inf, math.nan):
                try:
                    output = await soon(reached.agent(number))
                except InvalidPayload:
                    continue
                assert repr(output) == repr(number), f"{number!r} came back as {output!r}"

    async def test_something_big_arrives_whole(self, reach: Reach) -> None:
        """Four megabytes there and back."""
        text = "0123456789abcdé\n" * 2**18
        async with reach(_echo(str)) as reached:
            assert await soon(reached.agent(text)) == text

    async def test_a_payload_that_does_not_fit_is_the_callers_fault(self, reach: Reach) -> None:
        """Whichever side notices; nothing is called, and the next call works."""
        called: list[int] = []

        @agent
        async def number(payload: int) -> int:
            called.append(payload)
            return payload

        async with reach(number) as reached:
            error = await refused(soon(reached.agent("no number")), InvalidPayload)
            assert (error.fault, error.retryable) == (Fault.CALLER, False)
            assert await soon(reached.agent(7)) == 7
        assert called == [7]

    async def test_an_output_that_is_no_json_is_the_agents_fault_or_its_type_says_how(self, reach: Reach) -> None:
        """An error comes, and the next call works."""

        @agent(validate="none")
        async def odd(payload: bool) -> Any:
            return object() if payload else "fine"

        async with reach(odd) as reached:
            await refused(soon(reached.agent(True)), InvalidPayload)
            assert await soon(reached.agent(False)) == "fine"

    async def test_an_error_comes_back_as_the_same_class_with_all_it_says(self, reach: Reach) -> None:
        """Code, message, fault, whether it may be retried and when, details, and the chain of its causes."""
        async with reach(failing) as reached:
            for number, original in enumerate(_errors()):
                error = await refused(soon(reached.agent(number)), type(original))
                assert type(error) is type(original)
                _same(error, original)

    async def test_an_exception_of_other_code_is_a_failure_of_the_agent(self, reach: Reach) -> None:
        """With the name of its type, and its causes."""

        @agent
        async def broken(payload: str) -> str:
            try:
                return {"a": "b"}[payload]
            except KeyError as error:
                raise ValueError("no such thing") from error

        async with reach(broken) as reached:
            error = await refused(soon(reached.agent("x")), AgentFailed)
            assert (error.message, error.details.get("type"), error.fault) == (
                "no such thing",
                "ValueError",
                Fault.AGENT,
            )
            assert isinstance(error.__cause__, AgentFailed)
            assert error.__cause__.details.get("type") == "KeyError"
            assert await soon(reached.agent("a")) == "b"

    async def test_work_that_is_cancelled_over_there_is_cancelled_and_hangs_nobody(self, reach: Reach) -> None:
        """The caller was not cancelled itself, and goes on."""

        @agent
        async def gone(payload: str) -> str:
            raise asyncio.CancelledError

        async with reach(gone) as reached:
            await refused(soon(reached.agent("x")), Cancelled)


def _echo(type_: Any) -> Agent[Any, Any]:
    async def echo(payload: Any) -> Any:
        return payload

    echo.__annotations__.update({"payload": type_, "return": type_})
    return agent(name="echo")(echo)


def _errors() -> tuple[MotetError, ...]:
    caused = Unavailable("the base is away", retry_after=2.5, host="h")
    caused.__cause__ = NotFound("no such base", names=["a", "b"], nested={"n": 1, "none": None})
    changed = AgentFailed("once more")
    changed.retryable, changed.fault = True, Fault.PEER
    return (
        AgentFailed("it broke", text="é😀", number=1.5, flag=True),
        AgentTimeout("too slow"),
        BudgetExceeded("no tokens left", budget="tokens", limit=7),
        InvalidPayload("no number", problems=[{"field": "a.b", "problem": "missing"}]),
        QueueFull("later", retry_after=0.0),
        caused,
        changed,
    )


@agent
async def failing(payload: int, ctx: Context) -> int:
    """Raise one of the errors."""
    await ctx.emit("before")
    raise _errors()[payload]


def _same(error: BaseException | None, original: BaseException | None) -> None:
    if error is None or original is None:
        assert error is original, f"{error!r} has lost, or won, a cause"
        return
    assert isinstance(error, MotetError)
    assert isinstance(original, MotetError)
    for name in ("code", "message", "fault", "retryable", "retry_after", "details"):
        here, there = getattr(error, name), getattr(original, name)
        assert here == there, f"{name} of {original!r}: {here!r} is not {there!r}"
    _same(error.__cause__, original.__cause__)
