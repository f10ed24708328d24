import asyncio

import pytest

from motet.cli.failures import InvalidUsage, describe, one_line, payload_of, refusal
from motet.kernel.errors import DeadlineExceeded, InvalidGraph, NotFound
from motet.tasks.errors import InvalidPlan, Problem


def noted(error: BaseException, *notes: str) -> BaseException:
    for note in notes:
        error.add_note(note)
    return error


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


class MuteRefusal(InvalidUsage):
    def __str__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize(
    ("text", "line"),
    [("a", "a"), ("a\nb", "a; b"), ("a\n\n  b \r\n", "a; b"), ("", ""), ("\n", ""), ("a  b", "a  b")],
)
def test_lines_become_one(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no"), "ValueError: no"),
        (ValueError(), "ValueError"),
        (KeyError("name"), "KeyError: 'name'"),
        (ValueError("one\ntwo"), "ValueError: one; two"),
        (DeadlineExceeded("late"), "DeadlineExceeded: late"),
        (noted(ValueError("no"), "in node 'a' of flow 'f'"), "ValueError: no (in node 'a' of flow 'f')"),
        (noted(ValueError("no"), "in a", "in a", "in\nb"), "ValueError: no (in a; in; b)"),
        (noted(ValueError(), "in a"), "ValueError (in a)"),
        (SystemExit(3), "SystemExit: 3"),
        (Mute("a"), "Mute"),
        (noted(Mute("a"), "in a"), "Mute (in a)"),
        (ExceptionGroup("several", [Mute("a"), KeyError("b")]), "ExceptionGroup: several: Mute; KeyError: 'b'"),
        (asyncio.CancelledError(), "CancelledError: the work was cancelled, and nobody asked for that from here"),
        (asyncio.CancelledError("why"), "CancelledError: why"),
        (
            ExceptionGroup("several", [ValueError("a"), ExceptionGroup("inner", [KeyError("b")])]),
            "ExceptionGroup: several: ValueError: a; KeyError: 'b'",
        ),
    ],
)
def test_a_failure_is_one_line(error: BaseException, line: str) -> None:
    assert describe(error) == line


def test_a_refusal_is_one_line_except_for_the_problems_of_a_graph() -> None:
    assert refusal(NotFound("one\ntwo")) == "one; two"
    assert refusal(MuteRefusal("a")) == "MuteRefusal"
    assert refusal(InvalidGraph.of("f", ["a", "b"])) == "The graph of 'f' cannot run:\n  - a\n  - b"


def test_a_payload_carries_the_notes() -> None:
    payload = payload_of(noted(ValueError("no"), "in node 'a'", "in node 'a'"))
    assert payload["code"] == "agent_failed"
    assert payload["details"] == {"type": "ValueError", "notes": ["in node 'a'"]}
    assert payload_of(InvalidUsage("no"))["code"] == "invalid_usage"
    assert "notes" not in payload_of(InvalidUsage("no"))["details"]


def test_the_problems_of_an_array_get_a_line_each() -> None:
    error = InvalidPlan.of([Problem(0, "name", "no name"), Problem(None, "", "no root")])
    assert refusal(error) == "These tasks are no tree:\n  - entry 0, name: no name\n  - no root"
