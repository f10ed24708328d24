"""The thread that writes: what waits goes together, and what is wrong with one harms no other."""

import asyncio
import threading

import pytest

from motet.storage.diagnosing import Diagnosis, Trouble
from motet.storage.operations import Operation
from motet.storage.writer import CONFLICTS, Writer
from motet.tasks.errors import StoreBroken, StoreUnavailable


class Wish(Operation[str]):
    def __init__(self, name: str) -> None:
        self.name = name
        self.heard = 0

    def need(self, needs):
        raise AssertionError

    def act(self, books):
        raise AssertionError

    def told(self):
        self.heard += 1


class Committer:
    """Fails with what it is given, in turn, and lets others wait at a gate."""

    def __init__(self, *failures: Trouble | None, bad: str = "") -> None:
        self.failures = list(failures)
        self.bad = bad
        self.batches = []
        self.closed = False
        self.gate = threading.Event()
        self.gate.set()

    def commit(self, operations):
        self.gate.wait(10)
        self.batches.append([operation.name for operation in operations])
        if self.failures and (failure := self.failures.pop(0)) is not None:
            raise LookupError(failure)
        if self.bad in self.batches[-1]:
            raise LookupError(Trouble.MISTAKE)
        return [f"{operation.name} done" for operation in operations]

    def failed(self, error):
        return Diagnosis(error.args[0], "no luck")

    def close(self):
        self.closed = True


@pytest.fixture
async def start():
    writers = []

    def make(committer, patience=10.0):
        writers.append(Writer(committer, patience))
        return writers[-1]

    yield make
    for writer in writers:
        await writer.close()
        assert writer._committer.closed


async def test_what_waits_goes_into_one_commit(start):
    committer = Committer()
    writer = start(committer)
    committer.gate.clear()
    futures = [writer.submit(Wish(str(number))) for number in range(20)]
    committer.gate.set()
    assert await asyncio.gather(*futures) == [f"{number} done" for number in range(20)]
    assert len(committer.batches) <= 2
    assert [name for batch in committer.batches for name in batch] == [str(number) for number in range(20)]


async def test_the_event_loop_goes_on_while_a_commit_takes_its_time(start):
    committer = Committer()
    writer = start(committer)
    committer.gate.clear()
    future = writer.submit(Wish("slow"))
    for _ in range(100):
        await asyncio.sleep(0)  # the loop's turns come, and the commit still hangs
    assert not future.done()
    committer.gate.set()
    assert await future == "slow done"


async def test_passing_trouble_is_waited_out(start):
    committer = Committer(Trouble.PASSING, Trouble.PASSING)
    wish = Wish("a")
    assert await start(committer).submit(wish) == "a done"
    assert committer.batches == [["a"]] * 3
    assert wish.heard == 1


async def test_passing_trouble_that_stays_is_told(start):
    committer = Committer(*[Trouble.PASSING] * 2)
    writer = start(committer, patience=0)
    for _ in range(2):
        wish = Wish("a")
        with pytest.raises(StoreUnavailable, match="no luck"):
            await writer.submit(wish)
        assert wish.heard == 0
    assert await writer.submit(Wish("b")) == "b done"


@pytest.mark.parametrize(("trouble", "error"), [(Trouble.BROKEN, StoreBroken), (Trouble.STANDING, StoreUnavailable)])
async def test_trouble_that_does_not_pass_is_told_at_once(start, trouble, error):
    committer = Committer(trouble)
    writer = start(committer)
    with pytest.raises(error, match="no luck"):
        await writer.submit(Wish("a"))
    assert committer.batches == [["a"]]
    assert await writer.submit(Wish("b")) == "b done"


async def test_conflicts_begin_anew_at_once(start):
    committer = Committer(*[Trouble.CONFLICT] * CONFLICTS)
    assert await start(committer).submit(Wish("a")) == "a done"


async def test_conflicts_without_end_are_told(start):
    committer = Committer(*[Trouble.CONFLICT] * (CONFLICTS + 1))
    with pytest.raises(StoreUnavailable, match="no luck"):
        await start(committer).submit(Wish("a"))


async def test_one_that_is_at_fault_fails_alone_with_its_own_error(start):
    committer = Committer(bad="bad")
    writer = start(committer)
    committer.gate.clear()
    first = writer.submit(Wish("first"))
    futures = [writer.submit(Wish(name)) for name in ("a", "bad", "b")]
    committer.gate.set()
    told = await asyncio.gather(first, *futures, return_exceptions=True)
    assert [told[0], told[1], told[3]] == ["first done", "a done", "b done"]
    assert isinstance(told[2], LookupError)


async def test_a_cancelled_caller_takes_nothing_back(start):
    committer = Committer()
    writer = start(committer)
    committer.gate.clear()
    wishes = [Wish("a"), Wish("b")]
    futures = [writer.submit(wish) for wish in wishes]
    futures[0].cancel()
    committer.gate.set()
    assert await futures[1] == "b done"
    assert [wish.heard for wish in wishes] == [1, 1]


async def test_closing_finishes_what_is_queued_and_takes_nothing_more(start):
    committer = Committer()
    writer = start(committer)
    committer.gate.clear()
    futures = [writer.submit(Wish(str(number))) for number in range(5)]
    closing = asyncio.ensure_future(writer.close())
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="closed"):
        writer.submit(Wish("late"))
    committer.gate.set()
    await closing
    await writer.close()
    assert await asyncio.gather(*futures) == [f"{number} done" for number in range(5)]


def test_a_loop_that_is_gone_harms_nothing():
    committer = Committer()
    committer.gate.clear()

    async def leave():
        writer = Writer(committer, 1.0)
        writer.submit(Wish("a"))
        return writer

    writer = asyncio.run(leave())
    committer.gate.set()
    writer._queue.put(None)
    writer._thread.join(10)
    assert not writer._thread.is_alive()
    assert committer.batches == [["a"]]
