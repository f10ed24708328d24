"""A desk that answers questions: what it is about, what is known of that, and an answer, checked before it is given.

`ask_model` stands for a language model: slow, costly, and different each time. A replay of a recorded history does not
call it, so that the code around it is tested in milliseconds: see `test_recorded_desk.py`.
"""

import asyncio
import random

from pydantic import BaseModel

from motet import Context, Flow, agent
from motet.middleware import Retry

PASSAGES = {
    "billing": ["Invoices are sent on the first of the month.", "A refund takes five days."],
    "login": ["A password is reset at /reset.", "After five failures an account is locked for an hour."],
}


class Question(BaseModel):
    """What a customer asks."""

    text: str


class Prompt(BaseModel):
    """What a model is asked."""

    task: str
    text: str


class Answer(BaseModel):
    """What the customer is told."""

    topic: str
    text: str
    sources: int


@agent(use=[Retry(attempts=8)])
async def ask_model(prompt: Prompt, ctx: Context) -> str:
    """Ask the model."""
    await asyncio.sleep(0.2)
    if random.random() < 0.2:  # noqa: S311 - that is what models are like
        raise ConnectionError("the model is overloaded")
    ctx.spend(input_tokens=len(prompt.text), output_tokens=20, model="stand-in", provider="nobody")
    if prompt.task == "topic":
        return "login" if "password" in prompt.text.lower() else "billing"
    words = f"As far as we know: {prompt.text}".split()
    for word in words:
        await ctx.emit(f"{word} ")
    return " ".join(words)


@agent
async def find_topic(question: Question) -> dict[str, str]:
    """Tell what a question is about."""
    topic = await ask_model(Prompt(task="topic", text=question.text))
    return {"topic": topic, "question": question.text}


@agent
async def write(found: dict[str, str]) -> Answer:
    """Write an answer from what is known."""
    passages = PASSAGES[found["topic"]]
    text = await ask_model(Prompt(task="answer", text=" ".join(passages)))
    return Answer(topic=found["topic"], text=text, sources=len(passages))


@agent
async def check(answer: Answer) -> Answer:
    """See to it that an answer says where it comes from."""
    return answer.model_copy(update={"text": f"{answer.text} ({answer.sources} sources)"})


support: Flow[Question, Answer] = Flow("support", find_topic >> write >> check)
