"""A task mocker stands between tasks and what runs them, strictly, and remembers every call."""

import asyncio
import functools
import re
from typing import Any
from unittest.mock import AsyncMock, Mock, create_autospec

import pytest
from pydantic import BaseModel

from motet import Context, Executors, Status, TaskManager, executor
from motet.kernel.errors import NotAvailable, NotFound
from motet.testing import Chunks, NotMocked, ScriptEnded, TaskMocker, VirtualTime


class Page(BaseModel):
    url: str
    tries: int = 1


@pytest.fixture
def real():
    """Make executors that must not run."""
    executors = Executors(installed=False)

    @executor("fetch", executors=executors)
    async def fetch(inputs: Page) -> str:
        raise AssertionError("the real one ran")

    @executor("login", executors=executors)
    async def login(inputs: dict[str, object]) -> str:
        return "really"

    assert fetch.name == "fetch"
    assert login.name == "login"
    return executors


WORK = [
    {"name": "report", "executor": "login", "dependencies": ["page"]},
    {"name": "page", "executor": "fetch", "inputs": {"url": "http://a"}, "parent": "report"},
]


async def run(mocker, tasks, **options: Any):
    async with TaskManager(executors=mocker.executors, **options) as manager:
        return await manager.execute(tasks)


def one(name="only", executor="fetch", **fields: Any):
    return [{"name": name, "executor": executor, "inputs": {"url": "http://a"}, **fields}]


async def test_values_stand_for_executors_and_calls_are_remembered(real):
    mocker = TaskMocker({"fetch": {"text": "hi"}, "login": None}, executors=real)
    tree = await run(mocker, WORK)
    assert tree.status is Status.COMPLETED
    first, second = mocker.calls
    assert (first.order, first.executor, first.task, first.attempt) == (1, "fetch", "page", 1)
    assert first.inputs == {"url": "http://a"}
    assert first.key.startswith(tree.id)
    assert second.inputs == {"page": {"text": "hi"}}
    assert [call.task for call in mocker.calls_of("page")] == ["page"]
    mocker.assert_order("page", "report")
    mocker.assert_order("fetch", "login")
    mocker.assert_called("fetch", times=1)
    mocker.assert_called_with("fetch", url="http://a")


async def answer_async(inputs):
    return {"async": inputs["url"]}


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (5, 5),
        (None, None),
        (lambda inputs: inputs["url"], "http://a"),
        (lambda _inputs, ctx: ctx.task.name, "only"),
        (answer_async, {"async": "http://a"}),
        (Chunks("a", "b"), "ab"),
    ],
)
async def test_a_mock_answers_with_what_was_said(real, answer, result):
    tree = await run(TaskMocker({"fetch": answer}, executors=real), one())
    assert (tree.status, tree.result) == (Status.COMPLETED, result)


def bound(inputs, ctx):
    return ctx.task.name


def annotated(inputs, n=7, asked: Context | None = None, *, told: Context):
    return n, asked, told.task.name


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (lambda inputs, n=7: n, 7),
        (lambda inputs, *, n=7: n, 7),
        (lambda inputs, **others: [*others], []),
        (lambda inputs, *others: [*others], []),
        (functools.partial(lambda inputs, n: n, n=7), 7),
        (lambda inputs, anything: anything.task.name, "only"),
        (lambda inputs, /, anything: anything.task.name, "only"),
        (lambda inputs, ctx=None: ctx.task.name, "only"),
        (lambda inputs, *, context: context.task.name, "only"),
        (lambda inputs, n=7, *, ctx=None: [n, ctx.task.name], [7, "only"]),
        (functools.partial(bound), "only"),
        (annotated, [7, None, "only"]),
    ],
)
async def test_a_function_gets_the_context_where_it_asks_for_it(real, answer, result):
    tree = await run(TaskMocker({"fetch": answer}, executors=real), one())
    assert (tree.status, tree.result) == (Status.COMPLETED, result)


@pytest.mark.parametrize("kind", [Mock, AsyncMock])
async def test_a_mock_of_the_standard_library_is_called_with_the_inputs_alone(real, kind):
    answer = kind(return_value=7)
    assert (await run(TaskMocker({"fetch": answer}, executors=real), one())).result == 7
    answer.assert_called_once_with({"url": "http://a"})
    answer = create_autospec(bound, return_value=8)
    assert (await run(TaskMocker({"fetch": answer}, executors=real), one())).result == 8
    assert answer.call_args.args[1].task.name == "only"


async def test_a_mock_steps_and_reports_progress_like_an_executor(real):
    async def stepping(inputs, ctx: Context):
        ctx.progress(0.5, "half")
        return await ctx.step("count", lambda: 7)

    assert (await run(TaskMocker({"fetch": stepping}, executors=real), one())).result == 7


async def test_sequences_go_call_by_call_and_their_end_is_an_error(real):
    mocker = TaskMocker(executors=real).mock("fetch", sequence=[OSError("cut"), "second"])
    tree = await run(mocker, one(retry={"attempts": 2, "initial": 0}))
    assert tree.result == "second"
    assert [(call.attempt, call.status) for call in mocker.calls] == [(1, "failed"), (2, "completed")]
    assert len({call.key for call in mocker.calls}) == 1
    tree = await run(mocker, one(retry={"attempts": 3, "initial": 0}))
    assert tree.root_task.error is not None
    assert tree.root_task.error["code"] == ScriptEnded.code
    assert (
        "called once more than its sequence of 2 answers, with {'url': 'http://a'}" in tree.root_task.error["message"]
    )


async def test_failures_may_be_the_first_ones_only(real):
    mocker = TaskMocker(executors=real).mock("fetch", raises=OSError("cut"), fails=2, returns="third")
    tree = await run(mocker, one(retry={"attempts": 3, "initial": 0}))
    assert tree.result == "third"
    mocker.assert_called("only", times=3)
    mocker.mock("fetch", raises=LookupError)
    tree = await run(mocker, one())
    assert tree.status is Status.FAILED
    assert isinstance(mocker.calls[-1].error, LookupError)


def test_delays_go_by_the_loop_and_cancelling_is_remembered(real):
    with VirtualTime() as virtual:
        mocker = TaskMocker(executors=real).mock("fetch", returns=1, delay=3600)

        async def main():
            async with TaskManager(executors=mocker.executors, clock=virtual.clock) as manager:
                assert (await manager.execute(one())).root_task.seconds == 3600
                run = await manager.submit(one())
                while len(mocker.calls) < 2:
                    await asyncio.sleep(0)
                await run.cancel()

        virtual.run(main())
        assert [call.status for call in mocker.calls] == ["completed", "cancelled"]


async def test_what_is_not_mocked_fails_the_task_and_the_block(real):
    with pytest.raises(AssertionError) as caught, TaskMocker({"fetch": 1}, executors=real) as mocker:
        tree = await run(mocker, WORK)
        assert tree.status is Status.FAILED
        assert tree.root_task.error is not None
        assert tree.root_task.error["code"] == NotMocked.code
    assert str(caught.value) == (
        "1 task would have run an executor that is real:\n"
        "  task 'report' names the executor 'login', which is not mocked: say what it does with "
        '.mock("login", returns=...), or let it run with passthrough=["login"]'
    )


@pytest.mark.parametrize("passthrough", [["login"], "login", True])
async def test_what_is_let_through_runs_as_it_is(real, passthrough):
    with TaskMocker({"fetch": 1}, executors=real, passthrough=passthrough) as mocker:
        assert (await run(mocker, WORK)).result == "really"
    assert [call.executor for call in mocker.calls] == ["fetch"]


async def test_it_stands_around_a_manager_and_goes_away_again(real):
    async with TaskManager(executors=real) as manager:
        with TaskMocker(executors=real).around(manager).mock("login", returns="mocked") as mocks:
            assert (await manager.execute(one(executor="login"))).result == "mocked"
            with pytest.raises(NotAvailable, match="mocked already"), TaskMocker().around(manager):
                pass
        assert (await manager.execute(one(executor="login"))).result == "really"
        mocks.assert_called("login", times=1)


async def test_it_stands_around_several_managers_and_leaves_each(real):
    others = Executors(installed=False)

    @executor("extra", executors=others)
    async def extra(inputs: dict[str, object]) -> str:
        return "really extra"

    mocker = TaskMocker({"login": "mocked"}, executors=real)
    async with TaskManager(executors=real) as first, TaskManager(executors=others) as second:
        with mocker.around(first):
            with mocker.around(second).mock("extra", returns="mocked extra"):
                assert (await first.execute(one(executor="login"))).result == "mocked"
                assert (await second.execute(one(executor="extra"))).result == "mocked extra"
            assert (await first.execute(one(executor="login"))).result == "mocked"
            assert (await second.execute(one(executor="extra"))).result == "really extra"
        assert (await first.execute(one(executor="login"))).result == "really"
        with mocker:
            assert (await first.execute(one(executor="login"))).result == "mocked"
        assert (await first.execute(one(executor="login"))).result == "really"


async def test_each_manager_has_its_own_executors_let_through(real):
    others = Executors(installed=False)

    @executor("login", executors=others)
    async def login(inputs: dict[str, object]) -> str:
        return "another"

    mocker = TaskMocker(executors=real, passthrough=True)
    async with TaskManager(executors=real) as first, TaskManager(executors=others) as second:
        with mocker.around(first), mocker.around(second):
            results = [(await manager.execute(one(executor="login"))).result for manager in (first, second)]
    assert results == ["really", "another"]


async def test_a_block_is_judged_by_what_was_refused_in_it(real):
    mocker = TaskMocker(executors=real)
    async with TaskManager(executors=real) as manager:
        with pytest.raises(AssertionError, match="1 task would have run"), mocker.around(manager):
            await manager.execute(one(executor="login"))
        with mocker.around(manager).mock("login", returns=1):
            assert (await manager.execute(one(executor="login"))).result == 1
        with pytest.raises(AssertionError, match="1 task would have run"), mocker.around(manager):
            await manager.execute(one())
            with mocker.around(TaskManager(executors=Executors(installed=False))):
                pass


async def test_what_a_mock_is_given_is_checked_like_the_real_one(real):
    mocker = TaskMocker({"fetch": 1}, executors=real)
    tree = await run(mocker, [{"name": "only", "executor": "fetch", "inputs": {"adress": "x"}}])
    assert tree.root_task.error is not None
    assert "The input of 'fetch' is no Page: url: Field required" in tree.root_task.error["message"]


def test_executors_that_are_not_there_cannot_be_mocked(real):
    told = "No executor is called 'fetsh', so it cannot be mocked: did you mean 'fetch'? To mock one"
    with pytest.raises(NotFound, match=re.escape(told)):
        TaskMocker({"fetsh": 1}, executors=real)
    with pytest.raises(NotFound, match="so it cannot be let through"):
        TaskMocker(executors=real, passthrough=["fetsh"])
    assert TaskMocker({"fetsh": 1}, executors=real, new=True).knows("fetsh")


async def test_an_executor_nobody_knows_fails_its_task_as_ever(real):
    tree = await run(TaskMocker(executors=real), one(executor="fetsh"))
    assert tree.root_task.error is not None
    assert "No executor is called 'fetsh': did you mean 'fetch'?" in tree.root_task.error["message"]


@pytest.mark.parametrize(
    "said", [{"returns": 1, "sequence": []}, {"does": len, "returns": 1}, {"raises": OSError, "returns": 1}]
)
def test_a_mock_does_one_thing(real, said):
    with pytest.raises(TypeError, match="'fetch' can do one thing"):
        TaskMocker(executors=real).mock("fetch", **said)


async def calls(real):
    mocker = TaskMocker({"fetch": OSError("cut"), "login": 2}, executors=real)
    await run(
        mocker,
        [{"name": "report", "executor": "login", "dependencies": [{"name": "page", "required": False}]}, WORK[1]],
    )
    return mocker


CALLS = (
    "Calls:\n  1st: page by fetch with {'url': 'http://a'} raised OSError('cut')\n  2nd: report by login with {} -> 2"
)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (
            lambda m: m.assert_called("fetch", times=2),
            f"Expected 'fetch' to be called 2 times, and it was 1 time\n{CALLS}",
        ),
        (
            lambda m: m.assert_called("fetsh"),
            f"Expected 'fetsh' to be called, and it was 0 times; of what was called, did you mean 'fetch'?\n{CALLS}",
        ),
        (
            lambda m: m.assert_not_called("fetch"),
            (
                "Expected 'fetch' not to be called, and it was:\n"
                "  1st: page by fetch with {'url': 'http://a'} raised OSError('cut')"
            ),
        ),
        (
            lambda m: m.assert_called_with("fetch", url="http://b", tries=2),
            (
                "'fetch' was not called with these inputs. The nearest of 1 call is the 1st, of task 'page':\n"
                f"  /url: expected 'http://b', got 'http://a'\n  /tries: missing, expected 2\n{CALLS}"
            ),
        ),
        (
            lambda m: m.assert_called_with("fetsh", url="x"),
            f"Expected 'fetsh' to be called, and it was 0 times; of what was called, did you mean 'fetch'?\n{CALLS}",
        ),
        (
            lambda m: m.assert_order("report", "page"),
            f"Expected 'page' after 'report', and it was called before that only\n{CALLS}",
        ),
        (
            lambda m: m.assert_order("page", "nothing"),
            (
                "Expected 'nothing' to be called, and it was 0 times; of what was called, "
                f"there are 'fetch', 'login', 'page', 'report'.\n{CALLS}"
            ),
        ),
    ],
)
async def test_a_failed_assertion_shows_the_calls(real, check, told):
    mocker = await calls(real)
    with pytest.raises(AssertionError) as caught:
        check(mocker)
    assert str(caught.value) == told


async def test_that_something_was_not_called_can_only_be_asked_of_what_there_is(real):
    mocker = TaskMocker({"fetch": 1}, executors=real)
    mocker.assert_not_called("fetch")
    mocker.assert_not_called("login")
    with pytest.raises(NotFound, match="'lgoin', so it could not be called: did you mean"):
        mocker.assert_not_called("lgoin")
