"""Handlers: no line is lost in silence, whatever the stream does."""

import io
import json
import logging
import os
import subprocess
import sys
import threading

import pytest

from motet.observability.logging_formats import TextFormatter
from motet.observability.logging_handlers import BufferedHandler, LineHandler


class Gate(io.StringIO):
    """A stream that takes nothing until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.opened = threading.Event()

    def write(self, text):
        self.reached.set()
        assert self.opened.wait(20)
        return super().write(text)


@pytest.fixture
def logger():
    logger = logging.Logger("of a test")  # noqa: LOG001 - of this test alone
    yield logger
    for handler in logger.handlers:
        handler.close()


def messages(stream):
    return [json.loads(line)["message"] for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("kind", [LineHandler, BufferedHandler])
def test_lines_come_in_order_and_whole(logger, kind):
    stream = io.StringIO()
    handler = kind(stream)
    logger.addHandler(handler)
    for number in range(100):
        logger.info("%d", number)
    handler.flush()
    assert messages(stream) == [str(number) for number in range(100)]


@pytest.mark.parametrize("kind", [LineHandler, BufferedHandler])
def test_lines_of_many_threads_do_not_mix(logger, kind):
    stream = io.StringIO()
    handler = kind(stream)
    logger.addHandler(handler)
    threads = [
        threading.Thread(target=lambda name=name: [logger.info("%s %d", name, number) for number in range(200)])
        for name in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.close()
    found = messages(stream)
    assert len(found) == 800
    for name in "abcd":
        assert [each for each in found if each[0] == name] == [f"{name} {number}" for number in range(200)]


def test_a_closed_stream_gives_way_to_standard_error(logger, capsys):
    stream = io.StringIO()
    stream.close()
    handler = LineHandler(stream)
    logger.addHandler(handler)
    logger.warning("saved")
    assert json.loads(capsys.readouterr().err)["message"] == "saved"
    assert handler.lost == 0


def test_what_can_be_written_nowhere_is_counted(logger, monkeypatch):
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "__stderr__", None)
    handler = LineHandler(stream)
    logger.addHandler(handler)
    logger.warning("gone")
    assert handler.lost == 1


def test_a_stream_of_few_letters_gets_the_others_escaped(logger):
    raw = io.BytesIO()
    logger.addHandler(LineHandler(io.TextIOWrapper(raw, "ascii"), TextFormatter()))
    logger.warning("größer \ud800")
    assert rb"gr\xf6\xdfer \ud800" in raw.getvalue()


def test_a_slow_stream_holds_nobody_up_and_what_is_dropped_is_said(logger):
    stream = Gate()
    handler = BufferedHandler(stream, size=3)
    logger.addHandler(handler)
    logger.info("first")
    assert stream.reached.wait(20)
    for number in range(10):
        logger.info("%d", number)
    assert handler.dropped == 7
    stream.opened.set()
    handler.flush()
    found = messages(stream)
    assert found[:2] == ["first", "7 lines were dropped: the log is written more slowly than lines come"]
    assert found[2:] == ["0", "1", "2"]


def test_a_stream_that_takes_nothing_does_not_hold_the_end_up_and_is_counted(logger):
    stream = Gate()
    handler = BufferedHandler(stream, patience=0.01)
    logger.addHandler(handler)
    logger.info("first")
    assert stream.reached.wait(20)
    logger.info("second")
    handler.flush()
    handler.close()
    assert handler.lost == 1
    stream.opened.set()


def test_late_lines_are_written_at_once(logger):
    stream = io.StringIO()
    handler = BufferedHandler(stream)
    logger.addHandler(handler)
    handler.close()
    logger.info("late")
    assert messages(stream) == ["late"]


def test_a_filter_is_asked(logger):
    stream = io.StringIO()
    handler = LineHandler(stream)
    handler.addFilter(lambda record: "no" not in record.getMessage())
    logger.addHandler(handler)
    logger.info("no")
    logger.info("yes")
    assert messages(stream) == ["yes"]


def test_an_object_that_waits_for_another_thread_that_logs_locks_nothing_up(logger):
    stream = io.StringIO()
    logger.addHandler(LineHandler(stream))

    class Waiting:
        def __str__(self) -> str:
            other = threading.Thread(target=lambda: logger.info("other"))
            other.start()
            other.join(20)
            assert not other.is_alive()
            return "waited"

    logger.info("%s", Waiting())
    assert messages(stream) == ["other", "waited"]


FORKING = """
import logging, os, sys
from motet.observability.logging_handlers import BufferedHandler
logger = logging.getLogger("x")
logger.addHandler(BufferedHandler(sys.stdout))
logger.warning("before")
logger.handlers[0].flush()
child = os.fork()
logger.warning("child" if child == 0 else "parent")
logging.shutdown()
if child:
    os.waitpid(child, 0)
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_writes_its_own_lines():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING], capture_output=True, text=True, check=True, timeout=60
    )
    found = [json.loads(line)["message"] for line in done.stdout.splitlines()]
    assert sorted(found) == ["before", "child", "parent"], done.stderr


def test_at_the_end_of_a_program_the_buffer_is_written_out():
    code = (
        "import logging, sys; from motet.observability.logging_handlers import BufferedHandler;"
        "logging.getLogger().addHandler(BufferedHandler(sys.stdout));"
        "[logging.warning('%d', number) for number in range(500)]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert len(done.stdout.splitlines()) == 500
