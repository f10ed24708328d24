"""The way to the guard of a program and back."""

import asyncio
import socket
from pathlib import Path

import pytest

from motet.tools.bounds import Bounds
from motet.tools.guard_wire import GuardWire
from motet.tools.guarded import Guarded, guarded
from started import descriptors
from support import until, within


@pytest.fixture
async def ends():
    """A wire, and the other end of its socket."""
    ours, theirs = socket.socketpair()
    _, wire = await asyncio.get_running_loop().create_unix_connection(lambda: GuardWire(ours), sock=ours)
    theirs.setblocking(False)
    yield wire, theirs
    wire.way.abort()
    theirs.close()
    await within(wire.hear())


async def test_lines_are_taken_in_however_they_come(ends):
    wire, theirs = ends
    waiting = asyncio.create_task(wire.hear("exit"))
    for piece in (b'{"start', b'ed": 5}\n{"bound": ', b'"cpu"}\n{"exit": -9}', b"\n"):
        assert not waiting.done()
        theirs.send(piece)
        await asyncio.sleep(0.001)
    await within(waiting)
    assert wire.told == {"started": 5, "bound": "cpu", "exit": -9}
    assert not wire.lost


async def test_the_end_of_the_other_side_ends_the_waiting(ends):
    wire, theirs = ends
    waiting = asyncio.create_task(wire.hear("exit"))
    await asyncio.sleep(0)
    theirs.close()
    await within(waiting)
    assert wire.lost
    wire.say(b"k")  # nobody is there, and that is fine


async def test_what_was_told_is_not_lost_where_words_are_left_unread(ends):
    wire, theirs = ends
    wire.say(b"t")
    theirs.send(b'{"exit": 3}\n')
    theirs.close()
    for _ in range(3):
        wire.say(b"k")
    await within(wire.hear("exit"))
    assert wire.told == {"exit": 3}


async def test_a_word_does_not_get_into_the_midst_of_an_order(ends):
    wire, theirs = ends
    order = b"x" * 5_000_000
    wire.way.write(order)
    assert wire.way.get_write_buffer_size()
    wire.say(b"k")
    await within(wire.hear())
    assert wire.lost
    got = b""
    while piece := theirs.recv(2**20):
        got += piece
    assert set(got) == {ord("x")}
    assert len(got) < len(order)


async def test_words_come_in_order(ends):
    wire, theirs = ends
    wire.way.write(b"order\n")
    wire.say(b"t")
    wire.say(b"k")
    await until(lambda: wire.way.get_write_buffer_size() == 0)
    assert theirs.recv(100) == b"order\ntk"


async def test_a_cancellation_while_a_program_starts_leaves_nothing():
    before = descriptors()
    what = Guarded(Path("/bin/sleep"), ["sleep", "60"], {})
    for turns, pause in [*((turns, 0) for turns in range(8)), *((turns, 0.003) for turns in range(12))]:
        working = asyncio.create_task(guarded(what, Bounds()))
        for _ in range(turns):
            await asyncio.sleep(pause)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(working)
    await asyncio.sleep(0)
    assert descriptors() == before
