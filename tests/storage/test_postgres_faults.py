"""PostgreSQL: what happens to a store when the server goes away, and comes back."""

import asyncio
import logging

import psycopg
import pytest
from sqlalchemy import make_url

from motet.storage import SqlStore
from motet.tasks.changes import Claim, Move
from motet.tasks.definition import Definition
from motet.tasks.errors import StoreUnavailable
from motet.tasks.model import Tree
from motet.tasks.status import Status
from motet.testing import FaultProxy, HalfOpen, Refuse, Reset
from support import until

TREE = "00000000000000aa"

COMMIT = b"COMMIT\0"
"""How the statement looks on the wire; "READ COMMITTED" begins like it."""


class Way(FaultProxy):
    """The way to the server."""

    def __init__(self, server) -> None:
        super().__init__(server.host, server.port)
        self.server = server

    @property
    def name(self):
        return f"motet test {self.port}"

    @property
    def url(self):
        url = self.server.set(host=self.host, port=self.port).update_query_dict({"application_name": self.name})
        return url.render_as_string(hide_password=False)

    def lose(self):
        """Refuse new connections, and drop those that are there."""
        self.add(Refuse())
        self.cut()

    def mute(self):
        """Keep the answer to the next commit."""
        return self.add(Reset(direction="down", once=COMMIT, times=1))


@pytest.fixture
def proxy(postgres_url):
    with Way(make_url(postgres_url)) as proxy:
        yield proxy


@pytest.fixture
async def store(proxy):
    store = SqlStore(proxy.url, patience=20)
    await store.open()
    await store.create(Tree(TREE, "tree", created_at=1.0), [Definition(n, f"t{n}", "x") for n in range(1, 6)])
    yield store
    await store.close()


async def test_a_lost_connection_is_made_again(store, proxy, caplog):
    caplog.set_level(logging.INFO, "motet.storage")
    proxy.lose()
    claims = [Claim(TREE, seq, "me", 1.0) for seq in range(1, 4)]
    waiting = [asyncio.ensure_future(store.apply([claim])) for claim in claims]
    reading = asyncio.ensure_future(store.counts(TREE))
    await until(lambda: caplog.records)
    proxy.clear()
    await asyncio.gather(*waiting)
    assert [claim.applied for claim in claims] == [True] * 3
    assert sum((await reading).values()) == 5
    told = [record for record in caplog.records if record.name.startswith("motet")]  # the driver says things of its own
    assert [record.levelname for record in told] == ["WARNING", "INFO"]
    assert "cannot be reached" in told[0].getMessage()
    assert await store.counts(TREE) == {Status.IN_PROGRESS: 3, Status.PENDING: 2}


async def test_a_server_that_stays_away_is_told_and_work_goes_on_afterwards(store, proxy):
    store._database._patience = store._database._writer._patience = 0.05
    proxy.lose()
    claim = Claim(TREE, 1, "me", 1.0)
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await store.apply([claim])
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await store.tree(TREE)
    assert claim.applied is None
    proxy.clear()
    await store.apply([claim])
    assert claim.applied is True


@pytest.mark.parametrize("repeated", range(3))
async def test_a_commit_whose_answer_was_lost_is_not_made_twice(store, proxy, repeated):
    await store.apply([Claim(TREE, 1, "me", 1.0)])
    muted = [proxy.mute()]
    cancel = Move(TREE, 2, Status.PENDING, Status.CANCELLED, 2.0)
    take = Claim(TREE, 3, "me", 2.0)
    done = Move(TREE, 1, Status.IN_PROGRESS, Status.COMPLETED, 2.0, "me", 1, result=7)
    applied = await store.apply([cancel, take, done])
    assert muted[0].fired == 1
    assert (cancel.applied, take.applied, done.applied) == (True, True, True)
    assert applied.revisions == await store.revisions([TREE])
    assert len(await store.attempts(TREE, 1)) == 1
    muted.append(proxy.mute())
    assert await store.append("trace", [{"n": 1}]) == 1
    assert len(await store.history("trace")) == 1
    await store.put_answer("k", "answer")
    muted.append(proxy.mute())
    assert await store.take_answer("k") == "answer"
    muted.append(proxy.mute())
    assert await store.create(Tree("00000000000000bb", "b", created_at=1.0), [Definition(1, "b")]) == "00000000000000bb"
    muted.append(proxy.mute())
    assert await store.delete("00000000000000bb")
    assert [fault.fired for fault in muted] == [1] * 5


async def test_a_server_that_vanishes_in_a_commit_is_waited_for_until_the_connection_is_known_to_be_lost(store, proxy):
    vanished = proxy.add(HalfOpen(direction="down", once=COMMIT, times=1))
    claims = [Claim(TREE, seq, "me", 1.0) for seq in (1, 2)]
    waiting = [asyncio.ensure_future(store.apply([claim])) for claim in claims]
    await until(lambda: vanished.fired)
    assert not any(one.done() for one in waiting)
    proxy.cut()
    await asyncio.gather(*waiting)
    assert [claim.applied for claim in claims] == [True, True]
    assert [(await store.task(TREE, seq)).attempt for seq in (1, 2)] == [1, 1]


async def test_a_reset_in_the_middle_of_what_is_sent_is_done_again(store, proxy):
    reset = proxy.add(Reset(direction="up", after=10, times=1))
    claim = Claim(TREE, 1, "me", 1.0)
    await store.apply([claim])
    assert (claim.applied, reset.fired) == (True, 1)
    assert await store.task(TREE, 1) == claim.task


async def test_what_was_under_way_when_the_connection_was_cut_is_done_once(store, proxy):
    await store.apply([Claim(TREE, seq, "me", 1.0) for seq in range(1, 6)])
    moves = [Move(TREE, seq, Status.IN_PROGRESS, Status.COMPLETED, 2.0, "me", 1, result=seq) for seq in range(1, 6)]

    async def run(move):
        await store.apply([move])

    async def cut():
        for _ in range(3):
            await asyncio.sleep(0.003)
            proxy.lose()
            proxy.clear()

    await asyncio.gather(cut(), *(run(move) for move in moves))
    assert [move.applied for move in moves] == [True] * 5
    assert await store.results(TREE, range(1, 6)) == {seq: seq for seq in range(1, 6)}
    assert [len(await store.attempts(TREE, seq)) for seq in range(1, 6)] == [1] * 5


async def test_a_session_that_the_server_ends_is_made_again(store, postgres_url):
    await store.apply([Claim(TREE, 1, "me", 1.0)])
    with psycopg.connect(make_url(postgres_url).set(query={}).render_as_string(hide_password=False)) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", (proxy.name,)
        )
    claim = Claim(TREE, 2, "me", 1.0)
    await store.apply([claim])
    assert claim.applied
    assert await store.task(TREE, 2) == claim.task


async def test_opening_waits_for_the_server(proxy):
    proxy.lose()
    store = SqlStore(proxy.url, patience=20)
    opening = asyncio.ensure_future(store.open())
    await asyncio.sleep(0.05)
    assert not opening.done()
    proxy.clear()
    await opening
    await store.close()


async def test_a_missing_database_is_told_at_once(postgres_url):
    url = make_url(postgres_url).set(database="motet_nowhere").render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailable, match="does not exist"):
        await SqlStore(url, patience=60).open()


async def test_an_unknown_user_is_told_at_once_without_the_password(postgres_url):
    url = make_url(postgres_url).set(username="motet_nobody", password="hidden")  # noqa: S106 - nobody's
    with pytest.raises(StoreUnavailable, match="does not exist") as raised:
        await SqlStore(url.render_as_string(hide_password=False), patience=60).open()
    assert "hidden" not in str(raised.value)
