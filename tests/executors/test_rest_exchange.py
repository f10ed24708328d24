"""One request and its answer, over real connections."""

import asyncio
import gzip
import json
import shutil
import socket
import ssl
import subprocess
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from rest_site import opened, raw
from yarl import URL

from motet.executors import addresses
from motet.executors.rest_exchange import Answer, exchange
from motet.executors.rest_input import RestInput
from motet.executors.rest_remote import Remote
from motet.executors.rest_request import Request, redirected, request_of
from motet.kernel.context import Context
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import AgentFailed, InvalidPayload, Unavailable
from motet.kernel.scope import Scope
from started import descriptors
from support import within

AUTHS = {
    "bearer": {"type": "bearer", "token": "hush"},
    "basic": {"type": "basic", "username": "me", "password": "hush"},
    "key": {"type": "api_key", "name": "X-Key", "value": "hush"},
    "query": {"type": "api_key", "name": "key", "value": "hush", "in": "query"},
}


@pytest.fixture
async def site():
    """A server that repeats what it is sent."""
    before = descriptors()
    async with opened() as site:
        yield site
    assert descriptors() <= before


def request(url: str, **inputs: Any) -> Request:
    return request_of(RestInput.model_validate({"url": url, **inputs}))


async def sent(url: str, *, private=True, max_bytes=100_000, redirects=5, **inputs: Any) -> Answer:
    remote = Remote(Context(Scope(), "rest"))
    sent = request(url, **inputs)
    return await within(exchange(sent, remote, private=private, max_bytes=max_bytes, redirects=redirects))


def said(answer: Answer) -> dict:
    return json.loads(answer.body)


async def test_a_request_and_its_answer(site):
    answer = await sent(f"{site.url}/a/b?c=d")
    assert (answer.url, answer.status) == (f"{site.url}/a/b?c=d", 200)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert (said(answer)["method"], said(answer)["path"], said(answer)["body"]) == ("GET", "/a/b?c=d", "")


BODIES = [
    ({"json": {"a": [1, "ä"]}}, "application/json", '{"a":[1,"ä"]}'),
    ({"json": None}, "application/json", "null"),
    ({"form": {"a": "1 ä&", "b": [True, 2]}}, "application/x-www-form-urlencoded", "a=1+%C3%A4%26&b=true&b=2"),
    ({"body": "hi ä"}, "text/plain; charset=utf-8", "hi ä"),
    ({"body": "<a/>", "headers": {"Content-Type": "text/xml"}}, "text/xml", "<a/>"),
    ({"body": ""}, "text/plain; charset=utf-8", ""),
]


@pytest.mark.parametrize(("inputs", "kind", "body"), BODIES)
async def test_a_body(site, inputs, kind, body):
    back = said(await sent(site.url, method="POST", **inputs))
    assert (back["headers"]["content-type"], back["body"]) == (kind, body)


async def test_a_large_body(site):
    await sent(site.url, method="PUT", body="x" * 3_000_000, max_bytes=4_000_000)
    assert site.bodies == [b"x" * 3_000_000]


async def test_what_is_added_to_the_query(site):
    params = {"a": "1&2", "b": [1, True], "c": 1.5}
    assert said(await sent(f"{site.url}/?a=0", params=params))["path"] == "/?a=0&a=1%262&b=1&b=true&c=1.5"


async def test_a_query_that_nothing_is_added_to_stays_as_it_was_written(site):
    assert said(await sent(f"{site.url}/?b=%2F&a=x+y&sig=%2B"))["path"].count("%2B") == 1


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ("bearer", "authorization", "Bearer hush"),
        ("basic", "authorization", "Basic bWU6aHVzaA=="),
        ("key", "x-key", "hush"),
    ],
)
async def test_credentials_in_a_header(site, auth, name, value):
    assert said(await sent(site.url, auth=AUTHS[auth]))["headers"][name] == value


async def test_credentials_in_the_query_are_not_given_back(site):
    answer = await sent(f"{site.url}/x?a=1", auth=AUTHS["query"])
    assert said(answer)["path"] == "/x?a=1&key=hush"
    assert answer.url == f"{site.url}/x?a=1"


async def test_nothing_of_this_machine_goes_along(site, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hush\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    headers = said(await sent(site.url))["headers"]
    assert set(headers) == {"host", "accept", "accept-encoding", "user-agent", "traceparent"}
    assert headers["user-agent"] == "motet"


@pytest.mark.parametrize("auth", AUTHS.values(), ids=AUTHS)
def test_credentials_are_not_printed(auth):
    assert "hush" not in repr(request("http://x/", auth=auth))


BAD_URLS = [
    "",
    "x",
    "/path",
    "//host/path",
    "ftp://host/",
    "file:///etc/passwd",
    "unix:///run/x.sock",
    "ws://host/",
    "http://",
    "http:///path",
    "http://host:99999/",
    "http://host:x/",
    "http://[::1/",
    "javascript:alert(1)",
    "data:text/plain,hi",
]


@pytest.mark.parametrize("url", BAD_URLS)
async def test_what_is_no_url_that_can_be_called(url):
    with pytest.raises(InvalidPayload, match="^url: it is no URL that can be called"):
        await sent(url)


@pytest.mark.parametrize("url", ["http://me:hush@x/", "http://hush@x/", "http://:hush@x/"])
async def test_credentials_in_a_url_are_refused_and_not_shown(url):
    with pytest.raises(InvalidPayload, match="write them into auth") as caught:
        await sent(url)
    assert "hush" not in json.dumps(to_payload(caught.value))


LOCAL = [
    "http://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://LOCALHOST:{port}",
    "http://0.0.0.0:{port}",
    "http://[::1]:{port}",
    "http://[::]:{port}",
    "http://[::ffff:127.0.0.1]:{port}",
    "http://[::ffff:7f00:1]:{port}",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1",
    "http://192.168.1.1",
    "http://[fe80::1%25lo]:{port}",
    "http://１２７.0.0.1:{port}",
]


@pytest.mark.parametrize("url", LOCAL)
async def test_what_is_not_public_is_not_connected_to(site, url):
    port = site.url.rpartition(":")[2]
    with pytest.raises(InvalidPayload) as caught:
        await sent(url.format(port=port), private=False)
    assert "no public address: register Rest(private=True)" in str(caught.value)
    assert not site.seen


ODD = ["127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0", "127.0.0.1.", "localhost.", "①②⑦.0.0.1"]


@pytest.mark.parametrize("host", ODD)
async def test_an_odd_way_to_write_a_local_address_leads_nowhere(site, host):
    port = site.url.rpartition(":")[2]
    with pytest.raises((InvalidPayload, Unavailable)):
        await sent(f"http://{host}:{port}", private=False)
    site.says("/", web.Response(status=302, headers={"Location": f"http://{host}:{port}/in", "Connection": "close"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1" and not site.seen)
        with pytest.raises((InvalidPayload, Unavailable)):
            await sent(site.url, private=False)
    assert [seen.path for seen in site.seen] == ["/"]


class Rebound:
    """A resolver that leads a name to another address each time it is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *turns: list[str]) -> None:
        self.turns = list(turns)
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.answer)

    async def answer(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        found = self.turns.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


async def test_a_name_that_leads_to_this_machine_is_refused(site, monkeypatch):
    Rebound(monkeypatch, ["127.0.0.1"])
    port = site.url.rpartition(":")[2]
    with pytest.raises(InvalidPayload, match=r"http://evil.example:\d+ leads to 127.0.0.1"):
        await sent(f"http://evil.example:{port}/?key=hush", private=False)
    assert not site.seen


async def test_all_addresses_of_a_name_are_looked_at(site, monkeypatch):
    Rebound(monkeypatch, ["10.0.0.1", "127.0.0.1", "169.254.169.254"])
    with pytest.raises(InvalidPayload, match="no public address"):
        await sent(f"http://evil.example:{site.url.rpartition(':')[2]}/", private=False)
    assert not site.seen


async def test_a_name_that_leads_elsewhere_the_second_time_is_refused(site, monkeypatch):
    """The first address is public for this test; its redirect leads to the same name, which has moved by then."""
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    Rebound(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    site.says("/", web.Response(status=302, headers={"Location": "/next", "Connection": "close"}))
    with pytest.raises(InvalidPayload, match="leads to 127.0.0.2"):
        await sent(f"http://evil.example:{site.url.rpartition(':')[2]}/", private=False)
    assert [seen.path for seen in site.seen] == ["/"]


async def test_a_redirect_to_this_machine_is_refused(site, monkeypatch):
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    port = site.url.rpartition(":")[2]
    for target in (f"http://127.0.0.2:{port}/in", "http://[::1]/", "http://169.254.169.254/"):
        site.says("/", web.Response(status=302, headers={"Location": target}))
        with pytest.raises(InvalidPayload, match="no public address"):
            await sent(site.url, private=False)
    assert {seen.path for seen in site.seen} == {"/"}


async def test_redirects_are_followed_up_to_their_number(site):
    for number in range(4):
        site.says(f"/{number}", web.Response(status=302, headers={"Location": f"{number + 1}?from={number}#part"}))
    assert (await sent(f"{site.url}/0", redirects=4)).url == f"{site.url}/4?from=3"
    with pytest.raises(AgentFailed, match="More than 3 redirects"):
        await sent(f"{site.url}/0", redirects=3)


async def test_a_redirect_may_be_the_answer(site):
    site.says("/", web.Response(status=302, headers={"Location": "/elsewhere"}))
    answer = await sent(site.url, redirects=0)
    assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")


@pytest.mark.parametrize(
    ("method", "status", "then", "body"),
    [
        ("POST", 301, "GET", b""),
        ("POST", 302, "GET", b""),
        ("POST", 303, "GET", b""),
        ("PUT", 303, "GET", b""),
        ("PUT", 302, "PUT", b"hi"),
        ("POST", 307, "POST", b"hi"),
        ("POST", 308, "POST", b"hi"),
        ("DELETE", 301, "DELETE", b"hi"),
    ],
)
async def test_the_method_after_a_redirect(site, method, status, then, body):
    site.says("/", web.Response(status=status, headers={"Location": "/next"}))
    await sent(site.url, method=method, body="hi")
    assert (site.seen[1].method, site.bodies[1]) == (then, body)
    assert ("content-type" in site.seen[1].headers) is bool(body)


@pytest.mark.parametrize("auth", AUTHS.values(), ids=AUTHS)
async def test_credentials_stay_with_their_origin(site, auth):
    headers = {"Cookie": "hush", "X-Token": "hush", "Authorization": "hush", "Accept-Language": "de"}
    async with opened() as other:
        site.says("/", web.Response(status=307, headers={"Location": f"{other.url}/there"}))
        other.says("/there", web.Response(status=307, headers={"Location": f"{site.url}/back"}))
        for target in (site.url, f"{site.url}/same"):
            site.says("/same", web.Response(status=307, headers={"Location": "/"}))
            await sent(target, auth=auth, headers=headers)
        assert "hush" in f"{site.seen[0].raw_headers} {site.seen[0].path_qs}"
        for seen in (*other.seen, site.seen[1]):
            assert "hush" not in f"{seen.raw_headers} {seen.path_qs}"
            assert seen.headers["Accept-Language"] == "de"
        again = [seen for seen in site.seen if seen.path == "/"][1]
        assert "hush" in f"{again.raw_headers} {again.path_qs}"  # the same origin


async def test_cookies_of_one_call_are_unknown_to_the_next(site):
    site.says("/", web.Response(headers={"Set-Cookie": "session=hush; Path=/"}))
    await sent(site.url)
    assert "cookie" not in said(await sent(f"{site.url}/again"))["headers"]


@pytest.mark.parametrize("location", ["ftp://x/", "file:///etc/passwd", "http://[::1", "javascript:x", "http://x:y"])
def test_a_redirect_that_leads_nowhere(location):
    with pytest.raises(AgentFailed, match="http://a/b redirects to somewhere that is neither http nor https"):
        redirected(request("http://a/b?key=hush"), 302, location)


def test_a_redirect_with_credentials_in_it_does_not_send_them():
    assert redirected(request("http://a/"), 302, "http://me:hush@a/x").url == URL("http://a/x")


@pytest.mark.parametrize("location", ["https://a/", "http://a:81/", "http://b/", "//b/x", "http://a.b/"])
def test_another_origin(location):
    assert not redirected(request("http://a/", auth=AUTHS["bearer"]), 302, location).secret_headers


@pytest.mark.parametrize("location", ["/x", "?y", "http://a/z", "http://a:80/", "http://A/", ""])
def test_the_same_origin(location):
    assert redirected(request("http://a/", auth=AUTHS["bearer"]), 302, location).secret_headers


@pytest.mark.parametrize("encoded", [False, True])
async def test_an_answer_that_is_too_long_is_refused(site, encoded):
    body = gzip.compress(b"x" * 1001) if encoded else b"x" * 1001
    site.says("/", web.Response(body=body, headers={"Content-Encoding": "gzip"} if encoded else {}))
    with pytest.raises(AgentFailed, match=r"is longer than 1000 bytes: ask for less, or register Rest\(max_bytes"):
        await sent(site.url, max_bytes=1000)
    assert len((await sent(site.url, max_bytes=1001)).body) == 1001


async def test_an_answer_without_end_is_refused():
    async with raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000, hold=True) as url:
        with pytest.raises(AgentFailed, match="is longer than 1000 bytes"):
            await sent(url, max_bytes=1000)


async def test_a_small_answer_that_unpacks_to_a_large_one_fills_no_memory(site):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(200)) + packer.flush()
    site.says("/", web.Response(body=bomb, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(AgentFailed, match="is longer than 100000 bytes"):
            await sent(site.url)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


BROKEN = {
    "no HTTP": b"hello\r\n\r\n",
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi",
    "wrong chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n",
    "wrong gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi",
    "a long header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_a_broken_answer_shows_no_credentials(answer):
    async with raw(answer) as url:
        with pytest.raises(Unavailable, match="cannot be reached, or broke the connection off") as caught:
            await sent(f"{url}/path?secret=hush", auth=AUTHS["query"])
    assert caught.value.retryable
    assert "hush" not in json.dumps(to_payload(caught.value))


async def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="ClientConnectorError"):
            await sent(f"http://127.0.0.1:{taken.getsockname()[1]}")


async def test_a_name_that_nobody_knows(monkeypatch):
    async def unknown(host, port, **_: object):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    with pytest.raises(Unavailable, match=r"http://no.such.invalid cannot be reached.*DNS"):
        await sent("http://no.such.invalid")


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "a b", "-.-"])
async def test_a_name_that_is_none(host):
    with pytest.raises((InvalidPayload, Unavailable)):
        await sent(f"http://{host}/")


async def test_no_encryption_where_it_was_expected(site):
    with pytest.raises(Unavailable, match="ClientConnectorSSLError"):
        await sent(site.url.replace("http:", "https:"))


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that a server has made for itself."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


@pytest.mark.skipif(shutil.which("openssl") is None, reason="a certificate is made with openssl")
async def test_a_certificate_that_nobody_vouches_for(self_signed):
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=self_signed)
    async with server:
        with pytest.raises(AgentFailed, match="The certificate of https://localhost:.* is not to be trusted") as caught:
            await sent(f"https://localhost:{server.sockets[0].getsockname()[1]}/")
    assert not caught.value.retryable
