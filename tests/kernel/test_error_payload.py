"""Errors as plain data: what goes out comes back as the same class, and nothing that a peer sends breaks reading it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.kernel import errors
from motet.kernel.error_payload import from_payload, text_of, to_payload
from motet.kernel.errors import AgentFailed, Cancelled, Fault, InvalidPayload, MotetError, Unavailable

CLASSES = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, MotetError)]

ENTRIES = ["code", "message", "fault", "retryable", "details", "retry_after", "cause"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def chains(draw, depth=3):
    """Make an error, with a cause or none."""
    error = draw(st.sampled_from(CLASSES))(draw(st.text()))
    error.details = draw(st.dictionaries(st.text(), JSON, max_size=3))
    error.fault = draw(st.sampled_from(Fault))
    error.retryable = draw(st.booleans())
    error.retry_after = draw(st.none() | st.floats(0, 1e6))
    if depth and draw(st.booleans()):
        error.__cause__ = draw(chains(depth=depth - 1))
    return error


def facts(error):
    return error and (
        type(error),
        str(error),
        error.details,
        error.fault,
        error.retryable,
        error.retry_after,
        facts(error.__cause__),
    )


@settings(max_examples=150)
@given(chains())
def test_an_error_crosses_a_wire_and_comes_back_the_same(error):
    carried = json.loads(json.dumps(to_payload(error)))
    assert facts(from_payload(carried)) == facts(error)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(ENTRIES), JSON))
def test_whatever_a_peer_sends_gives_an_error(payload):
    error = from_payload(payload)
    assert isinstance(error, MotetError)
    assert isinstance(error.fault, Fault)
    assert type(error.retryable) is bool
    assert all(isinstance(key, str) for key in error.details)
    json.dumps(to_payload(error))


def test_what_is_missing_gets_defaults():
    error = from_payload({})
    assert (type(error), str(error), error.fault, error.retryable) == (AgentFailed, "agent_failed", Fault.AGENT, False)
    assert from_payload({"code": "unavailable"}).retryable


@pytest.mark.parametrize(
    ("entry", "attribute", "wanted"),
    [
        ({"fault": "nobody"}, "fault", Fault.PEER),
        ({"fault": ["caller"]}, "fault", Fault.PEER),
        ({"retryable": "false"}, "retryable", True),
        ({"retryable": 0}, "retryable", True),
        ({"retry_after": "soon"}, "retry_after", None),
        ({"retry_after": True}, "retry_after", None),
        ({"retry_after": 3}, "retry_after", 3.0),
        ({"retry_after": -1}, "retry_after", None),
        ({"retry_after": 10**400}, "retry_after", None),
        ({"retry_after": float("nan")}, "retry_after", None),
        ({"retry_after": float("inf")}, "retry_after", None),
        ({"details": ["x"]}, "details", {}),
        ({"details": {1: 2}}, "details", {"1": 2}),
        ({"message": None}, "message", "None"),
        ({"cause": "x"}, "__cause__", None),
    ],
)
def test_odd_entries_get_defaults(entry, attribute, wanted):
    assert getattr(from_payload({"code": "unavailable", **entry}), attribute) == wanted


def test_an_unknown_code_is_kept():
    error = from_payload({"code": "teapot", "details": {"a": 1}, "fault": "peer", "retryable": True})
    assert type(error) is AgentFailed
    assert error.details == {"a": 1, "code": "teapot"}
    assert (error.fault, error.retryable) == (Fault.PEER, True)


class OddError(Exception):
    pass


@pytest.mark.parametrize(
    ("raised", "message", "retryable"),
    [
        (OddError("odd"), "odd", True),
        (OddError(), "OddError", True),
        (TypeError("wrong"), "wrong", False),
        (KeyboardInterrupt(), "KeyboardInterrupt", False),
    ],
)
def test_an_error_from_outside_the_tree_becomes_agent_failed(raised, message, retryable):
    error = from_payload(to_payload(raised))
    assert (type(error), str(error), error.fault, error.retryable) == (AgentFailed, message, Fault.AGENT, retryable)
    assert error.details == {"type": type(raised).__name__}


def test_causes_of_other_kinds_go_along():
    error = Unavailable("outer")
    error.__cause__ = OddError("inner")
    cause = from_payload(to_payload(error)).__cause__
    assert (type(cause), str(cause), cause.details) == (AgentFailed, "inner", {"type": "OddError"})


def test_a_circle_of_causes_ends():
    first, second = Cancelled("first"), OddError("second")
    first.__cause__, second.__cause__ = second, first
    payload = to_payload(first)
    assert "cause" not in payload["cause"]
    itself = OddError("itself")
    itself.__cause__ = itself
    assert "cause" not in to_payload(itself)


def test_a_chain_of_causes_is_cut_where_it_gets_long():
    payload = {"code": "cancelled", "message": "0"}
    for number in range(1, 5000):
        payload = {"code": "cancelled", "message": str(number), "cause": payload}
    error, length = from_payload(payload), 0
    while error is not None:
        error, length = error.__cause__, length + 1
    assert 10 < length < 50
    top = Cancelled("top")
    error = top
    for number in range(5000):
        error.__cause__ = Cancelled(str(number))
        error = error.__cause__
    json.dumps(to_payload(top))


class Refused(Unavailable):
    """An error of a user's, with arguments of its own."""

    code = "test_refused"

    def __init__(self, who: str, why: str) -> None:
        super().__init__(f"{who}: {why}", who=who)
        self.why = why


def test_a_class_of_the_users_comes_back_whatever_its_arguments():
    error = from_payload(to_payload(Refused("door", "closed")))
    assert (type(error), str(error), error.details, error.retryable) == (Refused, "door: closed", {"who": "door"}, True)


def test_details_are_a_copy():
    error = InvalidPayload("x", a=1)
    to_payload(error)["details"]["a"] = 2
    assert error.details == {"a": 1}


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


class MuteOfOurs(AgentFailed):
    def __str__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize(
    ("error", "text"),
    [(ValueError("no"), "no"), (ValueError(), ""), (Mute("a"), ""), (AgentFailed(3), ""), (MuteOfOurs("a"), "")],
)
def test_the_text_of_an_error_can_always_be_asked_for(error, text):
    assert text_of(error) == text


def test_an_error_whose_text_cannot_be_made_goes_by_the_name_of_its_class():
    error = RuntimeError("outer")
    error.__cause__ = Mute("a")
    assert to_payload(error)["cause"]["message"] == "Mute"
    assert to_payload(MuteOfOurs("a"))["message"] == "a"
