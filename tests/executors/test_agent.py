"""`agent`: any agent as an executor."""

import asyncio
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from motet import Context, Registry, agent
from motet.executors.agent import AgentExecutor
from motet.executors.agent import agent as default
from motet.kernel.errors import DeadlineExceeded, InvalidAgent, InvalidPayload, NotFound
from motet.kernel.events import AgentStarted
from support import Recorder, chain, within


class Note(BaseModel):
    text: str
    day: date


@agent
async def note(text: str) -> Note:
    return Note(text=text, day=date(2026, 1, 2))


@agent
async def broken(text: str) -> str:
    raise ValueError(text)


@agent
async def endless(payload: Any, ctx: Context) -> None:
    await ctx.emit("begun")
    await asyncio.Event().wait()


@agent
async def raw(payload: Any):
    return object()


def plain(payload):
    return payload


number = 3


@pytest.fixture
def own() -> AgentExecutor:
    registry = Registry()
    for made in (note, broken, endless, chain(3)):
        registry.add(made)
    registry.add(note, "my:note")
    return AgentExecutor(registry=registry)


@pytest.fixture(autouse=True)
def imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget afterwards what a test has imported."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "modules", sys.modules.copy())


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with packages that can be imported."""
    sys.path.insert(0, str(tmp_path))
    return tmp_path


AGENTS = """
from motet import Flow, agent

@agent
async def shout(text: str) -> str:
    return text.upper()

class Group:
    inner = shout

flow = Flow("both", shout)
number = 3
_hidden = shout
"""


async def test_a_registered_agent(own):
    assert await own({"agent": "note", "input": "hi"}) == {"text": "hi", "day": "2026-01-02"}


async def test_the_output_is_json_data_of_the_agents_own_type(own):
    json.dumps(await own({"agent": "note", "input": "hi"}))
    assert await own({"agent": "chain", "input": [1, None]}) == [1, None]


async def test_a_name_with_a_colon_may_be_registered(own):
    assert (await own({"agent": "my:note", "input": "hi"}))["text"] == "hi"


@pytest.mark.parametrize("name", ["shout", "Group.inner", "flow"])
async def test_an_agent_of_a_module(packages, own, name):
    (packages / "of_a_module.py").write_text(AGENTS)
    assert await own({"agent": f"of_a_module:{name}", "input": "hi"}) == "HI"


async def test_an_agent_of_a_file(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "of_a_file.py").write_text(AGENTS + "import of_a_file_helper\n")
    (tmp_path / "deep" / "of_a_file_helper.py").write_text("")
    own = AgentExecutor(root=tmp_path)
    for source in ("deep/of_a_file.py", "./deep/../deep/of_a_file.py", str(tmp_path / "deep/of_a_file.py")):
        assert await own({"agent": f"{source}:shout", "input": "hi"}) == "HI"


async def test_a_file_is_executed_once(tmp_path):
    (tmp_path / "counted_file.py").write_text(AGENTS + "with open('count', 'a') as file: file.write('x')\n")
    own = AgentExecutor(root=tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        await asyncio.gather(*(own({"agent": "counted_file.py:shout", "input": "hi"}) for _ in range(5)))
    assert (tmp_path / "count").read_text() == "x"


@pytest.mark.parametrize("source", ["x.py", "./x.py", "/x.py", "a/x", "../x.py"])
async def test_without_a_root_no_file_is_loaded(own, source):
    with pytest.raises(InvalidPayload, match=r"loaded from no file here.*AgentExecutor\(root=FOLDER\)"):
        await own({"agent": f"{source}:shout"})


@pytest.mark.parametrize("source", ["../x.py", "/etc/x.py", "out/x.py", "link.py", "a/../../x.py"])
async def test_a_file_outside_the_root_is_not_loaded(tmp_path, source):
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (tmp_path / "x.py").write_text("raise SystemExit('loaded')")
    (root / "out").symlink_to(tmp_path)
    (root / "link.py").symlink_to(tmp_path / "x.py")
    with pytest.raises(InvalidPayload, match="lies outside the root"):
        await AgentExecutor(root=root)({"agent": f"{source}:shout"})


@pytest.mark.parametrize("source", ["gone.py", "folder.py", "a/notes.txt", "folder.py/x.py"])
async def test_what_is_no_python_file(tmp_path, source):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text(AGENTS)
    with pytest.raises(NotFound, match="There is no Python file"):
        await AgentExecutor(root=tmp_path)({"agent": f"{source}:shout"})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nte", "No agent is called 'nte': did you mean 'note'"),
        ("zzz", "No agent is called 'zzz': register it, or write package.module:NAME"),
        ("zzz:", "No agent is called 'zzz:'"),
        (":note", "No agent is called ':note'"),
        ("no_such_module:x", "There is no module 'no_such_module': install it where the tasks run"),
        ("json.no_such:x", "There is no module 'json.no_such'"),
        ("of_names:shot", "'of_names:shot' names nothing: did you mean 'shout'?"),
        ("of_names:zzz", "'of_names:zzz' names nothing: its agents are shout, flow"),
        ("of_names:Group.zzz", "'of_names:Group.zzz' names nothing"),
        ("json:zzz", "'json:zzz' names nothing: there are no agents in it"),
    ],
)
async def test_a_name_that_leads_nowhere(packages, own, name, told):
    (packages / "of_names.py").write_text(AGENTS)
    with pytest.raises(NotFound) as caught:
        await own({"agent": name})
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("source", ["two words", "a-b", ".x", "a..b", "1x", "x;y", "os.path()"])
async def test_what_is_no_name_of_a_module(own, source):
    with pytest.raises(InvalidPayload, match="is no name of a module"):
        await own({"agent": f"{source}:x"})


@pytest.mark.parametrize(
    "name", ["json:dumps", "os:environ", "of_no_agents:number", "of_no_agents:Group", "builtins:eval"]
)
async def test_what_is_no_agent_is_not_called(packages, own, name):
    (packages / "of_no_agents.py").write_text(AGENTS)
    with pytest.raises(InvalidAgent, match="not an agent: name a function with @agent above it, or a Flow"):
        await own({"agent": name, "input": "1"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt('typed by nobody')", "KeyboardInterrupt: typed by nobody"),
        ("import pytest\npytest.skip('not here', allow_module_level=True)", "Skipped: not here"),
        ("import no_such_module_inside", "ModuleNotFoundError: No module named 'no_such_module_inside'"),
        ("def", "SyntaxError"),
    ],
)
async def test_a_module_that_cannot_be_imported(packages, own, text, told):
    (packages / "that_fails.py").write_text(text)
    for executor, source in ((own, "that_fails"), (AgentExecutor(root=packages), "that_fails.py")):
        with pytest.raises(InvalidAgent) as caught:
            await executor({"agent": f"{source}:x"})
        assert f"{source} cannot be imported: {told}" in str(caught.value)


@pytest.mark.parametrize(
    "inputs",
    [{}, {"agent": ""}, {"agent": 3}, {"agent": "note", "inputs": "hi"}, {"agent": "note", "name": "x"}, "note"],
)
async def test_inputs_that_do_not_fit(own, inputs):
    with pytest.raises(InvalidPayload, match="'agent'"):
        await own(inputs)


async def test_an_input_that_does_not_fit_the_agent(own):
    with pytest.raises(InvalidPayload, match="The input of 'note'"):
        await own({"agent": "note", "input": 3})


async def test_a_failure_of_the_agent_is_the_tasks(own):
    with pytest.raises(ValueError, match="^hi$"):
        await own({"agent": "broken", "input": "hi"})


async def test_an_output_that_is_no_json_data():
    registry = Registry()
    registry.add(raw)
    with pytest.raises(InvalidPayload, match="is no JSON data"):
        await AgentExecutor(registry=registry)({"agent": "raw"})


async def test_the_agent_is_a_part_of_the_trace(own):
    recorder = Recorder()
    await own({"agent": "note", "input": "hi"}, observer=recorder)
    outer, inner = recorder.of(AgentStarted)
    assert (outer.agent, inner.agent) == ("agent", "note")
    assert inner.parent == outer.span
    assert inner.trace == outer.trace


async def test_chunks_pass_through_and_leaving_ends_the_agent(own):
    async with own.stream({"agent": "endless"}) as stream:
        chunk = await within(anext(stream))
    assert (chunk.value, chunk.path) == ("begun", ("agent", "endless"))


async def test_a_deadline_passes_through(own):
    with pytest.raises(DeadlineExceeded):
        await within(own({"agent": "endless"}, deadline=0.05))


async def test_a_cancellation_passes_through(own):
    working = asyncio.create_task(own({"agent": "endless"}))
    await asyncio.sleep(0.02)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(working)


async def test_the_registered_one_loads_no_file():
    with pytest.raises(InvalidPayload, match="loaded from no file"):
        await default({"agent": "x.py:flow"})


def test_the_demo_tells_what_would_be_called():
    assert AgentExecutor.demo({"agent": "note", "input": 1}) == {"agent": "note", "input": 1}
