"""Settings by key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.config.keys import all_leaves, find_leaf, flatten, leaf_of, suggestion, unflatten
from motet.kernel.errors import NotFound

KEYS = sorted(all_leaves())


def test_what_is_special_about_a_setting_is_known() -> None:
    leaves = all_leaves()
    assert [key for key in KEYS if leaves[key].secret] == ["observability.otlp_headers"]
    assert [key for key in KEYS if leaves[key].url] == ["history.store", "observability.otlp_endpoint", "tasks.store"]
    assert [key for key in KEYS if leaves[key].located] == [
        "cli.imports",
        "dev.watch",
        "executors.agent.root",
        "executors.command.root",
        "tools.process.root",
    ]


@given(st.dictionaries(st.sampled_from(KEYS), st.integers() | st.dictionaries(st.text(), st.integers()), max_size=8))
def test_values_by_key_and_in_tables_are_the_same(flat: dict[str, object]) -> None:
    assert flatten(unflatten(flat)) == flat


def test_what_no_section_knows_is_kept() -> None:
    assert flatten({"taks": {"a": 1}, "tasks": {"b": {"c": 1}}, "flow": 3}) == {
        "taks": {"a": 1},
        "tasks.b": {"c": 1},
        "flow": 3,
    }


@pytest.mark.parametrize("key", ["", "tasks", "executors.rest", "tasks.store.x", "x.y", "."])
def test_a_key_of_nothing_is_no_setting(key: str) -> None:
    assert leaf_of(key) is None
    with pytest.raises(NotFound) as caught:
        find_leaf(key)
    assert caught.value.details == {"key": key}


@given(st.text(max_size=12))
def test_something_can_be_said_to_any_key(key: str) -> None:
    assert suggestion(key).startswith(": ")
