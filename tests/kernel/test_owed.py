"""A sync function that forgets to wait is told so."""

import asyncio

import pytest

import motet
from motet import Context, Flow, agent, join
from motet.kernel.errors import NotAvailable
from motet.kernel.owed import Owed
from support import within


@agent
def forgetful(count: int, ctx: Context) -> int:
    for number in range(count):
        ctx.emit(number)
    return count


@agent
def failing(count: int, ctx: Context) -> int:
    ctx.emit(count)
    raise LookupError


@agent
def handing_on(count: int, ctx: Context):
    return ctx.emit(count)


async def test_what_is_not_waited_for_is_an_error_and_not_lost_in_silence():
    with pytest.raises(NotAvailable, match=r"did not wait for 3 of its .* write ctx.wait\(ctx.emit"):
        await forgetful(3)
    assert await forgetful(0) == 0


async def test_an_error_of_the_functions_own_says_more():
    with pytest.raises(LookupError):
        await failing(1)


async def test_what_is_returned_to_be_awaited_is_awaited():
    stream = handing_on.stream(7)
    assert [chunk.value async for chunk in stream] == [7]


def test_a_node_that_forgets_to_wait_fails_its_run():
    @agent
    def feed(count: int, ctx: Context) -> None:
        for number in range(count):
            ctx.send(number)

    @agent
    async def out(number: int) -> int:
        return number

    with pytest.raises(NotAvailable, match=r"'feed' is a sync function"):
        motet.run(Flow("f", feed >> out >> join(empty=True)), 3)


async def test_waiting_in_a_thread_still_works():
    @agent
    def patient(count: int, ctx: Context) -> int:
        for number in range(count):
            ctx.wait(ctx.emit(number))
        return count

    async with patient.stream(3) as stream:
        assert [chunk.value async for chunk in stream] == [0, 1, 2]


async def work(seen: list[str]) -> None:
    try:
        await asyncio.sleep(0)
        seen.append("done")
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise


async def test_it_can_be_a_task_of_its_own_that_is_settled_once_and_cancelled():
    seen, settled = [], []
    owed = Owed(work(seen), settled.append)
    task = asyncio.create_task(owed)
    assert not settled
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert (seen, settled) == (["done", "cancelled"], [owed])


async def test_what_is_given_up_is_settled_and_never_begun():
    seen, settled = [], []
    owed = Owed(work(seen), settled.append)
    owed.close()
    owed.close()
    assert (seen, settled) == ([], [owed])
