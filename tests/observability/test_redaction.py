"""Secrets in keys and texts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.observability.redaction import HIDDEN, NAMES, Redactor

REDACTOR = Redactor(["account"])

SECRETS = [
    "password",
    "Password",
    "db_password",
    "PASSWD",
    "access-token",
    "accessToken",
    "X-Api-Key",
    "apikey",
    "api.key",
    "client_secret",
    "Authorization",
    "Set-Cookie",
    "privateKey",
    "AccountNumber",
]


@pytest.mark.parametrize("key", [*SECRETS, *NAMES])
def test_keys_of_secrets_are_known_however_they_are_written(key):
    assert REDACTOR.hides(key, "x")


@pytest.mark.parametrize("key", ["user", "keyboard", "api", "pass", "", 1, None, ("password",)])
def test_other_keys_are_none(key):
    assert not REDACTOR.hides(key, "x")


def test_numbers_of_tokens_are_no_secrets_and_tokens_are():
    assert not REDACTOR.hides("input_tokens", 17)
    assert REDACTOR.hides("tokens", ["hush"])
    assert REDACTOR.hides("token", 17)
    assert REDACTOR.text("input_tokens=17, token=17") == f"input_tokens=17, token={HIDDEN}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("password=hush", "password=***"),
        ("password = hush and more", "password = *** and more"),
        ("password: hush", "password: ***"),
        ("Authorization: Bearer hush", "Authorization: ***"),
        ("sent Bearer hushhush to it", "sent Bearer *** to it"),
        ('{"password": "hu\\"sh", "user": "ann"}', '{"password": ***, "user": "ann"}'),
        ("{'password': 'hush', 'user': 'ann'}", "{'password': ***, 'user': 'ann'}"),
        ('{\\"password\\": \\"hush\\", \\"user\\": 1}', '{\\"password\\": ***, \\"user\\": 1}'),
        ('{"secrets": ["hush", "hu]sh"], "n": 1}', '{"secrets": ***, "n": 1}'),
        ('{"secret": {"a": {"b": "hush}"}}, "n": 1}', '{"secret": ***, "n": 1}'),
        ("postgres://ann:hush@host/db", "postgres://***@host/db"),
        ("https://hush@host/x?a=b", "https://***@host/x?a=b"),
        (
            "cannot connect to postgresql+psycopg://app:hu/sh@db:5432/x",
            "cannot connect to postgresql+psycopg://***@db:5432/x",
        ),
        ("amqp://app:p@hush@mq/ is down", "amqp://***@mq/ is down"),
        ("https://example.org/@user/repo", "https://example.org/@user/repo"),
        ("https://example.org:80/a/b", "https://example.org:80/a/b"),
        ("sent Cookie: theme=dark; session=hush\nHost: x", "sent Cookie: ***\nHost: x"),
        ("Set-Cookie: session=hush; Path=/; HttpOnly", "Set-Cookie: ***"),
        ('{"cookie": "a=hush; b=c", "n": 1}', '{"cookie": ***, "n": 1}'),
        ("https://host/?api_key=hush", "https://host/?api_key=***"),
        ("Config(user='ann', api_key='hush', n=1)", "Config(user='ann', api_key=***, n=1)"),
        ("password=", "password="),
        ("the password is safe", "the password is safe"),
        ('password="hush', "password=***"),
        ("environ['API_KEY']='hush'", "environ['API_KEY']=***"),
        ("nothing here", "nothing here"),
    ],
)
def test_secrets_are_taken_out_of_texts(text, left):
    assert REDACTOR.text(text) == left
    assert REDACTOR.text(left) == left


@given(st.dictionaries(st.text(), st.text()), st.text(min_size=1), st.sampled_from(SECRETS))
def test_no_secret_is_left_in_json(rest, secret, key):
    marked = f"<hush{secret}hush>"
    for text in (json.dumps({**rest, key: marked, "z": 1}), json.dumps(json.dumps({key: marked, "z": 1}))):
        assert "hush" not in REDACTOR.text(text).replace(json.dumps(rest), "")


@given(st.text(), st.sampled_from(SECRETS))
def test_no_secret_is_left_in_a_repr(secret, key):
    assert "hush" not in REDACTOR.text(repr({"a": 1, key: f"hush{secret}hush", "z": [1]}))


@pytest.mark.parametrize("text", ["token", "token=", "://", "a", "token=[", "token='"])
def test_long_texts_take_no_quadratic_time(text):
    assert len(REDACTOR.text(text * 20_000)) <= len(text) * 20_000


@pytest.mark.parametrize("name", ["", "_", " - "])
def test_a_name_that_would_hide_everything_is_refused(name):
    with pytest.raises(InvalidPayload, match="a name is empty"):
        Redactor([name])
