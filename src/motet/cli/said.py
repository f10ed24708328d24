"""What is said about settings where a command runs."""

import os
from typing import TYPE_CHECKING

from motet.cli.lookup import current_folder
from motet.config.silence import nothing_said

if TYPE_CHECKING:
    from motet.config.manager import ConfigManager

__all__ = ["settings_said"]


def settings_said() -> "ConfigManager | None":
    """Read the configuration; None where nothing is said, so that nothing is loaded for it.

    Raises:
        InvalidConfig: It cannot be used.
        InvalidUsage: The current folder, in which it would be, is not there any more.
    """
    if nothing_said(os.environ, current_folder()):
        return None
    # Loaded here: most commands run where nothing is said.
    from motet.config.manager import ConfigManager  # noqa: PLC0415

    return ConfigManager()
