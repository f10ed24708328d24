"""Where the next part of a list begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.storage.cursors import read_cursor, write_cursor


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(st.characters(codec="utf-8")), st.integers(0, 2**31))
def test_cursors_come_back(created_at, tree_id, seq):
    assert read_cursor(write_cursor((created_at, tree_id, seq))) == (created_at, tree_id, seq)


@pytest.mark.parametrize("cursor", ["", "x", "\x00", "é", "bnVsbA==", "WzEsMl0=", "WyJhIiwiYiIsMV0="])
def test_what_no_list_has_given_is_refused(cursor):
    with pytest.raises(InvalidPayload, match="is no cursor"):
        read_cursor(cursor)


def test_no_cursor_is_the_beginning():
    assert read_cursor(None) is None
