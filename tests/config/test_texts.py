"""What a text means for a setting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.config.keys import all_leaves, find_leaf
from motet.config.texts import decoded


@pytest.mark.parametrize(
    ("key", "text", "meant"),
    [
        ("tasks.store", "[1]", "[1]"),
        ("tasks.poll", "1", "1"),
        ("executors.agent.root", "a,b", "a,b"),
        ("executors.command.allow", "a, b ,", ["a", "b"]),
        ("executors.command.allow", " ", []),
        ("executors.command.allow", '["a,b"]', ["a,b"]),
        ("executors.command.allow", '["a', '["a'),
        ("tasks.per_key", "a=1, b = 2", {"a": "1", "b": "2"}),
        ("tasks.per_key", "a=b=1", {"a": "b=1"}),
        ("tasks.per_key", "", {}),
        ("tasks.per_key", "a", "a"),
        ("tasks.per_key", '{"a": 1}', {"a": 1}),
        ("observability.exporters", "otlp", ["otlp"]),
    ],
)
def test_a_list_and_a_table_may_be_written_shortly(key: str, text: str, meant: object) -> None:
    assert decoded(find_leaf(key).field, text) == meant


@given(st.sampled_from(sorted(all_leaves())), st.text(max_size=20))
def test_any_text_means_something(key: str, text: str) -> None:
    assert isinstance(decoded(find_leaf(key).field, text), str | list | dict)
