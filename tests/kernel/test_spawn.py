"""A task of its own for a piece of work, begun at once where the interpreter can do that."""

import asyncio
import sys
from contextvars import ContextVar

import pytest

from motet.kernel.spawn import spawn

NAME: ContextVar[str] = ContextVar("NAME", default="outside")


async def test_it_runs_in_a_task_and_with_contextvars_of_its_own():
    async def work():
        NAME.set("inside")
        return asyncio.current_task()

    task = spawn(work())
    assert await task is task
    assert task is not asyncio.current_task()
    assert NAME.get() == "outside"


async def test_it_begins_at_once_where_the_interpreter_can_do_that():
    begun = []

    async def work():
        begun.append("begun")

    task = spawn(work())
    assert begun == (["begun"] if sys.version_info >= (3, 12) else [])
    assert task.done() == bool(begun)
    await task


async def test_a_failure_is_in_the_task():
    async def work():
        raise ValueError("broken")

    task = spawn(work())
    with pytest.raises(ValueError, match="broken"):
        await task
