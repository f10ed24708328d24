"""A setting in the text of a TOML file: whatever else the text says stays."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.config.toml_edit import text_with, text_without

MOTET = ("tool", "motet")


@pytest.mark.parametrize(
    ("text", "path", "made"),
    [
        (
            "profiles.ci.tasks.max_concurrency = 1\ntasks.poll = 1\n",
            "profiles.ci.flow.inbox",
            "profiles.ci.tasks.max_concurrency = 1\ntasks.poll = 1\n\n[profiles.ci.flow]\ninbox = 8\n",
        ),
        (
            "executors.rest.timeout = 5\ntasks.poll = 1\n",
            "executors.command.timeout",
            "executors.rest.timeout = 5\ntasks.poll = 1\n\n[executors.command]\ntimeout = 8\n",
        ),
        (
            "[tool.motet]\nflow.inbox = 5\ntasks.poll = 1\n\n# Style\n[tool.ruff]\n",
            "tool.motet.dev.debounce",
            "[tool.motet]\nflow.inbox = 5\ntasks.poll = 1\n\n[tool.motet.dev]\ndebounce = 8\n\n# Style\n[tool.ruff]\n",
        ),
        ("tasks.poll = 1\n[flow]\n", "tasks.lease", "tasks.poll = 1\ntasks.lease = 8\n[flow]\n"),
        ("tasks = {poll = 1} # few\n", "tasks.lease", "tasks = {poll = 1,lease = 8} # few\n"),
        (
            "profiles.ci = {tasks = {poll = 1}}\n",
            "profiles.ci.flow.inbox",
            "profiles.ci = {tasks = {poll = 1},flow = {inbox = 8}}\n",
        ),
        (
            "[executors.rest]\ntimeout = 5\n# timeout = 10\n\n# Flows\n[flow]\n",
            "executors.command.timeout",
            "[executors.rest]\ntimeout = 5\n# timeout = 10\n\n[executors.command]\ntimeout = 8\n\n# Flows\n[flow]\n",
        ),
        (
            "[tasks]\npoll = 1\n# lease = 10\n\n# Flows\n[flow]\n",
            "tasks.lease",
            "[tasks]\npoll = 1\n# lease = 10\nlease = 8\n\n# Flows\n[flow]\n",
        ),
        (
            "[tasks]\npoll = 1\n# Flows\n[flow]\n",
            "tasks.lease",
            "[tasks]\npoll = 1\nlease = 8\n# Flows\n[flow]\n",
        ),
        ("[tasks]\npoll = 1", "tasks.lease", "[tasks]\npoll = 1\nlease = 8\n"),
        ("[tasks]\npoll = nan  # sic\n", "tasks.lease", "[tasks]\npoll = nan  # sic\nlease = 8\n"),
    ],
)
def test_a_setting_is_put_where_it_changes_nothing_else(text: str, path: str, made: str) -> None:
    assert text_with(text, tuple(path.split(".")), 8) == made


def test_of_a_table_that_is_a_setting_what_stays_keeps_its_comments() -> None:
    text = "[tasks.per_executor]  # few\na = 1  # slow\nb = 2\n\n# Flows\n[flow]\n"
    made = text_with(text, ("tasks", "per_executor"), {"a": 3, "c.d": 4})
    assert made == '[tasks.per_executor]  # few\na = 3  # slow\n"c.d" = 4\n\n# Flows\n[flow]\n'
    assert text_without(text, ("tasks", "per_executor")) == "\n# Flows\n[flow]\n"


@pytest.mark.parametrize("text", ["tasks = 3\n", "[[tasks]]\n", "tasks.poll.x = 1\n[[tasks.lease]]\n"])
def test_what_is_no_table_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"^tasks(\.lease)? is no table$"):
        text_with(text, ("tasks", "lease", "x"), 8)


NAMES = st.sampled_from(["tasks", "flow", "poll", "lease", "rest", "a.b", "ä", "#"])
SCALARS = st.integers(-9, 9) | st.floats() | st.booleans() | st.text(st.characters(codec="utf-8"), max_size=5)
"""Among them what equals nothing, and what equals something else: nan, and 1, 1.0 and true."""


def quoted(path: tuple[str, ...]) -> str:
    """Write a path as a key of TOML."""
    return ".".join(f'"{name}"' for name in path)


def written(value: Any) -> str:
    """Write a value by other means than those that are tested."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}" = {written(each)}' for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[\n" + "".join(f"  {written(each)},\n" for each in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value) + '"'
    return str(value).lower()


VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=4
)
SETTINGS = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(NAMES, SCALARS, max_size=3)
PLACES = st.lists(NAMES, min_size=1, max_size=3).map(tuple)


@st.composite
def files(draw: st.DrawFn) -> str:
    """Draw the text of a file: keys with dots, tables in any order, inline tables, lists of tables, and comments."""
    inside = draw(st.sampled_from([(), MOTET]))
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    text, number = "", 0
    for _ in range(draw(st.integers(0, 8))):
        number += 1
        kind = draw(st.sampled_from(["key", "key", "table", "profile", "tables", "blank", "comment"]))
        path = draw(PLACES)
        line = {
            "table": f"[{quoted((*inside, *path))}]  # {number}",
            "profile": f"[{quoted((*inside, 'profiles', 'dev', *path[:1]))}]",
            "tables": f"[[{quoted((*inside, *path))}]]",
            "comment": f"# {number}",
            "blank": "",
        }.get(kind) or (f"{quoted(path)} = {written(draw(VALUES))}  # {number}" if kind == "key" else "")
        more = text + line.replace("\n", ends) + ends
        try:
            tomllib.loads(more)
        except tomllib.TOMLDecodeError:
            continue
        text = more
    return text.removesuffix(ends) if draw(st.booleans()) else text


def leaves(tables: dict[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Return what tables say, by its path, and so that it equals only itself."""
    found: dict[tuple[str, ...], str] = {}
    for name, value in tables.items():
        if isinstance(value, dict):
            found |= leaves(value, (*path, name))
        else:
            found[*path, name] = repr(value)
    return found


def comments(text: str) -> list[str]:
    """List the comments of a text: each is a number, and stands at the end of its line."""
    return [line.rstrip("\r").rpartition("# ")[2] for line in text.split("\n") if "# " in line]


@settings(max_examples=400)
@given(files(), st.sampled_from([(), MOTET, ("profiles", "dev"), (*MOTET, "profiles", "dev")]), PLACES, SETTINGS)
def test_everything_else_reads_as_before_and_comments_stay(
    text: str, inside: tuple[str, ...], names: tuple[str, ...], value: Any
) -> None:
    path = (*inside, "tasks", *names)
    before = tomllib.loads(text)
    try:
        made = text_with(text, path, value)
    except ValueError as error:
        assert str(error).endswith(" is no table")  # noqa: PT017 - it may be raised, or not
        return
    after = tomllib.loads(made)
    others = {key: said for key, said in leaves(before).items() if key[: len(path)] != path}
    assert leaves(after) == others | leaves(_nested(path, value))
    assert ("\r\n" in text) <= ("\n" not in made.replace("\r\n", ""))
    if not isinstance(_at(before, path), dict | list):  # what goes takes its comments along
        assert comments(made) == comments(text)


def _nested(path: tuple[str, ...], value: Any) -> Any:
    return value if not path else {path[0]: _nested(path[1:], value)}


def _at(tables: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        tables = tables.get(step) if isinstance(tables, dict) else None
    return tables


@settings(max_examples=200)
@given(files(), st.data())
def test_what_is_taken_out_leaves_everything_else(text: str, data: st.DataObject) -> None:
    before = leaves(tomllib.loads(text))
    if not before:
        return
    path = data.draw(st.sampled_from(sorted(before)))
    path = path[: data.draw(st.integers(1, len(path)))]
    made = text_without(text, path)
    others = {key: said for key, said in before.items() if key[: len(path)] != path}
    assert leaves(tomllib.loads(made)) == others
    if others:
        alone = [line for line in text.replace("\r", "").split("\n") if line.startswith("#")]
        assert [line for line in made.replace("\r", "").split("\n") if line.startswith("#")] == alone
