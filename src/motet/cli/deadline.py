"""How long an agent may take: as an option says, or as the configuration does."""

import os
from pathlib import Path

from motet.config.silence import nothing_said

__all__ = ["deadline_of"]


def deadline_of(given: float | None) -> float | None:
    """Return the deadline: that of the option, or that of the configuration.

    Args:
        given: Seconds; None where the option says nothing.

    Raises:
        InvalidConfig: The configuration cannot be used.
    """
    if given is not None or nothing_said(os.environ, Path.cwd()):
        return given
    # Loaded here: most agents are run where nothing is said.
    from motet.config.manager import ConfigManager  # noqa: PLC0415

    deadline: float | None = ConfigManager().settings.cli.deadline
    return deadline
