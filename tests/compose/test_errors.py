"""What compositions raise, and what stands for an error that is kept: across a wire and back."""

import json
from itertools import pairwise

import pytest

from motet.compose.errors import AllFailed, Failed, NoRoute
from motet.kernel.error_payload import from_payload, to_payload
from motet.kernel.errors import (
    AgentFailed,
    BudgetExceeded,
    Fault,
    InvalidPayload,
    MotetError,
    QueueFull,
    Unavailable,
)
from motet.kernel.schema import Schema


def carried(error):
    return from_payload(json.loads(json.dumps(to_payload(error))))


FAILURES = [("a", ValueError("one\n   two")), ("b", Unavailable("busy", retry_after=2.0, host="h")), ("c", KeyError())]


def test_its_message_lists_each_agent_with_its_error_in_one_line():
    assert str(AllFailed.of("Nobody answered", FAILURES)).splitlines() == [
        "Nobody answered:",
        "  - a: ValueError: one two",
        "  - b: Unavailable: busy",
        "  - c: KeyError",
    ]


def test_a_long_list_and_a_long_error_are_cut_in_the_message_alone():
    error = AllFailed.of("None", [(f"n{number}", ValueError("x" * 1000)) for number in range(60)])
    lines = str(error).splitlines()
    assert len(lines) == 52
    assert lines[-1] == "  - and 10 more"
    assert max(map(len, lines)) < 250
    assert len(error.errors) == 60


def test_here_the_errors_are_the_very_ones():
    assert AllFailed.of("None", FAILURES).errors == tuple(FAILURES)


def test_it_crosses_a_wire_with_the_likeness_of_each_error():
    error = AllFailed.of("None", FAILURES)
    error.__cause__ = FAILURES[-1][1]
    there = carried(error)
    assert type(there) is AllFailed
    assert str(there) == str(error)
    assert [(agent, type(one), str(one)) for agent, one in there.errors] == [
        ("a", AgentFailed, "one\n   two"),
        ("b", Unavailable, "busy"),
        ("c", AgentFailed, "KeyError"),
    ]
    busy = there.errors[1][1]
    assert isinstance(busy, Unavailable)
    assert (busy.retry_after, busy.details, there.retryable) == (2.0, {"host": "h"}, True)
    assert carried(there).details == there.details


@pytest.mark.parametrize("details", [{}, {"errors": "many"}, {"errors": [1, {"agent": 3}, {}]}])
def test_what_a_peer_made_up_is_no_reason_to_break(details):
    there = from_payload({"code": "all_failed", "message": "x", "details": details})
    assert isinstance(there, AllFailed)
    assert all(isinstance(agent, str) and isinstance(error, MotetError) for agent, error in there.errors)


def test_nested_failures_do_not_double_at_each_level():
    sizes, error = [], AllFailed.of("None", FAILURES)
    for _ in range(10):
        outer = AllFailed.of("None", [("x", ValueError("x")), ("inner", error)])
        outer.__cause__ = error
        sizes.append(len(json.dumps(to_payload(outer))))
        error = outer
    steps = [after - before for before, after in pairwise(sizes)]
    assert max(steps) < 2 * min(steps)
    assert type(carried(error).errors[1][1]) is AllFailed


@pytest.mark.parametrize(
    ("errors", "retryable", "fault", "retry_after"),
    [
        ([ValueError()], True, Fault.AGENT, None),
        ([TypeError()], False, Fault.AGENT, None),
        ([TypeError(), ValueError()], True, Fault.AGENT, None),
        ([InvalidPayload("x"), BudgetExceeded("x")], False, Fault.CALLER, None),
        ([InvalidPayload("x"), ValueError()], True, Fault.AGENT, None),
        ([Unavailable("x", retry_after=3), Unavailable("x", retry_after=2)], True, Fault.PEER, 2),
        ([Unavailable("x", retry_after=3), QueueFull("x", retry_after=5)], True, Fault.AGENT, 3),
        ([Unavailable("x", retry_after=3), ValueError()], True, Fault.AGENT, None),
        ([Unavailable("x", retry_after=3), TypeError()], True, Fault.AGENT, 3),
    ],
)
def test_it_says_of_retries_and_faults_what_its_errors_say(errors, retryable, fault, retry_after):
    error = AllFailed.of("None", [("x", one) for one in errors])
    assert (error.retryable, error.fault, error.retry_after) == (retryable, fault, retry_after)


def test_no_route_says_what_was_offered_and_nothing_of_the_payload():
    error = NoRoute.of("triage", {"password": "secret"}, ["is_a(Bug)", "urgent"])
    assert str(error).startswith("No route of 'triage' takes this dict: it offers is_a(Bug), urgent; add a route")
    assert "secret" not in json.dumps(to_payload(error))
    there = carried(error)
    assert type(there) is NoRoute
    assert (there.offered, there.retryable, there.fault) == (["is_a(Bug)", "urgent"], False, Fault.CALLER)
    assert from_payload({"code": "no_route", "details": {"offered": 3}}).offered == []


def test_a_failed_place_can_cross_a_wire_among_results():
    schema = Schema(list[int | Failed])
    results = [1, Failed("b", Unavailable("busy", retry_after=2.0))]
    assert schema.adapter.validate_python(results) == results
    there = schema.adapter.validate_json(json.dumps(schema.dump(results)))
    assert there[0] == 1
    assert (there[1].agent, type(there[1].error), there[1].error.retry_after) == ("b", Unavailable, 2.0)
    assert schema.json_schema["$defs"]["Failed"]["properties"]["error"]["type"] == "object"


@pytest.mark.parametrize("error", ["no error", 3, None, KeyboardInterrupt()])
def test_what_is_no_error_is_not_read_as_one(error):
    with pytest.raises(ValueError, match="it is no error"):
        Schema(Failed).adapter.validate_python({"agent": "a", "error": error})
