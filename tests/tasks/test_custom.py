"""Fields of the user's own, and those that only look like it."""

import math

import pytest

from motet.tasks.custom import FIELDS, OTHER_WORDS, RESERVED, misspelt, read_custom


def read(key, value=1):
    problems = []
    return read_custom(key, value, lambda field, message: problems.append((field, message))), problems


@pytest.mark.parametrize(
    "key",
    ["team", "tags", "type", "label", "user_id", "title", "notes", "description", "time", "key", "metadata", "Ä", "",
     "x" * 10_000],
)  # fmt: skip
def test_a_field_of_the_users_own_is_kept(key):
    assert read(key, {"a": (1,)}) == ({"a": [1]}, [])
    assert not misspelt(key)


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("dependancies", "dependencies"),
        ("dependencys", "dependencies"),
        ("dependency", "dependencies"),
        ("depends_on", "dependencies"),
        ("depends", "dependencies"),
        ("Dependencies", "dependencies"),
        ("input", "inputs"),
        ("Inputs", "inputs"),
        ("executer", "executor"),
        ("executors", "executor"),
        ("executor_id", "executor"),
        ("parentId", "parent_id"),
        ("parent-id", "parent_id"),
        ("parents", "parent"),
        ("priorty", "priority"),
        ("retries", "retry"),
        ("timeouts", "timeout"),
        ("time_out", "timeout"),
        ("notBefore", "not_before"),
        ("concurrencyKey", "concurrency_key"),
        ("schema", "schemas"),
        ("Name", "name"),
        ("ID", "id"),
    ],
)
def test_a_misspelt_field_is_a_problem(key, field):
    assert misspelt(key) == field
    _, ((place, message),) = read(key)
    assert place == key
    assert f'did you mean "{field}"?' in message


@pytest.mark.parametrize("key", sorted(RESERVED))
def test_how_a_task_runs_is_not_for_the_user_to_set(key):
    _, ((place, message),) = read(key)
    assert place == key
    assert "is not for you to set" in message
    assert not misspelt(key)


def test_what_a_task_tells_of_itself_is_reserved():
    assert {"status", "result", "progress", "error", "attempt", "attempts", "seq", "tree_id"} <= RESERVED
    assert RESERVED.isdisjoint(FIELDS)
    assert RESERVED.isdisjoint(OTHER_WORDS)


@pytest.mark.parametrize("key", ["children", "subtasks"])
def test_tasks_inside_a_task_would_never_run_and_are_a_problem(key):
    _, ((place, message),) = read(key, [])
    assert place == key
    assert "the array is flat" in message


@pytest.mark.parametrize("key", [1, None, ("a",), b"name", "\ud800"])
def test_a_key_that_is_no_text_is_a_problem(key):
    _, ((place, message),) = read(key)
    assert not place
    assert "is no JSON text: write a string" in message


@pytest.mark.parametrize(("value", "place"), [(object(), "own"), ({"a": [math.nan]}, "own.a.0"), ({1: 2}, "own")])
def test_a_field_of_the_users_own_holds_json_data(value, place):
    assert [field for field, _ in read("own", value)[1]] == [place]
