"""A request is sent and its answer read: redirects followed, credentials kept to their origin, the body bounded."""

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from motet.executors.addresses import PublicSockets
from motet.executors.rest_remote import Remote, RemoteCall
from motet.executors.rest_request import Request, redirected, shown
from motet.kernel.errors import AgentFailed, InvalidPayload, MissingExtra, Unavailable

try:
    import aiohttp
    from yarl import URL
except ImportError as error:
    raise MissingExtra.of("The executor 'rest'", "rest") from error

__all__ = ["Answer", "exchange"]

REDIRECTS: Final = {301, 302, 303, 307, 308}

PIECE: Final = 2**16
"""Bytes of a body that are read at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the names of the headers are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


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
    traced = {"traceparent": told.traceparent} if request.traced else {}
    async with session.request(
        request.method,
        url,
        headers={**traced, **request.headers, **request.secret_headers},
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
