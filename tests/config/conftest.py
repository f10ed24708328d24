"""No test here may leave a task behind, or see the settings of whoever runs it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from leaks import nothing_left
from motet.config.manager import ConfigManager

__all__ = ["nothing_left"]

Make = Callable[..., ConfigManager]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make managers of the files `global.toml` and `motet.toml` in a new folder, and of variables that are given."""

    def made(arguments: dict[str, object] | None = None, /, **options: object) -> ConfigManager:
        given = {"folder": tmp_path, "global_file": tmp_path / "global.toml", "environment": {}, **options}
        return ConfigManager(arguments, **given)  # type: ignore[arg-type]

    return made
