"""New trees of the definitions of old ones."""

import pytest

from motet import InvalidPlan
from motet.kernel.errors import InvalidPayload, NotFound
from support import within
from task_support import chain_of, fan_of, managed, statuses


async def test_a_full_copy_is_a_new_tree_of_the_same_tasks(place, stage):
    entries = chain_of("a", "b", "c", priority=1, note={"mine": 1})
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(entries, user="ann", extra={"x": 1}))
        copy = await manager.copy(tree.id)
        assert copy.id != tree.id
        assert (copy.status, copy.name, copy.user, copy.extra) == ("pending", "c", "ann", {"x": 1})
        assert [task.definition for task in copy.tasks] == [task.definition for task in tree.tasks]
        assert all((task.result, task.attempt, task.status) == (None, 0, "pending") for task in copy.tasks)
        assert (await within(manager.execute(copy.id))).status == "completed"
        assert (await manager.tree(tree.id)) == tree


@pytest.mark.parametrize(
    ("scope", "names", "expected", "grouped"),
    [
        ("minimal", ["b"], {"a", "b"}, True),
        ("minimal", ["a"], {"a"}, False),
        ("minimal", ["d"], {"a", "b", "c", "d", "x"}, False),
        ("custom", ["b"], {"b"}, False),
        ("custom", ["b", "c"], {"b", "c"}, True),
        ("minimal", ["b", "x"], {"a", "b", "x"}, True),
    ],
)
async def test_a_part_is_copied_and_a_group_holds_together_what_lost_its_root(
    place, stage, scope, names, expected, grouped
):
    entries = [*chain_of("a", "b"), {"name": "c", "executor": "name", "dependencies": ["a"]}]
    entries += [{"name": "x", "executor": "name"}]
    entries += [{"name": "d", "executor": "name", "dependencies": ["b", "c", "x"]}]
    async with managed(place, stage) as manager:
        tree = await manager.create(entries)
        copy = await manager.copy(tree.id, scope, names)
        assert {task.name for task in copy.tasks if task.executor is not None} == expected
        assert (copy.root_task.executor is None) == grouped
        assert copy.name == "d"
        assert (await within(manager.execute(copy.id))).status == "completed"


async def test_a_copy_can_have_a_name_and_a_key(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a"))
        one = await manager.copy(tree.id, name="again", key="k")
        two = await manager.copy(tree.id, key="k")
        assert one.id == two.id != tree.id
        assert one.name == "again"


async def test_a_group_is_copied_with_what_belongs_to_it(place, stage):
    entries = [
        {"name": "all"},
        {"name": "inner", "parent": "all"},
        {"name": "x", "executor": "name", "parent": "inner"},
    ]
    entries += fan_of("y")[1:]
    async with managed(place, stage) as manager:
        tree = await manager.create(entries)
        copy = await manager.copy(tree.id, "minimal", ["inner"])
        assert set(statuses(copy)) == {"inner", "x"}


@pytest.mark.parametrize(
    ("scope", "names", "error"),
    [
        ("full", ["a"], InvalidPayload),
        ("minimal", [], InvalidPayload),
        ("custom", [], InvalidPayload),
        ("custom", ["nobody"], NotFound),
        ("custom", ["b"], InvalidPlan),
    ],
)
async def test_what_cannot_be_copied_leaves_nothing_behind(place, stage, scope, names, error):
    """The last one: its inputs take a result from what would be left out."""
    entries = chain_of("a", "b")
    entries[1]["inputs"] = {"x": {"$from": "a"}}
    async with managed(place, stage) as manager:
        tree = await manager.create(entries)
        with pytest.raises(error):
            await manager.copy(tree.id, scope, names)
        with pytest.raises(NotFound):
            await manager.copy("nothing")
        assert len((await manager.trees()).trees) == 1
