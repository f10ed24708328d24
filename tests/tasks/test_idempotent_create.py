"""The same key gives the same tree; creating is atomic."""

import asyncio

import pytest

from motet import InvalidPlan
from motet.kernel.errors import InvalidPayload, NotFound
from support import within
from task_support import chain_of, managed


async def test_the_same_key_gives_the_same_tree(place, stage):
    async with managed(place, stage) as manager:
        first = await manager.create(chain_of("a"), key="order 7")
        again = await manager.create(chain_of("a", "b"), key="order 7")
        assert again == first
        assert (await manager.create(chain_of("a"), key="order 8")).id != first.id
        assert (await manager.create(chain_of("a"))).id != (await manager.create(chain_of("a"))).id


@pytest.mark.parametrize("managers", [1, 2])
async def test_many_executions_of_one_key_at_once_are_one_tree(place, stage, managers):
    async with managed(place, stage) as one, managed(place, stage) as two:
        both = (one, two)[:managers]
        trees = await within(
            asyncio.gather(*(both[number % managers].execute(chain_of("a", "b"), key="k") for number in range(8)))
        )
    assert len({tree.id for tree in trees}) == 1
    assert {str(tree.status) for tree in trees} == {"completed"}
    assert stage.begun == ["a", "b"]


async def test_a_key_of_an_ended_tree_gives_that_tree_and_runs_nothing(place, stage):
    async with managed(place, stage) as manager:
        first = await within(manager.execute(chain_of("a"), key="k"))
    async with managed(place, stage) as manager:
        again = await within(manager.execute(chain_of("a"), key="k"))
    assert (again.id, again.result) == (first.id, "a")
    assert stage.begun == ["a"]


async def test_a_key_of_a_tree_that_was_only_created_starts_it(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a"), key="k")
        assert (await within(manager.execute(chain_of("a"), key="k"))).id == tree.id
    assert stage.begun == ["a"]


async def test_a_tree_is_found_by_its_key_and_by_the_beginning_of_its_id(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a"), key="my key")
        assert await manager.find("my key") == tree.id
        assert await manager.find(tree.id[:8]) == tree.id
        with pytest.raises(NotFound):
            await manager.find("my")


async def test_what_execute_answers_with_is_in_the_store(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a", "b")))
        assert await manager.tree(tree.id) == tree
        for task in tree.tasks:
            assert await manager.get(task.id) == task


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{}],
        [{"name": "a"}],
        [*chain_of("a", "b"), {"name": "a", "executor": "name"}],
        chain_of("a", "b", dependencies=["b"]),
        [{"name": "a", "executor": "name", "dependencies": ["nobody"]}],
        [{"name": "a", "executor": "name"}, {"name": "b", "executor": "name"}],
        [{"name": "a", "executor": "name", "retry": -1}],
        [{"name": "a", "executor": "name", "inputs": {"x": object()}}],
    ],
)
@pytest.mark.parametrize("how", ["create", "submit", "execute"])
async def test_an_array_that_is_no_tree_stores_nothing(place, stage, entries, how):
    async with managed(place, stage) as manager:
        with pytest.raises(InvalidPlan):
            await getattr(manager, how)(entries, key="k")
        assert (await manager.trees()).trees == ()
        assert (await manager.list()).tasks == ()
        assert (await manager.create(chain_of("a"), key="k")).name == "a"


@pytest.mark.parametrize("options", [{"key": "nul \0"}, {"user": "half \ud800"}, {"extra": {"x": object()}}])
async def test_what_cannot_be_stored_is_refused_before(place, stage, options):
    async with managed(place, stage) as manager:
        with pytest.raises(InvalidPayload):
            await manager.execute(chain_of("a"), **options)
        assert (await manager.trees()).trees == ()


async def test_fields_of_the_users_own_stay_with_task_and_tree(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a", note={"x": [1]}), name="mine", user="ann", extra={"y": None}))
    assert (tree.name, tree.user, tree.extra, tree.root_task.extra) == (
        "mine",
        "ann",
        {"y": None},
        {"note": {"x": [1]}},
    )


async def test_an_unknown_option_is_refused(place, stage):
    async with managed(place, stage) as manager:
        with pytest.raises(TypeError):
            await manager.submit(chain_of("a"), kye="k")
        assert (await manager.trees()).trees == ()
