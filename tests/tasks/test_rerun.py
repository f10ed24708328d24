"""Running again what failed, or what is named, and everything downstream."""

import pytest

from motet import Conflict
from motet.kernel.errors import NotFound
from support import within
from task_support import chain_of, fan_of, managed, statuses, until_stored


def flaky(stage):
    """Add an executor that fails until it is mended."""
    state = {"broken": True}

    async def work(inputs, ctx):
        async with stage.seen(inputs, ctx) as name:
            if state["broken"]:
                raise ConnectionError("broken")
            return f"{name} {ctx.task.attempt}"

    stage.add("flaky", work)
    return state


async def test_a_rerun_resets_what_failed_and_everything_downstream(place, stage):
    """The root as well: it was skipped, and would otherwise stay as it was."""
    state = flaky(stage)
    entries = chain_of("a", "b", "c", "root")
    entries[1]["executor"] = "flaky"
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(entries))
        assert statuses(tree) == {"a": "completed", "b": "failed", "c": "skipped", "root": "skipped"}
        state["broken"] = False
        reset = await manager.rerun(tree.id, start=False)
        assert reset.status == "pending"
        assert statuses(reset) == {"a": "completed", "b": "pending", "c": "pending", "root": "pending"}
        assert reset.task("b").error is None
        assert reset.task("b").failures == 0
        again = await within(manager.execute(tree.id))
    assert again.status == "completed"
    assert stage.begun == ["a", "b", "b", "c", "root"]
    assert (again.task("b").attempt, again.task("b").run) == (2, 1)


async def test_a_rerun_of_a_named_task_runs_the_completed_root_again(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a", "b", "root")))
        await manager.rerun(tree.id, ["b"])
        again = await within(manager.wait(tree.id))
    assert stage.begun == ["a", "b", "root", "b", "root"]
    assert again.status == "completed"
    assert again.task("root").run == 1
    assert again.task("a").run == 0


async def test_a_rerun_leaves_beside_alone_and_takes_the_groups_around(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(fan_of("a", "b")))
        await manager.rerun(tree.id, [tree.task("a").id])
        again = await within(manager.wait(tree.id))
    assert stage.begun == ["a", "b", "a"]
    assert statuses(again) == {"all": "completed", "a": "completed", "b": "completed"}


async def test_what_was_cancelled_runs_again(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        await manager.cancel(run.id)
        stage.open("a", result=1)
        await manager.rerun(run.id)
        assert (await within(manager.wait(run.id))).result == 1


async def test_a_rerun_begins_with_an_empty_journal_and_another_key(place, stage):
    keys, ran = [], []

    async def work(inputs, ctx):
        keys.append(ctx.task.idempotency_key)
        await ctx.step("s", lambda: ran.append(1))
        if len(keys) < 3:
            raise ConnectionError
        return len(keys)

    stage.add("work", work)
    async with managed(place, stage) as manager:
        entries = [{"name": "a", "executor": "work", "retry": {"attempts": 2, "initial": 0}}]
        tree = await within(manager.execute(entries))
        assert (tree.status, len(ran)) == ("failed", 1)
        await manager.rerun(tree.id)
        tree = await within(manager.wait(tree.id))
    assert (tree.status, len(ran)) == ("completed", 2)
    assert keys[0] == keys[1] != keys[2]


async def test_the_attempts_of_all_runs_are_kept(place, stage):
    flaky(stage)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "flaky"}]))
        await manager.rerun(tree.id)
        await within(manager.wait(tree.id))
        attempts = await manager.attempts(tree.root_task.id)
    assert [(attempt.number, str(attempt.status)) for attempt in attempts] == [(1, "failed"), (2, "failed")]


@pytest.mark.parametrize("kind", ["gate", "ask", "created"])
async def test_a_tree_that_has_not_ended_is_not_run_again(place, stage, kind):
    async with managed(place, stage) as manager:
        if kind == "created":
            tree = await manager.create(chain_of("a"))
        else:
            run = await manager.submit([{"name": "a", "executor": kind}])
            await stage.begins("a")
            if kind == "ask":
                await within(run.wait())
            tree = await manager.tree(run.id)
        before = statuses(tree)
        with pytest.raises(Conflict, match=str(tree.status)):
            await manager.rerun(tree.id)
        assert statuses(await manager.tree(tree.id)) == before


async def test_a_tree_in_which_nothing_failed_is_not_run_again(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a")))
        with pytest.raises(Conflict, match="Nothing"):
            await manager.rerun(tree.id)
        assert (await manager.tree(tree.id)).status == "completed"


async def test_a_name_of_no_task_changes_nothing(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a", "b")))
        with pytest.raises(NotFound, match="it has a, b"):
            await manager.rerun(tree.id, ["a", "c"])
        with pytest.raises(NotFound):
            await manager.rerun("nothing")
        assert (await manager.tree(tree.id)).status == "completed"


async def test_two_reruns_at_once_are_one(place, stage):
    import asyncio

    flaky(stage)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "flaky"}]))
        told = await asyncio.gather(manager.rerun(tree.id), manager.rerun(tree.id), return_exceptions=True)
        assert sum(isinstance(outcome, Conflict) for outcome in told) == 1
        await within(manager.wait(tree.id))
    assert stage.attempts["a"] == 2


async def test_a_rerun_of_what_was_skipped_is_skipped_again_while_its_cause_stands(place, stage):
    flaky(stage)
    entries = chain_of("a", "b")
    entries[0]["executor"] = "flaky"
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(entries))
        await manager.rerun(tree.id, ["b"])
        again = await within(manager.wait(tree.id))
    assert statuses(again) == {"a": "failed", "b": "skipped"}
    assert again.status == "failed"


async def test_a_reset_tree_that_still_has_a_failure_can_be_cancelled_task_by_task(place, stage):
    flaky(stage)
    entries = chain_of("a", "b")
    entries[0]["executor"] = "flaky"
    entries[1]["dependencies"] = [{"name": "a", "required": False}]
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(entries))
        await manager.rerun(tree.id, ["b"], start=False)
        tree = await manager.cancel(tree.task("b").id)
        assert (tree.status, statuses(tree)) == ("failed", {"a": "failed", "b": "cancelled"})


async def test_a_tree_is_watched_through_a_rerun(place, stage):
    state = flaky(stage)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "flaky"}]))
        state["broken"] = False
        await manager.rerun(tree.id)
        seen = [str(event.status) async for event in manager.watch(tree.id)]
        assert seen[-1] == "completed"
        await until_stored(manager, tree.id, lambda tree: tree.status.ended)
