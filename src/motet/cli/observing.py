"""Who is told of a command's work because the configuration says so."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from motet.config.silence import nothing_said

if TYPE_CHECKING:
    from motet.observability.configuring import Observability

__all__ = ["observing"]

SECTION = "observability"


def observing() -> "AbstractContextManager[Observability | None]":
    """Set observability up as the section `observability` of the configuration says.

    Returns:
        What closes it again, with the tracer; with None where nothing is said about it, so that nothing is observed.

    Raises:
        InvalidConfig: The configuration cannot be used.
        MissingExtra: What it asks for is not installed.
    """
    if nothing_said(os.environ, Path.cwd()):
        return nullcontext()
    # Loaded here: most commands run where nothing is said.
    from motet.config.manager import ConfigManager  # noqa: PLC0415

    config = ConfigManager()
    options = config.options(SECTION)
    if all(config.source_of(f"{SECTION}.{name}").layer == "default" for name in options):
        return nullcontext()
    from motet.observability.configuring import configure  # noqa: PLC0415 - likewise

    return configure(**options)
