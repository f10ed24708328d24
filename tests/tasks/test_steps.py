"""Steps inside a task: what is recorded happens once."""

import asyncio

import pytest

from motet import Context, RetryPolicy, agent
from support import within
from task_support import Wire, crash, look, managed


async def one(place, stage, work, retry=None):
    stage.add("work", work)
    async with managed(place, stage) as manager:
        entry = {"name": "a", "executor": "work", "retry": retry and {"attempts": retry, "initial": 0}}
        return await within(manager.execute([entry]))


async def test_steps_of_a_failed_attempt_answer_the_next_one(place, stage):
    ran = []

    async def work(inputs, ctx: Context):
        number = await ctx.step("first", lambda: ran.append("first") or len(ran))
        if ctx.task.attempt < 3:
            raise ConnectionError
        return [number, await ctx.step("second", lambda: ran.append("second") or len(ran))]

    tree = await one(place, stage, work, retry=3)
    assert (tree.result, ran) == ([1, 2], ["first", "second"])


async def test_steps_side_by_side_survive_an_interruption(place, stage):
    ran = []

    async def work(inputs, ctx):
        async def slow(name, turns):
            for _ in range(turns):
                await asyncio.sleep(0)
            ran.append(name)
            if name == "c" and ctx.task.attempt == 1:
                await asyncio.sleep(0.05)
                raise ConnectionError
            return name

        order = "abc" if ctx.task.attempt == 1 else "cba"
        results = await asyncio.gather(*(ctx.step("s", slow, name, 3, key=name) for name in order))
        return sorted(results)

    tree = await one(place, stage, work, retry=2)
    assert tree.result == ["a", "b", "c"]
    assert sorted(ran) == ["a", "b", "c", "c"]


async def test_a_step_is_on_disk_before_the_executor_goes_on(place, stage):
    seen = []
    async with managed(place, stage) as manager:

        async def work(inputs, ctx):
            await ctx.step("s", lambda: 7)
            seen.append(dict(await manager.store.journal(ctx.task.tree_id, 1)))

        stage.add("work", work)
        await within(manager.execute([{"name": "a", "executor": "work"}]))
    assert seen == [{"s": 7}]


async def test_a_crash_between_steps_repeats_none_that_is_recorded(place, stage):
    ran = []
    reached, go = asyncio.Event(), asyncio.Event()

    async def work(inputs, ctx):
        await ctx.step("charge", lambda: ran.append("charge"))
        reached.set()
        await go.wait()
        await ctx.step("ship", lambda: ran.append("ship"))
        return ctx.task.idempotency_key

    stage.add("work", work)
    store = place.store()
    async with managed(Wire(store), stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "work"}])
        await within(reached.wait())
        await crash(manager)
    go.set()
    async with managed(place, stage) as manager:
        tree = await within(manager.wait(run.id))
        attempts = await manager.attempts(tree.root_task.id)
    await store.close()
    assert ran == ["charge", "ship"]
    assert (tree.root_task.attempt, tree.result) == (2, f"{tree.root_task.id}-0")
    assert [str(attempt.status) for attempt in attempts] == ["pending", "completed"]


async def test_the_same_step_twice_fails_the_task(place, stage):
    async def work(inputs, ctx):
        for _ in range(2):
            await ctx.step("s", int)

    tree = await one(place, stage, work)
    assert tree.root_task.error["code"] == "invalid_step"
    assert "key=" in tree.root_task.error["message"]


async def test_a_loop_of_steps_has_keys(place, stage):
    async def work(inputs, ctx):
        return [await ctx.step("s", lambda number=number: number, key=str(number)) for number in range(200)]

    assert (await one(place, stage, work)).result == list(range(200))


async def test_an_agent_called_by_the_executor_records_in_the_same_journal(place, stage):
    ran = []

    @agent
    async def helper(number: int, ctx: Context) -> int:
        return await ctx.step("inner", lambda: ran.append(number) or number)

    async def work(inputs, ctx):
        number = await helper(5)
        if ctx.task.attempt == 1:
            raise ConnectionError
        return number

    tree = await one(place, stage, work, retry=2)
    assert (tree.result, ran) == (5, [5])


async def test_outside_of_a_task_steps_simply_run():
    @agent
    async def helper(number: int, ctx: Context) -> int:
        ctx.progress(0.5)
        await ctx.sleep(0)
        assert ctx.task is None
        return await ctx.step("s", lambda: number) + await ctx.step("s", lambda: number)

    assert await helper(3) == 6


async def test_a_step_retries_by_its_own_policy(place, stage):
    tries = []

    async def work(inputs, ctx):
        async def flaky():
            tries.append(1)
            if len(tries) < 3:
                raise ConnectionError
            return len(tries)

        return await ctx.step("s", flaky, retry=RetryPolicy(attempts=3))

    tree = await one(place, stage, work)
    assert (tree.result, tree.root_task.attempt) == (3, 1)


@pytest.mark.parametrize("mark", ["task", "trace"])
async def test_a_task_knows_itself_and_the_trace_of_its_tree(place, stage, mark):
    async def work(inputs, ctx):
        return {"task": [ctx.task.id, ctx.task.tree_id, ctx.task.name, dict(ctx.task.extra)], "trace": ctx.trace}[mark]

    stage.add("work", work)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "work", "note": 1}]))
    assert tree.result == {"task": [f"{tree.id}-1", tree.id, "a", {"note": 1}], "trace": tree.trace}[mark]


async def test_what_another_manager_took_over_records_nothing_more(place, stage):
    """One that seemed gone, and is not: its attempt ends at its next step."""
    began, go = asyncio.Event(), asyncio.Event()

    async def work(inputs, ctx):
        if ctx.task.attempt == 1:
            began.set()
            await go.wait()
        await ctx.step("s", lambda: ctx.task.attempt)
        return await ctx.step("t", lambda: ctx.task.attempt)

    stage.add("work", work)
    async with managed(place, stage, poll=60.0) as first, managed(place, stage, poll=60.0) as second:
        run = await first.submit([{"name": "a", "executor": "work"}])
        await within(began.wait())
        await second.store.leave(first._scheduler.owner)
        await look(second)
        tree = await within(second.wait(run.id))
        go.set()
        assert (await within(run.wait())).result == 2
        assert tree.result == 2
        assert await second.store.journal(run.id, 1) == {"s": 2, "t": 2}
