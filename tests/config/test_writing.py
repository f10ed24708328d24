"""Settings are written: what else is in a file stays as it is."""

import os
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter

from motet.config.errors import InvalidConfig
from motet.config.keys import Leaf, all_leaves
from motet.config.manager import ConfigManager
from motet.config.shown import plain
from motet.kernel.errors import NotFound

Make = Callable[..., ConfigManager]

BEFORE = """\
# Ours since 2026.

[flow]   # flows
inbox = 3  # small
concurrency=5

# Where trees are kept:
[tasks]
store = "memory://"

[tasks.per_executor]
rest = 2
"""


def test_comments_and_order_stay(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "motet.toml"
    file.write_text(BEFORE)
    make().set("flow.inbox", 9, scope="project")
    assert file.read_text() == BEFORE.replace("inbox = 3  # small", "inbox = 9  # small")


def test_new_keys_and_tables_are_added(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "motet.toml"
    file.write_text(BEFORE)
    config = make()
    config.set("tasks.poll", 2, scope="project")
    config.set("executors.command.allow", ["uname"], scope="project")
    config.set("tasks.per_executor", {"rest": 4}, scope="project")
    text = file.read_text()
    for line in BEFORE.split("\n\n")[:2]:
        assert line in text
    assert (config.get("tasks.poll"), config.get("executors.command.allow")) == (2.0, ("uname",))
    assert config.get("tasks.per_executor") == {"rest": 4}


@pytest.mark.parametrize(
    ("name", "text", "key", "profile"),
    [
        ("motet.toml", "profiles.ci.tasks.max_concurrency = 1\ntasks.poll = 1\n", "flow.inbox", "ci"),
        ("motet.toml", "executors.rest.timeout = 5\ntasks.poll = 1\n", "executors.command.timeout", None),
        ("pyproject.toml", "[tool.motet]\nexecutors.rest.timeout = 5\ntasks.poll = 1\n", "executors.agent.root", None),
        ("pyproject.toml", "[tool]\nmotet = {tasks.poll = 1}\n", "flow.inbox", "ci"),
    ],
)
def test_keys_with_dots_stay_what_they_are(
    make: Make, tmp_path: Path, name: str, text: str, key: str, profile: str | None
) -> None:
    (tmp_path / name).write_text(text)
    make().set(key, "8", scope="project", profile=profile)
    config = make(profile=profile)
    assert str(config.get(key)).partition(".")[0].endswith("8")
    assert config.source_of(key).profile == profile
    assert config.get("tasks.poll") == 1
    assert not [line for line in text.splitlines()[:-1] if line not in (tmp_path / name).read_text().splitlines()]


def test_what_stands_where_a_table_would_have_to_be_is_named(make: Make, tmp_path: Path) -> None:
    config = make()
    (tmp_path / "motet.toml").write_text("executors.rest = 5\n")
    told = r"executors\.rest\.timeout cannot be written beside what is there: executors\.rest is no table"
    with pytest.raises(InvalidConfig, match=told):
        config.set("executors.rest.timeout", 8, scope="project")


def test_lines_that_are_added_end_as_those_of_the_file_do(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "motet.toml"
    file.write_bytes(b"# Ours\r\n[tasks]\r\npoll = 1\r\nlease = 20")
    config = make()
    config.set("flow.inbox", 3, scope="project")
    config.set("tasks.poll", 2, scope="project")
    config.set("tasks.demo", True, scope="project")
    config.set("observability.service_name", "a\nb", scope="project")
    lines = file.read_bytes().split(b"\r\n")
    assert lines[:5] == [b"# Ours", b"[tasks]", b"poll = 2.0", b"lease = 20", b"demo = true"]
    assert b"\n" not in b"".join(lines)
    config.unset("tasks.poll", scope="project")
    assert file.read_bytes().startswith(b"# Ours\r\n[tasks]\r\nlease = 20\r\n")


def test_what_is_no_text_is_not_written(make: Make, tmp_path: Path) -> None:
    told = r"motet\.toml: middleware\.cache\.namespace cannot be written: it holds bytes that are no text"
    with pytest.raises(InvalidConfig, match=told):
        make().set("middleware.cache.namespace", "a\udcff", scope="project")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_made_with_its_folder_when_there_is_none(make: Make, tmp_path: Path) -> None:
    config = make(global_file=tmp_path / "a" / "b" / "config.toml")
    config.set("flow.inbox", 3, scope="global")
    config.set("flow.concurrency", 3, scope="project")
    assert (tmp_path / "a" / "b" / "config.toml").read_text() == "[flow]\ninbox = 3\n"
    assert (tmp_path / "motet.toml").read_text() == "[flow]\nconcurrency = 3\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "motet.toml"]


def test_a_pyproject_is_written_in_its_own_table(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[project]\nname = "x" # mine\n\n[tool.motet.flow]\ninbox = 3\n\n[tool.ruff]\nline-length = 100\n')
    config = make()
    config.set("flow.inbox", 4, scope="project")
    config.set("tasks.poll", 4, scope="project")
    read = tomllib.loads(file.read_text())
    assert read["tool"] == {"motet": {"flow": {"inbox": 4}, "tasks": {"poll": 4.0}}, "ruff": {"line-length": 100}}
    assert 'name = "x" # mine' in file.read_text()
    assert (config.get("flow.inbox"), config.source_of("flow.inbox").line) == (4, 5)


def test_a_profile_is_written_to(make: Make, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text("[profiles.dev]\n")
    config = make(profile="dev")
    config.set("flow.inbox", 4, scope="project", profile="dev")
    assert config.source_of("flow.inbox").profile == "dev"
    assert tomllib.loads((tmp_path / "motet.toml").read_text()) == {"profiles": {"dev": {"flow": {"inbox": 4}}}}


def test_a_profile_without_a_name_is_refused(make: Make, tmp_path: Path) -> None:
    told = "^a profile has a name: give one, or no profile"
    with pytest.raises(InvalidConfig, match=told):
        make().set("flow.inbox", 4, scope="project", profile="")
    with pytest.raises(InvalidConfig, match=told):
        make().unset("flow.inbox", scope="project", profile="")
    assert list(tmp_path.iterdir()) == []


def test_what_a_layer_above_says_still_counts(make: Make, tmp_path: Path) -> None:
    config = make(environment={"MOTET_FLOW__INBOX": "3"})
    assert config.set("flow.inbox", 4, scope="project") == ()
    assert config.get("flow.inbox") == 3


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_mode_of_a_file_stays(make: Make, tmp_path: Path, mode: int) -> None:
    file = tmp_path / "motet.toml"
    file.touch()
    file.chmod(mode)
    make().set("flow.inbox", 3, scope="project")
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_new_file_is_as_open_as_others_unless_it_is_ones_own_or_holds_a_secret(make: Make, tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        config = make()
        config.set("flow.inbox", 3, scope="project")
        config.set("flow.inbox", 3, scope="global")
        other = make(project_file=tmp_path / "other.toml")
        other.set("observability.otlp_headers", {"key": "abc"}, scope="project")
    finally:
        os.umask(mask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"motet.toml": 0o644, "global.toml": 0o600, "other.toml": 0o600}


def test_a_link_stays_one(make: Make, tmp_path: Path) -> None:
    (tmp_path / "dots").mkdir()
    (tmp_path / "dots" / "real.toml").write_text("# mine\n")
    (tmp_path / "global.toml").symlink_to(tmp_path / "dots" / "real.toml")
    make().set("flow.inbox", 3, scope="global")
    assert (tmp_path / "global.toml").is_symlink()
    assert (tmp_path / "dots" / "real.toml").read_text() == "# mine\n\n[flow]\ninbox = 3\n"


@pytest.mark.parametrize("text", ["[flow\n", "flow = 3\n", "[[flow]]\n", "\udcff"])
def test_a_file_that_cannot_take_it_stays_as_it_is(make: Make, tmp_path: Path, text: str) -> None:
    file = tmp_path / "motet.toml"
    config = make()
    file.write_bytes(text.encode(errors="surrogateescape"))
    before = file.read_bytes()
    with pytest.raises(InvalidConfig, match=r"motet\.toml"):
        config.set("flow.inbox", 3, scope="project")
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["motet.toml"]


def test_a_folder_that_takes_no_file_says_so(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = make(global_file=tmp_path / "file" / "config.toml")
    with pytest.raises(InvalidConfig, match="it cannot be written: "):
        config.set("flow.inbox", 3, scope="global")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "motet.toml"
    file.write_text("[flow]\ninbox = 3\n")
    config = make()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InvalidConfig, match="it cannot be written: No space left on device"):
        config.set("flow.inbox", 4, scope="project")
    assert file.read_text() == "[flow]\ninbox = 3\n"
    assert config.get("flow.inbox") == 3
    assert [path.name for path in tmp_path.iterdir()] == ["motet.toml"]


def test_a_setting_can_be_mended_while_something_else_is_wrong(make: Make, tmp_path: Path) -> None:
    config = make()
    (tmp_path / "motet.toml").write_text("[flow]\ninbox = 0\nconcurrency = 0\n")
    with pytest.raises(InvalidConfig, match="flow.concurrency cannot be 0"):
        config.set("flow.inbox", 3, scope="project")
    assert config.get("flow.inbox") == 64
    config.set("flow.concurrency", 3, scope="project")
    assert (config.get("flow.inbox"), config.get("flow.concurrency")) == (3, 3)


def test_without_the_extra_writing_says_what_is_missing() -> None:
    code = (
        "import sys; sys.modules['tomlkit'] = None; from motet import ConfigManager; "
        "ConfigManager(environment={}, project_file='x.toml').set('flow.inbox', 3, scope='project')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert 'Writing settings needs an optional dependency: pip install "motet[config]"' in done.stderr


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=12)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(1, 2**40),
    "boolean": st.booleans(),
    "string": TEXT.filter(lambda text: text.strip().lower() != "none"),
    "null": st.none(),
}


def values_for(leaf: Leaf) -> st.SearchStrategy[Any]:
    """Draw what a setting takes, from its schema."""

    def drawn(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        if "anyOf" in schema:
            return st.one_of([drawn(each) for each in schema["anyOf"]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if schema["type"] == "array":
            return st.lists(drawn(schema["items"]), max_size=3)
        if schema["type"] == "object":
            return st.dictionaries(TEXT, drawn(schema["additionalProperties"]), max_size=3)
        if schema["type"] == "number":
            least, most = schema.get("ge", schema.get("minimum", 0.001)), schema.get("le", schema.get("maximum", 1e9))
            return st.floats(max(least, 0.001), most) | st.integers(1, int(most))
        return KINDS[schema["type"]]

    if leaf.url:
        return TEXT.map(lambda text: f"x+y://{text}")
    if leaf.located:
        paths = st.from_regex(r"/[a-z]{1,5}\.py", fullmatch=True)
        return st.lists(paths, max_size=2) if leaf.schema().get("type") == "array" else st.none() | paths
    return drawn(leaf.schema())


LEAVES = all_leaves()
KEYS_BEFORE = {"flow.inbox", "flow.concurrency", "tasks.store", "tasks.per_executor"}


@settings(max_examples=60)
@given(st.data(), st.lists(st.sampled_from(sorted(LEAVES)), min_size=1, max_size=6), st.sampled_from(["", BEFORE]))
def test_what_is_set_in_a_file_is_what_is_read_from_it(data: st.DataObject, keys: list[str], text: str) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "motet.toml").write_text(text)
        options: dict[str, Any] = {"folder": folder, "environment": {"HOME": folder}}
        config = ConfigManager(**options)
        expected = {}
        for key in keys:
            leaf = LEAVES[key]
            value = data.draw(values_for(leaf), label=key)
            checked = TypeAdapter(leaf.field.rebuild_annotation()).validate_python(value)
            config.set(key, value, scope="project")
            expected[key] = plain(checked)
        again = ConfigManager(**options)
        for key, value in expected.items():
            assert plain(config.get(key)) == plain(again.get(key)) == value
            assert type(again.get(key)) is type(config.get(key))
        for key in expected:
            config.unset(key, scope="project")
        left = ConfigManager(**options)
        for key in LEAVES:
            said = key not in expected and key in KEYS_BEFORE and text
            assert (left.source_of(key).layer == "project") == bool(said)


def test_a_secret_is_written_as_it_is_and_read_as_a_secret(make: Make, tmp_path: Path) -> None:
    make().set("observability.otlp_headers", {"key": SecretStr("abc")}, scope="global")
    assert make().get("observability.otlp_headers")["key"].get_secret_value() == "abc"


def test_what_is_taken_out_leaves_everything_else(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "motet.toml"
    file.write_text(BEFORE)
    config = make()
    assert [(change.key, change.old, change.new) for change in config.unset("flow.inbox", scope="project")] == [
        ("flow.inbox", 3, 64)
    ]
    assert file.read_text() == BEFORE.replace("inbox = 3  # small\n", "")
    config.unset("tasks.per_executor", scope="project")
    assert file.read_text().rstrip() == BEFORE.replace("inbox = 3  # small\n", "").partition("\n[tasks.per")[0].rstrip()
    config.set("tasks.poll", 3, scope="project", profile="dev")
    config.unset("tasks.poll", scope="project")
    assert make(profile="dev").get("tasks.poll") == 3
    config.unset("tasks.poll", scope="project", profile="dev")
    assert make(profile="dev").source_of("tasks.poll").layer == "default"


@pytest.mark.parametrize(
    "text",
    [
        "tasks.poll = 3\ntasks.lease = 20\n",
        "tasks = {poll = 3, lease = 20}\n",
        "[tasks]\nlease = 20\n\n[flow]\ninbox = 3\n\n[tasks.per_key]\na = 1\n",
        "[tasks]\nlease = 20\npoll = 3",
    ],
)
def test_it_is_taken_out_however_it_is_written(make: Make, tmp_path: Path, text: str) -> None:
    (tmp_path / "motet.toml").write_text(text)
    config = make()
    config.unset("tasks.poll", scope="project")
    config.unset("tasks.per_key", scope="project")
    assert tomllib.loads((tmp_path / "motet.toml").read_text())["tasks"] == {"lease": 20}
    assert config.get("tasks.lease") == 20


def test_what_is_not_there_is_taken_out_of_no_file(make: Make, tmp_path: Path) -> None:
    assert make().unset("flow.inbox", scope="project") == ()
    assert not (tmp_path / "motet.toml").exists()
    (tmp_path / "motet.toml").write_text(BEFORE)
    before = (tmp_path / "motet.toml").stat()
    assert make().unset("tasks.poll", scope="project") == ()
    assert (tmp_path / "motet.toml").stat() == before


def test_what_was_set_here_is_taken_back_here(make: Make, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text(BEFORE)
    config = make({"flow.concurrency": 9})
    config.set("flow.inbox", 7)
    assert [(change.new, change.source.layer) for change in config.unset("flow.inbox")] == [(3, "project")]
    assert config.unset("flow.inbox") == ()
    assert [change.new for change in config.unset("flow.concurrency")] == [5]
    with pytest.raises(NotFound, match=r"did you mean flow\.inbox"):
        config.unset("flow.inbx")
