"""The plugin for pytest, in runs of pytest of its own: fixtures work however async tests are run, and fail readably."""

import json
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

BY_HAND = """
import asyncio, inspect, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        asyncio.run(pyfuncitem.obj(**arguments))
        return True
"""
"""Another way to run async tests: as anyio does it, in few words."""

RUNNERS = {
    "pytest-asyncio": ("", ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]),
    "another": (BY_HAND, ["-p", "no:asyncio"]),
}

QUICK = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
"""Without what costs time here and does nothing."""

TESTS = """
import asyncio
import pytest
from motet import Flow
from motet.kernel.errors import NotAvailable
from motet.kernel.events import NodeStarted
from motet.testing import echo

managers = []

async def test_recorder(recorder):
    await Flow("one", echo("a"))(1, observer=recorder)
    assert (await recorder.until(NodeStarted, node="a")).flow == "one"

async def test_manager_and_mocker(task_manager, task_mocker):
    task_mocker.mock("rest", returns=7)
    tree = await task_manager.execute([{"name": "a", "executor": "rest", "inputs": {"url": "http://x"}}])
    assert tree.result == 7
    task_mocker.assert_called("rest", times=1)
    managers.append(task_manager)

async def test_manager_was_closed():
    with pytest.raises(NotAvailable):
        await managers[0].resume()

async def test_manager_alone(task_manager, no_leaks):
    tree = await task_manager.create([{"name": "a", "executor": "rest", "inputs": {"url": "http://x"}}])
    assert tree.total == 1

@pytest.mark.parametrize("seconds", [1, 3600])
def test_virtual(virtual_world, recorder, seconds):
    virtual_world.run(asyncio.sleep(seconds))
    assert virtual_world.clock.now() == seconds

def test_no_leaks_of_sync_tests(no_leaks):
    pass
"""


def run(pytester, test, runner="pytest-asyncio", *options: str):
    conftest, arguments = RUNNERS[runner]
    pytester.makeconftest(conftest)
    pytester.makepyfile(test)
    return pytester.runpytest_subprocess(*arguments, "-W", "error", *QUICK, *options, timeout=60)


@pytest.mark.parametrize("runner", RUNNERS)
def test_fixtures_work_however_async_tests_are_run(pytester, runner):
    run(pytester, TESTS, runner).assert_outcomes(passed=7)


UNITTEST = """
import asyncio, unittest
import pytest

left = []

class TestOfUnittest(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def given(self, task_manager, task_mocker, no_leaks):
        self.manager, self.mocker = task_manager, task_mocker

    async def test_manager_and_mocker(self):
        self.mocker.mock("rest", returns=7)
        tree = await self.manager.execute([{"name": "a", "executor": "rest", "inputs": {"url": "http://x"}}])
        self.assertEqual(tree.result, 7)

    async def test_leak(self):
        left.append(asyncio.ensure_future(asyncio.sleep(1000)))

    async def test_that_fails(self):
        self.assertEqual(1, 2)

    @unittest.skip("not now")
    async def test_skipped(self):
        raise NotImplementedError

    @unittest.expectedFailure
    async def test_expected(self):
        self.assertEqual(1, 2)

@pytest.mark.usefixtures("no_leaks")
class TestBoth(unittest.IsolatedAsyncioTestCase):
    def test_sync(self):
        pass
"""


@pytest.mark.parametrize("runner", RUNNERS)
def test_fixtures_work_in_async_tests_of_unittest(pytester, runner):
    # unittest switches the debug mode of asyncio on, which logs whatever was slow: without what is logged.
    done = run(pytester, UNITTEST, runner, "--show-capture=no")
    done.assert_outcomes(passed=3, failed=1, errors=1, skipped=1, xfailed=1)
    assert "\ntasks left behind:\n" in done.stdout.str()
    assert "plugin.py" not in done.stdout.str()


FAILING = """
import asyncio
from motet import Flow
from motet.testing import assert_path, echo, faults, run_one

async def test_leak(no_leaks):
    test_leak.task = asyncio.ensure_future(asyncio.sleep(1000))

async def test_unmocked(task_manager, task_mocker):
    await task_manager.execute([{"name": "a", "executor": "rest", "inputs": {"url": "http://x"}}])

def test_sync(task_manager):
    pass

async def test_path():
    outcome = await run_one(Flow("pair", echo("a") >> echo("b")), 1)
    assert_path(outcome, "a", "c")

async def test_idle_fault():
    flow = Flow("pair", echo("a") >> echo("b"))
    with faults(flow).fail("b", at=2):
        await flow(1)
"""


def test_failures_are_told_at_the_line_of_the_test_and_in_plain_words(pytester):
    done = run(pytester, FAILING)
    done.assert_outcomes(failed=2, passed=2, errors=3)
    told = done.stdout.str()
    for line in (
        "\ntasks left behind:\n",
        "\n1 task would have run an executor that is real:\n",
        '.mock("rest", returns=...), or let it run with passthrough=["rest"]',
        "The fixture 'task_manager' is open while an async test runs, and this test is no coroutine function",
        '>       assert_path(outcome, "a", "c")',
        "E       > c         b",
        "E       'c' was never reached; of those that were, there are 'a', 'b'.",
        "E         .fail('b', at=2): 1 call counted at 'b'",
    ):
        assert line in told
    assert "path_check.py" not in told
    assert "injecting.py" not in told
    assert "plugin.py" not in told


def test_it_can_be_left_out_and_is_listed_as_a_plugin(pytester):
    done = run(pytester, "def test_it(recorder): pass", "pytest-asyncio", "-p", "no:motet")
    done.assert_outcomes(errors=1)
    assert "fixture 'recorder' not found" in done.stdout.str()
    listed = pytester.runpytest_subprocess("--fixtures", *QUICK, timeout=60)
    assert "task_manager -- " in listed.stdout.str()


def test_a_run_that_uses_no_fixture_loads_no_room():
    code = "import json, sys; import motet.testing.plugin; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name for name in json.loads(done.stdout) if name.startswith(("motet", "pydantic", "sqlalchemy"))}
    assert loaded == {"motet", "motet.version", "motet.testing", "motet.testing.plugin"}
