"""What an answer means."""

import json
import time
from email.utils import formatdate

import pytest

from motet.executors.rest_answer import failure, output_of, retry_after
from motet.executors.rest_exchange import Answer
from motet.kernel.errors import AgentFailed, Unavailable


def answer(body=b"", kind=None, status=200, **headers: str):
    return Answer("http://x/", status, headers | ({} if kind is None else {"content-type": kind}), body)


@pytest.mark.parametrize(
    ("body", "kind", "key", "value"),
    [
        (b'{"a": [1, null]}', "application/json", "json", {"a": [1, None]}),
        (b"null", "application/json; charset=utf-8", "json", None),
        (b'{"title": "no"}', "application/problem+json", "json", {"title": "no"}),
        (b"123456789012345678901234567890", "application/json", "json", 123456789012345678901234567890),
        (b"{", "application/json", "text", "{"),
        (b"NaN", "application/json", "text", "NaN"),
        (b"[" * 100_000, "application/json", "text", "[" * 100_000),
        (b"", "application/json", "text", ""),
        (b"", None, "text", ""),
        (b"", "image/png", "text", ""),
        (b"hi", "text/plain", "text", "hi"),
        (b"hi", "TEXT/HTML; Charset=UTF-8", "text", "hi"),
        (b"\xfc\xff", "text/plain; charset=latin-1", "text", "üÿ"),
        (b"\xff", "text/plain", "text", "\N{REPLACEMENT CHARACTER}"),
        (b"\xff", "text/plain; charset=no-such", "text", "\N{REPLACEMENT CHARACTER}"),
        (b"6869", "text/plain; charset=hex", "text", "6869"),
        (b"a-b", "text/plain; charset=punycode", "text", "a-b"),
        (b"a-b", "text/plain; charset=idna", "text", "a-b"),
        (b"<a/>", "application/xml", "text", "<a/>"),
        (b"<a/>", "image/svg+xml", "text", "<a/>"),
        (b"a=1", "application/x-www-form-urlencoded", "text", "a=1"),
        (b"\x89PNG", "image/png", "base64", "iVBORw=="),
        (b"hi", "application/octet-stream", "base64", "aGk="),
        (b"hi", "application/octet-stream; charset=utf-8", "text", "hi"),
        (b"hi", None, "base64", "aGk="),
    ],
)
def test_a_body_is_given_by_its_type(body, kind, key, value):
    output = output_of(answer(body, kind), 0.5)
    assert {name: output[name] for name in ("json", "text", "base64") if name in output} == {key: value}
    json.dumps(output)


@pytest.mark.parametrize("status", [200, 204, 299, 301, 304, 399])
def test_a_status_that_is_no_failure(status):
    assert failure(answer(status=status), "GET x", 0) is None


@pytest.mark.parametrize("status", [400, 401, 404, 418, 422, 451, 499])
def test_a_failure_that_another_try_does_not_mend(status):
    error = failure(answer(status=status), "GET x", 0)
    assert type(error) is AgentFailed
    assert not error.retryable
    assert error.details == {"status": status}
    assert str(error).startswith(f"GET x answered {status} (")
    assert "raise_for_status=false" in str(error)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
def test_a_failure_that_may_pass(status):
    error = failure(answer(status=status, **{"retry-after": "7"}), "GET x", 0)
    assert type(error) is Unavailable
    assert error.retryable
    assert (error.retry_after, error.details) == (7.0, {"status": status})


def test_a_failure_repeats_nothing_of_the_body():
    assert "hush" not in str(failure(answer(b"hush", "text/plain", 500), "GET x", 0))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("9" * 400, 999999999.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Wed, 99 Nov 2026 99:99:99 GMT", None),
    ],
)
def test_how_long_to_wait(text, seconds):
    assert retry_after({"retry-after": text}, 0) == seconds
    assert retry_after({}, 0) is None


def test_how_long_to_wait_as_a_date():
    now = time.time()
    assert retry_after({"retry-after": formatdate(now + 60, usegmt=True)}, now) == pytest.approx(60, abs=1.5)
    assert retry_after({"retry-after": formatdate(now - 60, usegmt=True)}, now) == 0.0
