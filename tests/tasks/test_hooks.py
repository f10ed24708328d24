"""Code of the user's before and after tasks and trees: it can refuse, change, and stand in."""

import asyncio
import logging
from typing import Any

import pytest

from motet import Conflict, Hook, Skip
from support import Recorder, until, within
from task_support import chain_of, fan_of, managed, statuses, until_stored


class Notes(Hook):
    """Notes every call."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def tree_creating(self, tree):
        self.calls.append(f"creating {tree.name} {[task.name for task in tree.tasks]}")

    async def tree_started(self, tree):
        self.calls.append(f"started {tree.name}")

    async def before_task(self, task, inputs):
        self.calls.append(f"before {task.name} {task.status}")

    async def after_task(self, task, result):
        self.calls.append(f"after {task.name} {result}")

    async def tree_completed(self, tree):
        self.calls.append(f"completed {tree.name} {tree.status}")

    async def tree_failed(self, tree):
        self.calls.append(f"failed {tree.name} {tree.status}")


async def test_hooks_are_called_in_the_order_of_events(place, stage):
    notes = Notes()
    async with managed(place, stage, hooks=[notes]) as manager:
        await within(manager.execute(chain_of("a", "b")))
        await until(lambda: len(notes.calls) == 7)
    assert notes.calls == [
        "creating b ['a', 'b']",
        "started b",
        "before a in_progress",
        "after a a",
        "before b in_progress",
        "after b b",
        "completed b completed",
    ]


@pytest.mark.parametrize("how", ["fail", "cancel", "cancel the task"])
async def test_a_tree_that_does_not_complete_is_told_once(place, stage, how):
    notes = Notes()
    async with managed(place, stage, hooks=[notes]) as manager:
        run = await manager.submit([{"name": "a", "executor": "fail" if how == "fail" else "gate"}])
        await stage.begins("a")
        if how != "fail":
            tree = await manager.tree(run.id)
            await manager.cancel(tree.id if how == "cancel" else tree.task("a").id)
        await within(run.wait())
        await until(lambda: any(call.startswith("failed") for call in notes.calls))
        for _ in range(50):
            await asyncio.sleep(0)
    ends = [call for call in notes.calls if call.startswith(("failed", "completed"))]
    assert ends == [f"failed a {'failed' if how == 'fail' else 'cancelled'}"]


class Raising(Hook):
    """Refuses where it is told to."""

    def __init__(self, where: str) -> None:
        async def refuse(*args: Any) -> None:
            raise PermissionError(f"not in {where}")

        setattr(self, where, refuse)


@pytest.mark.parametrize("where", ["tree_creating", "tree_started"])
async def test_a_hook_refuses_a_tree_and_nothing_is_stored(place, stage, where):
    async with managed(place, stage, hooks=[Raising(where)]) as manager:
        with pytest.raises(PermissionError, match=where):
            await manager.execute(chain_of("a", "b"))
        assert (await manager.trees()).trees == ()
    assert stage.begun == []


async def test_a_tree_whose_start_is_refused_stays_pending(place, stage):
    async with managed(place, stage, hooks=[Raising("tree_started")]) as manager:
        tree = await manager.create(chain_of("a"))
        with pytest.raises(PermissionError):
            await manager.execute(tree.id)
        assert (await manager.tree(tree.id)).status == "pending"
        manager.hooks.clear()
        assert (await within(manager.execute(tree.id))).status == "completed"


@pytest.mark.parametrize(("where", "ran"), [("before_task", []), ("after_task", ["a"])])
async def test_a_hook_that_raises_fails_its_task_with_that_error(place, stage, where, ran):
    async with managed(place, stage, hooks=[Raising(where)]) as manager:
        tree = await within(manager.execute(chain_of("a", "b")))
    assert statuses(tree) == {"a": "failed", "b": "skipped"}
    assert tree.task("a").error["message"] == f"not in {where}"
    assert tree.task("a").result is None
    assert stage.begun == ran


@pytest.mark.parametrize("where", ["tree_completed", "tree_failed"])
async def test_a_hook_that_raises_after_the_fact_is_logged_and_changes_nothing(place, stage, where, caplog):
    notes = Notes()
    executor = "name" if where == "tree_completed" else "fail"
    with caplog.at_level(logging.CRITICAL, "motet"):
        async with managed(place, stage, hooks=[Raising(where), notes]) as manager:
            tree = await within(manager.execute([{"name": "a", "executor": executor}]))
            await until(lambda: any(call.startswith(where[5:]) for call in notes.calls))
            again = await within(manager.execute(chain_of("b")))
    assert tree.status == ("completed" if executor == "name" else "failed")
    assert again.status == "completed"


async def test_a_retried_task_asks_its_hooks_before_each_attempt(place, stage):
    notes = Notes()
    async with managed(place, stage, hooks=[notes]) as manager:
        await within(manager.execute([{"name": "a", "executor": "fail", "retry": {"attempts": 3, "initial": 0}}]))
    assert notes.calls.count("before a in_progress") == 3


async def test_a_hook_is_asked_that_was_added_while_a_tree_runs(place, stage):
    notes = Notes()
    async with managed(place, stage) as manager:
        run = await manager.submit([*chain_of("b"), {"name": "a", "executor": "gate", "parent": "b"}][::-1])
        await stage.begins("a")
        manager.hooks.append(notes)
        stage.open("a", result=1)
        await within(run.wait())
        await until(lambda: "completed b completed" in notes.calls)
    assert "after a 1" in notes.calls


async def test_a_hook_that_was_taken_out_is_asked_no_more(place, stage):
    notes = Notes()
    async with managed(place, stage, hooks=[notes]) as manager:
        manager.hooks.remove(notes)
        await within(manager.execute(chain_of("a")))
    assert notes.calls == []


class Changing(Hook):
    """Gives other inputs."""

    def __init__(self, given: Any) -> None:
        self.given = given

    async def before_task(self, task, inputs):
        return self.given


async def test_a_hook_changes_what_an_attempt_gets_and_not_what_is_defined(place, stage):
    async with managed(place, stage, hooks=[Changing({"x": 2, "more": [1]})]) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "echo", "inputs": {"x": 1}}]))
        (attempt,) = await manager.attempts(tree.root_task.id)
    assert tree.result == {"x": 2, "more": [1]}
    assert tree.root_task.inputs == {"x": 1}
    assert attempt.inputs == {"x": 2, "more": [1]}


async def test_hooks_see_what_those_before_them_made(place, stage):
    class Add(Hook):
        async def before_task(self, task, inputs):
            return {**inputs, f"n{len(inputs)}": len(inputs)}

    async with managed(place, stage, hooks=[Add(), Add()]) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "echo"}]))
    assert tree.result == {"n0": 0, "n1": 1}


@pytest.mark.parametrize("given", [[1], "x", {"x": object()}, 7])
async def test_inputs_of_a_hook_that_are_no_object_fail_the_task(place, stage, given):
    async with managed(place, stage, hooks=[Changing(given)]) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "echo"}]))
    assert tree.status == "failed"
    assert tree.root_task.error["code"] == "invalid_payload"


async def test_what_a_hook_or_executor_does_to_its_inputs_stays_with_it(place, stage):
    class Meddling(Hook):
        async def before_task(self, task, inputs):
            inputs["deep"]["list"].append("hook")

    async def meddle(inputs, ctx):
        inputs["deep"]["list"].append("executor")
        inputs["first"]["list"].append("executor")
        return inputs["deep"]["list"]

    async def give(inputs, ctx):
        return {"list": [0]}

    stage.add("meddle", meddle)
    stage.add("give", give)
    entries = [
        {"name": "first", "executor": "give", "inputs": {"deep": {"list": []}}},
        {"name": "a", "executor": "meddle", "inputs": {"deep": {"list": [1]}}, "dependencies": ["first"]},
    ]
    async with managed(place, stage, hooks=[Meddling()]) as manager:
        tree = await within(manager.execute(entries))
        _, (attempt,) = [await manager.attempts(task.id) for task in tree.tasks]
    assert tree.result == [1, "executor"]
    assert tree.task("a").inputs == {"deep": {"list": [1]}}
    assert tree.task("first").result == {"list": [0]}
    assert attempt.inputs == {"deep": {"list": [1]}, "first": {"list": [0]}}


@pytest.mark.parametrize(
    ("skip", "expected"),
    [
        (Skip({"cached": 1}), {"a": "completed", "b": "completed"}),
        (Skip(), {"a": "completed", "b": "completed"}),
        (Skip(complete=False), {"a": "skipped", "b": "skipped"}),
    ],
)
async def test_a_hook_answers_in_place_of_the_executor(place, stage, skip, expected):
    class Cache(Hook):
        async def before_task(self, task, inputs):
            return skip if task.name == "a" else None

    entries = chain_of("a", "b")
    entries[1]["executor"] = "echo"
    async with managed(place, stage, hooks=[Cache()]) as manager:
        tree = await within(manager.execute(entries))
    assert statuses(tree) == expected
    assert "a" not in stage.begun
    if skip.complete:
        assert stage.inputs["b"] == {"a": skip.result}
        assert tree.status == "completed"


async def test_a_skip_with_a_result_that_is_no_json_data_fails_the_task(place, stage):
    async with managed(place, stage, hooks=[Changing(Skip(object()))]) as manager:
        tree = await within(manager.execute(chain_of("a")))
    assert statuses(tree) == {"a": "failed"}


@pytest.mark.parametrize("where", ["before_task", "after_task"])
async def test_a_task_is_cancelled_while_its_hook_is_asked(place, stage, where):
    began = asyncio.Event()

    async def wait(*args: Any) -> None:
        began.set()
        await asyncio.get_running_loop().create_future()

    hook = Hook()
    setattr(hook, where, wait)
    async with managed(place, stage, hooks=[hook]) as manager:
        run = await manager.submit(chain_of("a", "b"))
        await within(began.wait())
        await manager.cancel(run.id)
        tree = await within(run.wait())
        assert statuses(tree) == {"a": "cancelled", "b": "cancelled"}
        await until(lambda: not manager.running())


async def test_a_hook_that_refuses_does_not_keep_a_manager_from_opening(place, stage, caplog):
    """What is left over is tried again later; what others do goes on."""
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
    with caplog.at_level(logging.CRITICAL, "motet"):
        async with managed(place, stage, hooks=[Raising("tree_started")], lease=0.05) as manager:
            assert (await manager.tree(run.id)).status == "in_progress"
            await asyncio.sleep(0.1)
            manager.hooks.clear()
            stage.open("a")
            assert (await until_stored(manager, run.id, lambda tree: tree.status.ended)).status == "completed"


async def test_hooks_may_use_the_manager(place, stage):
    class Watcher(Hook):
        async def after_task(self, task, result):
            if task.name == "a":
                await manager.cancel(f"{task.tree_id}-2")

    async with managed(place, stage, hooks=[Watcher()]) as manager:
        tree = await within(
            manager.execute([*fan_of("b", executor="gate"), {"name": "a", "executor": "name", "parent": "all"}])
        )
        assert statuses(tree) == {"all": "cancelled", "a": "completed", "b": "cancelled"}
        with pytest.raises(Conflict):
            await manager.update(tree.task("a").id, priority=0)


async def test_observers_are_told_each_change_once_it_is_stored(place, stage):
    told = Recorder()
    async with managed(place, stage, observer=told) as manager:
        run = await manager.submit([*chain_of("a", "b"), {"name": "c", "executor": "gate", "parent": "b"}])
        await stage.begins("c")
        await manager.cancel(run.id)
        await within(run.wait())
    from motet.kernel.events import TaskChanged, TreeChanged

    changes = [(event.name, str(event.status)) for event in told.of(TaskChanged)]
    assert ("c", "in_progress") in changes
    assert changes.count(("c", "cancelled")) == 1
    assert [str(event.status) for event in told.of(TreeChanged)] == ["cancelled"]


async def test_an_observer_that_raises_stops_nothing(place, stage, caplog):
    def broken(event):
        raise RuntimeError("no")

    with caplog.at_level(logging.CRITICAL, "motet"):
        async with managed(place, stage, observer=broken) as manager:
            tree = await within(manager.execute(chain_of("a", "b")))
    assert tree.status == "completed"
