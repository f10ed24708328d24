"""The executors one by one, and the tree of tasks that names them."""

import asyncio
import json
from pathlib import Path

import motet
import pytest
from motet import Status, TaskManager, Tree

from executors import Count, CountInput, count_words

TASKS = json.loads((Path(__file__).parent.parent / "tasks.json").read_text(encoding="utf-8"))


async def executed(tasks: list[dict[str, object]], *, demo: bool = False) -> Tree:
    """Run a tree of tasks in memory."""
    async with TaskManager("memory://", demo=demo) as manager:
        return await manager.execute(tasks)


@pytest.mark.parametrize(("text", "words"), [("", 0), ("one", 1), (" many  voices ", 2)])
def test_words_are_counted(text: str, words: int) -> None:
    assert motet.run(count_words, CountInput(text=text)) == Count(words=words)


def test_the_tree_adds_up_the_words_of_both_texts() -> None:
    tree = asyncio.run(executed(TASKS))
    assert (tree.status, tree.result) == (Status.COMPLETED, "Words in both texts: 4")


def test_a_tree_fails_whose_task_lacks_an_input() -> None:
    tree = asyncio.run(executed([{"name": "count", "executor": "count_words"}]))
    assert tree.status is Status.FAILED


def test_the_demo_answers_without_running_anything() -> None:
    tasks: list[dict[str, object]] = [
        {"name": "count", "executor": "count_words", "inputs": {"text": "one"}}
    ]
    assert asyncio.run(executed(tasks, demo=True)).result == {"words": 4}
