"""Settings in files of secrets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from motet.config.errors import InvalidConfig
from motet.config.manager import ConfigManager

Make = Callable[..., ConfigManager]


def test_a_file_is_called_like_a_setting_and_holds_its_value(make: Make, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "observability__otlp_headers").write_text("key=abc\n")
    (tmp_path / "s" / "something_else").write_text("x")
    config = make(environment={"MOTET_SECRETS_DIR": str(tmp_path / "s")})
    assert config.get("observability.otlp_headers")["key"].get_secret_value() == "abc"
    assert config.source_of("observability.otlp_headers").layer == "secrets"
    assert str(config.source_of("observability.otlp_headers")) == str(tmp_path / "s" / "observability__otlp_headers")


def test_a_folder_that_is_not_there_is_told(make: Make, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="there is no such folder of secrets"):
        make(secrets=tmp_path / "no")


def test_what_is_not_called_like_a_setting_is_not_looked_at(make: Make, tmp_path: Path) -> None:
    (tmp_path / "s" / "tasks__of_others").mkdir(parents=True)
    for name in ("key.der", "postgres__key", "tasks__of_others/tasks__store", ".tasks__store"):
        (tmp_path / "s" / name).write_bytes(b"\x00\xff")
    (tmp_path / "s" / "flow__loop").symlink_to("flow__loop")
    (tmp_path / "s" / "FLOW__INBOX").write_text("3\n")
    config = make(secrets=tmp_path / "s")
    assert (config.get("flow.inbox"), repr(config)) == (3, "<ConfigManager of 1 settings>")
    assert str(config.source_of("flow.inbox")) == str(tmp_path / "s" / "FLOW__INBOX")


def test_where_a_container_platform_puts_them_they_are_found(make: Make, tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "flow__inbox").write_text("3")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "flow__inbox").symlink_to("..data/flow__inbox")
    assert make(secrets=tmp_path).get("flow.inbox") == 3


def test_a_file_that_is_called_like_a_setting_and_is_no_text_is_told(make: Make, tmp_path: Path) -> None:
    (tmp_path / "tasks__store").write_bytes(b"\x00\xff")
    with pytest.raises(InvalidConfig, match="/tasks__store: it is not UTF-8 text"):
        make(secrets=tmp_path)
    (tmp_path / "tasks__store").unlink()
    (tmp_path / "tasks__stroe").write_text("memory://")
    with pytest.raises(
        InvalidConfig, match=r"/tasks__stroe: there is no setting tasks\.stroe: did you mean tasks\.store"
    ):
        make(secrets=tmp_path)


def test_a_home_that_nobody_has_is_told(make: Make) -> None:
    with pytest.raises(InvalidConfig, match="~nobody-here/s: it cannot be '~nobody-here/s': nobody knows that home"):
        make(environment={"MOTET_SECRETS_DIR": "~nobody-here/s"})


def test_a_file_that_does_not_fit_is_named_and_its_value_is_not(make: Make, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "observability__otlp_headers").write_text("hunter2")
    with pytest.raises(InvalidConfig, match=r"s/observability__otlp_headers: .* does not fit") as caught:
        make(secrets=tmp_path / "s")
    assert "hunter2" not in f"{caught.value} {caught.value.details}"


def test_a_link_out_of_the_folder_is_not_followed(make: Make, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "outside").write_text("memory://")
    (tmp_path / "s" / "tasks__store").symlink_to(tmp_path / "outside")
    assert make(secrets=tmp_path / "s").source_of("tasks.store").layer == "default"
