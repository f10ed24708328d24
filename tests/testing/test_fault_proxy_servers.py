"""The proxy before real servers: Redis, and one that speaks HTTP."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from motet.testing.fault_kinds import Bandwidth, HalfOpen, Latency, Pause, Refuse, Reset, Truncate
from motet.testing.fault_proxy import FaultProxy
from support import SOON, until, within

REDIS = os.environ.get("MOTET_TEST_REDIS", "127.0.0.1:6379")
"""A Redis server in which tests may set keys of their own."""


@pytest.fixture
def redis_way():
    host, _, port = REDIS.partition(":")
    with FaultProxy(host, int(port)) as proxy:
        yield proxy


class Redis:
    """The few words of Redis that the tests need; see https://redis.io/docs/latest/develop/reference/protocol-spec/."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def at(cls, host: str, port: int) -> "Redis":
        return cls(*await asyncio.open_connection(host, port))

    async def ask(self, *words: str) -> str:
        self.writer.write(f"{' '.join(words)}\r\n".encode())
        line = (await within(self.reader.readuntil(b"\r\n"))).decode().strip()
        if line.startswith("$") and line != "$-1":
            return (await within(self.reader.readexactly(int(line[1:]) + 2))).decode().strip()
        return line


@pytest.fixture
async def key() -> AsyncIterator[str]:
    """A key that nobody else has; gone afterwards."""
    host, _, port = REDIS.partition(":")
    name = f"motet-test-{uuid.uuid4().hex}"
    yield name
    direct = await Redis.at(host, int(port))
    await direct.ask("DEL", name)
    direct.writer.transport.abort()


async def test_a_write_to_redis_whose_answer_is_lost_has_been_done(redis_way, key):
    client = await Redis.at(redis_way.host, redis_way.port)
    assert await client.ask("SET", key, "0") == "+OK"
    redis_way.add(Reset(direction="down", once=b"INCR", times=1))
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.ask("INCR", key)
    again = await Redis.at(redis_way.host, redis_way.port)
    assert await again.ask("GET", key) == "1"
    for one in (client, again):
        one.writer.transport.abort()


async def test_a_write_that_is_cut_off_has_not_been_done(redis_way, key):
    client = await Redis.at(redis_way.host, redis_way.port)
    with redis_way.fault(Truncate(10, direction="up")):
        client.writer.write(f"SET {key} 1\r\n".encode())
        assert await within(client.reader.read()) == b""
    again = await Redis.at(redis_way.host, redis_way.port)
    assert await again.ask("GET", key) == "$-1"
    for one in (client, again):
        one.writer.transport.abort()


async def test_redis_vanishes_and_another_connection_works(redis_way, key):
    client = await Redis.at(redis_way.host, redis_way.port)
    assert await client.ask("PING") == "+PONG"
    redis_way.add(HalfOpen(connection=1))
    client.writer.write(b"PING\r\n")
    await until(lambda: redis_way.fired(HalfOpen))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.read(1), 0.02)
    other = await Redis.at(redis_way.host, redis_way.port)
    assert await other.ask("PING") == "+PONG"
    for one in (client, other):
        one.writer.transport.abort()


@pytest.fixture
async def site() -> AsyncIterator[FaultProxy]:
    """A way to a web server that gives a page, and a stream of lines."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 5000)

    async def lines(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for number in range(5):
            await answer.write(f"line {number}\n".encode())
        return answer

    app = web.Application()
    app.add_routes([web.get("/page", page), web.get("/lines", lines)])
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    with FaultProxy("127.0.0.1", runner.addresses[0][1]) as proxy:
        yield proxy
    await runner.cleanup()


async def fetched(site: FaultProxy, path: str) -> bytes:
    limit = aiohttp.ClientTimeout(SOON)
    async with (
        aiohttp.ClientSession(timeout=limit) as session,
        session.get(f"http://127.0.0.1:{site.port}{path}") as answer,
    ):
        return await answer.read()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Truncate(1000, direction="down"), aiohttp.ClientPayloadError),
        (Reset(direction="down"), aiohttp.ClientOSError),
        (Reset(direction="up", after=5), aiohttp.ClientOSError),
        (Truncate(0, direction="down"), aiohttp.ServerDisconnectedError),
        (Refuse(), aiohttp.ClientConnectorError),
    ],
)
async def test_an_http_client_sees_each_fault_as_what_it_is(site, fault, error):
    with site.fault(fault), pytest.raises(error):
        await fetched(site, "/page")
    assert await fetched(site, "/page") == b"x" * 5000


@pytest.mark.parametrize("fault", [Latency(0.01, jitter=0.01), Bandwidth(200_000), None])
async def test_what_is_only_slow_arrives_whole(site, fault):
    if fault:
        site.add(fault)
    assert await fetched(site, "/page") == b"x" * 5000
    assert await fetched(site, "/lines") == b"".join(b"line %d\n" % number for number in range(5))


async def test_a_client_that_gives_up_leaves_the_next_one_alone(site):
    held = site.add(Pause(direction="down", connection=1))
    task = asyncio.ensure_future(fetched(site, "/page"))
    await until(lambda: held.fired)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await fetched(site, "/page") == b"x" * 5000
