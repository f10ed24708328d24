"""SQLite: what was acknowledged survives the loss of power at any moment between two commits."""

import itertools
import shutil

import pytest

from motet.storage import SqlStore
from motet.tasks.changes import Claim, Move, Record, Step, TreeMove
from motet.tasks.definition import Definition, Dependency
from motet.tasks.model import Tree
from motet.tasks.status import Status

TREE = "00000000000000aa"
LENGTH = 4


def story():
    """Run a chain of tasks, with steps, one commit after another."""
    yield [TreeMove(TREE, Status.PENDING, Status.IN_PROGRESS, 1.0, "me"), Claim(TREE, 1, "me", 1.0)]
    for seq in range(1, LENGTH + 1):
        yield [Record(TREE, seq, "me", 1, 1.0, (Step("small", seq), Step("large", str(seq) * 30_000)))]
        done = Move(TREE, seq, Status.IN_PROGRESS, Status.COMPLETED, 2.0, "me", 1, result={"seq": seq})
        more = seq < LENGTH
        yield [done, Claim(TREE, seq + 1, "me", 2.0, (done,))] if more else [done]
    yield [TreeMove(TREE, Status.IN_PROGRESS, Status.COMPLETED, 3.0)]


def copy(file, place):
    """Copy what is on disk at this moment; the index of the log is not, after a loss of power."""
    place.mkdir()
    for name in (file, file.with_name(file.name + "-wal")):
        if name.exists():
            shutil.copy(name, place / name.name)
    return place / file.name


@pytest.fixture
async def store(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/work.db")
    await store.open()
    yield store
    await store.close()


async def test_every_copy_after_a_commit_has_what_was_acknowledged(store, tmp_path):
    definitions = [
        Definition(seq, f"t{seq}", "x", {}, None if seq == 1 else 1, (Dependency(seq - 1, "p"),) if seq > 1 else ())
        for seq in range(1, LENGTH + 1)
    ]
    await store.create(Tree(TREE, "tree", created_at=1.0), definitions)
    for number, changes in enumerate(story()):
        await store.apply(changes)
        assert all(change.applied for change in changes)
        known = await store.tree(TREE)
        journals = [await store.journal(TREE, seq) for seq in range(1, LENGTH + 1)]
        after = SqlStore(f"sqlite:///{copy(tmp_path / 'work.db', tmp_path / str(number))}")
        await after.open()
        assert await after.tree(TREE) == known
        assert [await after.journal(TREE, seq) for seq in range(1, LENGTH + 1)] == journals
        assert await after.check() == []
        await after.close()


async def test_a_log_that_breaks_off_loses_only_what_comes_after(store, tmp_path):
    """The last commit was being written when the power failed: its frames are there in part, or damaged."""
    await store.create(Tree(TREE, "tree", created_at=1.0), [Definition(n, f"t{n}", "x") for n in range(1, 9)])
    log = tmp_path / "work.db-wal"
    lengths = [log.stat().st_size]
    for seq in range(1, 9):
        await store.apply([Claim(TREE, seq, "me", 1.0)])
        lengths.append(log.stat().st_size)
    file = copy(tmp_path / "work.db", tmp_path / "whole")
    data = log.read_bytes()
    for number, ((before, end), torn) in enumerate(itertools.product(itertools.pairwise(lengths), (True, False))):
        claimed = number // 2
        place = tmp_path / f"torn {number}"
        broken = copy(file, place)
        cut = data[: end - 700] if torn else data[: before + 60] + b"\x00" * (end - before - 60)
        (place / "work.db-wal").write_bytes(cut)
        after = SqlStore(f"sqlite:///{broken}")
        await after.open()
        assert (await after.counts(TREE)).get(Status.IN_PROGRESS, 0) == claimed
        assert await after.check() == []
        await after.close()
