"""Faults strike the calls they were asked for, in flows and compositions, and leave no trace."""

import asyncio
import re
from typing import Any

import pytest

from motet import (
    Backoff,
    Cancelled,
    Flow,
    Node,
    Policy,
    RetryPolicy,
    TaskManager,
    agent,
    fallback,
    join,
    map_reduce,
    parallel,
    route,
    sequential,
    tool,
)
from motet.kernel.agent import Agent
from motet.kernel.errors import AgentTimeout, InvalidAgent, NotFound
from motet.middleware import CircuitBreaker, Retry, Timeout
from motet.testing import InjectedFault, VirtualTime, echo, faults, recording

AT_ONCE = RetryPolicy(attempts=3, backoff=Backoff(initial=0))


@agent
async def read(payload: str) -> str:
    """Read."""
    return f"{payload} read"


@agent
async def write(payload: str) -> str:
    """Write."""
    return f"{payload} written"


def pair(**options: Any):
    return Flow("pair", read >> Node(write, **options))


async def test_the_nth_call_of_a_node_fails_and_no_other():
    flow = pair()
    with faults(flow).fail("write", at=2, error=ConnectionError("cut")) as broken:
        assert await flow("a") == "a read written"
        with pytest.raises(ConnectionError, match="cut"):
            await flow("b")
        assert await flow("c") == "c read written"
        assert broken.calls("write") == 3


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (None, InjectedFault, "the 1st call of 'write' was made to fail"),
        (OSError, OSError, "the 1st call of 'write' was made to fail"),
        (lambda payload: KeyError(f"not {payload}"), KeyError, "not a read"),
    ],
)
async def test_it_fails_with_what_was_asked_for(error, kind, text):
    flow = pair()
    with faults(flow).fail("write", at=1, error=error), pytest.raises(kind, match=text):
        await flow("a")


async def test_nothing_is_left_of_faults_afterwards():
    flow = Flow("pair", read.using(Retry(attempts=1)) >> write)
    before = [state.call for state in flow.program.states], dict(vars(read)), dict(vars(write))
    with faults(flow).fail("write").fail("read", error=OSError, at=2):
        with pytest.raises(InjectedFault):
            await flow("a")
        with pytest.raises(OSError):  # noqa: PT011 - the class alone is said
            await flow("a")
    assert await flow("a") == "a read written"
    assert (dict(vars(read)), dict(vars(write))) == before[1:]
    assert flow.program.states[1].call is before[0][1]


async def test_the_policy_of_a_node_retries_an_injected_fault():
    flow = pair(policy=Policy(retry=AT_ONCE))
    with faults(flow).fail("write", at=[1, 2]) as broken:
        assert await flow("a") == "a read written"
        assert broken.calls("write") == 3


async def test_middleware_stands_around_a_fault():
    guarded = read.using(CircuitBreaker(failures=2), Retry(attempts=2, backoff=Backoff(initial=0)))
    flow = Flow("one", guarded >> write)
    with faults(flow).fail("read", at=1):
        assert await flow("a") == "a read written"
    with faults(guarded).fail(read, at=1):
        assert await guarded("a") == "a read"


def test_a_hanging_node_runs_into_the_timeouts_around_it():
    with VirtualTime() as virtual:
        inside = Flow("one", read.using(Timeout(5)))
        around = Flow("two", Node(write, policy=Policy(timeout=7)))
        for flow, name, seconds in [(inside, "read", 5), (around, "write", 7)]:
            start = virtual.clock.now()
            with faults(flow).hang(name), pytest.raises(AgentTimeout):
                virtual.run(flow("a", clock=virtual.clock))
            assert virtual.clock.now() - start == seconds


def test_a_delay_takes_time_of_the_loop():
    with VirtualTime() as virtual:
        flow = pair()
        with faults(flow).delay("read", 3600, at=1).delay("write", 60):
            assert virtual.run(flow("a")) == "a read written"
        assert virtual.clock.now() == 3660


async def test_a_cancelled_node_ends_its_run_as_cancelled_and_no_other():
    flow = pair()
    with faults(flow).cancel("write", at=1):
        first, second = await flow.submit("a"), await flow.submit("b")
        with pytest.raises(Cancelled, match="'write' was cancelled by something that it awaited"):
            await first
        assert await second == "b read written"


async def test_a_hanging_node_ends_with_the_cancellation_of_its_run():
    flow = pair()
    with faults(flow).hang("write", at=1) as broken:
        run = await flow.submit("a")
        while not broken.calls("write"):
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(Cancelled):
            await run
        assert await flow("b") == "b read written"


async def test_faults_reach_into_compositions_and_subflows_at_any_depth():
    inner = Flow("inner", read >> fallback(echo("primary"), echo("second")))
    outer = Flow("outer", sequential(echo("first"), inner) >> write)
    with faults(outer).fail("primary", at=1).fail("first", at=2):
        assert await outer("a") == "a read written"
        with pytest.raises(InjectedFault):
            await outer("b")
    both = parallel(echo("one"), echo("two"))
    with faults(both).fail("two", at=1, error=LookupError), pytest.raises(Exception, match="two"):
        await both("x")


async def test_parts_of_a_map_are_counted_in_the_order_in_which_they_begin():
    fetched = map_reduce(map=echo("fetch"), reduce=list, concurrency=1)
    with faults(fetched).fail("fetch", at=3, error=LookupError("third")), pytest.raises(Exception, match="third"):
        await fetched(["a", "b", "c", "d"])


async def test_a_path_picks_one_of_two_places_of_one_name():
    left = Flow("left", Node(read, name="work"))
    right = Flow("right", Node(write, name="work"))
    both = Flow("both", left >> right)
    with faults(both).fail("right/work", at=1, error=LookupError) as broken:
        with pytest.raises(LookupError):
            await both("a")
        assert broken.calls("right/work") == 1
    with faults(both).fail("work", at=2, error=LookupError) as broken:
        with pytest.raises(LookupError):
            await both("a")
        assert broken.calls("work") == 2


async def test_one_agent_in_two_nodes_is_struck_where_it_was_asked_for():
    flow = Flow("twice", Node(read, name="first") >> Node(read, name="second"))
    with faults(flow).fail("second"), pytest.raises(InjectedFault) as caught:
        await flow("a")
    assert "in node 'second' of flow 'twice'" in caught.value.__notes__
    with faults(flow).fail(read, at=2), pytest.raises(InjectedFault) as caught:
        await flow("a")
    assert "in node 'second' of flow 'twice'" in caught.value.__notes__


async def test_the_second_of_two_alike_in_a_composition_has_its_number():
    twice = sequential(read, read)
    with faults(twice).fail("read_2", at=1, error=LookupError) as broken, pytest.raises(LookupError):
        await twice("a")
    assert broken.calls("read_2") == 1


async def test_an_agent_that_only_code_calls_is_given_itself():
    @agent
    async def ask(payload: str) -> str:
        return await read(payload)

    flow = Flow("asking", ask >> write)
    with pytest.raises(NotFound, match="is given itself, as in faults"):
        faults(flow).fail("read")
    with faults(flow, read).fail(read, at=1), pytest.raises(InjectedFault):
        await flow("a")


async def test_a_tool_is_struck_within_its_own_boundary():
    @tool(timeout=5)
    async def search(query: str) -> str:
        """Search."""
        return query

    with faults(search).fail("search", at=1) as broken:
        assert "was made to fail" in (await search({"query": "x"})).text
        assert broken.calls("search") == 1
        assert (await search({"query": "x"})).value == "x"


async def test_a_router_can_fail_and_a_join_cannot():
    flow = Flow("routed", echo("in") >> route({"a": read, "b": write}, by=lambda payload: payload))
    with faults(flow).fail("route", at=1), pytest.raises(InjectedFault):
        await flow("a")
    assert await flow("a") == "a read"
    joined = Flow("joined", echo("in") >> [read, write] >> join())
    with pytest.raises(NotFound, match="'join' is a join, which collects messages and is not called"):
        faults(joined).fail("join")


async def test_only_payloads_that_count_are_counted():
    flow = pair()
    with faults(flow).fail("write", at=1, when=lambda payload: payload.startswith("b"), error=LookupError):
        assert await flow("a") == "a read written"
        with pytest.raises(LookupError):
            await flow("b")


async def test_faults_may_be_added_while_they_are_at_work_and_overlap_in_any_order():
    flow = pair()
    first, second = faults(flow), faults(flow).fail("read", at=2, error=OSError)
    first.__enter__()
    first.fail("write", at=1, error=LookupError)
    second.__enter__()
    with pytest.raises(LookupError):
        await flow("a")
    first.__exit__(None, None, None)
    with pytest.raises(OSError):  # noqa: PT011 - the class alone is said
        await flow("a")
    second.__exit__(None, None, None)
    assert await flow("a") == "a read written"


async def test_a_recording_agent_and_faults_go_together():
    spy = recording(write)
    flow = Flow("pair", read >> spy)
    with faults(flow).fail("write", at=1), pytest.raises(InjectedFault):
        await flow("a")
    assert [call.status for call in spy.calls] == ["failed"]


async def test_a_fault_that_never_struck_is_an_error_that_says_what_was_called():
    flow = pair()
    with pytest.raises(AssertionError) as caught:  # noqa: SIM117 - the block ends within
        with faults(flow).fail("write", at=3).hang("read", when=lambda _: False):
            await flow("a")
    assert str(caught.value) == (
        "These faults never struck, so that nothing was tested with them:\n"
        "  .fail('write', at=3): 1 call counted at 'write'\n"
        "  .hang('read'): no call counted at 'read'\n"
        "Ask for a call that is made, or pass strict=False"
    )
    with faults(flow, strict=False).fail("write", at=3):
        await flow("a")


async def test_an_error_of_the_block_itself_is_not_hidden():
    with pytest.raises(ZeroDivisionError), faults(pair()).fail("write", at=3):
        _ = 1 / 0


def test_places_that_are_not_there_are_refused_with_what_there_is():
    told = "No place is called 'wirte': did you mean 'write'? An agent that only another one's code calls is given"
    with pytest.raises(NotFound, match=re.escape(told)):
        faults(pair()).fail("wirte")
    with pytest.raises(NotFound, match=re.escape("No place is called 'xyz': there are 'read', 'write'.")):
        faults(pair()).hang("xyz")
    with pytest.raises(NotFound, match="No fault was asked for at 'read'"):
        faults(pair()).fail("write").calls("read")


@pytest.mark.parametrize("at", [0, [], [1, 0], -1])
def test_calls_are_counted_from_one(at):
    with pytest.raises(ValueError, match="calls are counted from 1"):
        faults(pair()).fail("write", at=at)


async def test_faults_at_work_cannot_be_entered_again():
    broken = faults(pair(), strict=False).fail("write")
    with broken, pytest.raises(RuntimeError, match="make others"), broken:
        pass


async def test_an_agent_with_a_call_of_its_own_making_is_refused():
    class Odd(Agent[str, str]):
        bound = property(lambda self: self.call)  # type: ignore[assignment]

        async def call(self, payload: str, ctx) -> str:  # type: ignore[no-untyped-def]
            return payload

    odd = Odd()
    with pytest.raises(InvalidAgent, match="defines `bound` itself"), faults(odd).fail("Odd"):
        pass
    assert await odd("a") == "a"


async def test_the_executor_of_a_task_can_be_made_to_fail():
    async with TaskManager() as manager:
        with faults(read).fail("read", at=1):
            tree = await manager.execute([{"name": "a", "executor": read, "retry": {"attempts": 2, "initial": 0}}])
            assert tree.root_task.attempt == 2
