"""What is given in place of an agent, or of anything else, is refused with what to write."""

import pytest

from motet import Flow, TaskManager, agent
from motet.kernel.agent import Agent
from motet.kernel.events import RunStarted
from motet.testing import (
    Recorder,
    TaskMocker,
    assert_events,
    assert_path,
    echo,
    eventually,
    faults,
    flaky,
    recording,
    run_one,
    scripted,
    simulate_workflow,
    slow,
)
from motet.testing.stand_in import made


class Work(Agent[int, int]):
    """An agent."""

    async def call(self, payload: int, ctx) -> int:  # type: ignore[no-untyped-def]
        return payload


def function(_):
    return None


FLOW = Flow("pair", echo("a") >> echo("b"))
TREE = [{"name": "a", "executor": "x"}]


@pytest.mark.parametrize(
    ("mistake", "error", "told"),
    [
        (lambda: flaky(function, fail=[1]), TypeError, r"flaky\(\) takes an agent.*becomes an agent with @agent"),
        (lambda: flaky(Work, fail=[1]), TypeError, r"not its class: make one, as in Work\(\)"),
        (lambda: recording("x"), TypeError, r"recording\(\) takes an agent, not 'x': give the agent itself"),
        (lambda: slow(5, 1), TypeError, r"slow\(\) takes an agent, not 5"),
        (lambda: slow(echo(), -1), ValueError, "it takes a number of seconds from 0"),
        (lambda: scripted([], like="x"), TypeError, "like= takes an agent, not 'x'"),
        (faults, TypeError, r"faults\(\) takes the flow, or the agents"),
        (lambda: faults("x"), TypeError, r"faults\(\) takes an agent, not 'x'"),
        (lambda: faults(FLOW).fail(5), TypeError, r"\.fail\(\) takes an agent, not 5"),
        (lambda: faults(FLOW).fail("a", at="2"), ValueError, r"at='2': calls are counted from 1, as in at=2"),
        (lambda: flaky(echo(), fail=[1], error="cut"), TypeError, "^error='cut': it is an exception, its class, or a"),
        (lambda: faults(FLOW).fail("a", error=5), TypeError, "^error=5: it is an exception, its class, or a function"),
        (lambda: TaskMocker().mock("rest", raises="cut"), TypeError, "^raises='cut': it is an exception, its class"),
        (lambda: TaskMocker().mock("rest", does={"a": 1}), TypeError, r"^does=\{'a': 1\}: it is a function.*returns="),
        (lambda: simulate_workflow(TREE, failures={"a": "x"}), TypeError, r"^failures\['a'\]='x': it is an exception"),
        (lambda: TaskMocker(["rest"]), TypeError, "it is a dict from ids to answers"),
        (lambda: TaskMocker().mock("rest", sequence="ab"), TypeError, "it is a list of answers"),
        (lambda: TaskMocker().around(5), TypeError, r"around\(\) takes a TaskManager, not 5"),
        (lambda: simulate_workflow([{"name": "a", "executor": "x"}], default="long"), ValueError, "'long' seconds"),
        (lambda: assert_path(FLOW, "a"), TypeError, r"assert_path\(\) takes what run_one gave, not <Flow pair>"),
        (lambda: assert_events(Recorder(), RunStarted), TypeError, r"What is expected is a list, as in \[RunStarted\]"),
    ],
)
def test_mistakes_are_told_with_what_to_write(mistake, error, told):
    with pytest.raises(error, match=told):
        mistake()


async def test_mistakes_of_what_is_awaited_are_raised_too():
    with pytest.raises(TypeError, match=r"run_one\(\) takes an agent, not 'x'"):
        await run_one("x", 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="A call takes no option nonsense"):
        await run_one(FLOW, 1, nonsense=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="so it takes a function"):
        await eventually(True)  # type: ignore[arg-type]


def test_an_exception_is_made_afresh_with_its_cause_and_without_notes():
    error = LookupError("x")
    error.__cause__ = OSError("y")
    error.add_note("from the last time")
    again = made(error, 1, "")
    assert again is not error
    assert (str(again), again.__cause__) == ("x", error.__cause__)
    assert not getattr(again, "__notes__", None)
    assert error.__notes__ == ["from the last time"]


async def test_stand_ins_stand_in_task_trees_as_well():
    @agent
    async def fetch(inputs: dict[str, object]) -> int:
        """Fetch."""
        return 1

    async with TaskManager() as manager:
        tree = await manager.execute([{"name": "a", "executor": scripted([7], like=fetch)}])
        assert tree.result == 7
