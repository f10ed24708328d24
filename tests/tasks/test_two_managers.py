"""Several managers on one store share the work, and never run a task twice at the same time."""

import asyncio
from collections import Counter

import pytest

from support import until, within
from task_support import chain_of, fan_of, look, managed, statuses, until_stored


async def test_two_managers_share_the_tasks_of_one_tree(place, stage):
    names = [f"t{number}" for number in range(8)]
    async with managed(place, stage, max_concurrency=4) as one, managed(place, stage, max_concurrency=4) as two:
        run = await one.submit(fan_of(*names, executor="gate"))
        await until(lambda: len(one.running()) == 4)
        shared = await two.submit(run.id)
        await until(lambda: len(one.running()) == len(two.running()) == 4)
        assert not set(one.running()) & set(two.running())
        stage.open(*names)
        for tree in (await within(run.wait()), await within(shared.wait())):
            assert set(statuses(tree).values()) == {"completed"}
        attempts = [await one.attempts(task.id) for task in tree.tasks[1:]]
    assert Counter(stage.begun) == Counter(names)
    assert len({attempt.owner for (attempt,) in attempts}) == 2


@pytest.mark.parametrize("count", [2, 4])
async def test_many_executions_at_once_run_each_task_once(place, stage, count):
    entries = [
        *fan_of("a", "b", "c", "d"),
        {"name": "e", "executor": "name", "dependencies": ["a", "b"], "parent": "all"},
    ]
    async with managed(place, stage) as one, managed(place, stage) as two:
        tree = await one.create(entries)
        trees = await within(asyncio.gather(*((one, two)[number % 2].execute(tree.id) for number in range(count))))
        assert {str(tree.status) for tree in trees} == {"completed"}
    assert Counter(stage.begun) == Counter("abcde")


async def test_each_sees_the_results_of_the_other(place, stage):
    entries = fan_of("a", "b", executor="gate")
    entries.append({"name": "sum", "executor": "echo", "dependencies": ["a", "b"], "parent": "all"})
    async with managed(place, stage, max_concurrency=1) as one, managed(place, stage, max_concurrency=1) as two:
        run = await one.submit(entries)
        await until(lambda: len(one.running()) == 1)
        await two.submit(run.id)
        await stage.begins("a", "b")
        stage.open("a", result=1)
        stage.open("b", result=2)
        tree = await within(run.wait())
    assert tree.task("sum").result == {"a": 1, "b": 2}


async def test_one_that_has_come_only_lately_is_not_taken_for_gone(place, stage):
    """The other one has not looked who lives since: what runs there is left alone all the same."""
    async with managed(place, stage, poll=0.005) as one:
        run = await one.submit(fan_of("a", "b", executor="gate"))
        await stage.begins("a", "b")
        await one.cancel(f"{run.id}-2")
        async with managed(place, stage) as two:
            other = await two.submit([{"name": "c", "executor": "gate"}])
            await stage.begins("c")
            # The first one takes up something, and works on the same tree.
            await one.submit(other.id)
            await within(one.execute(chain_of("d")))
            for _ in range(50):
                await asyncio.sleep(0.001)
            assert stage.attempts["c"] == 1
            stage.open("b", "c")
            assert (await within(other.wait())).status == "completed"
            await within(run.wait())
    assert stage.attempts["c"] == 1


@pytest.mark.parametrize("what", ["tree", "task"])
async def test_a_cancellation_by_way_of_the_other_interrupts(place, stage, what):
    async with managed(place, stage) as one, managed(place, stage) as two:
        run = await one.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        await two.cancel(run.id if what == "tree" else f"{run.id}-1")
        assert (await within(run.wait())).status == "cancelled"
        await until(lambda: stage.cancelled == ["a"])
        await until(lambda: one._desk.queue.running == 0)


async def test_an_answer_by_way_of_the_other_continues(place, stage):
    async with managed(place, stage) as one, managed(place, stage) as two:
        tree = await within(one.execute([{"name": "a", "executor": "ask"}]))
        await two.answer(tree.root_task.id, 4)
        assert (await within(one.wait(tree.id))).result == 4


async def test_an_answer_by_way_of_the_other_while_the_tree_runs(place, stage):
    entries = [*fan_of("a", executor="ask"), {"name": "b", "executor": "gate", "parent": "all"}]
    async with managed(place, stage) as one, managed(place, stage) as two:
        run = await one.submit(entries)
        tree = await until_stored(one, run.id, lambda tree: tree.task("a").status == "input_required")
        await stage.begins("b")
        await two.answer(tree.task("a").id, 4)
        await until_stored(one, run.id, lambda tree: tree.task("a").status == "completed")
        stage.open("b")
        assert (await within(run.wait())).status == "completed"


async def test_a_tree_in_which_each_runs_its_part_waits_for_a_person_in_the_end(place, stage):
    """Neither of them alone sees that nothing is left to do."""
    entries = [*fan_of("a", executor="ask"), {"name": "b", "executor": "gate", "parent": "all"}]
    async with managed(place, stage, max_concurrency=1) as one, managed(place, stage, max_concurrency=1) as two:
        run = await one.submit(entries)
        other = await two.submit(run.id)
        await stage.begins("b")
        await until_stored(one, run.id, lambda tree: tree.task("a").status == "input_required")
        stage.open("b")
        for waiting in (run, other):
            assert (await within(waiting.wait())).status == "input_required"


async def test_a_rerun_by_way_of_the_other(place, stage):
    async with managed(place, stage) as one, managed(place, stage) as two:
        tree = await within(one.execute([{"name": "a", "executor": "fail"}]))
        await two.rerun(tree.id)
        assert (await within(two.wait(tree.id))).status == "failed"
        came = await asyncio.gather(one.rerun(tree.id), two.rerun(tree.id), return_exceptions=True)
        assert sorted(type(each).__name__ for each in came) == ["Conflict", "Tree"]
        await within(two.wait(tree.id))
        await within(one.wait(tree.id))
    assert stage.attempts["a"] == 3


async def test_an_update_by_way_of_the_other_is_seen(place, stage):
    entries = [{"name": "a", "executor": "gate"}, {"name": "b", "executor": "name", "dependencies": ["a"]}]
    async with managed(place, stage) as one, managed(place, stage) as two:
        run = await one.submit(entries)
        await stage.begins("a")
        await two.update(f"{run.id}-2", executor="echo", inputs={"x": 1})
        stage.open("a", result=0)
        assert (await within(run.wait())).result == {"x": 1, "a": 0}


async def test_when_one_closes_the_other_goes_on_with_all(place, stage):
    names = ["a", "b"]
    async with managed(place, stage, max_concurrency=1, poll=0.005) as two:
        async with managed(place, stage, max_concurrency=1) as one:
            run = await one.submit(fan_of(*names, executor="gate"))
            await until(lambda: len(one.running()) == 1)
            shared = await two.submit(run.id)
            await stage.begins(*names)
        stage.open(*names)
        tree = await within(shared.wait())
    assert set(statuses(tree).values()) == {"completed"}
    assert sorted(stage.begun) == ["a", "a", "b"]


@pytest.mark.parametrize("seed", range(5))
async def test_a_random_graph_is_shared_by_three(place, stage, seed):
    import random

    chance = random.Random(seed)
    entries = [{"name": "all"}]
    for number in range(25):
        others = {f"t{chance.randrange(number)}" for _ in range(chance.randint(0, 3)) if number}
        needs = [{"name": name, "required": chance.random() < 0.5} for name in sorted(others)]
        kind = chance.choice(["name", "name", "none", "fail"])
        entries.append({"name": f"t{number}", "executor": kind, "dependencies": needs, "parent": "all"})
    async with (
        managed(place, stage, max_concurrency=2) as one,
        managed(place, stage, max_concurrency=2) as two,
        managed(place, stage, max_concurrency=2) as three,
    ):
        tree = await one.create(entries)
        trees = await within(asyncio.gather(*(manager.execute(tree.id) for manager in (one, two, three))))
        await look(one)
    assert len({str(statuses(tree)) for tree in trees}) == 1
    assert set(Counter(stage.begun).values()) == {1}
    assert all(task.status.ended for task in trees[0].tasks)
