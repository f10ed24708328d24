"""`eventually` waits by turns of the loop, and says what it looked at when that does not come."""

import asyncio
import threading

import pytest

from motet.testing import VirtualTime, eventually


async def test_it_returns_what_the_predicate_returned():
    box = []
    asyncio.get_running_loop().call_soon(box.append, 7)
    assert await eventually(lambda: box) == [7]

    async def ready():
        await asyncio.sleep(0)
        return "yes"

    assert await eventually(ready) == "yes"


async def test_it_waits_for_other_threads():
    told = threading.Event()
    threading.Thread(target=told.set).start()
    assert await eventually(told.is_set)


def test_timers_fire_meanwhile_in_virtual_time():
    with VirtualTime() as virtual:
        box = []

        async def main():
            asyncio.get_running_loop().call_later(3600, box.append, 1)
            return await eventually(lambda: box)

        assert virtual.run(main()) == [1]


async def test_assertions_of_the_predicate_mean_not_yet():
    looks = []

    def looked():
        looks.append(1)
        assert len(looks) > 5, "too few looks"
        return True

    assert await eventually(looked)
    looks.clear()

    def never():
        raise AssertionError("still wrong")

    with pytest.raises(AssertionError) as caught:
        await eventually(never, timeout=0)
    assert "never()\nAt last it raised AssertionError('still wrong')" in str(caught.value)
    assert str(caught.value.__cause__) == "still wrong"


async def test_a_failure_shows_the_predicate_and_its_last_word():
    box = [1]
    with pytest.raises(AssertionError) as caught:
        await eventually(lambda: len(box) > 3, timeout=0, message="the box fills")
    told = str(caught.value)
    assert told.startswith("the box fills: not so within 0 s (looked 1 times): ")
    assert "lambda: len(box) > 3" in told
    assert told.endswith("At last it returned False")


async def test_other_errors_of_the_predicate_pass():
    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: 1 / 0)


async def test_it_can_be_cancelled():
    task = asyncio.ensure_future(eventually(lambda: False))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
