"""A task asks a person, is parked, and goes on with the answer."""

import asyncio

import pytest
from pydantic import BaseModel

from motet import Conflict, Context, executor
from motet.kernel.errors import InvalidPayload, NotFound
from support import until, within
from task_support import Wire, chain_of, crash, fan_of, managed, statuses, until_stored


class Choice(BaseModel):
    """An answer with a type."""

    colour: str
    count: int = 1


async def test_a_question_parks_its_task_and_an_answer_continues_it(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a", "b", executor="ask")))
        task = tree.task("a")
        assert (tree.status, task.status, tree.owner) == ("input_required", "input_required", None)
        assert (task.question.text, task.question.schema) == ("Well?", {})
        assert manager.running() == []
        answered = await manager.answer(task.id, {"yes": True})
        assert answered.question is None
        tree = await within(manager.wait(tree.id))
        assert statuses(tree) == {"a": "completed", "b": "input_required"}
        await manager.answer(tree.task("b").id, 7)
        tree = await within(manager.wait(tree.id))
    assert (tree.status, tree.result) == ("completed", 7)
    assert stage.begun == ["a", "a", "b", "b"]


async def test_nothing_before_a_question_happens_twice(place, stage):
    charged = []

    async def work(inputs, ctx: Context):
        await ctx.step("charge", lambda: charged.append(1))
        choice = await ctx.ask("Which?", Choice)
        await ctx.step("ship", lambda: charged.append(choice.colour))
        return choice.count

    stage.add("work", work)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "work"}]))
        await manager.answer(tree.root_task.id, {"colour": "red", "count": 3})
        tree = await within(manager.wait(tree.id))
    assert (tree.result, charged) == (3, [1, "red"])


async def test_what_is_beside_a_question_goes_on(place, stage):
    entries = [*fan_of("a", executor="ask"), {"name": "b", "executor": "gate", "parent": "all"}]
    async with managed(place, stage, max_concurrency=1) as manager:
        run = await manager.submit(entries)
        await stage.begins("b")
        tree = await until_stored(manager, run.id, lambda tree: tree.task("a").status == "input_required")
        assert tree.status == "in_progress"
        stage.open("b")
        assert (await within(run.wait())).status == "input_required"


async def test_an_answer_may_come_while_others_run(place, stage):
    entries = [*fan_of("a", executor="ask"), {"name": "b", "executor": "gate", "parent": "all"}]
    async with managed(place, stage) as manager:
        run = await manager.submit(entries)
        tree = await until_stored(manager, run.id, lambda tree: tree.task("a").status == "input_required")
        await manager.answer(tree.task("a").id, 1)
        await until_stored(manager, run.id, lambda tree: tree.task("a").status == "completed")
        stage.open("b")
        assert (await within(run.wait())).status == "completed"


@pytest.mark.parametrize("value", ["x", None, {"colour": 1}, {"count": 1}, [], {"colour": "red", "count": "no"}])
async def test_an_answer_that_does_not_fit_is_refused_and_the_question_stands(place, stage, value):
    async def work(inputs, ctx):
        return (await ctx.ask("Which?", Choice)).colour

    stage.add("work", work)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "work"}]))
        with pytest.raises(InvalidPayload, match="Which"):
            await manager.answer(tree.root_task.id, value)
        assert (await manager.tree(tree.id)).status == "input_required"
        await manager.answer(tree.root_task.id, {"colour": "red"})
        assert (await within(manager.wait(tree.id))).result == "red"


async def test_what_asks_nothing_takes_no_answer(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        with pytest.raises(Conflict, match="asks nothing"):
            await manager.answer(f"{run.id}-1", 1)
        with pytest.raises(NotFound):
            await manager.answer(run.id, 1)
        stage.open("a")
        await within(run.wait())
        with pytest.raises(Conflict, match="completed"):
            await manager.answer(f"{run.id}-1", 1)


async def test_a_question_is_answered_once(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "ask"}]))
        id_ = tree.root_task.id
        told = await asyncio.gather(manager.answer(id_, 1), manager.answer(id_, 2), return_exceptions=True)
        assert sum(isinstance(outcome, Conflict) for outcome in told) == 1
        tree = await within(manager.wait(tree.id))
    assert tree.result in {1, 2}
    assert stage.attempts["a"] == 2


@pytest.mark.parametrize("turns", range(16))
async def test_an_answer_that_comes_while_its_tree_is_being_parked_is_not_lost(place, stage, turns):
    """By a manager that only stores it, as a command line does."""
    async with managed(place, stage) as manager, managed(place, stage, resume=False) as other:
        run = await manager.submit([{"name": "a", "executor": "ask"}])
        await until_stored(other, run.id, lambda tree: tree.root_task.status == "input_required")
        for _ in range(turns):
            await asyncio.sleep(0)
        await other.answer(f"{run.id}-1", "yes")
        await manager.resume()
        tree = await until_stored(manager, run.id, lambda tree: tree.status.ended)
        await within(run.wait())
    assert tree.result == "yes"


async def test_a_question_survives_a_close(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "ask"}]))
    async with managed(place, stage) as manager:
        assert (await manager.get(tree.root_task.id)).question.text == "Well?"
        await manager.answer(tree.root_task.id, 5)
        assert (await within(manager.wait(tree.id))).result == 5


async def test_an_answer_survives_a_crash(place, stage):
    store = place.store()
    async with managed(Wire(store), stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "ask"}]))
        manager._resumes = False
        await manager.answer(tree.root_task.id, 5)
        await crash(manager)
    async with managed(place, stage) as manager:
        assert (await within(manager.wait(tree.id))).result == 5
    await store.close()


async def test_an_answer_to_what_nobody_may_take_up_waits(place, stage):
    async with managed(place, stage, resume=False) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "ask"}]))
        await manager.answer(tree.root_task.id, 5)
        assert (await manager.get(tree.root_task.id)).status == "pending"
        (run,) = await manager.resume()
        assert (await within(run.wait())).result == 5


async def test_several_questions_side_by_side_come_one_after_another(place, stage):
    async def work(inputs, ctx):
        return await asyncio.gather(*(ctx.ask(f"{key}?", int) for key in "abc"))

    stage.add("work", work)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "work"}]))
        for number in range(3):
            await manager.answer(tree.root_task.id, number)
            tree = await within(manager.wait(tree.id))
    assert (tree.status, sorted(tree.result)) == ("completed", [0, 1, 2])


async def test_a_question_in_a_sync_executor_is_answered(place, stage):
    @executor("sync", executors=stage.executors)
    def work(inputs: dict, ctx: Context) -> int:
        return ctx.wait(ctx.ask("How many?", int)) + ctx.wait(ctx.step("one", lambda: 1))

    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "sync"}]))
        assert tree.status == "input_required"
        await manager.answer(tree.root_task.id, 4)
        assert (await within(manager.wait(tree.id))).result == 5


async def test_an_executor_that_catches_everything_is_parked_all_the_same(place, stage):
    async def work(inputs, ctx):
        try:
            return await ctx.ask("Well?")
        except BaseException:  # noqa: BLE001 - that is the point
            return "caught"

    stage.add("work", work)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "work"}]))
        assert tree.status == "input_required"
        await manager.answer(tree.root_task.id, "answered")
        assert (await within(manager.wait(tree.id))).result == "answered"


async def test_an_executor_that_catches_everything_and_asks_again_is_parked_with_its_first_question(place, stage):
    async def work(inputs, ctx):
        try:
            return await ctx.ask("Well?")
        except BaseException:  # noqa: BLE001 - that is the point
            return await ctx.ask("And now?")

    stage.add("work", work)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "work"}]))
        assert (tree.status, tree.root_task.question.text) == ("input_required", "Well?")
        await manager.answer(tree.root_task.id, "answered")
        assert (await within(manager.wait(tree.id))).result == "answered"


@pytest.mark.parametrize("question", ["half \ud800", "nul \0"])
async def test_a_question_that_cannot_be_stored_fails_its_task_and_nothing_else(place, stage, question):
    async with managed(place, stage) as manager:
        other = await manager.submit([{"name": "other", "executor": "gate"}])

        async def work(inputs, ctx):
            return await ctx.ask(question)

        stage.add("work", work)
        tree = await within(manager.execute([{"name": "a", "executor": "work"}]))
        stage.open("other")
        assert (await within(other.wait())).status == "completed"
    assert tree.status == "failed"
    assert tree.root_task.error["code"] == "invalid_step"


async def test_what_an_executor_left_running_can_ask_and_record_nothing_more(place, stage):
    told = []

    async def work(inputs, ctx):
        async def later():
            await go.wait()
            for wish in (lambda: ctx.ask("Too late?"), lambda: ctx.step("s", int), lambda: ctx.sleep(1)):
                try:
                    await wish()
                except Exception as error:  # noqa: BLE001
                    told.append(type(error).__name__)

        stray.append(asyncio.ensure_future(later()))
        return 1

    go, stray = asyncio.Event(), []
    stage.add("work", work)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "work"}]))
        go.set()
        await within(stray[0])
        assert await manager.tree(tree.id) == tree
    assert told == ["NotAvailable"] * 3


async def test_cancelling_a_question_withdraws_it(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "ask"}]))
        tree = await manager.cancel(tree.id)
        assert (tree.status, tree.root_task.question) == ("cancelled", None)
        with pytest.raises(Conflict):
            await manager.answer(tree.root_task.id, 1)


async def test_executing_a_tree_that_waits_returns_at_once(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "ask"}]))
        for _ in range(3):
            assert (await within(manager.execute(tree.id))).status == "input_required"
        await until(lambda: not manager._scheduler.works)
    assert stage.attempts["a"] == 1
