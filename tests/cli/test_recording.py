"""`--record`: what happens is kept around the work, whatever becomes of that."""

import asyncio
from pathlib import Path

import pytest

from motet import agent
from motet.cli.history_store import opened_store
from motet.cli.recording import Recording
from observability.stores import FailingStore
from support import echo, within


async def kinds(url: str) -> list[str]:
    async with opened_store(url) as store:
        (trace,) = await store.traces()
        return [str(record["kind"]) for _, record in await store.history(trace)]


async def test_work_is_recorded_with_what_was_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/work.db"
    recording = Recording(url, target="x.py:echo", agent=echo)
    assert await within(recording.around(echo(1, observer=recording))) == 1
    recording.tell()
    assert await kinds(url) == ["begin", "agent_started", "agent_ended", "end"]
    told = capsys.readouterr().err
    assert told.startswith("motet: recorded as trace ")
    assert told.endswith(f" --store {url}\n")
    async with opened_store(url) as store:
        (trace,) = await store.traces()
        ((_, begin),) = await store.history(trace, limit=1)
    assert (begin["target"], begin["sketch"]) == (
        "x.py:echo",
        {"name": "echo", "spots": [{"name": "echo", "shape": "agent", "inside": None}], "arrows": []},
    )


async def test_failed_and_cancelled_work_is_recorded_as_that(tmp_path: Path) -> None:
    begun = asyncio.Event()

    @agent
    async def endless(payload: int) -> int:
        begun.set()
        await asyncio.Event().wait()
        return payload

    url = f"sqlite:///{tmp_path}/work.db"
    recording = Recording(url, target=None)
    task = asyncio.create_task(recording.around(endless(1, observer=recording)))
    await within(begun.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert await kinds(url) == ["begin", "agent_started", "agent_ended", "end"]


async def test_what_the_store_did_not_take_is_said_in_events(capsys: pytest.CaptureFixture[str]) -> None:
    recording = Recording("memory://", target=None, options={"grace": 0.01, "buffer": 2})
    async with recording.on(FailingStore()):
        for number in range(3):
            await within(echo(number, observer=recording))
    recording.tell()
    assert capsys.readouterr().err.endswith("the store was too slow: 6 events are missing in the history\n")


async def test_where_the_store_cannot_be_used_nothing_is_begun() -> None:
    recording = Recording("sqlite:///no/such/folder/work.db", target=None)
    with pytest.raises(Exception, match="no/such/folder"):
        await within(recording.around(echo(1, observer=recording)))
