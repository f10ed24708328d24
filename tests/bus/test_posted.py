"""What is published, checked: the forms that every bus takes."""

import pytest

from motet.bus.posted import check_delay, check_name, post
from motet.kernel.errors import InvalidPayload


def test_headers_are_kept_as_they_were_and_nobody_can_change_them():
    headers = {"traceparent": "00-a-b-01"}
    posted = post("t", b"x", None, headers)
    headers["traceparent"] = "changed"
    assert dict(posted.headers) == {"traceparent": "00-a-b-01"}
    for held in (posted.headers, post("t", b"x", None, None).headers):
        with pytest.raises(TypeError):
            held["new"] = "x"


@pytest.mark.parametrize("name", ["a", "orders.paid", "A-Z_0.9", "x" * 200])
def test_these_are_names(name):
    check_name(name, "topic")


@pytest.mark.parametrize("name", ["", " ", "a b", "a\n", "é", "a/b", "*", "x" * 201, b"a", None])
def test_these_are_none_and_the_error_says_which_are(name):
    with pytest.raises(InvalidPayload, match="The name of a topic has 1 to 200 letters from a to z"):
        check_name(name, "topic")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (("t", "text", None, None), "carries bytes, not str"),
        (("t", memoryview(b"x"), None, None), "carries bytes, not memoryview"),
        (("t", b"x", b"k", None), "The key of a message is text, not bytes"),
        (("t", b"x", "\ud800", None), "The key of a message is no text that can be encoded"),
        (("t", b"x", None, {"a": None}), "The header 'a' of a message is text, not NoneType"),
        (("t", b"x", None, {"a": "x\ny"}), "The header 'a' has a control character in it"),
        (("t", b"x", None, {"a:b": "x"}), "The name of a header has"),
    ],
)
def test_what_cannot_be_published_is_refused_with_what_is_wrong(message, told):
    with pytest.raises(InvalidPayload, match=told):
        post(*message)


@pytest.mark.parametrize("delay", [-0.1, float("nan"), float("inf")])
def test_a_delay_is_a_number_of_seconds(delay):
    with pytest.raises(ValueError, match="a delay is a number of seconds from 0"):
        check_delay(delay)
