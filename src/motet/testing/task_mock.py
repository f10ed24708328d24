"""One mocked executor: what it answers, and how it takes the place of a real one."""

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.form import is_context
from motet.kernel.invoke import status_of
from motet.kernel.schema import ANY, Schema
from motet.testing.errors import ScriptEnded
from motet.testing.script import said
from motet.testing.showing import plural, shown
from motet.testing.stand_in import Failure, made
from motet.testing.task_calls import TaskCall

__all__ = ["Answer", "Mock", "answering", "failing_first", "function_of", "sequence_of"]

Answer = Callable[[Mapping[str, Any], Context], Any]
"""What a mock does with its inputs: gives a result, or something to await, or something of a script."""


PLACED: Final = frozenset({inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD})

VARIADIC: Final = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})


class Mock(Agent[Any, Any]):
    """An executor that does as it was told.

    Args:
        calls: Where it notes each call.
        id_: What tasks call it.
        like: The executor in whose place it stands, which says what it takes.
        answer: What it answers.
        delay: Seconds of the loop's time that each call takes.
    """

    validate = "none"

    def __init__(
        self, calls: list[TaskCall], id_: str, like: Agent[Any, Any] | None, answer: Answer, delay: float
    ) -> None:
        self.name = id_
        self._calls = calls
        self._like = like
        self._answer = answer
        self._delay = delay

    @cached_property
    def types(self) -> tuple[Schema[Any], Schema[Any]]:
        """What the real executor takes, and anything."""
        return (ANY if self._like is None else self._like.types[0]), ANY

    @cached_property
    def _check(self) -> Callable[[object], object] | None:
        taken = self.types[0]
        return (
            None
            if taken.open or self._like is None or self._like.validate in {"none", "out"}
            else taken.validator(self.name, "input")
        )

    async def call(self, payload: Any, ctx: Context) -> Any:
        """Remember the call, and do as was told."""
        task = ctx.task
        calls = self._calls
        name, attempt, key = (self.name, 1, "") if task is None else (task.name, task.attempt, task.idempotency_key)
        call = TaskCall(len(calls) + 1, self.name, name, payload, attempt, key)
        calls.append(call)
        try:
            call.result = await self._work(payload, ctx)
        except BaseException as error:
            call.error, call.status = error, status_of(error)
            raise
        call.status = "completed"
        return call.result

    async def _work(self, payload: Any, ctx: Context) -> Any:
        if self._check is not None:
            self._check(payload)
        if self._delay:
            await asyncio.sleep(self._delay)
        answer = self._answer(payload, ctx)
        return await said(await answer if inspect.isawaitable(answer) else answer, payload, ctx)


def answering(answer: object) -> Callable[..., Any]:
    """Return the function that an answer is, or one that gives it."""
    if callable(answer) and not isinstance(answer, type):
        return answer
    return lambda _: answer


def function_of(function: Callable[..., Any]) -> Answer:
    """Adapt a function of the inputs, or of inputs and context.

    A parameter that is called `ctx` or `context`, or annotated as `Context`, gets the context; where there is none, a
    second positional one without a default does. What takes anything at all asks for nothing: a `unittest.mock.Mock` is
    called with the inputs alone, so that `assert_called_once_with(inputs)` says what a task was given.
    """
    others = _after_inputs(function)
    asking = next((one for one in others if is_context(one) and one.kind not in VARIADIC), None)
    second = next((one for one in others[:1] if one.kind in PLACED), None)
    if second is not None and (asking is second or (asking is None and second.default is second.empty)):
        return function
    if asking is None:
        return lambda inputs, _: function(inputs)
    name = asking.name
    return lambda inputs, ctx: function(inputs, **{name: ctx})


def _after_inputs(function: Callable[..., Any]) -> Sequence[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())[1:]
    except (TypeError, ValueError):  # one written in C tells nothing
        return ()


def sequence_of(id_: str, answers: Iterable[object]) -> Answer:
    """Give one answer after another."""
    left = list(answers)
    length = len(left)

    def answer(inputs: Mapping[str, Any], ctx: Context) -> Any:
        if not left:
            raise ScriptEnded(
                f"The mock of {id_!r} was called once more than its sequence of {plural(length, 'answer')}, "
                f"with {shown(inputs)}"
            )
        return left.pop(0)

    return answer


def failing_first(id_: str, raises: Failure | None, fails: int | None, answer: Answer) -> Answer:
    """Fail the first calls, or all of them."""
    calls = 0

    def failing(inputs: Mapping[str, Any], ctx: Context) -> Any:
        nonlocal calls
        calls += 1
        if fails is None or calls <= fails:
            raise made(raises, inputs, f"the mock of {id_!r} was to fail at its call {calls}")
        return answer(inputs, ctx)

    return failing
