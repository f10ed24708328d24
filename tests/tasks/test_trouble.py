"""A store that cannot be reached for a while, in the middle of a tree: nothing is lost, and work goes on afterwards."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lasting import lasting_url
from motet import Executors, Status, StoreUnavailable, TaskManager, executor
from motet.storage.opening import open_store
from motet.testing import FaultProxy, Refuse
from support import until

pytestmark = pytest.mark.real_time  # servers and locks are those of other programs


class Job:
    """A tree of tasks that each take a moment, and what ran."""

    def __init__(self, size: int) -> None:
        self.executors = Executors()
        self.ran: Counter[int] = Counter()
        self.finished: set[int] = set()

        @executor("work", executors=self.executors)
        async def work(inputs: dict[str, int]) -> int:
            self.ran[inputs["n"]] += 1
            await asyncio.sleep(0.005)
            self.finished.add(inputs["n"])
            return inputs["n"]

        names = [f"task {number}" for number in range(size)]
        self.entries = [
            {"name": "all"},
            *(
                {"name": name, "executor": "work", "inputs": {"n": number}, "parent": "all"}
                for number, name in enumerate(names)
            ),
        ]


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    with lasting_url("postgresql", tmp_path) as url:
        yield url


@contextmanager
def through(url: str) -> Iterator[tuple[FaultProxy, str]]:
    parts = urlsplit(url)
    with FaultProxy(parts.hostname or "127.0.0.1", parts.port or 5432) as proxy:
        yield proxy, f"postgresql://{parts.username}@{proxy.host}:{proxy.port}{parts.path}"


def lose(proxy: FaultProxy) -> None:
    """Refuse new connections, and drop those that are there."""
    proxy.add(Refuse())
    proxy.cut()


async def test_a_server_that_goes_away_for_a_moment_is_waited_for(postgres: str) -> None:
    job = Job(120)
    with through(postgres) as (proxy, url):
        async with TaskManager(url, executors=job.executors) as manager:
            run = await manager.submit(job.entries)
            await until(lambda: len(job.finished) > 20)
            lose(proxy)
            await asyncio.sleep(0.3)
            proxy.clear()
            tree = await run
            assert tree.status is Status.COMPLETED
            assert {task.result for task in tree.tasks[1:]} == set(range(120))
            # What ran while nothing could be stored is stored afterwards, and not done again.
            assert set(job.ran.values()) == {1}


async def test_a_server_that_stays_away_is_a_clear_error_and_work_goes_on_when_it_is_back(postgres: str) -> None:
    job = Job(120)
    with through(postgres) as (proxy, url):
        store = open_store(url, patience=0.3)
        async with TaskManager(store, executors=job.executors, lease=1.5) as manager:
            run = await manager.submit(job.entries)
            await until(lambda: len(job.finished) > 20)
            lose(proxy)
            with pytest.raises(StoreUnavailable, match="127.0.0.1"):
                await run
            assert manager.running() == []
            proxy.clear()
            acknowledged = {task.seq for task in (await manager.tree(run.id)).tasks if task.status is Status.COMPLETED}
            before = job.ran.copy()
            assert acknowledged
            while not (await manager.tree(run.id)).status.ended:  # taken up by itself
                await asyncio.sleep(0.1)
            tree = await manager.tree(run.id)
            assert tree.status is Status.COMPLETED
            assert {task.result for task in tree.tasks[1:]} == set(range(120))
            again = job.ran - before
            assert not {seq - 2 for seq in acknowledged} & again.keys(), "what was acknowledged was done again"
        await store.close()


async def test_a_locked_file_is_waited_for(tmp_path: Path) -> None:
    job = Job(120)
    path = tmp_path / "work.db"
    async with TaskManager(f"sqlite:///{path}", executors=job.executors) as manager:
        run = await manager.submit(job.entries)
        await until(lambda: len(job.finished) > 20)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        await asyncio.sleep(0.5)
        other.execute("ROLLBACK")
        other.close()
        tree = await run
        assert tree.status is Status.COMPLETED
        assert set(job.ran.values()) == {1}


async def test_a_file_that_stays_locked_is_a_clear_error_and_work_goes_on_afterwards(tmp_path: Path) -> None:
    job = Job(60)
    path = tmp_path / "work.db"
    store = open_store(f"sqlite:///{path}", patience=0.2)
    async with TaskManager(store, executors=job.executors, lease=1.5) as manager:
        run = await manager.submit(job.entries)
        await until(lambda: len(job.finished) > 10)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await run
        other.execute("ROLLBACK")
        other.close()
        while not (await manager.tree(run.id)).status.ended:
            await asyncio.sleep(0.1)
        assert (await manager.tree(run.id)).status is Status.COMPLETED
    await store.close()
