"""How much a store needs."""

import base64
import random

import pytest

from motet.storage import SqlStore
from motet.tasks.changes import Claim, Record, Step
from motet.tasks.definition import Definition
from motet.tasks.model import Tree

TREE = "00000000000000aa"
TURNS = 200
QUARTER = 250_000

chance = random.Random(7)


def prose():
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(150)]
    return " ".join(words)[:1000]


def noise():
    return base64.b64encode(chance.randbytes(750)).decode()


@pytest.mark.parametrize("turn", [prose, noise])
async def test_a_long_loop_stores_each_result_once(turn, tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/work.db")
    await store.open()
    await store.create(Tree(TREE, "tree"), [Definition(1, "loop", "x")])
    await store.apply([Claim(TREE, 1, "me", 1.0)])
    await store.close()
    before = sum(file.stat().st_size for file in tmp_path.iterdir())
    await store.open()
    for number in range(TURNS):
        await store.apply([Record(TREE, 1, "me", 1, 1.0, (Step(f"turn#{number}", turn()),))])
    await store.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) - before < QUARTER


async def test_the_same_large_value_is_stored_once_a_tree(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/work.db")
    await store.open()
    large = {"noise": "".join(noise() for _ in range(100))}
    definitions = [Definition(seq, f"t{seq}", "x", large) for seq in range(1, 21)]
    await store.create(Tree(TREE, "tree"), definitions)
    tree = await store.tree(TREE)
    assert all(task.inputs == large for task in tree.tasks)
    await store.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 350_000
