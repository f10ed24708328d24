"""What a task may say about a request, and what no error shows."""

import json

import pytest

from motet.executors.rest_input import RestInput
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import InvalidPayload
from motet.kernel.schema import Schema

READ = Schema[RestInput](RestInput).validator("rest", "input")
URL = "http://example.org/"


def test_what_is_not_said():
    given = READ({"url": URL})
    assert (given.method, given.redirects, given.retry.attempts, given.raise_for_status) == ("GET", 5, 1, True)
    assert given.auth is None
    assert "json_" not in given.model_fields_set


@pytest.mark.parametrize("method", ["get", "Get", "GET"])
def test_a_method_in_letters_of_any_case(method):
    assert READ({"url": URL, "method": method}).method == "GET"


def test_null_is_a_body():
    assert "json_" in READ({"url": URL, "json": None}).model_fields_set


BEARER = {"type": "bearer", "token": "t"}
BAD = [
    ({}, "url: Field required"),
    ({"url": URL, "mehtod": "GET"}, "mehtod: Extra inputs"),
    ({"url": URL, "json_": {}}, "json_: Extra inputs"),
    ({"url": URL, "method": "CONNECT"}, "method: "),
    ({"url": URL, "method": "TRACE"}, "method: "),
    ({"url": URL, "method": 3}, "method: "),
    ({"url": URL, "headers": {"a b": "x"}}, "headers.a b"),
    ({"url": URL, "headers": {"": "x"}}, "headers."),
    ({"url": URL, "headers": {"x-a": "b\r\nx-c: d"}}, "headers.x-a"),
    ({"url": URL, "headers": {"x-a\r\n": "b"}}, "headers.x-a"),
    ({"url": URL, "headers": {"x-a": "\0"}}, "headers.x-a"),
    ({"url": URL, "headers": {"x-a": 1}}, "headers.x-a"),
    ({"url": URL, "headers": {"Content-Length": "3"}}, "headers: Content-Length is set by the connection itself"),
    ({"url": URL, "headers": {"transfer-encoding": "chunked"}}, "headers: transfer-encoding is set by"),
    ({"url": URL, "json": {}, "form": {}}, "json and form are both the body"),
    ({"url": URL, "json": None, "body": ""}, "json and body are both the body"),
    ({"url": URL, "params": {"a": {"b": 1}}}, "params.a"),
    ({"url": URL, "params": "a=1"}, "params: "),
    ({"url": URL, "auth": {"type": "oauth"}}, "auth: "),
    ({"url": URL, "auth": {"token": "t"}}, "auth: "),
    ({"url": URL, "auth": {"type": "bearer"}}, "auth.bearer.token: Field required"),
    ({"url": URL, "auth": {**BEARER, "password": "p"}}, "auth.bearer.password: Extra"),
    ({"url": URL, "auth": {"type": "bearer", "token": "a\r\nb"}}, "auth.bearer.token: a control character"),
    ({"url": URL, "auth": {"type": "basic", "username": "a:b", "password": "c"}}, "auth.basic.username"),
    ({"url": URL, "auth": {"type": "api_key", "name": "a b", "value": "c"}}, "auth.api_key.name"),
    ({"url": URL, "auth": {"type": "api_key", "name": "a", "value": "c", "in": "cookie"}}, "auth.api_key.in"),
    ({"url": URL, "timeout": 0}, "timeout: "),
    ({"url": URL, "timeout": -1}, "timeout: "),
    ({"url": URL, "timeout": float("nan")}, "timeout: "),
    ({"url": URL, "retry": {"attempts": 0}}, "retry.attempts"),
    ({"url": URL, "retry": {"attempts": 1000}}, "retry.attempts"),
    ({"url": URL, "retry": {"atempts": 3}}, "retry.atempts"),
    ({"url": URL, "retry": {"backoff": -1}}, "retry.backoff"),
    ({"url": URL, "method": "POST", "retry": {}}, 'retry: a POST that is sent twice may take effect twice: add "all_'),
    ({"url": URL, "method": "patch", "retry": {"attempts": 2}}, "retry: a PATCH that is sent twice"),
    ({"url": URL, "redirects": -1}, "redirects: "),
    ({"url": URL, "redirects": 1000}, "redirects: "),
]


@pytest.mark.parametrize(("inputs", "told"), BAD)
def test_inputs_that_do_not_fit(inputs, told):
    with pytest.raises(InvalidPayload) as caught:
        READ(inputs)
    assert told in str(caught.value)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
def test_what_may_be_sent_twice(method):
    assert READ({"url": URL, "method": method, "retry": {}}).retry.attempts == 3
    assert READ({"url": URL, "method": "POST", "retry": {"all_methods": True}}).retry.attempts == 3
    assert READ({"url": URL, "method": "POST", "retry": {"attempts": 1}}).retry.attempts == 1


LEAKY = [
    {"type": "bearer", "tokn": "hush"},
    {"type": "bearer", "token": ["hush"]},
    {"type": "bearer", "token": "hush\n"},
    {"type": "basic", "username": "a:hush", "password": "hush"},
    {"type": "api_key", "name": "a b", "value": "hush"},
    {"type": "oauth", "token": "hush"},
    ["hush"],
]


@pytest.mark.parametrize("auth", LEAKY)
def test_no_error_shows_credentials(auth):
    inputs = {"url": URL, "auth": auth, "headers": {"cookie": "hush\r\n"}, "sneaky": "hush"}
    with pytest.raises(InvalidPayload) as caught:
        READ(inputs)
    assert "hush" not in json.dumps(to_payload(caught.value))


def test_what_is_printed_shows_no_credentials():
    given = READ({"url": URL, "auth": {"type": "basic", "username": "me", "password": "hush"}})
    assert "hush" not in f"{given!r} {given} {given.model_dump()} {given.model_dump_json()}"
