"""The tree of errors: as drawn, with stable codes, and clear about who is at fault and whether to try again."""

import asyncio
import pickle
import re

import pytest

from motet.kernel import errors
from motet.kernel.errors import (
    BudgetExceeded,
    Fault,
    InvalidGraph,
    InvalidPayload,
    MissingExtra,
    MotetError,
    Unavailable,
    is_retryable,
)

CODES = {
    "MotetError": "error",
    "InvalidPayload": "invalid_payload",
    "InvalidAgent": "invalid_agent",
    "InvalidGraph": "invalid_graph",
    "NotFound": "not_found",
    "MissingExtra": "missing_extra",
    "NotAvailable": "not_available",
    "BudgetExceeded": "budget_exceeded",
    "Cancelled": "cancelled",
    "DeadlineExceeded": "deadline_exceeded",
    "AgentFailed": "agent_failed",
    "AgentTimeout": "agent_timeout",
    "JoinIncomplete": "join_incomplete",
    "Unavailable": "unavailable",
    "QueueFull": "queue_full",
    "FlowStopped": "flow_stopped",
}
"""What crosses wires: a code never changes, and never gets another meaning."""

CLASSES = {name: cls for name, cls in vars(errors).items() if isinstance(cls, type) and issubclass(cls, MotetError)}


def test_codes_are_stable_and_unique():
    assert {name: cls.code for name, cls in CLASSES.items()} == CODES
    assert len(set(CODES.values())) == len(CODES)


def test_every_class_is_public_and_says_what_it_means():
    for name, cls in CLASSES.items():
        assert name in errors.__all__
        assert cls.__doc__


def drawn():
    """Read the tree on top of the file: for each class its parent, its faults and whether it is retryable."""
    parents, rows = {0: "MotetError"}, {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│├└─ ]*)([A-Z]\w+) {2,}.*? {2,}(\w+(?: \| \w+)?)(, retryable)?$", line)
        if found:
            depth = len(found[1]) // 4
            rows[found[2]] = (parents[depth - 1], set(found[3].split(" | ")), bool(found[4]))
            parents[depth] = found[2]
    return rows


def test_the_drawn_tree_is_the_tree():
    rows = drawn()
    assert set(rows) == set(CLASSES) - {"MotetError"}
    for name, (parent, faults, retryable) in rows.items():
        cls = CLASSES[name]
        assert cls.__bases__[0] is CLASSES[parent], name
        assert cls.fault in faults, name
        assert cls.retryable is retryable, name


def test_an_error_carries_message_details_and_when_to_come_back():
    error = Unavailable("Busy", retry_after=2.5, host="h", tries=[1, None])
    assert (str(error), error.message, error.retry_after) == ("Busy", "Busy", 2.5)
    assert error.details == {"host": "h", "tries": [1, None]}
    assert MotetError("x").retry_after is None


@pytest.mark.parametrize("cls", CLASSES.values())
def test_an_error_survives_pickling(cls):
    error = cls("Full", retry_after=1.0, node="n")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), copy.retry_after, copy.details) == (cls, "Full", 1.0, {"node": "n"})


def test_a_budget_error_says_which_and_how_much():
    error = BudgetExceeded("x", budget="cost", limit=2.5)
    assert (error.budget, error.limit) == ("cost", 2.5)
    odd = BudgetExceeded("x", budget="nonsense", limit="much")
    assert (odd.budget, odd.limit) == ("hops", 0.0)


def test_a_graph_error_lists_every_problem():
    error = InvalidGraph.of("g", ["one", "two"])
    assert str(error) == "The graph of 'g' cannot run:\n  - one\n  - two"
    assert error.problems == ["one", "two"]
    assert InvalidGraph("x", problems="odd").problems == []


def test_a_missing_extra_says_what_to_install():
    error = MissingExtra.of("The brass band", "brass")
    assert 'pip install "motet[brass]"' in str(error)
    assert error.details == {"extra": "brass"}


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        *((cls("x"), cls.retryable) for cls in CLASSES.values()),
        (ValueError(), True),
        (ConnectionError(), True),
        (TimeoutError(), True),
        (KeyError(), True),
        (OSError(), True),
        (TypeError(), False),
        (AttributeError(), False),
        (NameError(), False),
        (ImportError(), False),
        (SyntaxError(), False),
        (NotImplementedError(), False),
        (AssertionError(), False),
        (asyncio.CancelledError(), False),
        (KeyboardInterrupt(), False),
        (SystemExit(), False),
    ],
)
def test_whether_trying_again_can_help(error, retryable):
    assert is_retryable(error) is retryable


def test_an_error_may_know_better_than_its_class():
    error = InvalidPayload("x")
    error.retryable, error.fault = True, Fault.PEER
    assert is_retryable(error)
    assert InvalidPayload.fault is Fault.CALLER
    assert not InvalidPayload.retryable


@pytest.mark.parametrize("name", ["DeadlineExceeded", "AgentTimeout"])
def test_to_code_that_knows_nothing_of_motet_it_is_a_timeout(name):
    error = CLASSES[name]("x", retry_after=1.0)
    assert isinstance(error, TimeoutError)
    assert (str(error), is_retryable(error)) == ("x", CLASSES[name].retryable)
