"""A live agent follows its files: real files, really watched, under load."""

import asyncio
import builtins
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self

import pytest

from devtools.conftest import Project
from leaks import nothing_left  # noqa: F401 - a fixture
from motet.devtools.hot_reload import HotReload
from motet.devtools.outcome import Broken, Mended, Outcome, Reloaded
from motet.devtools.reloader import Reloader, named
from motet.devtools.sources import Sources
from motet.devtools.watch import watch
from support import within

EXAMPLES: Final = Path(__file__).parents[2] / "examples"

PACE: Final = 0.01
"""Seconds between two calls: a hundred a second."""


class Told:
    """What came of the changes, to be waited for."""

    def __init__(self) -> None:
        self.all: list[Outcome] = []
        self._more = asyncio.Event()

    def __call__(self, outcome: Outcome) -> None:
        self.all.append(outcome)
        self._more.set()

    async def wait(self, kind: type[Outcome], when: Callable[[], object]) -> Any:
        """Do something, and wait for what comes of it."""
        seen = len(self.all)
        when()
        while not any(isinstance(each, kind) for each in self.all[seen:]):
            self._more.clear()
            await within(self._more.wait())
        return self.all[-1]


@asynccontextmanager
async def followed(
    reloader: Reloader, sources: Sources, told: Told, patience: float = 0.05
) -> AsyncIterator[HotReload]:
    hot = HotReload(reloader, watch(sources, 0.02), told, patience=patience)
    task = asyncio.ensure_future(hot.run())
    try:
        await told.wait(Reloaded, lambda: None)
        yield hot
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


MOST_AT_ONCE: Final = 20
"""How many calls are under way at once at most."""


class Load:
    """Calls an agent a hundred times a second, until it is told to stop; not while `MOST_AT_ONCE` calls are under way.

    A machine that is busy with other tests would be further behind with each call, and never come to the reload.

    Attributes:
        seen: What the calls gave, in the order in which they were begun.
    """

    def __init__(self, call: Callable[[], Any], most: int = 2000) -> None:
        self._call = call
        self._most = most
        self._stop = asyncio.Event()
        self.seen: list[Any] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._run())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._stop.set()
        self.seen = await within(self._task)

    async def _run(self) -> list[Any]:
        calls: list[asyncio.Future[Any]] = []
        while not self._stop.is_set() and len(calls) < self._most:
            if sum(not call.done() for call in calls[-2 * MOST_AT_ONCE :]) < MOST_AT_ONCE:
                calls.append(asyncio.ensure_future(self._call()))
            await asyncio.sleep(PACE)
        return list(await asyncio.gather(*calls, return_exceptions=True))


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


SURVEY: Final = '''

VERSION = {version}


@agent
async def versioned(request: SurveyRequest) -> tuple[int, int]:
    """Survey, and say which version did."""
    return VERSION, (await survey_data(request)).totals.files
'''

MACHINE: Final = '''

VERSION = {version}


@agent
async def versioned(package: str) -> tuple[int, int]:
    """Survey, and say which version did."""
    return VERSION, (await survey_package(package)).files
'''


@pytest.fixture
def examples(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of the example projects, and a package for them to look at."""
    for name in ("code_survey", "machine_report"):
        shutil.copytree(EXAMPLES / name, project.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        # Other tests import the originals under these names, and an import would find them.
        monkeypatch.setattr(sys, "path", [entry for entry in sys.path if Path(entry) != EXAMPLES / name])
        for path in (EXAMPLES / name).glob("*.py"):
            monkeypatch.delitem(sys.modules, path.stem, raising=False)
    (project.root / "tiny_package").mkdir()
    (project.root / "tiny_package" / "__init__.py").write_text("x = 1\n")
    return project.root


@pytest.mark.parametrize(
    ("file", "text", "payload"),
    [
        ("code_survey/flow.py", SURVEY, lambda root: {"path": str(root / "tiny_package")}),
        ("machine_report/survey.py", MACHINE, lambda root: "tiny_package"),
    ],
    ids=["code_survey", "machine_report"],
)
async def test_no_call_fails_while_an_example_is_edited_broken_and_mended_under_load(
    examples: Path,
    project: Project,
    file: str,
    text: str,
    payload: Callable[[Path], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(examples))
    path, told = examples / file, Told()
    original = path.read_text(encoding="utf-8")
    path.write_text(original + text.format(version=1), encoding="utf-8")
    sources = Sources([examples / "code_survey", examples / "machine_report"])
    with Reloader(path, named("versioned"), sources, executors=project.executors) as reloader:
        async with followed(reloader, sources, told) as hot:
            assert hot.live is not None
            live, value = hot.live, payload(examples)
            async with Load(lambda: live(value)) as load:
                walk = examples / "code_survey" / "survey_walk.py"
                await told.wait(Reloaded, lambda: append(path, "\nVERSION = 2\n"))
                await within(live(value))
                await told.wait(Broken, lambda: append(path, "\nVERSION = 3\n1 / 0\n"))
                assert (await within(live(value)))[0] == 2
                await told.wait(Broken, lambda: append(walk, "\ndef (\n"))
                mended = walk.read_text(encoding="utf-8").removesuffix("\ndef (\n") + "\n# mended\n"
                walk.write_text(mended, encoding="utf-8")
                fixed = original + text.format(version=4)
                await told.wait(Reloaded, lambda: path.write_text(fixed, encoding="utf-8"))
                assert (await within(live(value)))[0] == 4
            await within(live.drained())
    failed = [each for each in load.seen if isinstance(each, BaseException)]
    assert failed == []
    assert {files for _, files in load.seen} == {1}
    versions = [version for version, _ in load.seen]
    assert versions == sorted(versions)
    assert {1, 2, 4} >= set(versions) >= {2}


async def test_a_call_in_flight_goes_on_while_another_version_is_loaded_and_served(project: Project) -> None:
    main = (
        "import asyncio\nfrom motet import agent\n\ngate = asyncio.Event()\n\n@agent\n"
        "async def shout(text: str) -> str:\n    if text == 'wait':\n        await gate.wait()\n    return {word!r}\n"
    )
    project.write(main=main.format(word="one"))
    told, sources = Told(), Sources([project.root])
    async with followed(project.reloader(), sources, told) as hot:
        live = hot.live
        assert live is not None
        gate = live.current.function.__globals__["gate"]  # type: ignore[attr-defined]
        call = asyncio.ensure_future(live("wait"))
        await asyncio.sleep(0)
        await told.wait(Reloaded, lambda: project.write(main=main.format(word="two")))
        assert await live("go") == "two"
        assert live.lagging == 1
        gate.set()
        assert await within(call) == "one"
        await within(live.drained())


async def test_functions_that_keep_every_worker_thread_do_not_hold_up_a_new_version(project: Project) -> None:
    main = (
        "import builtins\nfrom motet import agent\n\n@agent\ndef shout(text: str) -> str:\n"
        "    if text == 'wait':\n        builtins.gate.wait()\n    return {word!r}\n"
    )
    builtins.gate = threading.Event()  # type: ignore[attr-defined]
    project.write(main=main.format(word="one"))
    told, sources = Told(), Sources([project.root])
    async with followed(project.reloader(), sources, told) as hot:
        live = hot.live
        assert live is not None
        calls = [asyncio.ensure_future(live("wait")) for _ in range(80)]
        await asyncio.sleep(0)
        await told.wait(Reloaded, lambda: project.write(main=main.format(word="two")))
        assert live.lagging == 80
        builtins.gate.set()  # type: ignore[attr-defined]
        assert set(await within(asyncio.gather(*calls))) == {"one"}


ONE = "from motet import agent\n\n@agent\nasync def shout(text: str) -> str:\n    return 'one'\n"
TWO = ONE.replace("one", "two")


class Changes:
    """Stands in for the watched folder, so that the order of things is known."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[None] = asyncio.Queue()
        self.say = lambda: self._queue.put_nowait(None)

    async def __call__(self) -> AsyncIterator[None]:
        yield
        while True:
            await self._queue.get()
            yield


@asynccontextmanager
async def told_by(changes: Changes, reloader: Reloader, told: Told, patience: float) -> AsyncIterator[HotReload]:
    hot = HotReload(reloader, changes(), told, patience=patience)
    task = asyncio.ensure_future(hot.run())
    try:
        yield hot
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_an_error_of_a_file_that_was_half_written_is_told_to_nobody(project: Project) -> None:
    project.write(main=ONE)
    changes, told = Changes(), Told()
    async with told_by(changes, project.reloader(), told, patience=60) as hot:
        await told.wait(Reloaded, lambda: None)
        project.write(main="")  # the editor has truncated it
        changes.say()
        await asyncio.sleep(0)
        project.write(main=TWO)
        await told.wait(Reloaded, changes.say)
        assert hot.live is not None
        assert await hot.live("") == "two"
    assert [type(each) for each in told.all] == [Reloaded, Reloaded]


async def test_an_error_that_stays_is_told_once(project: Project) -> None:
    project.write(main=ONE)
    changes, told = Changes(), Told()
    async with told_by(changes, project.reloader(), told, patience=0):
        await told.wait(Reloaded, lambda: None)
        project.write(main="1 / 0\n")
        await told.wait(Broken, changes.say)
        changes.say()
        project.write(main=ONE)
        await told.wait(Mended, changes.say)
    assert [type(each) for each in told.all] == [Reloaded, Broken, Mended]


async def test_what_is_broken_at_the_start_is_served_when_it_is_mended(project: Project) -> None:
    project.write(main="1 / 0\n")
    changes, told = Changes(), Told()
    async with told_by(changes, project.reloader(), told, patience=0) as hot:
        await told.wait(Broken, lambda: None)
        assert hot.live is None
        project.write(main=ONE)
        await told.wait(Reloaded, changes.say)
        assert hot.live is not None


SETTING = """
import decimal
from contextvars import ContextVar
from motet import agent
from part import found

decimal.getcontext().prec = {prec}

@agent
async def shout(text: str) -> str:
    return f"{{decimal.Decimal(1) / 3}} {{found.get('nothing')}}"
"""
PART = "from contextvars import ContextVar\nfound = ContextVar('found')\nfound.set('set')\n"


async def test_what_modules_have_set_in_their_context_is_there_for_calls_that_are_made_in_it(project: Project) -> None:
    project.write(main=SETTING.format(prec=5), part=PART)
    changes, told = Changes(), Told()
    async with told_by(changes, project.reloader(), told, patience=0) as hot:

        async def called() -> str:
            assert hot.live is not None
            return await asyncio.create_task(hot.live(""), context=hot.context.copy())

        await told.wait(Reloaded, lambda: None)
        assert await called() == "0.33333 set"
        project.write(main=SETTING.format(prec=3))
        await told.wait(Reloaded, changes.say)
        assert await called() == "0.333 set"
        project.write(part=PART.replace("'set'", "'not to be seen'") + "1 / 0\n")
        await told.wait(Broken, changes.say)
        assert await called() == "0.333 set"
    assert hot.live is not None
    assert (await hot.live("")).endswith(" nothing")


async def test_loading_that_takes_long_is_told_with_the_line_it_is_at(project: Project) -> None:
    builtins.gate, builtins.entered = threading.Event(), threading.Event()  # type: ignore[attr-defined]
    project.write(
        main="import part\n" + ONE,
        part="import builtins\n\ndef wait():\n    builtins.entered.set(); builtins.gate.wait(20)\n\nwait()\n",
    )
    slow = asyncio.Queue[str]()
    with project.reloader() as reloader:
        hot = HotReload(reloader, Changes()(), slow=slow.put_nowait, slow_after=0.5)
        loading = asyncio.ensure_future(hot.load())
        await asyncio.sleep(0)
        assert builtins.entered.wait(20)  # type: ignore[attr-defined] - time does not come before it is there
        assert await within(slow.get()) == "part.py line 4, in wait"
        assert not loading.done()
        builtins.gate.set()  # type: ignore[attr-defined]
        assert isinstance(await within(loading), Reloaded)


async def test_cancelling_it_while_files_are_loaded_waits_for_nothing(project: Project) -> None:
    builtins.gate, builtins.entered = threading.Event(), threading.Event()  # type: ignore[attr-defined]
    project.write(main="import builtins\nbuiltins.entered.set()\nbuiltins.gate.wait(20)\n" + ONE)
    reloader = project.reloader()
    changes, told = Changes(), Told()
    async with told_by(changes, reloader, told, patience=0):
        await within(asyncio.to_thread(builtins.entered.wait, 20))  # type: ignore[attr-defined]
    assert told.all == []
    builtins.gate.set()  # type: ignore[attr-defined]
    assert await asyncio.to_thread(reloader.check) is None
