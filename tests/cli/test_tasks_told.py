from typing import Any

import pytest

from cli.trees import ID, make_task, make_tree
from motet.cli.tasks_setup import Setup
from motet.cli.tasks_told import answer_line, error_text, exit_code, failure_lines
from motet.tasks.model import Question


def error(message: str = "it broke", code: str = "agent_failed", **details: Any) -> Any:
    return {"code": code, "message": message, "fault": "agent", "retryable": False, "details": details}


@pytest.mark.parametrize(
    ("status", "code"),
    [("completed", 0), ("failed", 1), ("cancelled", 1), ("input_required", 3), ("in_progress", 1), ("pending", 1)],
)
def test_the_exit_code_says_how_a_tree_stands(status: str, code: int) -> None:
    assert exit_code(make_tree([make_task(1, "a")], status)) == code


def test_failed_tasks_are_listed_and_groups_are_not() -> None:
    tree = make_tree(
        [
            make_task(1, "all", "failed", error=error("a task of it failed", "group_failed")),
            make_task(2, "a", "failed", error=error("one\ntwo", type="ValueError")),
            make_task(3, "b", "failed"),
            make_task(4, "a", "failed", error=error("KeyError", type="KeyError")),
            make_task(5, "c", "skipped", error=error()),
        ]
    )
    assert list(failure_lines(tree)) == [
        "a #2 failed: ValueError: one; two",
        "b failed: nobody knows why",
        "a #4 failed: KeyError",
    ]


def test_many_failures_are_counted() -> None:
    tasks = [make_task(seq, f"t{seq}", "failed", error=error()) for seq in range(1, 1500)]
    lines = list(failure_lines(make_tree(tasks)))
    assert len(lines) == 11
    assert lines[-1] == "1,489 more tasks failed"


def test_an_error_of_this_library_needs_no_type() -> None:
    assert error_text(error("No executor is called 'x'", "not_found")) == "No executor is called 'x'"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, "... --store sqlite:///motet.db"),
        ({"type": "string"}, "... --store sqlite:///motet.db"),
        ({"type": "boolean"}, "true --store sqlite:///motet.db"),
        ({"enum": ["-left", "right"], "type": "string"}, "--store sqlite:///motet.db -- -left"),
        (
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            """'{"a": 1}' --store sqlite:///motet.db""",
        ),
    ],
)
def test_the_line_that_answers_can_be_typed(schema: dict[str, object], value: str) -> None:
    question = Question("key", "What?", schema)
    assert answer_line(make_task(2, "a"), question, Setup()) == f"motet tasks answer {ID}-2 {value}"
