"""Events as lines of a log."""

import io
import json
import logging
from dataclasses import replace

import pytest
from every_event import KINDS, every_event

from motet import agent
from motet.kernel.events import AgentStarted, BudgetSpent, ChunkEmitted, TreeChanged
from motet.observability.logging_events import LEVELS, EventLog
from motet.observability.logging_handlers import LineHandler


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def logger(stream):
    logger = logging.Logger("events", logging.DEBUG)  # noqa: LOG001 - of this test alone
    logger.addHandler(LineHandler(stream))
    return logger


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_kind_has_a_level():
    assert set(LEVELS) == KINDS


def test_every_event_is_a_line_without_payload_or_message(logger, stream):
    log = EventLog(logger, dict.fromkeys(KINDS, logging.DEBUG))
    for event in every_event():
        log(event)
    found = lines(stream)
    assert [each["event"] for each in found] == [type(event).__name__ for event in every_event()]
    assert all(each["trace"] == "a" * 32 for each in found)
    assert "the secret" not in stream.getvalue()
    ended = next(each for each in found if each["event"] == "AgentEnded")
    assert (ended["level"], ended["message"]) == ("WARNING", "AgentEnded ann failed ConnectionError")
    assert (ended["span"], ended["agent"], ended["code"], ended["seconds"]) == ("b" * 16, "ann", "ConnectionError", 1.0)
    spent = next(each for each in found if each["event"] == "BudgetSpent")
    assert (spent["input_tokens"], spent["model"]) == (10, "m")
    assert "problem" not in stream.getvalue()


def test_a_line_of_a_tree_or_a_request_says_the_same_whether_or_not_somebody_records_spans(logger, stream):
    tree, call = TreeChanged("a" * 32, 1.0, "b" * 16, "report", "completed", 1.0), every_event()[9]
    log = EventLog(logger, {TreeChanged: logging.INFO, type(call): logging.INFO})
    for event in (replace(tree, sampled=True), tree, replace(call, client="c" * 16), call):
        log(event)
    recorded_tree, tree_alone, recorded_call, call_alone = ({**line, "time": ""} for line in lines(stream))
    assert recorded_tree == tree_alone
    assert recorded_call == call_alone


def test_nothing_of_payloads_is_even_asked(logger, stream):
    log = EventLog(logger, {ChunkEmitted: logging.INFO})
    log(AgentStarted("a" * 32, 1.0, "b" * 16, "", "ann", "hush"))
    log(ChunkEmitted("a" * 32, 1.0, "b" * 16, "ann", 1, False, "hush"))
    assert "hush" not in stream.getvalue()


def test_what_cannot_be_written_is_said_to_be_so(logger, stream):
    class Unwritable:
        def __str__(self) -> str:
            raise RuntimeError("hush")

    EventLog(logger)(BudgetSpent("a" * 32, 1.0, "b" * 16, "ann", 1, 0.25, Unwritable(), "p\udcff"))
    (found,) = lines(stream)
    assert found["model"] == "<Unwritable that cannot be written: RuntimeError>"
    assert found["provider"] == "p?"


async def test_levels_hold_back_what_nobody_wants(logger, stream):
    logger.setLevel(logging.WARNING)

    @agent
    async def fail(payload: int) -> None:
        raise ValueError("hush")

    with pytest.raises(ValueError, match="hush"):
        await fail(1, observer=EventLog(logger))
    assert [each["event"] for each in lines(stream)] == ["AgentEnded"]


def test_kinds_that_are_not_written_are_not():
    logger = logging.Logger("events", logging.DEBUG)  # noqa: LOG001 - of this test alone
    stream = io.StringIO()
    logger.addHandler(LineHandler(stream))
    EventLog(logger)(ChunkEmitted("a" * 32, 1.0, "b" * 16, "ann", 1, False, "x"))
    assert not stream.getvalue()
