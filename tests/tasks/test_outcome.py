"""What follows from an attempt."""

import math

import pytest

from motet.kernel.errors import InvalidPayload, MotetError, Unavailable
from motet.storage.values import encode
from motet.tasks.definition import Definition, Retry
from motet.tasks.model import Question, Task
from motet.tasks.outcome import Asked, Done, Failed, Interrupted, move_for
from motet.tasks.status import Status


def running(failures: int = 0, **fields: object) -> Task:
    definition = Definition(1, "t", "x", **fields)
    return Task("tree", definition, Status.IN_PROGRESS, 3, failures, owner="me", started_at=5.0)


def follow(outcome, failures: int = 0, dice: float = 0.5, **fields: object):
    return move_for(running(failures, **fields), outcome, None, 100.0, dice)


@pytest.mark.parametrize(
    ("outcome", "target"),
    [
        (Done(None), "completed"),
        (Done(0), "completed"),
        (Done({"a": 1}), "completed"),
        (Done(None, complete=False), "skipped"),
        (Asked(Question("k", "Well?")), "input_required"),
        (Interrupted(), "pending"),
        (Failed(ValueError("x")), "failed"),
    ],
)
def test_where_a_task_goes(outcome, target):
    move = follow(outcome)
    assert (move.source, move.target) == (Status.IN_PROGRESS, Status(target))
    assert (move.owner, move.attempt, move.started_at) == ("me", 3, 5.0)


def test_an_interruption_is_no_failure():
    move = follow(Interrupted(), failures=2)
    assert (move.failures, move.error, move.wake_at) == (None, None, None)


def test_without_a_policy_the_first_failure_counts():
    move = follow(Failed(ConnectionError("gone")))
    assert move.target is Status.FAILED
    assert move.failures == 1
    assert move.error["message"] == "gone"


@pytest.mark.parametrize(("failures", "wait"), [(0, 1.0), (1, 2.0), (2, 4.0), (3, 5.0)])
def test_the_time_of_the_next_attempt_grows_to_its_cap(failures, wait):
    move = follow(Failed(ConnectionError()), failures, retry=Retry(9, 1.0, 2.0, 5.0, jitter=False))
    assert (move.target, move.failures) == (Status.PENDING, failures + 1)
    assert move.wake_at == 100.0 + wait


def test_jitter_spreads_the_wait():
    waits = {follow(Failed(ConnectionError()), dice=dice, retry=Retry(3)).wake_at for dice in (0.0, 0.25, 0.75)}
    assert len(waits) == 3
    assert all(100.0 <= wait < 101.0 for wait in waits)


def test_the_last_attempt_fails_the_task():
    assert follow(Failed(ConnectionError()), 2, retry=Retry(3)).target is Status.FAILED


@pytest.mark.parametrize("error", [InvalidPayload("no int"), KeyboardInterrupt(), SystemExit(1)])
def test_what_would_fail_again_is_not_tried_again(error):
    assert follow(Failed(error), retry=Retry(3)).target is Status.FAILED


def test_the_error_says_when_to_come_back():
    error = Unavailable("busy")
    error.retry_after = 60.0
    assert follow(Failed(error), retry=Retry(3, 1.0, jitter=False)).wake_at == 160.0


class Strange(MotetError):
    """An error with anything in it."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError("half a pair: \ud800"),
        Strange("x", what=object()),
        Strange("x", what={1, 2}, more=math.nan),
        Strange("x", what=b"\xff\xfe"),
        Strange("x", deep=eval("[" * 90 + "]" * 90)),  # noqa: S307 - a deep list
        ValueError("nul \0"),
        Exception(),
    ],
)
def test_any_error_can_be_stored(error):
    """What an executor puts into an error must not stop the manager that stores it."""
    error.__cause__ = OSError("\udcff")
    move = follow(Failed(error))
    assert encode(move.error, "the error")
    assert move.error["message"]


def test_a_failure_deeper_than_json_can_be_stored():
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    move = follow(Failed(Strange("deep", what=deep)))
    assert encode(move.error, "the error")
    assert "deep" in move.error["message"]
