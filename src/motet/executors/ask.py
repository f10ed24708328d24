"""`ask`: a question to a person; the task waits for the answer, also through restarts."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from motet.executors.offer import offer
from motet.kernel.context import Context
from motet.kernel.errors import AgentFailed
from motet.kernel.function import agent

__all__ = ["AskInput", "ask"]

_TYPES: Mapping[str, Any] = {"text": str, "yes_no": bool, "number": float, "any": Any}


class AskInput(BaseModel, extra="allow", hide_input_in_errors=True):
    """What to ask. The results of dependencies may stand beside it: `{name}` in the question shows one.

    Attributes:
        question: The question.
        answer: What kind of answer is wanted.
        choices: The answers that can be given, instead.
        approve: Whether anything but "yes" fails the task, so that what requires it does not run.
    """

    question: str = Field(min_length=1)
    answer: Literal["text", "yes_no", "number", "any"] = "text"
    choices: list[str] = []
    approve: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> "AskInput":
        if self.approve and (self.choices or self.answer not in {"text", "yes_no"}):
            raise ValueError("approve=true asks for yes or no: leave `choices` and `answer` out")
        return self


@agent(name="ask", examples=[{"question": "Publish it?", "answer": "yes_no"}])
async def ask(inputs: AskInput, ctx: Context) -> Any:
    """Ask a person, and give the answer; the task is parked until there is one."""
    kind: Any = _TYPES["yes_no" if inputs.approve else inputs.answer]
    if inputs.choices:
        kind = Literal[tuple(inputs.choices)]  # a type, made from the choices
    answer = await ctx.ask(_shown(inputs), kind, key="answer")
    if inputs.approve and answer is not True:
        # No defect, and no reason to ask again: trying again cannot change the answer.
        raise AgentFailed(f"The answer to {inputs.question!r} was no")
    return answer


def _shown(inputs: AskInput) -> str:
    """Put the results of dependencies into the question; braces that name none stay as they are."""
    text = inputs.question
    for name, value in (inputs.model_extra or {}).items():
        text = text.replace("{" + name + "}", str(value))
    return text


def _demo(inputs: Mapping[str, Any]) -> object:
    """Answer like somebody who agrees: yes, the first choice, 0 or some text."""
    if inputs.get("approve"):
        return True
    choices = inputs.get("choices")
    if isinstance(choices, list) and choices:
        return choices[0]
    return {"yes_no": True, "number": 0.0}.get(str(inputs.get("answer")), "yes")


offer(ask, _demo)
