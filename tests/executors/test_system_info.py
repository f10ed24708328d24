"""`system_info`: figures of this machine."""

import asyncio
import json
import os
import shutil
import threading

import psutil
import pytest

from motet.executors import system_info as module
from motet.executors.system_info import system_info
from motet.kernel.errors import AgentFailed, InvalidPayload
from motet.tasks.executors import DEFAULT_EXECUTORS
from support import SOON, until, within


async def test_everything_unless_it_is_said_otherwise():
    assert set(await system_info({})) == {"cpu", "memory", "disk"}
    assert set(await system_info({"resource": "all"})) == {"cpu", "memory", "disk"}


@pytest.mark.parametrize("resource", ["cpu", "memory", "disk"])
async def test_one_resource_alone(resource):
    assert set(await system_info({"resource": resource})) == {resource}


async def test_the_figures_of_the_processors():
    cpu = (await system_info({"resource": "cpu"}))["cpu"]
    assert cpu["logical"] == os.cpu_count()
    assert cpu["physical"] is None or 1 <= cpu["physical"] <= cpu["logical"]
    assert 0 <= cpu["percent"] <= 100
    assert len(cpu["load_average"]) == 3
    assert min(cpu["load_average"]) >= 0


async def test_the_use_of_the_processors_is_measured_and_not_that_since_some_call():
    burning = asyncio.create_subprocess_exec("sh", "-c", "while :; do :; done")
    busy = await burning
    try:
        figures = [(await system_info({"resource": "cpu"}))["cpu"]["percent"] for _ in range(3)]
    finally:
        busy.kill()
        await busy.wait()
    assert min(figures) > 0


async def test_the_figures_of_the_memory():
    memory = (await system_info({"resource": "memory"}))["memory"]
    assert memory["total"] == psutil.virtual_memory().total
    assert 0 < memory["available"] <= memory["total"]
    assert 0 < memory["used"] <= memory["total"]
    assert memory["percent"] == pytest.approx(100 * (1 - memory["available"] / memory["total"]), abs=0.1)


async def test_the_figures_of_the_disk(tmp_path):
    disk = (await system_info({"resource": "disk", "path": str(tmp_path)}))["disk"]
    assert (disk["path"], disk["total"]) == (str(tmp_path), shutil.disk_usage(tmp_path).total)
    assert disk["used"] + disk["free"] <= disk["total"]
    assert 0 <= disk["percent"] <= 100


async def test_the_output_is_json_data():
    json.dumps(system_info.types[1].dump(await system_info({})))


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch):
    """Let measuring begin, and take until it is told to end."""
    begun, end = threading.Event(), threading.Event()

    def measured(interval: float) -> float:
        begun.set()
        return interval if end.wait(SOON) else -1.0

    monkeypatch.setattr(module.psutil, "cpu_percent", measured)
    yield begun, end
    end.set()


async def test_the_event_loop_goes_on(measuring):
    begun, end = measuring
    working = asyncio.create_task(system_info({"resource": "cpu"}))
    await until(begun.is_set)
    end.set()
    assert (await working)["cpu"]["percent"] == module.INTERVAL


async def test_a_cancellation_is_not_held_up(measuring):
    begun, _ = measuring
    working = asyncio.create_task(system_info({"resource": "cpu"}))
    await until(begun.is_set)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(working)


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"resource": "gpu"}, "resource: "),
        ({"resource": None}, "resource: "),
        ({"resorce": "cpu"}, "resorce: Extra inputs"),
        ({"path": ""}, "path: "),
        ({"path": "a\0"}, "path: "),
        ({"path": 3}, "path: "),
        ("cpu", "no SystemInfoInput"),
        (None, "no SystemInfoInput"),
    ],
)
async def test_inputs_that_do_not_fit(inputs, told):
    with pytest.raises(InvalidPayload) as caught:
        await system_info(inputs)
    assert told in str(caught.value)


@pytest.mark.parametrize("path", ["/no/such/folder", "/etc/hostname/inner", "x" * 5000])
async def test_a_disk_that_cannot_be_read(path):
    with pytest.raises(AgentFailed, match="cannot be read .*: give the path of a folder on this machine"):
        await system_info({"resource": "disk", "path": path})


def test_the_demo_is_plausible():
    given = system_info.types[1].validator("system_info", "output")(DEFAULT_EXECUTORS.demo("system_info", {}))
    assert given["memory"]["used"] + given["memory"]["available"] == given["memory"]["total"]
    assert given["disk"]["used"] + given["disk"]["free"] == given["disk"]["total"]
