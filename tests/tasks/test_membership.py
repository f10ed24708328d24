"""Which managers live."""

import asyncio
import os
import sys

import pytest

from motet.storage import MemoryStore
from motet.tasks.membership import Membership, this_host
from support import StillClock


class Wall(StillClock):
    """A clock whose time of day is set, with ids of its own."""

    def __init__(self, first: int = 0) -> None:
        super().__init__()
        self._ids = first
        self.time = 1000.0

    def wall(self) -> float:
        return self.time


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def member(store, clock, number=0, lease=10.0) -> Membership:
    made = Membership(store, clock, lease)
    made.owner = f"m{number}"
    return made


def test_owners_differ_and_say_where_they_are(store):
    clock = Wall()
    one, two = Membership(store, clock, 1.0), Membership(store, clock, 1.0)
    assert one.owner != two.owner
    assert f"-{os.getpid()}-" in one.owner


async def test_who_has_said_so_lives(store):
    clock = Wall()
    one, two = member(store, clock, 1), member(store, clock, 2)
    await one.beat()
    assert await one.alive() == {"m1"}
    await two.beat()
    assert await one.alive() == {"m1", "m2"}
    await two.leave()
    assert await one.alive() == {"m1"}


async def test_one_always_believes_to_live_oneself(store):
    clock = Wall()
    one = member(store, clock, 1)
    assert await one.alive() == {"m1"}
    await one.beat()
    clock.time += 100
    assert await one.alive() == {"m1"}


@pytest.mark.parametrize(("later", "alive"), [(9.9, True), (10.0, False), (11, False)])
async def test_who_has_not_said_so_for_longer_than_its_lease_is_gone(store, later, alive):
    clock = Wall()
    one, two = member(store, clock, 1), member(store, clock, 2)
    await two.beat()
    clock.time += later
    assert ("m2" in await one.alive()) == alive
    assert bool([owner for owner, *_ in await store.workers() if owner == "m2"]) == alive


async def test_who_comes_back_lives_again(store):
    clock = Wall()
    one, two = member(store, clock, 1), member(store, clock, 2)
    await two.beat()
    clock.time += 11
    assert "m2" not in await one.alive()
    await two.beat()
    assert "m2" in await one.alive()


@pytest.mark.skipif(not this_host(), reason="where the space of process ids has no name, only leases count")
async def test_a_process_of_this_host_that_has_ended_is_gone_before_its_lease_is(store):
    done = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await done.wait()
    clock = Wall()
    await store.beat("there", clock.wall() + 1000, this_host(), done.pid)
    await store.beat("elsewhere", clock.wall() + 1000, "another host", done.pid)
    await store.beat("nowhere", clock.wall() + 1000, "", done.pid)
    await store.beat("self", clock.wall() + 1000, this_host(), os.getpid())
    await store.beat("init", clock.wall() + 1000, this_host(), 1)
    assert await member(store, clock).alive() == {"m0", "elsewhere", "nowhere", "self", "init"}


def test_a_host_without_a_name_is_none(monkeypatch):
    def nothing(*_: object) -> str:
        raise OSError

    monkeypatch.setattr("motet.tasks.membership.Path.read_text", nothing)
    assert this_host() == ""
