"""Which answer a stand-in for a model gives next."""

import inspect
import re
from collections import deque
from collections.abc import Iterable, Mapping

from motet.testing.llm_answers import Answer, ApiError, Calls, Disconnect, Fixed, Garbage, Slow
from motet.testing.llm_request import BadRequest, LLMRequest

__all__ = ["Script", "listed"]


class Script:
    """Answers in order, and rules that come before them.

    Args:
        answers: Each is given once.
        rules: Answers by a regular expression that is searched in the last message of the user; they count while that
            message is the last one of all, and as often as they fit.
        default: The answer to what is beyond; without one it is refused.

    Raises:
        TypeError: Something is no answer.
    """

    def __init__(self, answers: Iterable[Answer], rules: Mapping[str, Answer], default: Answer | None) -> None:
        self._answers = deque(_checked(answer) for answer in answers)
        self._rules = [(re.compile(pattern, re.DOTALL), _checked(answer)) for pattern, answer in rules.items()]
        self._default = None if default is None else _checked(default)
        self._given = 0

    @property
    def left(self) -> int:
        """How many answers were not asked for yet."""
        return len(self._answers)

    def add(self, *answers: Answer) -> None:
        """Add answers at the end."""
        self._answers.extend(_checked(answer) for answer in answers)

    async def answer(self, request: LLMRequest) -> Fixed:
        """Choose the answer to a request.

        Raises:
            BadRequest: There is none any more.
            TypeError: A function gave something that is no answer.
        """
        chosen = self._chosen(request)
        if not callable(chosen):
            return chosen
        given = chosen(request)
        fixed = await given if inspect.isawaitable(given) else given
        if not isinstance(fixed, FIXED):
            raise TypeError(f"{chosen!r} gave {fixed!r}, which is no answer: give text, tool_call(...), ApiError(...)")
        return fixed

    def _chosen(self, request: LLMRequest) -> Answer:
        if request.messages and request.messages[-1].get("role") == "user":
            for pattern, answer in self._rules:
                if pattern.search(request.last_user):
                    return answer
        if self._answers:
            self._given += 1
            return self._answers.popleft()
        if self._default is not None:
            return self._default
        raise BadRequest(
            f"The script of this stand-in is over: it had {self._given} answers, and this is request {request.number}. "
            "Give it more answers=[...], a rule that fits, or a default=...",
            code="script_over",
        )


FIXED = (str, Calls, ApiError, Slow, Disconnect, Garbage)


def listed(answers: Answer | Iterable[Answer]) -> Iterable[Answer]:
    """Make a list of what may be one answer."""
    if isinstance(answers, FIXED):
        return [answers]
    return answers if isinstance(answers, Iterable) else [answers]


def _checked(answer: Answer) -> Answer:
    given: object = answer
    if isinstance(given, FIXED) or (callable(given) and not isinstance(given, type)):
        return answer
    raise TypeError(
        f"{answer!r} is no answer: give text, tool_call(...), ApiError(...), Slow(...), Disconnect(...), Garbage(...), "
        "or a function of the request"
    )
