"""The journal of a running task: steps that are recorded, questions that are answered, waits that count on.

A step is known by its key: its name, the key that the user gave it, and the step that it stands in; never by when it
came, so that steps inside `asyncio.gather` are safe.
"""

import asyncio
import functools
import typing
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final, NoReturn, Protocol

from pydantic_core import from_json, to_json

from motet.kernel.clock import Clock
from motet.kernel.durable import Durable, TaskInfo, perform
from motet.kernel.errors import InvalidPayload
from motet.kernel.policy import GiveUp, RetryPolicy
from motet.kernel.schema import ANY, Schema
from motet.tasks.changes import Step
from motet.tasks.errors import InvalidStep
from motet.tasks.json_data import unwritable
from motet.tasks.model import Question

__all__ = ["Journal", "Recorder", "as_json", "check_depth"]

SURELY_READABLE: Final = 150
"""How many brackets can be nested in any way, and still be read again: the reader stops at 200."""

_AROUND: Final[ContextVar[str]] = ContextVar("motet_step", default="")
"""The key of the step that is running, with a slash behind it."""

# No step can have these names: the users' own are escaped.
_ASK: Final = "~ask"
_SLEEP: Final = "~sleep"


class Recorder(Protocol):
    """Whoever runs the attempt, and does what the journal decides."""

    async def record(self, step: Step) -> None:
        """Return when the step is on disk."""

    async def park(self, question: Question) -> NoReturn:
        """End the attempt, so that it is begun again when there is an answer."""

    async def pause(self, seconds: float) -> None:
        """Wait, and let other tasks run meanwhile."""

    def tell(self, fraction: float, message: str) -> None:
        """Make known how far the task is."""


class Journal(Durable):
    """What one attempt of a task has recorded, and records.

    Args:
        info: The task.
        recorded: What earlier attempts recorded, by key.
        recorder: Who runs the attempt.
        clock: Where the time comes from.
    """

    __slots__ = ("_clock", "_info", "_recorded", "_recorder", "_used")

    def __init__(self, info: TaskInfo, recorded: Mapping[str, object], recorder: Recorder, clock: Clock) -> None:
        self._info = info
        self._recorded = recorded
        self._recorder = recorder
        self._clock = clock
        self._used: set[str] = set()

    @property
    def task(self) -> TaskInfo:
        """The task that is running."""
        return self._info

    async def step(
        self, name: str, function: Callable[..., Any], args: tuple[Any, ...], key: str | None, retry: RetryPolicy | None
    ) -> Any:
        """Run a step and record what it gave, or answer from what was recorded."""
        place = self._take(_escaped(name), key, f"step {name!r}")
        schema = _result_of(function)
        if place in self._recorded:
            return schema.adapter.validate_python(self._recorded[place])
        token = _AROUND.set(f"{place}/")
        try:
            value = await self._performed(function, args, retry)
        finally:
            _AROUND.reset(token)
        data = as_json(schema, value, f"step {name!r}")
        await self._recorder.record(Step(place, data))
        # As after a crash: what comes back from the journal is the only thing that a step ever gives.
        return schema.adapter.validate_python(data)

    async def ask(self, question: str, answer: Any, key: str | None) -> Any:  # noqa: RET503 - parking does not return
        """Return the answer of a person; where there is none yet, the task is parked."""
        place = self._take(_ASK, key if key is not None else question, f"question {question!r}")
        if unwritable(question):
            raise InvalidStep(f"{question!r} cannot be asked: it holds half a surrogate pair, which is no character")
        schema: Schema[Any] = Schema(answer)
        check = schema.validator(self._info.name, "input")
        tries, problem = 1, ""
        while (entry := f"{place}#{tries}") in self._recorded:
            try:
                return check(self._recorded[entry])
            except InvalidPayload as error:
                # The person is asked again: nobody else could know what is wrong with the answer.
                tries, problem = tries + 1, f" (the last answer was refused: {error})"
        await self._recorder.park(Question(entry, question + problem, schema.json_schema))

    async def sleep(self, seconds: float, key: str | None) -> None:
        """Wait until the time that the first attempt recorded."""
        place = self._take(_SLEEP, key, "ctx.sleep()")
        recorded = self._recorded.get(place)
        if isinstance(recorded, int | float):
            wake = float(recorded)
        else:
            wake = self._clock.wall() + seconds
            await self._recorder.record(Step(place, wake))
        remaining = wake - self._clock.wall()
        if remaining > 0:
            await self._recorder.pause(remaining)

    def progress(self, fraction: float, message: str) -> None:
        """Tell how far the task is."""
        self._recorder.tell(min(1.0, max(0.0, fraction)), message)

    def _take(self, name: str, key: str | None, what: str) -> str:
        """Make the key of a step, which nothing else in this attempt may have."""
        place = _AROUND.get() + (name if key is None else f"{name}:{_escaped(key)}")
        if place in self._used:
            raise InvalidStep(
                f"{what} comes twice in one attempt of {self._info.name!r}: after a crash nothing could tell which is "
                "which; give each its own key=..."
            )
        self._used.add(place)
        return place

    async def _performed(self, function: Callable[..., Any], args: tuple[Any, ...], retry: RetryPolicy | None) -> Any:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await perform(function, args)
            except Exception as error:
                if retry is None:
                    raise
                decision = retry.decide(attempt, error, random=self._clock.random())
                if isinstance(decision, GiveUp):
                    raise
                await asyncio.sleep(decision.delay)
                # Steps within the step, that the failed attempt had begun, are begun again.
                around = _AROUND.get()
                self._used = {key for key in self._used if not key.startswith(around)}


def as_json(schema: Schema[Any], value: object, what: str) -> Any:
    """Return a value as the JSON data that a store gives back.

    Args:
        schema: The type of the value.
        value: What was given.
        what: What gave it, for the error.

    Raises:
        InvalidPayload: It is no JSON data.
    """
    try:
        return from_json(to_json(schema.dump(value)))
    except (InvalidPayload, ValueError) as error:
        raise InvalidPayload(f"What {what} gave cannot be recorded: {error}; return JSON data or a model") from error


def check_depth(value: object, what: str) -> None:
    """Check that JSON data, put together from what was read as such, is not nested too deeply to be read again.

    Raises:
        InvalidPayload: It is.
    """
    data = to_json(value)
    if data.count(b"[") + data.count(b"{") > SURELY_READABLE:
        try:
            from_json(data)
        except ValueError as error:
            raise InvalidPayload(f"{what} cannot be recorded: {error}") from error


def _escaped(name: str) -> str:
    if not name:
        raise InvalidStep("A step needs a name or key that is not empty")
    if "\0" in name or unwritable(name):
        raise InvalidStep(f"{name!r} cannot be the name or key of a step: it has characters that no store keeps")
    return name.replace("~", "~0").replace("/", "~1").replace(":", "~2").replace("#", "~3")


def _result_of(function: Callable[..., Any]) -> Schema[Any]:
    """Return the type of what a step gives: an agent's output, what a function says that it returns, or anything."""
    types = getattr(function, "types", None)
    if types is not None and hasattr(function, "bound"):
        schema: Schema[Any] = types[1]
        return schema
    target = getattr(function, "func", function)
    if "return" not in getattr(target, "__annotations__", {}):
        return ANY
    try:
        return _schema(typing.get_type_hints(target)["return"])
    except (NameError, TypeError):  # an annotation that cannot be read, or a type that cannot be hashed
        return ANY


@functools.lru_cache(maxsize=1024)
def _schema(type_: Any) -> Schema[Any]:
    return Schema(type_)
