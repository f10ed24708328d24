"""The proxy with real sockets: what each fault looks like from both sides, and that nothing is left."""

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from echoing import EchoServer, echoing
from motet.testing.fault import NetworkFault
from motet.testing.fault_kinds import Bandwidth, Corrupt, Drop, HalfOpen, Latency, Pause, Refuse, Reset, Truncate
from motet.testing.fault_proxy import FaultProxy
from support import SOON, until, within


@pytest.fixture
async def echo() -> AsyncIterator[EchoServer]:
    async with echoing() as server:
        yield server


@pytest.fixture
def proxy(echo: EchoServer):
    with FaultProxy("127.0.0.1", echo.port) as proxy:
        yield proxy


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, data: bytes) -> bytes:
        self.writer.write(data)
        return await within(self.reader.readexactly(len(data)))

    async def rest(self) -> bytes:
        return await within(self.reader.read())


@asynccontextmanager
async def client_of(proxy: FaultProxy) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


async def happened(proxy: FaultProxy, *whats: str) -> None:
    await until(lambda: {entry.what for entry in proxy.record} >= set(whats))


async def test_without_faults_everything_passes_and_is_counted(proxy, echo):
    data = bytes(range(256)) * 4096  # more than the buffers of all sockets on the way
    async with client_of(proxy) as client:
        client.writer.write(data)
        client.writer.write_eof()
        assert await client.rest() == data
    await happened(proxy, "opened", "closed")
    assert echo.got == [data]
    assert (proxy.connections, proxy.passed(), proxy.passed("up"), proxy.passed("down", 1)) == (
        1,
        2 * len(data),
        len(data),
        len(data),
    )
    assert proxy.passed("up", 2) == 0
    await until(lambda: proxy.open == 0)
    assert [entry.what for entry in proxy.record] == ["opened", "closed"]


async def test_a_reset_reaches_both_sides(proxy, echo):
    fault = proxy.add(Reset(after=4, direction="up"))
    async with client_of(proxy) as client:
        assert await client.ask(b"1234") == b"1234"
        client.writer.write(b"5")
        with pytest.raises(ConnectionResetError):
            await client.rest()
    await until(lambda: echo.ended)
    assert echo.ended == {0: "ConnectionResetError"}
    assert echo.got == [b"1234"]
    assert fault.fired == proxy.fired(Reset) == proxy.fired() == 1
    assert [entry.what for entry in proxy.record] == ["opened", "Reset", "reset"]


async def test_a_truncated_answer_ends_in_an_orderly_way(proxy, echo):
    proxy.add(Truncate(3, direction="down"))
    async with client_of(proxy) as client:
        client.writer.write(b"123456")
        assert await client.rest() == b"123"
    await until(lambda: echo.ended)
    assert echo.ended == {0: "eof"}


async def test_a_vanished_peer_says_nothing_to_anybody(proxy, echo):
    with proxy.fault(HalfOpen()):
        async with client_of(proxy) as client:
            client.writer.write(b"x" * 100)
            await happened(proxy, "vanished")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.reader.read(1), 0.01)
        async with client_of(proxy) as other:
            other.writer.write_eof()
            await until(lambda: [entry.what for entry in proxy.record].count("vanished") == 2)
    async with client_of(proxy) as third:
        assert await third.ask(b"here") == b"here"
        assert echo.ended == {}, "the server has heard that a client is gone"
        assert echo.got == [b"", b"", b"here"]
        assert proxy.open == 3


async def test_swallowed_bytes_never_come_and_those_behind_them_do(proxy, echo):
    async with client_of(proxy) as client:
        with proxy.fault(Drop(after=2, size=3, direction="up")):
            client.writer.write(b"123456789")
            assert await within(client.reader.readexactly(6)) == b"126789"
        assert await client.ask(b"more") == b"more"
    assert echo.got[0] == b"126789more"


async def test_corrupt_bytes_are_turned_round(proxy):
    async with client_of(proxy) as client:
        with proxy.fault(Corrupt(offsets=[1], direction="down")):
            assert await client.ask(b"\x01\x02\x03") == b"\x01\xfd\x03"
        assert await client.ask(b"\x01\x02\x03") == b"\x01\x02\x03"


async def test_bytes_are_held_while_paused_and_come_in_order(proxy, echo):
    async with client_of(proxy) as client:
        pause = proxy.add(Pause(direction="down"))
        client.writer.write(b"one ")
        await until(lambda: echo.got == [b"one "] and pause.fired)
        client.writer.write(b"two")
        await until(lambda: echo.got == [b"one two"])
        assert proxy.passed("down") == 0
        proxy.remove(pause)
        assert await within(client.reader.readexactly(7)) == b"one two"


async def test_a_pause_holds_the_end_back_too(proxy, echo):
    async with client_of(proxy) as client:
        pause = proxy.add(Pause(direction="up"))
        client.writer.write_eof()
        await until(lambda: pause.fired)
        assert not echo.ended
        proxy.clear()
        assert await client.rest() == b""
    assert proxy.faults == ()


async def test_late_bytes_come_in_order_and_keep_nothing_else_up(proxy, echo):
    late = proxy.add(Latency(0.02, jitter=0.02, connection=1))
    async with client_of(proxy) as client, client_of(proxy) as other:
        client.writer.write(b"a")
        await until(lambda: late.fired)
        assert await other.ask(b"here") == b"here"
        for letter in b"bcdef":
            client.writer.write(bytes([letter]))
            await asyncio.sleep(0)
        assert await within(client.reader.readexactly(6)) == b"abcdef"


async def test_a_slow_way_gives_a_little_at_a_time(proxy):
    slow = proxy.add(Bandwidth(20_000, direction="down"))
    async with client_of(proxy) as client:
        data = bytes(2000)
        client.writer.write(data)
        first = await within(client.reader.read(65_536))
        assert len(first) <= 800
        rest = await within(client.reader.readexactly(2000 - len(first)))
        assert first + rest == data
        assert slow.fired >= 5


async def test_refusing_is_done_by_the_system_and_the_port_stays(proxy):
    port = proxy.port
    async with client_of(proxy) as client:
        assert await client.ask(b"1") == b"1"
        for _ in range(3):
            with proxy.fault(Refuse()):
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection(proxy.host, port)
                assert await client.ask(b"2") == b"2"
            async with client_of(proxy) as other:
                assert await other.ask(b"3") == b"3"
    assert proxy.port == port
    assert proxy.connections == 4


async def test_cutting_resets_what_is_open_and_takes_what_is_new(proxy):
    async with client_of(proxy) as client, client_of(proxy) as other:
        assert await client.ask(b"1") == await other.ask(b"1")
        proxy.cut()
        assert proxy.open == 0
        for one in (client, other):
            with pytest.raises(ConnectionResetError):
                await one.rest()
    async with client_of(proxy) as client:
        assert await client.ask(b"2") == b"2"
    proxy.cut()


async def test_cutting_what_is_about_to_close_leaves_no_failure_that_nobody_has_seen(proxy, caplog):
    proxy.add(Truncate(3, direction="down"))
    async with client_of(proxy) as client:
        client.writer.write(b"123456")
        assert await within(client.reader.readexactly(3)) == b"123"
        await happened(proxy, "closed")
        assert proxy.open == 1
        proxy.cut()
        assert proxy.open == 0
    gc.collect()
    assert caplog.messages == []


async def test_a_fault_may_concern_one_connection_alone(proxy):
    proxy.add(Reset(connection=2))
    async with client_of(proxy) as client:
        assert await client.ask(b"1") == b"1"
        async with client_of(proxy) as other:
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await other.ask(b"1")
        assert await client.ask(b"2") == b"2"
    assert {entry.connection for entry in proxy.record if entry.what == "Reset"} == {2}


async def test_a_server_that_is_not_there_is_a_reset():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with FaultProxy("127.0.0.1", nobody.getsockname()[1]) as proxy:
            with pytest.raises(ConnectionResetError):  # in connecting, or after
                async with client_of(proxy) as client:
                    await client.rest()
            assert [entry.what for entry in proxy.record] == ["opened", "unreachable", "reset"]


async def test_a_client_that_resets_is_a_reset_for_the_server(proxy, echo):
    async with client_of(proxy) as client:
        assert await client.ask(b"1") == b"1"
        one = client.writer.get_extra_info("socket")
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    await until(lambda: echo.ended)
    assert echo.ended == {0: "ConnectionResetError"}


async def test_a_unix_socket_can_be_the_server(tmp_path):
    path = tmp_path / "s"
    async with echoing(str(path)):
        with FaultProxy(path) as proxy:
            async with client_of(proxy) as client:
                assert await client.ask(b"1") == b"1"


async def test_a_server_may_have_a_name_or_an_address_of_either_kind():
    for host in ("localhost", "::1"):
        server = EchoServer()
        listening = await asyncio.start_server(server.serve, host, 0)
        with FaultProxy(host, listening.sockets[0].getsockname()[1]) as proxy:
            async with client_of(proxy) as client:
                assert await client.ask(b"1") == b"1"
        listening.close()
        await server.end()


def test_a_host_without_a_port_is_refused():
    with pytest.raises(ValueError, match="give a port"):
        FaultProxy("127.0.0.1")


@pytest.mark.parametrize("fault", [None, HalfOpen(), Pause(), Latency(3600), Truncate(0), Drop()])
async def test_nothing_is_left_whatever_hangs(echo, fault: NetworkFault | None):
    before, descriptors = threading.active_count(), psutil.Process().num_fds()
    with FaultProxy("127.0.0.1", echo.port) as proxy:
        if fault:
            proxy.add(fault)
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(bytes(1_000_000))  # nobody reads what comes back
        await until(lambda: proxy.passed() > 50_000 or proxy.fired())
    assert threading.active_count() == before
    assert proxy.open == 0
    writer.transport.abort()
    await until(lambda: psutil.Process().num_fds() <= descriptors)
    with pytest.raises(RuntimeError, match="with"):
        proxy.cut()
    proxy.stop()
    del reader


async def test_a_proxy_begins_once_and_can_begin_again(echo):
    proxy = FaultProxy("127.0.0.1", echo.port)
    with pytest.raises(RuntimeError, match="start"):
        proxy.port  # noqa: B018
    proxy.add(Corrupt(offsets=[0], times=1))
    with proxy:
        with pytest.raises(RuntimeError, match="already"):
            proxy.start()
        async with client_of(proxy) as client:
            assert await client.ask(b"\0") == b"\xff"
    with proxy:
        async with client_of(proxy) as client:
            assert await client.ask(b"\0") == b"\0"


def test_it_serves_a_test_without_an_event_loop():
    with socket.create_server(("127.0.0.1", 0)) as server, FaultProxy("127.0.0.1", server.getsockname()[1]) as proxy:
        proxy.add(Truncate(2, direction="down"))
        with socket.create_connection((proxy.host, proxy.port), SOON) as client:
            accepted, _ = server.accept()
            with accepted:
                accepted.sendall(b"12345")
                proxy.wait_until(lambda: proxy.fired(Truncate))
                assert [client.recv(10), client.recv(10)] == [b"12", b""]
        with pytest.raises(TimeoutError, match="still not so"):
            proxy.wait_until(lambda: False, 0.01)
