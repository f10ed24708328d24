"""What starts first, and how much runs at once."""

import asyncio
from itertools import pairwise

import pytest

from support import until, within
from task_support import chain_of, fan_of, managed, statuses


async def settle():
    for _ in range(60):
        await asyncio.sleep(0)


@pytest.mark.parametrize("priorities", [(3, 2, 1, 0), (0, 1, 2, 3), (2, 0, 3, 1), ("low", "urgent", "normal", "high")])
async def test_the_lowest_priority_number_starts_first(place, stage, priorities):
    words = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
    names = [f"t{number}" for number in range(4)]
    entries = fan_of(*names)
    for entry, priority in zip(entries[1:], priorities, strict=True):
        entry["priority"] = priority
    async with managed(place, stage, max_concurrency=1) as manager:
        await within(manager.execute(entries))
    order = sorted(range(4), key=lambda number: words.get(priorities[number], priorities[number]))
    assert stage.begun == [f"t{number}" for number in order]


async def test_priority_0_is_urgent_and_not_a_missing_priority(place, stage):
    entries = fan_of("normal", "urgent")
    entries[2]["priority"] = 0
    async with managed(place, stage, max_concurrency=1) as manager:
        await within(manager.execute(entries))
    assert stage.begun == ["urgent", "normal"]


async def test_equal_priorities_start_in_the_order_of_creation(place, stage):
    names = [f"t{number:02}" for number in range(30)]
    async with managed(place, stage, max_concurrency=1) as manager:
        await within(manager.execute(fan_of(*names)))
    assert stage.begun == names


async def test_a_completion_does_not_let_low_overtake_high(place, stage):
    """When one of two slots becomes free, the most urgent of all that are ready is next, not what just became ready."""
    entries = [
        {"name": "all"},
        {"name": "first", "executor": "name", "priority": 0, "parent": "all"},
        {"name": "after", "executor": "name", "priority": 3, "dependencies": ["first"], "parent": "all"},
        {"name": "high", "executor": "name", "priority": 1, "parent": "all"},
        {"name": "normal", "executor": "name", "parent": "all"},
    ]
    async with managed(place, stage, max_concurrency=1) as manager:
        await within(manager.execute(entries))
    assert stage.begun == ["first", "high", "normal", "after"]


async def test_among_trees_priority_comes_first_then_the_older_tree(place, stage):
    async with managed(place, stage, max_concurrency=1) as manager:
        hold = await manager.submit([{"name": "hold", "executor": "gate"}])
        await stage.begins("hold")
        runs = [
            await manager.submit([{"name": name, "executor": "name", "priority": priority}])
            for name, priority in (("old", 2), ("new", 2), ("urgent", 0))
        ]
        stage.open("hold")
        for run in (hold, *runs):
            await within(run.wait())
    assert stage.begun == ["hold", "urgent", "old", "new"]


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_no_more_tasks_run_at_once_than_max_concurrency(place, stage, limit):
    names = [f"t{number}" for number in range(12)]
    async with managed(place, stage, max_concurrency=limit) as manager:
        run = await manager.submit(fan_of(*names, executor="gate"))
        for count, name in enumerate(names):
            await until(lambda count=count: len(stage.begun) >= min(12, count + limit))
            await settle()
            assert stage.running.total() == min(limit, 12 - count)
            stage.open(name)
        tree = await within(run.wait())
    assert stage.most == limit
    assert set(statuses(tree).values()) == {"completed"}


async def test_an_executor_limit_lets_others_pass(place, stage):
    entries = [*fan_of("a1", "a2", executor="gate"), {"name": "b", "executor": "name", "parent": "all"}]
    async with managed(place, stage, per_executor={"gate": 1}) as manager:
        run = await manager.submit(entries)
        await stage.begins("a1", "b")
        await settle()
        assert "a2" not in stage.begun
        stage.open("a1", "a2")
        await within(run.wait())
    assert stage.begun == ["a1", "b", "a2"]


@pytest.mark.parametrize(("options", "most"), [({}, 1), ({"key_concurrency": 3}, 3), ({"per_key": {"k": 2}}, 2)])
async def test_a_concurrency_key_bounds_what_runs_beside(place, stage, options, most):
    names = [f"t{number}" for number in range(6)]
    async with managed(place, stage, **options) as manager:
        run = await manager.submit(fan_of(*names, executor="gate", concurrency_key="k"))
        for count, name in enumerate(names):
            await until(lambda count=count: len(stage.begun) >= min(6, count + most))
            await settle()
            assert stage.running.total() == min(most, 6 - count)
            stage.open(name)
        await within(run.wait())
    assert stage.begun == names


async def test_a_key_holds_across_trees_and_frees_other_keys(place, stage):
    async with managed(place, stage) as manager:
        runs = [
            await manager.submit([{"name": f"{key}{number}", "executor": "gate", "concurrency_key": key}])
            for key in "kl"
            for number in range(2)
        ]
        await stage.begins("k0", "l0")
        await settle()
        assert stage.begun == ["k0", "l0"]
        stage.open("k0", "k1", "l0", "l1")
        for run in runs:
            await within(run.wait())
    assert sorted(stage.begun) == ["k0", "k1", "l0", "l1"]


@pytest.mark.parametrize("gone", ["t1", "t2"])
async def test_what_a_limit_holds_back_starts_although_one_before_it_was_cancelled(place, stage, gone):
    """Whoever is next in line for a key may have been cancelled: then it is the turn of the one after it."""
    names = ["t0", "t1", "t2", "t3"]
    async with managed(place, stage) as manager:
        run = await manager.submit(fan_of(*names, executor="gate", concurrency_key="k"))
        await stage.begins("t0")
        tree = await manager.tree(run.id)
        await manager.cancel(tree.task(gone).id)
        stage.open(*names)
        tree = await within(run.wait())
    assert statuses(tree) == {"all": "cancelled", **dict.fromkeys(names, "completed"), gone: "cancelled"}


async def test_what_two_limits_hold_back_starts_in_the_end(place, stage):
    entries = fan_of(*(f"t{number}" for number in range(8)), executor="name")
    for number, entry in enumerate(entries[1:]):
        entry["concurrency_key"] = "kl"[number % 2]
        entry["executor"] = ["name", "none"][number // 4]
    async with managed(place, stage, per_executor={"name": 1, "none": 1}) as manager:
        tree = await within(manager.execute(entries))
    assert set(statuses(tree).values()) == {"completed"}
    assert stage.most <= 2


async def test_order_comes_from_dependencies_alone(place, stage):
    """A parent that has an executor of its own does not wait for its children, nor they for it."""
    entries = [
        {"name": "parent", "executor": "gate"},
        {"name": "child", "executor": "gate", "parent": "parent"},
    ]
    async with managed(place, stage) as manager:
        run = await manager.submit(entries)
        await stage.begins("parent", "child")
        stage.open("parent", "child")
        tree = await within(run.wait())
    assert statuses(tree) == {"parent": "completed", "child": "completed"}


async def test_a_chain_runs_in_its_order_whatever_the_array_says(place, stage):
    entries = list(reversed(chain_of(*"abcdefgh")))
    async with managed(place, stage) as manager:
        await within(manager.execute(entries))
    assert stage.begun == list("abcdefgh")


async def test_everything_starts_after_what_it_needs(place, stage):
    size = 60
    entries = []
    for number in range(size):
        others = {number // 2, number // 3, number - 1} & set(range(number))
        names = sorted(f"t{other}" for other in others)
        entries.append({"name": f"t{number}", "executor": "name", "priority": number % 4, "dependencies": names})
    async with managed(place, stage, max_concurrency=4) as manager:
        tree = await within(manager.execute(entries))
    assert set(statuses(tree).values()) == {"completed"}
    place_of = {name: index for index, name in enumerate(stage.begun)}
    assert all(place_of[f"t{before}"] < place_of[f"t{after}"] for before, after in pairwise(range(size)))


async def test_a_limit_below_1_is_refused(place, stage):
    from motet import InvalidPayload, TaskManager

    for options in (
        {"max_concurrency": 0},
        {"per_executor": {"x": 0}},
        {"per_key": {"k": -1}},
        {"key_concurrency": 0},
        {"lease": 0},
        {"poll": -1.0},
    ):
        with pytest.raises(InvalidPayload):
            TaskManager(place.store(), executors=stage.executors, **options)


async def test_a_large_fan_out_keeps_its_limit_and_ends(stage, tmp_path):
    from task_support import Place

    names = [f"t{number}" for number in range(1000)]
    async with managed(Place("memory", tmp_path), stage, max_concurrency=8) as manager:
        tree = await within(manager.execute(fan_of(*names)))
    assert stage.most <= 8
    assert len(stage.begun) == 1000
    assert tree.status == "completed"


async def test_a_long_chain_ends_in_a_time_in_proportion(stage, tmp_path):
    from task_support import Place

    names = [f"t{number}" for number in range(1000)]
    async with managed(Place("memory", tmp_path), stage) as manager:
        tree = await within(manager.execute(chain_of(*names)))
    assert tree.status == "completed"
    assert stage.begun == names
