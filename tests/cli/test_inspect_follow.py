"""`motet inspect --follow`: what is stored is shown as it comes, until the trace has ended."""

import asyncio
import io
import json
from collections.abc import Mapping, Sequence

import pytest

from motet.cli import inspect_follow
from motet.cli.inspect_follow import follow
from motet.cli.output import Output
from motet.cli.signals import Signals
from motet.cli.tasks_session import Session
from motet.cli.tasks_setup import Setup
from motet.devtools.history import History
from motet.storage import MemoryStore
from support import until, within

TRACE = "0123456789abcdef" * 2


def at(number: int, kind: str, **fields: object) -> dict[str, object]:
    return {"kind": kind, "by": "x", "n": number, "at": 10.0 + number, **fields}


BEGIN = {"kind": "begin", "by": "x", "n": 0, "at": 11.0, "wall": 1.0, "v": 1, "clock": "x", "buffer": 1}
STARTED = at(1, "agent_started", span="s", parent="", agent="it")
CHUNK = at(2, "chunk_emitted", span="s", agent="it", seq=1, restart=False, value="two\nlines")
ENDED = at(3, "agent_ended", span="s", agent="it", status="completed", seconds=2.0)
END = {"kind": "end", "by": "x", "n": 3, "why": "over"}


class Watched(MemoryStore):
    """Counts how often it was looked at."""

    looks = 0

    async def history(self, trace: str, after: int = 0, limit: int = 1000) -> Sequence[tuple[int, dict[str, object]]]:
        self.looks += 1
        return await super().history(trace, after, limit)


@pytest.mark.parametrize("json_", [False, True])
async def test_a_trace_is_followed_until_it_has_ended(monkeypatch: pytest.MonkeyPatch, json_: bool) -> None:
    monkeypatch.setattr(inspect_follow, "PAUSE", 0)
    written = io.StringIO()
    store = Watched()
    session = Session(Setup(), Signals(), json=json_)
    session.out = Output(written)
    parts: list[list[Mapping[str, object]]] = [[BEGIN, STARTED], [CHUNK], [ENDED, END]]
    await store.append(TRACE, parts[0])
    following = asyncio.create_task(follow(session, store, TRACE))
    for part in parts[1:]:
        looked = store.looks
        await until(lambda seen=looked: store.looks > seen + 2)  # type: ignore[misc]
        assert not following.done()
        await store.append(TRACE, part)
    history: History = await within(following)
    assert history.over
    lines = written.getvalue().splitlines()
    if json_:
        assert [json.loads(line)["kind"] for line in lines] == [
            "begin",
            "agent_started",
            "chunk_emitted",
            "agent_ended",
            "end",
        ]
    else:
        assert [line[11:] for line in lines] == ["it begins", "it: two; lines", "it completed after 2.00 s"]


@pytest.mark.virtual_time
async def test_when_nothing_comes_any_more_it_is_said_once_what_that_may_mean(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = Watched()
    session = Session(Setup(), Signals())
    session.out = Output(io.StringIO())
    await store.append(TRACE, [BEGIN, STARTED])
    following = asyncio.create_task(follow(session, store, TRACE))
    await asyncio.sleep(9)
    await store.append(TRACE, [CHUNK])
    await asyncio.sleep(9)
    assert capsys.readouterr().err == ""
    told = "motet: nothing new for 10 s: it works, it waits, or its process was killed. Ctrl-C ends this\n"
    await asyncio.sleep(60)
    assert capsys.readouterr().err == told
    await store.append(TRACE, [ENDED])
    await asyncio.sleep(60)
    assert capsys.readouterr().err == told
    await store.append(TRACE, [END])
    assert (await within(following)).over


async def test_following_can_be_cancelled() -> None:
    store = Watched()
    await store.append(TRACE, [BEGIN, STARTED])
    session = Session(Setup(), Signals())
    session.out = Output(io.StringIO())
    following = asyncio.create_task(follow(session, store, TRACE))
    await until(lambda: store.looks > 0)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(following)
