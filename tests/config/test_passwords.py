"""Passwords in URLs are never shown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.config.keys import find_leaf
from motet.config.passwords import HIDDEN, without_password
from motet.config.shown import shown

SECRET = "hunter2"  # noqa: S105 - it is none


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"postgresql://me:{SECRET}@host/db", f"postgresql://me:{HIDDEN}@host/db"),
        (f"postgresql://me:a{SECRET}@b@host:1/db?x=1", f"postgresql://me:{HIDDEN}@host:1/db?x=1"),
        (f"postgresql+psycopg://:{SECRET}@host", f"postgresql+psycopg://:{HIDDEN}@host"),
        (f"postgresql://me:a/{SECRET}@host/db", f"postgresql://me:{HIDDEN}@host/db"),
        (f"postgresql://me:/?#{SECRET}@host/db", f"postgresql://me:{HIDDEN}@host/db"),
        (f"postgresql://me@home:{SECRET}@host/db", f"postgresql://me@home:{HIDDEN}@host/db"),
        (f"me:{SECRET}@host/db", f"me:{HIDDEN}@host/db"),
        (f"me:{SECRET}://@host/db", f"me:{HIDDEN}@host/db"),
        (f"postgresql://host/db?user=me&password={SECRET}&x=1", f"postgresql://host/db?user=me&password={HIDDEN}&x=1"),
        (f"postgresql://host/db?passwd={SECRET}", f"postgresql://host/db?passwd={HIDDEN}"),
        (f"mysql://host/db?x=1;pwd={SECRET}", f"mysql://host/db?x=1;pwd={HIDDEN}"),
        (f"x://host/?api_KEY={SECRET}#f", f"x://host/?api_KEY={HIDDEN}#f"),
        (
            f"https://me:{SECRET}@host/x?api-key={SECRET}&sslpassphrase={SECRET}",
            f"https://me:{HIDDEN}@host/x?api-key={HIDDEN}&sslpassphrase={HIDDEN}",
        ),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://me@host:5432/db", "postgresql://me@host:5432/db"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
        ("sqlite:///a:b@c.db", "sqlite:///a:b@c.db"),
        ("memory://", "memory://"),
        ("", ""),
    ],
)
def test_the_password_of_a_url_is_hidden(url: str, told: str) -> None:
    assert without_password(url) == told
    for key in ("tasks.store", "history.store", "observability.otlp_endpoint"):
        assert shown(find_leaf(key), url) == told
        assert shown(find_leaf(key), url, reveal=True) == url
    assert shown(find_leaf("tasks.store"), [url, {"x": url}]) == [told, {"x": told}]


@given(st.text(min_size=1), st.from_regex(r"[a-z.]{1,5}(:[0-9]{1,4})?(/[a-z:]{0,5})?(\?[a-z]=[a-z])?", fullmatch=True))
def test_whatever_stands_before_the_host_is_hidden(password: str, host: str) -> None:
    assert without_password(f"x://me:{password}@{host}") == f"x://me:{HIDDEN}@{host}"


BEFORE = re.compile(r"(^[A-Za-z][\w+.-]*://[^/?#@]*?:)[^/?#]*(?=@)")


@given(st.text("ab:/?#@&=;", max_size=16))
def test_no_less_is_hidden_than_in_a_url_as_it_has_to_be(rest: str) -> None:
    hidden = BEFORE.sub(r"\1", f"x://{rest}")
    assert len(without_password(f"x://{rest}").replace(HIDDEN, "")) <= len(hidden)
