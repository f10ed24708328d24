import re
from collections.abc import Callable, Sequence

import pytest
from rich.cells import cell_len

from motet import Context, Flow, Node, Policy, RetryPolicy, agent, join
from motet.cli.trace_tree import ASCII, tree_lines
from motet.kernel.events import AgentEnded, AgentStarted, Event
from motet.kernel.policy import Backoff

TRACE = "0123456789abcdef" * 2


def call(
    span: str, parent: str = "", name: str = "it", start: float = 0.0, took: float = 1.0, error: Exception | None = None
) -> list[Event]:
    return [
        AgentStarted(TRACE, start, span, parent, name),
        AgentEnded(TRACE, start + took, span, name, "failed" if error else "completed", took, error),
    ]


def test_one_call_is_one_line() -> None:
    assert tree_lines(call("1")) == [
        f"trace {TRACE}",
        "        start      took",
        "it    +0.0 ms    1.00 s",
    ]


def test_calls_are_drawn_as_a_tree_with_times() -> None:
    error = ValueError("one\ntwo")
    first, *rest = [
        *call("1", name="flow", start=10, took=2.5, error=error),
        *call("2", "1", "first", start=10.25),
        *call("3", "2", "inner", start=10.5, took=0.0125),
        *call("4", "1", "last", start=11.5, error=error),
    ]
    lines = tree_lines([first, *rest[1:], rest[0]])
    assert lines == [
        f"trace {TRACE}",
        "                 start      took",
        "flow           +0.0 ms    2.50 s  failed",
        "├─ first       +250 ms    1.00 s",
        "│  └─ inner    +500 ms   12.5 ms",
        "└─ last        +1.50 s    1.00 s  failed",
        "   ✗ ValueError: one; two",
    ]


def nested(names: Sequence[str], error: Callable[[], Exception | None] = lambda: None) -> list[Event]:
    """Make the events of calls one below another, each with an error of its own object."""
    begins, ends = [], []
    for depth, name in enumerate(names, 1):
        begin, end = call(str(depth), str(depth - 1), name, start=depth, error=error())
        begins.append(begin)
        ends.append(end)
    return begins + ends[::-1]


def test_what_is_deeper_than_there_is_room_for_stands_at_one_place_with_the_number_of_its_level() -> None:
    events = nested([f"n{depth}" for depth in range(11)])
    events += [*call("a", "8", "n8"), *call("b", "9", "n9")]
    labels = [re.split(r"(?<=\d)\s{2,}", line)[0] for line in tree_lines(events)[2:]]
    assert labels == [
        "n0",
        *("   " * depth + f"└─ n{depth + 1}" for depth in range(7)),
        "                     ├─ n8",
        "                     ├─ 9: n9",
        "                     ├─ 10: n10",
        "                     ├─ 9: n9",
        "                     └─ n8",
    ]


def test_however_deep_calls_are_nested_all_of_them_are_drawn() -> None:
    error = ValueError("no")
    lines = tree_lines(nested([f"n{depth}" for depth in range(5000)], lambda: error))
    assert len(lines) == 5003
    assert lines[-2].split()[:3] == ["└─", "4999:", "n4999"]
    assert lines[-1].strip() == "✗ ValueError: no"
    assert max(map(len, lines)) <= 80


def test_an_error_is_shown_where_it_was_raised_also_where_each_call_has_a_copy_of_it() -> None:
    lines = tree_lines(nested(["outer", "middle", "inner"], lambda: ValueError("no")))
    assert [line.partition("  ")[0] for line in lines[2:]] == ["outer", "└─ middle", "", ""]
    assert lines[-1] == "      ✗ ValueError: no"


def test_another_error_with_the_same_words_is_shown_too() -> None:
    errors = iter([LookupError("no"), ValueError("nothing"), ValueError("no")])
    told = [line for line in tree_lines(nested(["outer", "middle", "inner"], lambda: next(errors))) if "✗" in line]
    assert [line.lstrip(" │") for line in told] == ["✗ LookupError: no", "✗ ValueError: nothing", "✗ ValueError: no"]


def test_ascii_will_do() -> None:
    first, *rest = [*call("1", error=ValueError("no")), *call("2", "1", "a"), *call("3", "1", "b")]
    assert [line[:4] for line in tree_lines([first, *rest], glyphs=ASCII)[2:]] == ["it  ", "|  x", "|- a", "`- b"]


def test_what_has_not_ended_says_so() -> None:
    assert tree_lines(call("1")[:1])[2] == "it    +0.0 ms  not over"


def test_nothing_is_told_in_a_line() -> None:
    assert tree_lines([]) == ["no events"]


def test_many_of_one_name_are_summed_up_and_failures_are_kept() -> None:
    events = call("root", name="root")[:1]
    for number in range(20):
        error = ValueError(f"no {number}") if number in {9, 11, 13, 15} else None
        events += call(f"{number}", "root", "work", took=0.5 + number / 10, error=error)
    events += call("other", "root", "other")
    lines = tree_lines([*events, *call("root", name="root")[1:]])[2:]
    assert [re.split(r"(?<=\w)\s{2,}", line)[0] for line in lines] == [
        "root",
        "├─ work",
        "├─ work",
        "├─ work",
        "├─ work",
        "│  ✗ ValueError: no 9",
        "├─ work",
        "│  ✗ ValueError: no 11",
        "├─ work",
        "│  ✗ ValueError: no 13",
        "├─ other",
        "└─ work: 14 more",
    ]
    assert lines[-1].endswith("1 failed, 800 ms to 2.40 s")


def test_an_error_whose_span_is_summed_up_is_shown_above() -> None:
    errors = [ValueError(f"no {number}") for number in range(10)]
    events = call("root", name="root")[:1]
    for number, error in enumerate(errors):
        events += call(f"{number}", "root", "work", error=error)
    lines = tree_lines([*events, *call("root", name="root", error=errors[-1])[1:]])
    assert lines[3] == "│  ✗ ValueError: no 9"


@pytest.mark.parametrize("width", [80, 60, 120])
def test_lines_fit_the_width(width: int) -> None:
    events: list[Event] = []
    parent = ""
    for depth in range(12):
        name = "漢字" * 10 if depth % 2 else "a_very_long_name_of_an_agent_that_goes_on"
        events += call(str(depth), parent, name, error=ValueError("a long story " * 20))
        parent = str(depth)
    lines = tree_lines(events, width)[1:]
    assert all(cell_len(line) <= width for line in lines)
    assert any("…" in line for line in lines)


async def test_a_real_run_is_told_from_its_events() -> None:
    tries: list[str] = []

    @agent
    async def fan(number: int, ctx: Context) -> None:
        for value in range(number):
            await ctx.send(value)

    @agent
    async def shaky(value: int, ctx: Context) -> int:
        await ctx.emit(value)
        if not tries:
            tries.append("first")
            raise ConnectionError("down")
        ctx.spend(tokens=3)
        return value

    policy = Policy(retry=RetryPolicy(attempts=2, backoff=Backoff(0.001)))
    flow = Flow("flow", fan >> Node(shaky, policy=policy) >> join())
    events: list[Event] = []
    async with flow.stream(2, observer=events.append) as stream:
        assert sorted(await stream.result()) == [0, 1]
    told = "\n".join(tree_lines(events))
    for expected in (r"^flow ", r"├─ fan", r"├─ shaky.*failed, tried again after", r"✗ ConnectionError: down"):
        assert re.search(expected, told, re.MULTILINE)
    assert re.search(r"└─ join.*joined 2 messages", told)
    assert re.search(r"attempt 2.*3 tokens", told)
    assert "not over" not in told


def test_a_timeline_shows_when_each_was_at_work() -> None:
    first, *rest = [
        *call("1", name="flow", start=0, took=4.0),
        *call("2", "1", "first", start=0, took=1.0),
        *call("3", "1", "last", start=2.0, took=2.0),
        AgentStarted(TRACE, 3.0, "4", "1", "open"),
    ]
    bars = [line.split()[-1] for line in tree_lines([first, *rest], bars=8)[2:]]
    assert bars == ["━━━━━━━━", "━━······", "····━━━━", "······━━"]
    assert tree_lines(call("1", took=0.0), glyphs=ASCII, bars=4)[2].endswith("====")
