"""Tasks that do nothing give what the inputs of others take from them."""

import pytest

from motet.tasks.plan import make_plan
from motet.testing.asked_for import asked_for


@pytest.mark.parametrize(
    ("inputs", "given"),
    [
        ({}, {}),
        ({"a": {"$from": "login"}}, {}),
        ({"a": {"$from": "login", "path": "/url"}}, {"login": {"url": None}}),
        ({"a": [{"b": {"$from": "login", "path": "/x/y"}}]}, {"login": {"x": {"y": None}}}),
        (
            {"a": {"$from": "login", "path": "/x/y"}, "b": {"$from": "login", "path": "/x/z"}},
            {"login": {"x": {"y": None, "z": None}}},
        ),
        (
            {"a": {"$from": "login", "path": "/x"}, "b": {"$from": "login", "path": "/x/y"}},
            {"login": {"x": {"y": None}}},
        ),
        ({"a": {"$from": "login", "path": "/items/0"}}, {"login": {"items": {"0": None}}}),
        ({"a": {"$from": "login", "path": "/b~1c/~0"}}, {"login": {"b/c": {"~": None}}}),
        ({"a": {"$literal": {"$from": "login", "path": "/url"}}}, {}),
    ],
)
def test_what_inputs_take_is_made_up(inputs, given):
    tasks = [
        {"name": "page", "executor": "rest", "inputs": inputs, "dependencies": ["login"]},
        {"name": "login", "executor": "rest", "parent": "page"},
    ]
    assert asked_for(make_plan(tasks).definitions) == given
