"""Executors that the tests of durable tasks run, by `--import jobs.py`."""

import asyncio
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from motet import Context, executor


def note(path: str, text: str = "") -> None:
    with Path(path).open("a") as file:
        file.write(text)


def there(path: str) -> bool:
    return Path(path).exists()


class Text(BaseModel, extra="allow"):
    text: str


class Gate(BaseModel, extra="allow"):
    ready: str
    path: str


@executor("shout", tags=["loud"], examples=[{"text": "hello"}], demo=lambda inputs: f"demo {inputs['text']}")
async def shout(inputs: Text) -> str:
    """Say it loud."""
    return inputs.text.upper()


@executor("gate")
async def gate(inputs: Gate, ctx: Context) -> str:
    """Wait until a file is there; say in another one, line by line, each time that it begins."""
    ctx.progress(0.5, "half way")
    note(inputs.ready, "began\n")
    while not there(inputs.path):
        await asyncio.sleep(0.01)
    return "done"


@executor("stuck")
async def stuck(inputs: dict[str, Any]) -> str:
    """Do not stop when cancelled."""
    note(inputs["ready"])
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue


@executor("broken")
async def broken(inputs: dict[str, Any]) -> str:
    """Fail, unless a file is there."""
    if not there(inputs.get("unless", "/nowhere/at/all")):
        raise ConnectionError("the line\nis down")
    return "repaired"


@executor("approve")
async def approve(inputs: dict[str, Any], ctx: Context) -> bool:
    return await ctx.ask("Pay 3 euros?", bool)


@executor("title")
async def title(inputs: dict[str, Any], ctx: Context) -> str:
    return await ctx.ask("Which title?", str)


@executor("choice")
async def choice(inputs: dict[str, Any], ctx: Context) -> str:
    return await ctx.ask("Left or right?", Literal["left", "right"])


@executor("words")
async def words(inputs: Text, ctx: Context) -> str:
    for word in inputs.text.split():
        await ctx.emit(word + " ")
    return "".join(f"{word} " for word in inputs.text.split())


@executor("prints")
async def prints(inputs: dict[str, Any]) -> None:
    print("printed by the executor")  # noqa: T201
