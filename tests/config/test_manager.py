"""The manager: reading, setting, reloading, telling."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from motet import ConfigManager
from motet.config.changes import Change
from motet.config.errors import InvalidConfig
from motet.kernel.errors import NotAvailable, NotFound

Make = Callable[..., ConfigManager]


def test_attributes_and_keys_say_the_same(make: Make) -> None:
    config = make({"tasks": {"max_concurrency": 3}, "executors.rest.private": True})
    assert config.settings.tasks.max_concurrency == config.get("tasks.max_concurrency") == 3
    assert config.settings.executors.rest.private is config.get("executors.rest.private") is True
    assert config.get("middleware.cache.copy") is config.settings.middleware.cache.copy_ is True


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("tasks.stroe", "there is no setting tasks.stroe: did you mean tasks.store?"),
        ("store", "there is no setting store: did you mean history.store or tasks.store?"),
        ("tasks", "there is no setting tasks: it is a table, of store, max_concurrency"),
        ("executors.rest", "there is no setting executors.rest: it is a table, of private, max_bytes, timeout"),
        ("", "there is no setting "),
        ("tasks.store.x", "there is no setting tasks.store.x: did you mean tasks.store?"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(make: Make, key: str, told: str) -> None:
    config = make()
    calls: list[Callable[[], object]] = [
        lambda: config.get(key),
        lambda: config.source_of(key),
        lambda: config.set(key, 1),
        lambda: config.set(key, 1, scope="project"),
    ]
    for call in calls:
        with pytest.raises(NotFound) as caught:
            call()
        assert str(caught.value).startswith(told)


@pytest.mark.parametrize("name", ["taks", "tasks.store", "executors.nothing", ""])
def test_an_unknown_section_has_no_options(make: Make, name: str) -> None:
    with pytest.raises(NotFound, match="there is no section"):
        make().options(name)


def test_options_leave_out_sections_within() -> None:
    assert ConfigManager.isolated().options("executors") == {}
    assert ConfigManager.isolated().options("executors.agent") == {"root": None}


def test_setting_here_stands_above_everything_and_writes_nothing(make: Make, tmp_path: Path) -> None:
    config = make(environment={"MOTET_FLOW__INBOX": "3"})
    changes = config.set("flow.inbox", 4)
    assert [(change.key, change.old, change.new) for change in changes] == [("flow.inbox", 3, 4)]
    assert config.get("flow.inbox") == 4
    assert str(config.source_of("flow.inbox")) == "argument"
    config.reload()
    assert config.get("flow.inbox") == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("tasks.max_concurrency", 0, "tasks.max_concurrency cannot be 0: it takes a whole number, 1 or more"),
        ("tasks.max_concurrency", True, "tasks.max_concurrency cannot be True: it takes a whole number, 1 or more"),
        ("tasks.max_concurrency", None, "tasks.max_concurrency cannot be None: it takes"),
        ("tasks.poll", float("nan"), "tasks.poll cannot be nan: it takes a number, more than 0"),
        ("tasks.per_key", {"a": "b"}, "tasks.per_key.a cannot be 'b': it takes a table"),
        ("executors.command.allow", "uname", "executors.command.allow cannot be 'uname': it takes a list"),
        ("cli.deadline", -1, "cli.deadline cannot be -1: it takes a number, more than 0 or none"),
        ("dev.watch", [""], "dev.watch.0 cannot be '': it takes a list, each of its parts a text"),
        ("observability.log_level", "x" * 100, "observability.log_level does not fit: it takes one of"),
    ],
)
@pytest.mark.parametrize("scope", ["here", "project", "global"])
def test_a_value_that_does_not_fit_changes_nothing(
    make: Make, tmp_path: Path, key: str, value: object, told: str, scope: str
) -> None:
    config = make()
    before = config.get(key)
    with pytest.raises(InvalidConfig) as caught:
        config.set(key, value, scope=scope)  # type: ignore[arg-type]
    assert str(caught.value).startswith(told)
    assert config.get(key) == before
    assert list(tmp_path.iterdir()) == []


def test_arguments_that_do_not_fit_are_refused(make: Make) -> None:
    with pytest.raises(InvalidConfig, match="argument: tasks.poll cannot be 'x'"):
        make({"tasks.poll": "x"})
    with pytest.raises(InvalidConfig, match="argument: there is no section taks: did you mean tasks"):
        ConfigManager.isolated({"taks": {}})
    with pytest.raises(InvalidConfig, match="there is no setting tasks.no"):
        ConfigManager.isolated({"tasks.no": 1})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"tasks": 5, "tasks.poll": 3}, "tasks.poll stands below tasks, which is given as well: give one of them"),
        ({"tasks.poll.x": 5, "tasks": {"poll": 3}}, "tasks.poll.x stands below tasks.poll, which is given as well"),
        ({"tasks": {"poll": 3, "poll.x": 5}}, "tasks.poll.x stands below tasks.poll, which is given as well"),
        ({"tasks": {"per_key": {"a": 1}}, "tasks.per_key.b": 2}, "tasks.per_key.b stands below tasks.per_key"),
    ],
)
def test_arguments_that_say_two_things_are_refused(arguments: dict[str, object], told: str) -> None:
    before = repr(arguments)
    with pytest.raises(InvalidConfig, match=f"argument: {told}"):
        ConfigManager.isolated(arguments)
    assert repr(arguments) == before


def test_a_bad_file_keeps_the_last_good_settings(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "motet.toml"
    file.write_text("[tasks]\nmax_concurrency = 3\n")
    config = make()
    told: list[Change] = []
    config.subscribe(told.append)
    for bad in ("[tasks]\nmax_concurrency = 'x'\n", "[tasks\n", "[taks]\n", "[tasks]\nx = 1\n", "tasks = 1\n"):
        file.write_text(bad)
        with pytest.raises(InvalidConfig, match=r"motet\.toml:\d: ") as caught:
            config.reload()
        assert config.problem is caught.value
        assert (config.get("tasks.max_concurrency"), told) == (3, [])
    file.unlink()
    file.mkdir()
    with pytest.raises(InvalidConfig, match="cannot be read"):
        config.reload()
    file.rmdir()
    file.write_text("[tasks]\nmax_concurrency = 4\n")
    config.reload()
    assert config.problem is None
    assert [(change.old, change.new, change.source.line) for change in told] == [(3, 4, 2)]


@pytest.mark.skipif(os.geteuid() == 0, reason="nobody keeps this user from reading")
def test_a_file_that_may_not_be_read_says_so(make: Make, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").touch(mode=0)
    with pytest.raises(InvalidConfig, match="cannot be read: Permission denied"):
        make()


def test_a_file_that_disappears_takes_its_settings_along(make: Make, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text("[flow]\ninbox = 3\n")
    config = make()
    (tmp_path / "motet.toml").unlink()
    assert [(change.key, change.new, str(change.source)) for change in config.reload()] == [
        ("flow.inbox", 64, "default")
    ]


def test_an_unknown_profile_is_refused_with_the_known_ones(make: Make, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text("[profiles.staging]\n")
    (tmp_path / "global.toml").write_text("[profiles.dev]\n")
    with pytest.raises(InvalidConfig, match="argument: no file has a profile stagging: did you mean staging"):
        make(profile="stagging")
    with pytest.raises(InvalidConfig, match="no file has a profile x: there are dev, staging"):
        make(profile="x")


@pytest.mark.parametrize("text", ["profiles = 1\n", "[profiles]\ndev = 1\n"])
def test_profiles_are_tables(make: Make, tmp_path: Path, text: str) -> None:
    (tmp_path / "motet.toml").write_text(text)
    with pytest.raises(InvalidConfig, match=r"motet\.toml:1: profiles are tables of settings"):
        make()


def test_a_profile_that_does_not_fit_counts_when_it_is_chosen(make: Make, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text("[profiles.dev.tasks]\nmax_concurrency = 0\n[profiles.prod]\n")
    make(profile="prod")
    with pytest.raises(InvalidConfig, match=r"motet\.toml:2 \(profile dev\): tasks.max_concurrency cannot be 0"):
        make(profile="dev")


def test_a_failing_subscriber_stops_none_of_the_others(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    config = make()
    told: list[str] = []

    def broken(change: Change) -> None:
        raise RuntimeError("not my day")

    config.subscribe(broken)
    end = config.subscribe(lambda change: told.append(change.key))
    with caplog.at_level(logging.ERROR):
        config.set("flow.inbox", 3)
        config.set("flow.inbox", 3)  # no change
        end()
        end()
        config.set("flow.inbox", 4)
    assert told == ["flow.inbox"]
    assert caplog.text.count("a subscriber to settings failed at flow.inbox") == 2
    assert config.get("flow.inbox") == 4


def test_a_subscriber_may_read_and_set(make: Make) -> None:
    config = make()
    seen: list[int] = []

    def follow(change: Change) -> None:
        seen.append(config.get("flow.inbox"))
        if change.key == "flow.inbox":
            config.set("flow.concurrency", change.new)

    config.subscribe(follow)
    config.set("flow.inbox", 3)
    assert (config.get("flow.concurrency"), seen) == (3, [3, 3])


def test_many_threads_may_set_at_once(make: Make) -> None:
    config = make()
    keys = ["flow.inbox", "flow.concurrency", "tasks.max_concurrency", "tasks.key_concurrency"]
    threads = [threading.Thread(target=lambda key=key: [config.set(key, n) for n in range(1, 51)]) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [config.get(key) for key in keys] == [50] * 4


def test_an_isolated_manager_reads_no_file_and_no_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "motet.toml").write_text("[tasks\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOTET_FLOW__INBOX", "nonsense")
    monkeypatch.setenv("MOTET_PROFILE", "nonsense")
    first, second = ConfigManager.isolated({"flow.inbox": 3}), ConfigManager.isolated()
    first.set("flow.concurrency", 5)
    assert (first.get("flow.inbox"), second.get("flow.inbox"), second.get("flow.concurrency")) == (3, 64, 16)
    assert first.reload() == ()
    for scope in ("project", "global"):
        with pytest.raises(NotAvailable, match=f"there is no {scope} file here to write to"):
            first.set("flow.inbox", 4, scope=scope)  # type: ignore[arg-type]


def test_an_unknown_scope_is_refused(make: Make, tmp_path: Path) -> None:
    config = make()
    told = "there is no scope 'globl': there are 'here', 'project' and 'global'"
    calls: list[Callable[[], object]] = [
        lambda: config.set("tasks.poll", 3, scope="globl"),  # type: ignore[arg-type]
        lambda: config.unset("tasks.poll", scope="globl"),  # type: ignore[arg-type]
        lambda: ConfigManager.isolated().set("tasks.poll", 3, scope="globl"),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(NotFound, match=told):
            call()
    assert list(tmp_path.iterdir()) == []


def test_by_itself_it_reads_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MOTET_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("MOTET_FLOW__INBOX", "3")
    (tmp_path / "mine" / "motet").mkdir(parents=True)
    (tmp_path / "mine" / "motet" / "config.toml").write_text("[flow]\nconcurrency = 5\n")
    (tmp_path / "motet.toml").write_text("[tasks]\npoll = 7\n")
    config = ConfigManager()
    assert (config.get("flow.inbox"), config.get("flow.concurrency"), config.get("tasks.poll")) == (3, 5, 7.0)
    monkeypatch.setenv("MOTET_FLOW__INBOX", "4")
    assert [change.new for change in config.reload()] == [4]
    assert repr(config) == "<ConfigManager of 3 settings>"
