"""The marker: tests with fixtures in virtual time, beside others that are not."""

import asyncio
import time

import pytest

from motet import agent
from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.kernel.errors import DeadlineExceeded
from motet.testing.virtual_loop import VirtualLoop

pytest_plugins = ["pytester"]


@pytest.fixture
async def begun():
    await asyncio.sleep(100)
    yield asyncio.get_running_loop()
    await asyncio.sleep(100)
    assert asyncio.get_running_loop().time() == 3800


@pytest.mark.virtual_time
async def test_fixtures_and_test_share_one_virtual_loop(begun, clock):
    assert begun is asyncio.get_running_loop()
    assert isinstance(begun, VirtualLoop)
    await asyncio.sleep(3600)
    assert clock.now() == 3700


async def test_a_test_without_the_mark_is_real():
    assert not isinstance(asyncio.get_running_loop(), VirtualLoop)
    assert abs(SYSTEM_CLOCK.now() - time.monotonic()) < 60


@pytest.mark.virtual_time
def test_a_loop_of_the_test_itself_is_virtual(clock):
    asyncio.run(asyncio.sleep(1e6))
    assert clock.now() == 1e6


@pytest.mark.virtual_time
class TestOfAClass:
    async def test_the_mark_of_a_class_holds(self):
        await asyncio.sleep(1e5)
        assert asyncio.get_running_loop().time() == 1e5


@pytest.mark.virtual_time
async def test_the_system_clock_goes_along(clock):
    class Own(Clock):
        pass

    await asyncio.sleep(5)
    assert [one.now() for one in (SYSTEM_CLOCK, Own(), clock)] == [5, 5, 5]
    assert SYSTEM_CLOCK.wall() == clock.wall()
    assert len(SYSTEM_CLOCK.hex_id(8)) == 16


@pytest.mark.virtual_time
async def test_a_deadline_without_a_clock_goes_by_virtual_time():
    @agent
    async def slow(payload):
        await asyncio.sleep(50)
        await asyncio.sleep(50)

    await slow(1, deadline=101)
    with pytest.raises(DeadlineExceeded):
        await slow(1, deadline=99)
    assert asyncio.get_running_loop().time() == 199


def test_the_system_clock_is_put_back():
    assert abs(SYSTEM_CLOCK.now() - time.monotonic()) < 60
    assert asyncio.new_event_loop is asyncio.events.new_event_loop
    loop = asyncio.new_event_loop()
    loop.close()
    assert not isinstance(loop, VirtualLoop)


@pytest.fixture
def suite(pytester):
    """Run a file of tests in a process of its own, with or without plugins."""

    def run(text, *arguments: str):
        pytester.makepyfile(text)
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return run


ALONE = """
import asyncio, pytest

@pytest.fixture
def number():
    return 7

@pytest.mark.virtual_time
@pytest.mark.parametrize("times", [1, 2])
async def test_hours(clock, number, times):
    await asyncio.sleep(3600 * times)
    assert (clock.now(), number) == (3600 * times, 7)

@pytest.mark.virtual_time
async def test_that_fails(clock):
    await asyncio.sleep(3600)
    assert clock.now() == 1
"""


@pytest.mark.parametrize("arguments", [["-p", "no:asyncio"], ["--asyncio-mode=strict"], ["--asyncio-mode=auto"]])
def test_it_works_alone_and_beside_pytest_asyncio(suite, arguments):
    done = suite(ALONE, *arguments)
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["*assert 3600* == 1"])


ANYIO = """
import asyncio, pytest

pytestmark = [pytest.mark.anyio, pytest.mark.virtual_time]

@pytest.fixture(scope="SCOPE")
def anyio_backend():
    return "asyncio"

@pytest.fixture(scope="SCOPE")
async def queue(anyio_backend):
    queue = asyncio.Queue()

    async def feed():
        for _ in range(2):
            await asyncio.sleep(1)
            await queue.put("fed")

    feeding = asyncio.ensure_future(feed())
    yield queue
    feeding.cancel()

@pytest.mark.parametrize("time", TIMES)
async def test_fed(queue, clock, time):
    async with asyncio.timeout(100):
        assert await queue.get() == "fed"
    assert clock.now() == asyncio.get_running_loop().time() == time
"""


@pytest.mark.parametrize(("scope", "times"), [("function", [1, 1]), ("module", [1, 2])])
@pytest.mark.parametrize("arguments", [["-p", "no:asyncio"], ["--asyncio-mode=strict"]])
def test_it_works_with_anyio_whose_fixtures_share_the_loop(suite, arguments, scope, times):
    text = ANYIO.replace("SCOPE", scope).replace("TIMES", str(times))
    suite(text, *arguments).assert_outcomes(passed=2)


SHARED = """
import asyncio, pytest, pytest_asyncio
from motet.kernel.clock import SYSTEM_CLOCK

pytestmark = pytest.mark.asyncio(loop_scope="module")

@pytest_asyncio.fixture(loop_scope="module")
async def begun():
    return SYSTEM_CLOCK.now()

@pytest.mark.virtual_time(patience=7)
@pytest.mark.parametrize("at", [0, 100])
async def test_hours(clock, begun, at):
    loop = asyncio.get_running_loop()
    assert (begun, loop.time(), loop.patience) == (at, at, 7)
    await asyncio.sleep(100)
    assert [clock.now(), await asyncio.to_thread(clock.now), SYSTEM_CLOCK.now()] == [at + 100] * 3

@pytest.mark.virtual_time
async def test_that_asks_in_a_thread_first(clock):
    assert asyncio.get_running_loop().patience == 1
    assert await asyncio.to_thread(clock.now) == 200
"""


def test_tests_may_share_a_loop_and_its_time_goes_on(suite):
    suite(SHARED, "--asyncio-mode=strict").assert_outcomes(passed=3)


def test_a_shared_loop_that_a_test_without_the_mark_made_is_told_of(suite):
    text = (
        "import pytest\npytestmark = pytest.mark.asyncio(loop_scope='module')\nasync def test_real():\n    pass\n"
        "@pytest.mark.virtual_time\nasync def test_it():\n    raise NotImplementedError\n"
    )
    done = suite(text, "--asyncio-mode=strict")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*runs on an event loop that is not virtual*"])


def test_a_loop_of_somebody_else_is_told_of(suite, pytester):
    pytester.makeconftest(
        "import asyncio\n"
        "def pytest_asyncio_loop_factories(config, item):\n"
        "    return {'own': asyncio.SelectorEventLoop}\n"
    )
    text = "import pytest\n@pytest.mark.virtual_time\nasync def test_it():\n    raise NotImplementedError\n"
    done = suite(text, "--asyncio-mode=auto")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*runs on an event loop that is not virtual*"])


def test_the_clock_is_refused_without_the_mark(suite):
    done = suite("def test_it(clock):\n    pass\n")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*mark this one with @pytest.mark.virtual_time*"])


@pytest.mark.parametrize("mark", ["virtual_time(speed=3)", "virtual_time(1, 2, 3)"])
def test_an_odd_mark_is_refused(suite, mark):
    done = suite(f"import pytest\n@pytest.mark.{mark}\ndef test_it():\n    pass\n")
    assert done.ret != 0
    done.stderr.fnmatch_lines(["*virtual_time takes seed and patience*"])
