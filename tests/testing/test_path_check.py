"""`assert_path` knows sets and counts, and shows where the way parted."""

import pytest

from motet import Flow, join
from motet.testing import assert_path, echo, faults, run_one


async def outcome():
    flow = Flow("support", echo("triage") >> [echo("search"), echo("memory")] >> join() >> echo("write"))
    return await run_one(flow, 1)


GOOD = ("triage", {"search", "memory"}, "join", "write")


async def test_names_sets_and_counts_meet_the_way():
    came = await outcome()
    assert_path(came, *GOOD)
    assert_path(came, "triage", {"memory": 1, "search": 1, "other": 0}, "write", ignore=["join"])
    assert_path(came, "triage", {"search", "memory"}, "write", ignore="join")


@pytest.mark.parametrize(
    ("expected", "rows", "why"),
    [
        (
            ("triage", {"search", "memroy"}, "join", "write"),
            ["> {memroy, search}  search", "  join              memory"],
            "'memroy' was never reached; of those that were, did you mean 'memory'?",
        ),
        (
            (*GOOD[:3], "triage"),
            ["  join              join", "> triage            write"],
            "write came where triage was to come.",
        ),
        ((*GOOD, "write"), ["> write             -"], "The way ended before write."),
        (GOOD[:3], ["> -                 write"], "The way was to end there, and went on to write."),
        (("triage", {"search": 2, "memory": 1}), ["> {memory, search x2}  {memory, search}"], "{memory, search} came"),
        ((), ["> -         triage"], "The way was to end there, and went on to triage."),
    ],
)
async def test_a_failure_shows_both_ways_and_what_is_the_matter(expected, rows, why):
    with pytest.raises(AssertionError) as caught:
        assert_path(await outcome(), *expected)
    lines = str(caught.value).splitlines()
    assert lines[0] == "The input took another way through 'support' than expected."
    assert set(rows) <= set(lines)
    assert why in str(caught.value)
    assert "  join: 2 in, 1 out" in lines


async def test_the_failure_of_a_node_is_in_the_message():
    flow = Flow("pair", echo("a") >> echo("b"))
    with faults(flow).fail("a", error=OSError("cut")):
        came = await run_one(flow, 1)
    with pytest.raises(AssertionError, match=r"a: 1 in, 0 out, failed with OSError\('cut'\)"):
        assert_path(came, "a", "b")


async def test_what_is_no_step_is_refused():
    with pytest.raises(TypeError, match="A step of a path is a name, a set of names, or a dict of counts, not 5"):
        assert_path(await outcome(), 5)  # type: ignore[arg-type]
