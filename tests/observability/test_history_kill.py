"""A process that is killed while its history is written: what is there has no gaps, and what is missing waited."""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from motet.storage import SqlStore

PROCESS = Path(__file__).with_name("recording_process.py")
TRACE = "0123456789abcdef" * 2


def lived(url: str, buffer: int, lines: int) -> tuple[int, int]:
    """Let the process live until it has printed so many lines after the first write, kill it, return the last one."""
    process = subprocess.Popen(
        [sys.executable, str(PROCESS), url, str(buffer)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    told, written = 0, 0
    while lines:
        told, written = map(int, process.stdout.readline().split())
        lines -= written > 0
    process.send_signal(signal.SIGKILL)
    with process.stdout as printed:  # and not `communicate`, which passes over what was read ahead
        rest = printed.read()
    assert process.wait(timeout=60) == -signal.SIGKILL
    for line in rest.splitlines(keepends=True):
        if line.endswith("\n"):  # the last one may have been cut off by the kill
            told, written = map(int, line.split())
    return told, written


async def stored(url: str) -> list[dict[str, Any]]:
    store = SqlStore(url)
    await store.open()
    try:
        return [record for _, record in await store.history(TRACE, limit=10**6)]
    finally:
        await store.close()


@pytest.mark.parametrize("buffer", [100, 8192])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_kill_the_history_is_a_prefix_and_at_most_the_buffer_is_missing(
    tmp_path: Path, buffer: int, seed: int
) -> None:
    url = f"sqlite:///{tmp_path}/history.db"
    told, written = lived(url, buffer, random.Random(seed).randrange(1, 300))
    begin, *rest = asyncio.run(stored(url))
    assert (begin["kind"], begin["buffer"]) == ("begin", buffer)
    assert [record["n"] for record in rest] == list(range(1, len(rest) + 1))
    assert [record["kind"] for record in rest] == ["agent_started", *["deadline_passed"] * (len(rest) - 1)]
    assert len(rest) >= written - 1  # what was said to be written is there
    assert told - len(rest) <= buffer
