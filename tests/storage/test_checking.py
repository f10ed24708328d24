"""What `check` finds wrong."""

import sqlite3

import pytest

from motet.storage import SqlStore
from motet.tasks.changes import Claim, Move, Record, Step, TreeMove
from motet.tasks.definition import Definition, Dependency
from motet.tasks.model import Tree
from motet.tasks.status import Status

TREE = "00000000000000aa"


@pytest.fixture
async def store(url):
    store = SqlStore(url, patience=1)
    await store.open()
    definitions = [Definition(1, "a", "x"), Definition(2, "b", "x", {"n": 1}, 1, (Dependency(1, "a"),))]
    await store.create(Tree(TREE, "tree", created_at=1.0), definitions)
    await store.apply([TreeMove(TREE, Status.PENDING, Status.IN_PROGRESS, 1.0, "me"), Claim(TREE, 1, "me", 1.0)])
    await store.apply([Record(TREE, 1, "me", 1, 1.0, (Step("a", "x" * 300), Step("b", "x" * 30_000)))])
    done = Move(TREE, 1, Status.IN_PROGRESS, Status.COMPLETED, 2.0, "me", 1, result=["y" * 30_000])
    await store.apply([done, Claim(TREE, 2, "me", 2.0, (done,))])
    yield store
    await store.close()


class TestWhole:
    @pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
    def url(self, request, tmp_path):
        if request.param == "postgresql":
            return request.getfixturevalue("postgres_url")
        return f"{request.param}:///{tmp_path}/work.db"

    async def test_nothing_is_wrong_with_what_a_store_has_written(self, store):
        assert await store.check() == []


class TestHurt:
    @pytest.fixture
    def url(self, tmp_path):
        self.file = tmp_path / "work.db"
        return f"sqlite:///{self.file}"

    @pytest.mark.parametrize(
        ("harm", "said"),
        [
            ("UPDATE motet_tasks SET result = NULL WHERE seq = 1", "is completed without a result"),
            ("UPDATE motet_tasks SET result = '1' WHERE seq = 2", "has a result without being completed"),
            ("UPDATE motet_tasks SET owner = NULL WHERE seq = 2", "nobody owns it"),
            ("UPDATE motet_tasks SET owner = 'x' WHERE seq = 1", "somebody owns it"),
            ("UPDATE motet_tasks SET ended_at = NULL WHERE seq = 1", "ended at no time"),
            ("UPDATE motet_tasks SET ended_at = 1 WHERE seq = 2", "has not ended, and yet"),
            ("UPDATE motet_tasks SET attempt = 0 WHERE seq = 1", "more attempts than it had"),
            ("UPDATE motet_tasks SET revision = 99 WHERE seq = 1", "is newer than its tree"),
            ("UPDATE motet_trees SET status = 'completed'", "is completed, and some of its tasks are not"),
            ("UPDATE motet_trees SET total = 3", "has 2 tasks instead of 3"),
            ("DELETE FROM motet_trees", "has no tree"),
            ("DELETE FROM motet_definitions", "has no definition"),
            ("DELETE FROM motet_tasks WHERE seq = 1", "motet_steps knows of it"),
            ("UPDATE motet_tasks SET status = 'failed', result = NULL WHERE seq = 1", "what it requires"),
            ("DELETE FROM motet_blobs", "has lost a value of its result"),
            ("DELETE FROM motet_blobs", "has lost a value of its value"),
            ("UPDATE motet_steps SET value = X'7801FF' WHERE key = 'a'", "has lost a value of its value"),
            ("UPDATE motet_definitions SET inputs = '{' WHERE seq = 2", "has lost a value of its inputs"),
        ],
    )
    async def test_harm_is_found(self, store, harm, said):
        connection = sqlite3.connect(self.file)
        connection.execute(harm)
        connection.commit()
        connection.close()
        found = await store.check()
        assert any(said in problem for problem in found), found
