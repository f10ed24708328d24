"""On which line things stand in a file, and what is wrong with one."""

from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from motet.config.errors import InvalidConfig
from motet.config.toml_text import lines_of, parse_toml, read_text

TEXT = """\
# a comment
top = 1

[tasks]  # the tasks
store = "x = 1"
long = [
    1,  # [not.a.heading]
    2,
]
text = '''
[neither]
is = "this"
'''
inline = {a = 1, b.c = 2}
"a.b" = 3
per.dotted = 4
[[list]]
x = 1
[[list]]
y = 2
[tool.motet.flow]
inbox = 3
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("top", 2),
        ("tasks", 4),
        ("tasks/store", 5),
        ("tasks/long", 6),
        ("tasks/text", 10),
        ("tasks/inline", 14),
        ("tasks/inline/b/c", 14),
        ("tasks/a.b", 15),
        ("tasks/per/dotted", 16),
        ("list", 17),
        ("list/y", 20),
        ("tool/motet/flow/inbox", 22),
        ("neither", None),
        ("not", None),
    ],
)
def test_each_key_has_the_line_on_which_it_begins(place: str, line: int | None) -> None:
    assert lines_of(TEXT).get(tuple(place.split("/"))) == line


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5)
VALUES = st.recursive(
    st.integers(-100, 100) | st.booleans() | st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4), max_size=4))
def test_every_key_of_any_file_has_a_line_that_holds_its_name(tables: dict[str, dict[str, object]]) -> None:
    text = tomlkit.dumps(tables)
    lines = text.split("\n")
    found = lines_of(text)
    for table, values in parse_toml(text, Path("x"), "project").items():
        assert isinstance(values, dict)
        for name in values:
            assert 1 <= found[table, name] <= len(lines)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = = 2\n", 2), ("[a\n", 1), ("a = 1\n[b]\nx = [1,\n", 4), ("a = 1\na = 2\n", 2), ("a = 'x", 1)],
)
def test_a_text_that_is_no_toml_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(InvalidConfig, match=rf"cannot be used: x\.toml:{line}: it is no TOML: ") as caught:
        parse_toml(text, Path("x.toml"), "project")
    assert caught.value.details["problems"][0]["line"] == line  # type: ignore[index,call-overload]


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert read_text(tmp_path / "no.toml", "project") is None
    (tmp_path / "file").touch()
    assert read_text(tmp_path / "file" / "no.toml", "project") is None


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="it cannot be read: Is a directory"):
        read_text(tmp_path, "global")


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(InvalidConfig, match="it is not UTF-8 text"):
        read_text(tmp_path / "a.toml", "global")


def test_a_mark_of_byte_order_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\n[b]\r\nc = 2\r\n")
    text = read_text(tmp_path / "a.toml", "global")
    assert text is not None
    assert parse_toml(text, tmp_path, "global") == {"a": 1, "b": {"c": 2}}
    assert lines_of(text)["b", "c"] == 3
