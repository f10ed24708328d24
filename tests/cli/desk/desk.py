"""Agents that the tests of the command line run."""

import asyncio
import sys
import time
from pathlib import Path

from helper import twice
from pydantic import BaseModel

from motet import Context, Flow, Node, Policy, RetryPolicy, agent
from motet.kernel.policy import Backoff


class Question(BaseModel):
    text: str
    limit: int = 3


class Answer(BaseModel):
    text: str
    sources: list[str]


async def until(path: str) -> None:
    """Wait until the test creates a file: no test waits for a time."""
    there = Path(path).exists
    while not there():
        await asyncio.sleep(0.01)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@agent
async def shout(text: str) -> str:
    """Say it loud."""
    return text.upper()


@agent
async def answer(question: Question) -> Answer:
    return Answer(text=twice(question.text), sources=["a", "é"][: question.limit])


@agent
async def anything(value):
    return {"got": value}


@agent
async def nothing(text: str) -> None:
    say(text)


@agent
async def chatty(text: str) -> str:
    sys.stdout.write("printed by the agent\n")
    return text


@agent
async def words(text: str):
    for word in text.split():
        yield word + " "


@agent
async def parts(text: str, ctx: Context) -> dict[str, int]:
    for number, word in enumerate(text.split()):
        await ctx.emit({"word": word, "number": number})
    return {"words": len(text.split())}


@agent
async def gated(path: str, ctx: Context) -> str:
    await ctx.emit("first ")
    await until(path)
    await ctx.emit("second")
    return "first second"


@agent
async def waiting(path: str) -> str:
    await until(path)
    return "done"


attempts: list[str] = []


@agent
async def flaky(text: str, ctx: Context) -> str:
    attempts.append(text)
    await ctx.emit(f"attempt {len(attempts)}")
    if len(attempts) == 1:
        raise ConnectionError("the line is down")
    ctx.spend(tokens=120, cost=0.5)
    return f"attempt {len(attempts)}"


@agent
async def fails(text: str) -> str:
    raise ValueError(f"two lines:\n{text}")


@agent
async def leaves(text: str) -> str:
    sys.exit(7)


@agent
async def cancels(text: str) -> str:
    raise asyncio.CancelledError


@agent
async def groups(text: str) -> str:
    async with asyncio.TaskGroup() as group:
        group.create_task(fails("a"))
    return text


@agent
async def cleans(text: str) -> str:
    try:
        say("ready")
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.05)
        say(f"cleaned {text}")
    return text


@agent
async def stubborn(text: str) -> str:
    say("ready")
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            say("not yet")


@agent
async def gives_in(text: str) -> str:
    try:
        say("ready")
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        return "half of it"
    return text


@agent
async def breaks_down(text: str) -> str:
    try:
        say("ready")
        await asyncio.sleep(60)
    finally:
        raise ValueError("the cleaning failed")


@agent
def sleeps(text: str) -> str:
    say("ready")
    time.sleep(60)
    return text


@agent
def looks(text: str, ctx: Context) -> str:
    say("ready")
    try:
        while True:
            time.sleep(0.01)
            ctx.check()
    finally:
        say("looked")


@agent(thread=False)
def busy(text: str) -> str:
    say("ready")
    while True:
        time.sleep(0.01)


@agent
async def background(text: str) -> str:
    background.task = asyncio.create_task(asyncio.sleep(60))  # type: ignore[attr-defined]
    return text


@agent
async def endless(text: str):
    say("ready")
    while True:
        yield text
        await asyncio.sleep(0)


@agent
async def fan(number: int, ctx: Context) -> None:
    for value in range(number):
        await ctx.send(value)


@agent
async def work(value: int) -> int:
    if value == 5:
        raise ValueError("five is no good")
    return value


failing = Flow("failing", shout >> fails)
cleaning = Flow("cleaning", shout >> [cleans, Node(cleans, name="also")])
leaving = Flow("leaving", shout >> leaves)
waiting_flow = Flow("waiting_flow", Node(chatty, name="say") >> waiting)
breaking = Flow("breaking", waiting >> fails)
retrying = Flow(
    "retrying", shout >> Node(flaky, policy=Policy(retry=RetryPolicy(attempts=3, backoff=Backoff(0.01, jitter=False))))
)
wide = Flow("wide", fan >> Node(work, on_error="emit"))

wiring = shout >> words
node = Node(shout)
number = 3


def plain(text: str) -> str:
    return text


class Plain:
    pass


@agent
class Made:
    async def call(self, text: str) -> str:
        return text


class Holder:
    inner = shout


holder = Holder()
