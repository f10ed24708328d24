from collections.abc import AsyncIterator

import pytest

from motet import TaskManager
from motet.cli.tasks_find import find_any, find_task, find_tree
from motet.kernel.errors import NotFound
from motet.kernel.function import agent
from motet.storage import MemoryStore
from motet.tasks.model import Task, Tree


@agent
async def work(inputs: dict[str, object]) -> str:
    return "done"


@pytest.fixture
async def manager() -> AsyncIterator[TaskManager]:
    async with TaskManager(MemoryStore(), resume=False) as made:
        tree = [
            {"name": "all"},
            {"name": "a", "executor": work, "parent": "all"},
            {"name": "a:b", "executor": work, "parent": "all"},
            {"id": "x", "name": "same", "executor": work, "parent": "all"},
            {"id": "y", "name": "same", "executor": work, "parent": "all"},
        ]
        await made.create(tree, key="order:7")
        await made.create(tree, key="order")
        await made.create(tree, key="order-2")
        yield made


async def tree_of(manager: TaskManager, key: str) -> Tree:
    return await manager.tree(await manager.find(key))


async def test_a_tree_is_known_by_its_id_the_beginning_of_that_or_its_key(manager: TaskManager) -> None:
    tree = await tree_of(manager, "order:7")
    for text in (tree.id, tree.id[:12], "order:7"):
        assert (await find_tree(manager, text)).id == tree.id
        assert (await find_any(manager, text)).id == tree.id


@pytest.mark.parametrize(
    ("text", "key", "name"),
    [
        ("order:7:a", "order:7", "a"),
        ("order:7-2", "order:7", "a"),
        ("order:7:a:b", "order:7", "a:b"),
        ("order:a", "order", "a"),
        ("order:a:b", "order", "a:b"),
        ("order-2-2", "order-2", "a"),
        ("order-2:a", "order-2", "a"),
        ("order:same #4", "order", "same"),
        ("order-5", "order", "same"),
    ],
)
async def test_a_task_is_known_by_its_tree_and_its_place_or_name(
    manager: TaskManager, text: str, key: str, name: str
) -> None:
    task = await find_task(manager, text)
    assert (task.tree_id, task.name) == ((await tree_of(manager, key)).id, name)
    found = await find_any(manager, text)
    assert isinstance(found, Task)
    assert found.id == task.id


async def test_a_key_that_looks_like_a_task_is_a_tree(manager: TaskManager) -> None:
    found = await find_any(manager, "order-2")
    assert isinstance(found, Tree)
    assert found.key == "order-2"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("order:same", "Several tasks of tree .* are called 'same': write one of .*-4, .*-5"),
        ("order:nobody", "Tree .* has no task 'nobody': it has all, a, a:b, same"),
        ("order-77", "There is no task '.*-77'"),
        ("nothing:a", "'nothing:a' is no task: write TREE-PLACE or TREE:NAME"),
        ("nothing", "'nothing' is no task: write TREE-PLACE or TREE:NAME"),
    ],
)
async def test_what_is_no_task_says_what_there_is(manager: TaskManager, text: str, told: str) -> None:
    with pytest.raises(NotFound, match=told):
        await find_task(manager, text)


async def test_the_beginning_of_several_ids_is_not_enough(manager: TaskManager) -> None:
    ids = [tree.id for tree in (await manager.trees()).trees]
    store = manager.store
    assert isinstance(store, MemoryStore)
    shared = {one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1}
    while not shared:
        tree = await manager.create([{"name": "a", "executor": work}])
        shared = {one[0] for one in ids if one[0] == tree.id[0]}
    text = shared.pop()
    for find in (find_tree, find_any, find_task):
        with pytest.raises(NotFound, match=f"'{text}' could be any of .*: write more of it"):
            await find(manager, text if find is not find_task else f"{text}:a")
