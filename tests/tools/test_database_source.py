"""Blocking work that can be stopped, and what a database is opened with."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import make_url

from motet.kernel.errors import AgentTimeout, Cancelled, InvalidAgent
from motet.tools import database_source
from motet.tools.database_rows import QueryLimits
from motet.tools.database_source import Opening, in_threads, refused
from support import until, within


@pytest.fixture
def pool():
    made = ThreadPoolExecutor(2)
    yield made
    made.shutdown()


class Work:
    """Work that goes on until it is interrupted, and tells what it was asked."""

    def __init__(self, stubborn: bool = False) -> None:
        self.at_work = threading.Event()
        self.interrupted = threading.Event()
        self.release = threading.Event()
        self.asked = 0
        self.seen = ""
        self.stubborn = stubborn

    def interrupt(self):
        self.asked += 1
        self.interrupted.set()

    def __call__(self, stop) -> str:
        stop.interrupts(self.interrupt)
        self.at_work.set()
        (self.release if self.stubborn else self.interrupted).wait(20)
        try:
            stop.check()
        except Cancelled:
            self.seen = "stopped"
            raise
        return "done"


async def test_work_gives_its_result(pool):
    assert await within(in_threads(pool, lambda stop: 42, 10)) == 42


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("own")])
async def test_an_error_of_the_work_passes(pool, error):
    def fails(stop):
        raise error

    with pytest.raises(type(error), match=str(error)):
        await within(in_threads(pool, fails, 10))


async def test_work_that_takes_too_long_is_interrupted(pool):
    work = Work()
    with pytest.raises(AgentTimeout, match=r"stopped after 0\.05 s"):
        await within(in_threads(pool, work, 0.05))
    assert (work.seen, work.asked) == ("stopped", 1)


async def test_cancelling_interrupts_and_waits_for_the_end(pool):
    work = Work()
    task = asyncio.create_task(in_threads(pool, work, 60))
    await until(work.at_work.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert work.seen == "stopped"


async def test_an_interrupt_that_nobody_hears_is_repeated(pool):
    work = Work()

    def interrupt():
        work.asked += 1
        if work.asked == 3:
            work.interrupted.set()

    work.interrupt = interrupt  # type: ignore[method-assign]
    with pytest.raises(AgentTimeout):
        await within(in_threads(pool, work, 0.01))
    assert work.asked == 3


async def test_work_that_will_not_end_does_not_hold_the_caller_for_ever(pool, monkeypatch):
    monkeypatch.setattr(database_source, "GRACE", 0.05)
    work = Work(stubborn=True)
    with pytest.raises(AgentTimeout):
        await within(in_threads(pool, work, 0.01))
    assert work.seen == ""
    work.release.set()
    await until(lambda: work.seen == "stopped")


async def test_work_that_waits_for_a_thread_is_given_up_with_its_caller(pool):
    blocking = [Work(stubborn=True), Work(stubborn=True)]
    tasks = [asyncio.create_task(in_threads(pool, work, 60)) for work in blocking]
    for work in blocking:
        await until(work.at_work.is_set)
    begun = []
    waiting = asyncio.create_task(in_threads(pool, begun.append, 60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(waiting)
    for work in blocking:
        work.release.set()
    assert await within(asyncio.gather(*tasks)) == ["done", "done"]
    assert begun == []


async def test_work_that_begins_when_nobody_wants_it_ends_at_once(pool):
    stop = database_source.Stop()
    stop.ask()
    with pytest.raises(Cancelled):
        Work()(stop)


def test_what_a_database_says_is_told_in_one_line_of_bounded_length():
    error = refused("near\n  'x': " + "y" * 5000)
    assert error.message.startswith("The database refused the statement: near 'x': yyy")
    assert len(error.message) < 1100


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "duckdb://"])
def test_a_database_without_a_file_has_no_path(url):
    with pytest.raises(InvalidAgent, match="names no file"):
        Opening(make_url(url), None, False, None, None, QueryLimits(1, 1, 1)).file()


def test_a_path_is_made_whole_when_the_database_is_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opening = Opening(make_url("sqlite:///x.db"), None, False, None, None, QueryLimits(1, 1, 1))
    assert opening.file() == str(tmp_path / "x.db")
