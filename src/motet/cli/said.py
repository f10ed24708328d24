"""What is said about settings where a command runs."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from motet.config.silence import nothing_said

if TYPE_CHECKING:
    from motet.config.manager import ConfigManager

__all__ = ["settings_said"]


def settings_said() -> "ConfigManager | None":
    """Read the configuration; None where nothing is said, so that nothing is loaded for it.

    Raises:
        InvalidConfig: It cannot be used.
    """
    if nothing_said(os.environ, Path.cwd()):
        return None
    # Loaded here: most commands run where nothing is said.
    from motet.config.manager import ConfigManager  # noqa: PLC0415

    return ConfigManager()
