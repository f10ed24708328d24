"""One HTTP request, as a task describes it, and what becomes of it when it is redirected."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode

from pydantic_core import to_json

from motet.executors.rest_input import ApiKey, Auth, Basic, Fields, RestInput
from motet.kernel.errors import AgentFailed, InvalidPayload, MissingExtra

try:
    from yarl import URL
except ImportError as error:
    raise MissingExtra.of("The executor 'rest'", "rest") from error

__all__ = ["Request", "redirected", "request_of", "shown"]

HARMLESS: Final = {"accept", "accept-language", "content-type", "user-agent"}
"""The headers that a redirect takes along to another origin: any other may hold credentials."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is ready to be sent.

    Args:
        method: In capital letters.
        url: Where to, without credentials.
        headers: Without credentials of `auth`.
        data: The body, None without one.
        secret_headers: What only the first origin may see.
        secret_params: What only the first origin may see, added to the query.
        traced: Whether a header names the trace.
    """

    method: str
    url: URL
    headers: Mapping[str, str]
    data: bytes | None = None
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    traced: bool = True


def request_of(inputs: RestInput, *, traced: bool = True) -> Request:
    """Make the request that a task describes.

    Args:
        inputs: What the task says.
        traced: Whether a header names the trace; one that the task has counts more.

    Raises:
        InvalidPayload: Its URL cannot be used.
    """
    url = _url(inputs.url)
    if inputs.params:  # a query that nothing is added to stays as it was written: it may be signed
        url = url.extend_query(_pairs(inputs.params))
    headers = {"user-agent": "motet"} | {name.lower(): value for name, value in inputs.headers.items()}
    data: bytes | None = None
    kind = ""
    if "json_" in inputs.model_fields_set:
        data, kind = to_json(inputs.json_), "application/json"
    elif inputs.form is not None:
        data, kind = urlencode(_pairs(inputs.form)).encode(), "application/x-www-form-urlencoded"
    elif inputs.body is not None:
        data, kind = inputs.body.encode(), "text/plain; charset=utf-8"
    if kind:
        headers.setdefault("content-type", kind)
    return Request(inputs.method, url, headers, data, *_secrets(inputs.auth), traced)


def shown(url: URL) -> str:
    """Write a URL for people: without its query, where credentials may be."""
    return str(url.with_query(None).with_fragment(None))


def _url(text: str) -> URL:
    try:
        url = URL(text)
        usable = url.scheme in {"http", "https"} and bool(url.raw_host)
    except ValueError:
        url, usable = URL(), False
    if not usable:  # the text is not shown: credentials may be in it
        raise InvalidPayload("url: it is no URL that can be called: write http://... or https://... with a host")
    if url.raw_user is not None or url.raw_password is not None:
        raise InvalidPayload("url: it holds a user name or a password: write them into auth, which is never shown")
    return url.with_fragment(None)


def _pairs(fields: Fields) -> list[tuple[str, str]]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    return [(name, _word(value)) for name, values in lists.items() for value in values]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _secrets(auth: Auth | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers and the parts of the query that hold the credentials."""
    if auth is None:
        return {}, {}
    if isinstance(auth, ApiKey):
        key = {auth.name: auth.value.get_secret_value()}
        return ({}, key) if auth.in_ == "query" else ({auth.name.lower(): key[auth.name]}, {})
    if isinstance(auth, Basic):
        pair = f"{auth.username}:{auth.password.get_secret_value()}"
        return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}, {}
    return {"authorization": f"Bearer {auth.token.get_secret_value()}"}, {}


def redirected(request: Request, status: int, location: str) -> Request:
    """Return the request that follows a redirect: https://www.rfc-editor.org/rfc/rfc9110#section-15.4.

    Args:
        request: What was redirected.
        status: The status of the redirect.
        location: Where it leads, as its header says.

    Raises:
        AgentFailed: It leads nowhere that could be followed.
    """
    try:
        url = request.url.join(URL(location)).with_user(None).with_fragment(None)
        usable = url.scheme in {"http", "https"} and bool(url.raw_host)
    except ValueError:
        url, usable = request.url, False
    if not usable:
        raise AgentFailed(f"{shown(request.url)} redirects to somewhere that is neither http nor https", status=status)
    if (status == 303 and request.method != "HEAD") or (status in {301, 302} and request.method == "POST"):
        headers = {name: value for name, value in request.headers.items() if name != "content-type"}
        request = replace(request, method="GET", data=None, headers=headers)
    if _origin(url) != _origin(request.url):
        headers = {name: value for name, value in request.headers.items() if name in HARMLESS}
        request = replace(request, headers=headers, secret_headers={}, secret_params={})
    return replace(request, url=url)


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.raw_host, url.port
