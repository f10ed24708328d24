"""One HTTP request and its answer: redirects followed, credentials kept to their origin, the body bounded."""

import asyncio
import io
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode

from pydantic_core import to_json

from motet.executors.addresses import PublicSockets
from motet.executors.rest_input import ApiKey, Auth, Basic, Fields, RestInput
from motet.executors.rest_remote import Remote, RemoteCall
from motet.kernel.errors import AgentFailed, InvalidPayload, MissingExtra, Unavailable

try:
    import aiohttp
    from yarl import URL
except ImportError as error:
    raise MissingExtra.of("The executor 'rest'", "rest") from error

__all__ = ["Answer", "Request", "exchange", "redirected", "request_of", "shown"]

REDIRECTS: Final = {301, 302, 303, 307, 308}
HARMLESS: Final = {"accept", "accept-language", "content-type", "user-agent"}
"""The headers that a redirect takes along to another origin: any other may hold credentials."""

PIECE: Final = 2**16
"""Bytes of a body that are read at once."""


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
    """

    method: str
    url: URL
    headers: Mapping[str, str]
    data: bytes | None = None
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the names of the headers are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def request_of(inputs: RestInput) -> Request:
    """Make the request that a task describes.

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
    return Request(inputs.method, url, headers, data, *_secrets(inputs.auth))


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


async def exchange(request: Request, remote: Remote, *, private: bool, max_bytes: int, redirects: int) -> Answer:
    """Send a request, follow its redirects, and read the answer.

    Args:
        request: What to send.
        remote: Is told of each request that crosses the wire.
        private: Whether addresses that are not public may be connected to.
        max_bytes: How long the body of the answer may be.
        redirects: How many may be followed; 0 follows none.

    Raises:
        Unavailable: The connection could not be made, or broke.
        AgentFailed: The answer is too long, or there are too many redirects.
        InvalidPayload: The address is not public.
    """
    sockets = PublicSockets()
    connector = aiohttp.TCPConnector(socket_factory=None if private else sockets, use_dns_cache=False)
    # A session for this call alone: no cookie, connection or credential of one task can meet another one.
    session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None, sock_connect=None))
    async with session:
        for _ in range(redirects + 1):
            with remote.call(request.url.scheme, _peer(request.url)) as told:
                try:
                    answer = await _sent(session, request, max_bytes, told)
                except asyncio.CancelledError:
                    told.wish()
                    await session.close()  # now nothing of it is under way any more
                    raise
                except (aiohttp.ClientError, OSError, UnicodeError) as error:
                    raise _trouble(request, error, sockets) from (error if isinstance(error, OSError) else None)
                told.answered(answer.status)
            location = answer.headers.get("location")
            if not redirects or answer.status not in REDIRECTS or location is None:
                return answer
            request = redirected(request, answer.status, location)
    raise AgentFailed(f"More than {redirects} redirects, the last one to {shown(request.url)}: allow more of them")


class Sending(io.BytesIO):
    """A body that counts what is read of it, in order to be sent.

    Args:
        data: The body.
        told: Where it is counted.
    """

    def __init__(self, data: bytes, told: RemoteCall) -> None:
        super().__init__(data)
        self._told = told

    def read(self, size: int | None = -1, /) -> bytes:
        """Read a part of it."""
        piece = super().read(size)
        self._told.sent += len(piece)
        return piece


def _peer(url: URL) -> str:
    """Name who is called: never with a path, a query or credentials."""
    return f"{url.host_subcomponent}:{url.port}"


async def _sent(session: aiohttp.ClientSession, request: Request, max_bytes: int, told: RemoteCall) -> Answer:
    data = None if request.data is None else Sending(request.data, told)
    url = request.url.update_query(request.secret_params) if request.secret_params else request.url
    async with session.request(
        request.method,
        url,
        headers={**request.headers, **request.secret_headers},
        data=data,
        allow_redirects=False,
    ) as response:
        body = bytearray()
        async for piece in response.content.iter_chunked(PIECE):
            body += piece
            told.received += len(piece)
            if len(body) > max_bytes:
                raise AgentFailed(
                    f"The answer of {shown(request.url)} is longer than {max_bytes} bytes: "
                    "ask for less, or register Rest(max_bytes=...)"
                )
        names = dict.fromkeys(name.lower() for name in response.headers)
        headers = {name: ", ".join(response.headers.getall(name)) for name in names}
        return Answer(str(request.url), response.status, headers, bytes(body))


def _trouble(request: Request, error: Exception, sockets: PublicSockets) -> Exception:
    """Say what was wrong with the connection; what the error itself says may hold the query."""
    place = str(request.url.origin())
    if sockets.refused and isinstance(error, aiohttp.ClientConnectorError):
        return InvalidPayload(
            f"{place} leads to {sockets.refused[-1]}, which is no public address: "
            "register Rest(private=True) if tasks may reach your own network"
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return AgentFailed(f"The certificate of {place} is not to be trusted: {error.certificate_error}")
    if isinstance(error, UnicodeError | aiohttp.InvalidURL):
        return InvalidPayload(f"{place} has no valid host name")
    return Unavailable(f"{place} cannot be reached, or broke the connection off ({type(error).__name__})")
