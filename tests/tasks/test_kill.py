"""What is killed at any moment goes on where it was: real processes, SIGKILL, and each store that lasts."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lasting import LASTING, lasting_url
from motet import Executors, Status, TaskManager, Tree
from motet.tasks.ports import Filter
from motet.tasks.stores import open_store

pytestmark = pytest.mark.real_time  # processes are killed

MORTAL = Path(__file__).with_name("mortal.py")
KILLS = 50
MOST_BEGUN = 20
"""A life is killed after it has begun fewer attempts than this; some sixteen are what the one before was at."""


class Lives:
    """The lives of a process that is killed and started again."""

    def __init__(self, url: str, effects: Path) -> None:
        self.url = url
        self.effects = effects
        self._folder = tempfile.TemporaryDirectory()
        self._zygote = subprocess.Popen(
            [sys.executable, str(MORTAL), self._folder.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self, **settings: object) -> int:
        """Start a life; return its process id."""
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        line = json.dumps({"url": self.url, "effects": str(self.effects), **settings})
        self._zygote.stdin.write(line + "\n")
        self._zygote.stdin.flush()
        return int(self._zygote.stdout.readline())

    def end(self) -> int:
        """Wait for the end of a life; return its exit code, below 0 for a signal."""
        assert self._zygote.stdout is not None
        return int(self._zygote.stdout.readline())

    def await_effects(self, pid: int, number: int) -> None:
        """Wait until so many things were done to the world, or a life has ended."""
        size = -1
        with contextlib.suppress(ProcessLookupError):
            while True:
                known, size = size, self.effects.stat().st_size if self.effects.exists() else 0
                if size != known and len(self.done()) >= number:
                    return
                os.kill(pid, 0)
                time.sleep(0.002)

    def done(self) -> list[list[str]]:
        """Return what was done to the world so far; not the half of a line that is being written."""
        whole = self.effects.read_text().rpartition("\n")[0] if self.effects.exists() else ""
        return [line.split(" ") for line in whole.splitlines()]

    def close(self) -> None:
        assert self._zygote.stdin is not None
        self._zygote.stdin.close()
        self._zygote.wait(timeout=10)
        assert self._zygote.stdout is not None
        self._zygote.stdout.close()
        self._folder.cleanup()


@pytest.fixture(params=LASTING)
def lives(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lives]:
    with lasting_url(request.param, tmp_path) as url:
        lives = Lives(url, tmp_path / "effects")
        yield lives
        lives.close()


def entries(size: int, dice: random.Random) -> list[dict[str, object]]:
    """Make a tree of `size` tasks: groups, chains, fans, optional and required dependencies."""
    made: list[dict[str, object]] = [{"name": "root", "executor": "work", "inputs": {"seconds": 0}}]
    names: list[str] = []
    for number in range(size - 1):
        name = f"task {number}".replace(" ", "_")
        near = names[-20:]
        wanted = dice.sample(near, k=min(len(near), dice.choice([0, 0, 1, 1, 2])))
        made.append(
            {
                "name": name,
                "executor": "work",
                "inputs": {"seconds": dice.choice([0, 0.001, 0.02])},  # few end before a kill that comes late
                "dependencies": [{"name": other, "required": dice.random() < 0.8} for other in wanted],
                "parent": "root",
                "priority": dice.randrange(4),
            }
        )
        names.append(name)
    made[0]["dependencies"] = names
    return made


async def create(url: str, tasks: list[dict[str, object]]) -> Tree:
    async with TaskManager(url, executors=Executors(), resume=False) as manager:
        return await manager.create(tasks)


async def look(url: str) -> tuple[list[Tree], list[str]]:
    """Read all trees, and check the store, as a process does that works on nothing."""
    store = open_store(url)
    await store.open()
    try:
        trees = [await store.tree(found.id) for found in (await store.list_trees(Filter())).trees]
        return [tree for tree in trees if tree is not None], [str(problem) for problem in await store.check()]
    finally:
        await store.close()


@pytest.mark.timeout(600)
def test_a_tree_survives_fifty_kills(lives: Lives) -> None:
    dice = random.Random(20261120)
    asyncio.run(create(lives.url, entries(500, dice)))
    completed: set[str] = set()
    kills = 0
    while True:
        before = len(lives.done())
        pid = lives.begin()
        if kills < KILLS:
            # From the first moments of a life, before it has begun any work, to some way into it.
            lives.await_effects(pid, before + dice.randrange(MOST_BEGUN))
            time.sleep(dice.uniform(0, 0.01))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        code = lives.end()
        (tree,), problems = asyncio.run(look(lives.url))
        assert problems == []
        started = {words[1] for words in lives.done()[before:] if words[0] == "start"}
        assert not started & completed, "what was completed on disk ran again"
        completed = {task.name for task in tree.tasks if task.status is Status.COMPLETED}
        if code != -signal.SIGKILL:
            assert code == 0
            break
        kills += 1
    assert kills == KILLS, f"the work was done after {kills} kills: make it longer"
    assert tree.status is Status.COMPLETED
    assert len(completed) == 500
    by_key = Counter(words[3] for words in lives.done() if words[0] == "start")
    assert len(by_key) == 500, "attempts of one task have one idempotency key"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_share_one_tree(kind: str, tmp_path: Path) -> None:
    tasks = entries(300, random.Random(7))
    for task in tasks[1:]:
        task["inputs"] = {"seconds": 0.1}
    with lasting_url(kind, tmp_path) as url:
        asyncio.run(create(url, tasks))
        both = [Lives(url, tmp_path / "effects") for _ in range(2)]
        pids = {lives.begin(share=31) for lives in both}
        assert [lives.end() for lives in both] == [0, 0]
        for lives in both:
            lives.close()
        (tree,), problems = asyncio.run(look(url))
        started = [words for words in both[0].done() if words[0] == "start"]
    assert (tree.status, problems) == (Status.COMPLETED, [])
    assert Counter(words[1] for words in started) == Counter(task["name"] for task in tasks)
    share = Counter(int(words[4]) for words in started)
    assert share.keys() == pids
    assert min(share.values()) > 30


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_one_process_leaves_when_it_is_killed_the_other_finishes(kind: str, tmp_path: Path) -> None:
    tasks = entries(200, random.Random(8))
    for task in tasks[1:]:
        task["inputs"] = {"seconds": 0.15}
    with lasting_url(kind, tmp_path) as url:
        asyncio.run(create(url, tasks))
        both = [Lives(url, tmp_path / "effects") for _ in range(2)]
        pids = [lives.begin(share=1) for lives in both]
        while len({words[4] for words in both[0].done() if words[0] == "start"}) < 2:
            time.sleep(0.01)
        subprocess.run(["kill", "-9", str(pids[0])], check=True)  # noqa: S607
        assert [lives.end() for lives in both] == [-signal.SIGKILL, 0]
        for lives in both:
            lives.close()
        (tree,), problems = asyncio.run(look(url))
        started = Counter(words[1] for words in both[0].done() if words[0] == "start")
    assert (tree.status, problems) == (Status.COMPLETED, [])
    # Only what the first one was running, sixteen at most, has begun twice.
    assert sum(times - 1 for times in started.values()) <= 16
    assert max(started.values()) <= 2


CHARGES = [
    "first",
    *(f"turn {turn}" for turn in range(3)),
    *(f"side {side}" for side in range(4)),
    "inner left",
    "inner right",
    "again",
    "answered True",
    "last",
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("point", ["effect", "record", "change"])
def test_steps_survive_a_kill_at_every_point_of_the_journal(lives: Lives, point: str) -> None:
    """Killed once at each point in turn: after an effect that is not recorded yet, after a record, after a change.

    Each life ends the tree of the one before it, and is killed at a tree of its own.
    """
    tasks = [{"name": "steps", "executor": "steps"}]
    before = lives.effects
    for number in range(1, 100):
        own = before.with_name(f"effects {number}")
        lives.begin(then={"create": tasks, "effects": str(own), "die_at": [point, number]})
        code = lives.end()
        assert code in {0, -signal.SIGKILL}
        if number > 1:
            came_to_its_end(lives.done())
        lives.effects = own
        if code == 0:
            came_to_its_end(lives.done())
            break
    # The last life reached the end: every point was one where an earlier life ended.
    assert number > (len(CHARGES) if point != "change" else 5)
    trees, problems = asyncio.run(look(lives.url))
    assert problems == []
    results = [(tree.status, len(tree.result)) for tree in trees]  # type: ignore[arg-type]
    assert results == [(Status.COMPLETED, len(CHARGES))] * number


def came_to_its_end(done: list[list[str]]) -> None:
    """Check what a tree of steps has done to the world, in one life or two."""
    charges = Counter(" ".join(words[1:]) for words in done if words[0] == "charge")
    assert sorted(charges) == sorted(CHARGES)
    twice = [what for what, times in charges.items() if times > 1]
    assert max(charges.values()) <= 2
    # What ran beside the step at which the life ended was running, too.
    assert len(twice) <= (4 if any(what.startswith("side") for what in twice) else 1)
