"""Named parameters in SQL."""

import pytest

from motet.kernel.errors import InvalidPayload
from motet.tools.database_binding import numbered, renamed


@pytest.mark.parametrize(
    ("sql", "written", "order"),
    [
        ("SELECT :a", "SELECT $1", ["a"]),
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1", ["a", "b"]),
        ("SELECT :b,:a", "SELECT $1,$2", ["b", "a"]),
        ("SELECT :a::int", "SELECT $1::int", ["a"]),
        ("SELECT x::a, :a", "SELECT x::a, $1", ["a"]),
        ("SELECT ':a', \":a\", :a", "SELECT ':a', \":a\", $1", ["a"]),
        ("SELECT 'it''s :a', :a", "SELECT 'it''s :a', $1", ["a"]),
        ("SELECT '{\"x\":1}', :a", "SELECT '{\"x\":1}', $1", ["a"]),
        ("SELECT :a -- :a\n, :a", "SELECT $1 -- :a\n, $1", ["a"]),
        ("SELECT /* :a\n */ :a", "SELECT /* :a\n */ $1", ["a"]),
        ("SELECT $$ :a $$, $x$ :a $$ $x$, :a", "SELECT $$ :a $$, $x$ :a $$ $x$, $1", ["a"]),
        ("SELECT y[1:2], y[n:m], :a", "SELECT y[1:2], y[n:m], $1", ["a"]),
        ("SELECT :aa, :a", "SELECT :aa, $1", ["a"]),
        ("SELECT :_a1", "SELECT $1", ["_a1"]),
    ],
)
def test_names_become_numbers_outside_of_strings_comments_and_casts(sql, written, order):
    parameters = {name: f"value of {name}" for name in order}
    assert numbered(sql, parameters) == (written, [f"value of {name}" for name in order])


def test_names_become_what_duckdb_wants():
    assert renamed("SELECT :a, ':a', :b", {"a": 1, "b": 2}) == "SELECT $a, ':a', $b"


@pytest.mark.parametrize("sql", ["SELECT 1", "SELECT ':a'", "SELECT :A", "SELECT :b", ""])
def test_a_parameter_that_is_not_in_the_sql_is_refused(sql):
    for write in (numbered, renamed):
        with pytest.raises(InvalidPayload, match="The SQL has no :a: leave"):
            write(sql, {"a": 1})


@pytest.mark.parametrize("sql", ["SELECT :a", "'open :a", "/* :a", "$$ :a", "'", ":", "::", "", "SELECT '''"])
def test_without_parameters_nothing_is_changed(sql):
    assert numbered(sql, {}) == (sql, [])
    assert renamed(sql, {}) == sql
