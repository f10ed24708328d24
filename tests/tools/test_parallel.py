"""Several pieces of work at once, and none of them left behind."""

import asyncio
from contextlib import suppress
from functools import partial

import pytest

from motet.tools.parallel import in_parallel
from support import until, within


class Works:
    """Work that waits until it is let go, and tells how it ended."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[str] = []
        self.go_on = asyncio.Event()

    async def one(self, number: int, error: Exception | None = None) -> None:
        self.begun.append(number)
        try:
            if error is not None:
                raise error
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended.append(f"{number} cancelled")
            raise
        self.ended.append(f"{number} done")


async def test_never_more_than_so_many_at_once_and_in_order():
    works = Works()
    task = asyncio.create_task(in_parallel([partial(works.one, number) for number in range(5)], 2))
    await until(lambda: len(works.begun) == 2)
    await asyncio.sleep(0)
    assert works.begun == [0, 1]
    works.go_on.set()
    await within(task)
    assert works.begun == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("most", [1, 3, 100])
async def test_everything_is_done(most):
    works = Works()
    works.go_on.set()
    await within(in_parallel([partial(works.one, number) for number in range(10)], most))
    assert sorted(works.begun) == list(range(10))
    assert len(works.ended) == 10


async def test_nothing_to_do_is_done():
    await in_parallel([], 3)


async def test_an_error_cancels_the_others_and_begins_nothing_new():
    works = Works()
    work = [partial(works.one, 0), partial(works.one, 1, ValueError("x")), partial(works.one, 2), partial(works.one, 3)]
    with pytest.raises(ValueError, match="x"):
        await within(in_parallel(work, 3))
    assert works.begun == [0, 1, 2]
    assert works.ended == ["0 cancelled", "2 cancelled"]


async def test_two_errors_are_both_seen_and_one_is_raised():
    works = Works()
    with pytest.raises(ValueError, match="a|b"):
        await within(in_parallel([partial(works.one, 0, ValueError("a")), partial(works.one, 1, ValueError("b"))], 2))


async def test_cancelling_cancels_all_and_waits_for_them_however_often():
    ended, hold, at_work = [], asyncio.Event(), []

    async def slow_to_end(number: int) -> None:
        at_work.append(number)
        try:
            await asyncio.Event().wait()
        finally:
            while not hold.is_set():
                try:
                    await hold.wait()
                except asyncio.CancelledError:
                    ended.append("cancelled again")
            ended.append(number)

    task = asyncio.create_task(in_parallel([partial(slow_to_end, number) for number in range(2)], 2))
    await until(lambda: len(at_work) == 2)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert not task.done()
    hold.set()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert {0, 1} <= set(ended)


async def test_what_fails_while_it_is_cancelled_does_not_hide_the_cancellation():
    at_work = asyncio.Event()

    async def fails() -> None:
        at_work.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("x") from None

    task = asyncio.create_task(in_parallel([fails], 1))
    await within(at_work.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_work_that_is_cancelled_from_within_is_not_lost_silently():
    async def gives_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await within(in_parallel([gives_up], 1))


async def test_a_cancellation_while_an_error_ends_the_others_is_not_lost():
    hold, ending = asyncio.Event(), asyncio.Event()

    async def slow_to_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            with suppress(asyncio.CancelledError):
                await hold.wait()

    async def fails() -> None:
        raise ValueError("x")

    task = asyncio.create_task(in_parallel([slow_to_end, fails], 2))
    await within(ending.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
