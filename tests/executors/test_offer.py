"""The executors of this room are offered to everybody."""

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from motet.executors.offer import offer
from motet.kernel.agent import Agent
from motet.kernel.errors import MissingExtra
from motet.kernel.function import agent
from motet.tasks.executors import DEFAULT_EXECUTORS, ENTRY_POINTS, NO_DEMO, Executors

IDS = ["agent", "aggregate", "command", "rest", "system_info"]
ROOT = Path(__file__).parents[2]


def declared() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["entry-points"][ENTRY_POINTS]


def test_each_has_an_entry_point():
    assert set(IDS) <= set(declared())
    installed = {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)}
    assert declared().items() <= installed.items()


@pytest.mark.parametrize("name", IDS)
def test_each_is_found_by_its_id_and_described(name):
    found = DEFAULT_EXECUTORS.get(name)
    assert isinstance(found, Agent)
    assert found.name == name
    assert found.description
    assert found.card.input_schema["type"] == "object"
    assert Executors().get(name) is found


@pytest.mark.parametrize("name", IDS)
def test_each_declares_what_it_answers_in_demo_mode(name):
    DEFAULT_EXECUTORS.get(name)
    assert DEFAULT_EXECUTORS.declared(name) is not NO_DEMO
    DEFAULT_EXECUTORS.demo(name, {})


@pytest.mark.parametrize("name", ["command", "rest", "system_info", "agent"])
def test_each_refuses_what_it_does_not_know(name):
    """So a typing error in a task is told, and results of dependencies are not handed to it unasked."""
    assert DEFAULT_EXECUTORS.get(name).types[0].json_schema["additionalProperties"] is False


def test_whoever_took_the_id_before_keeps_it(monkeypatch):
    @agent
    async def mine(payload):
        return payload

    @agent(name="mine")
    async def other(payload):
        return payload

    monkeypatch.setattr(DEFAULT_EXECUTORS, "_agents", {})
    monkeypatch.setattr(DEFAULT_EXECUTORS, "_demos", {})
    offer(mine, 1)
    offer(other, 2)
    assert DEFAULT_EXECUTORS.get("mine") is mine
    assert DEFAULT_EXECUTORS.demo("mine", {}) == 1


@pytest.mark.parametrize(
    ("module", "driver", "extra"), [("rest", "aiohttp", "rest"), ("system_info", "psutil", "system")]
)
def test_without_its_driver_it_says_what_to_install(module, driver, extra):
    code = (
        f"import sys; sys.modules[{driver!r}] = None\n"
        "from motet.tasks.executors import DEFAULT_EXECUTORS\n"
        "from motet.kernel.errors import MissingExtra\n"
        f"assert {module!r} in DEFAULT_EXECUTORS\n"
        f"try:\n    DEFAULT_EXECUTORS.get({module!r})\nexcept MissingExtra as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert f'pip install "motet[{extra}]"' in done.stdout
    assert MissingExtra.code


def test_the_others_need_no_driver():
    code = (
        "import sys\nfrom motet.tasks.executors import DEFAULT_EXECUTORS\n"
        "for name in ('agent', 'aggregate', 'command'): DEFAULT_EXECUTORS.get(name)\n"
        "assert not {'aiohttp', 'psutil'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
