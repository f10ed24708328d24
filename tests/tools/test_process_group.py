"""The processes of a group."""

import asyncio
import os
import signal
import subprocess
import time
from contextlib import suppress

import pytest

from motet.tools import process_group
from motet.tools.process_group import end_group
from started import alive, program, written
from support import within


@pytest.fixture
def begin(tmp_path):
    """Start a program in a group of its own; the group is killed after the test."""
    started = []

    def start(text):
        process = subprocess.Popen([program(tmp_path, "it", text)], cwd=tmp_path, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def test_a_group_that_does_not_exist_is_gone():
    await within(end_group(2**22 - 7, 60))


async def test_a_group_that_ends_politely_is_not_waited_for_longer(begin):
    start = time.monotonic()
    process = begin("sleep 60")
    await end_group(process.pid, 60)  # dead, and not reaped: nobody waits for that
    assert not alive(process.pid)
    assert time.monotonic() - start < 20


async def test_a_deaf_group_is_killed(begin, tmp_path):
    process = begin("trap '' TERM; (sleep 60; :) & echo $! > pid; while true; do sleep 0.1; done")
    below = int(await written(tmp_path / "pid"))
    await end_group(process.pid, 0.2)
    assert not alive(process.pid)
    assert not alive(below)
    assert process.wait() == -signal.SIGKILL


async def test_a_group_that_is_stopped_is_killed(begin, tmp_path):
    process = begin("echo > pid; sleep 60")
    await written(tmp_path / "pid")
    os.killpg(process.pid, signal.SIGSTOP)
    await end_group(process.pid, 0.1)
    assert not alive(process.pid)


async def test_a_cancellation_kills_at_once(begin, tmp_path):
    process = begin("trap '' TERM; echo > pid; while true; do sleep 0.1; done")
    await written(tmp_path / "pid")
    ending = asyncio.create_task(end_group(process.pid, 60))
    await asyncio.sleep(0.02)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(ending)
    assert not alive(process.pid)


async def test_other_groups_are_left_alone(begin, tmp_path):
    one, other = begin("sleep 60"), begin("sleep 60")
    await end_group(one.pid, 60)
    assert not alive(one.pid)
    assert alive(other.pid)


async def test_where_the_system_cannot_be_asked_the_time_of_grace_passes(begin, tmp_path, monkeypatch):
    monkeypatch.setattr(process_group, "PROC", tmp_path)
    process = begin("sleep 60")
    await within(end_group(process.pid, 0.1))
    assert process.wait() == -signal.SIGTERM
