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
