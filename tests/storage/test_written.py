"""Definitions as a store keeps them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.storage.written import definition_of, outline_from, write_definition
from motet.tasks.definition import Definition, Dependency, Retry

names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
objects = st.dictionaries(names, st.none() | st.integers() | names | st.lists(names, max_size=3), max_size=3)
seconds = st.floats(0, 1e9)
definitions = st.builds(
    Definition,
    st.integers(1, 9),
    names,
    st.none() | names,
    objects,
    st.none() | st.integers(1, 9),
    st.lists(st.builds(Dependency, st.integers(1, 9), names, st.booleans()), max_size=3).map(tuple),
    st.integers(0, 3),
    st.none() | st.builds(Retry, st.integers(1, 9), seconds, st.floats(1, 9), seconds, st.booleans()),
    st.none() | seconds,
    st.none() | seconds,
    st.none() | names,
    objects,
)


@given(definitions)
def test_definitions_come_back(definition):
    written = write_definition(definition)
    assert definition_of(written) == definition
    row = written.seq, written.name, written.executor, written.plan, "pending", written.not_before, None, 0
    outline = outline_from(row)
    assert (outline.seq, outline.executor, outline.parent) == (definition.seq, definition.executor, definition.parent)
    assert outline.dependencies == tuple((other.seq, other.required) for other in definition.dependencies)
    assert (outline.priority, outline.key) == (definition.priority, definition.concurrency_key)


@pytest.mark.parametrize(
    "definition",
    [
        Definition(1, "\x00"),
        Definition(1, "a", "\ud800"),
        Definition(1, "a", inputs={"x": object()}),
        Definition(1, "a", extra={"x": "\ud800"}),
        Definition(1, "a", concurrency_key="\ud800"),
        Definition(1, "a", dependencies=(Dependency(1, "\ud800"),)),
    ],
)
def test_what_cannot_be_stored_is_refused(definition):
    with pytest.raises(InvalidPayload):
        write_definition(definition)
