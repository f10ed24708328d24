"""Who is told of a command's work because the configuration says so."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from motet.cli.said import settings_said

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
    config = settings_said()
    if config is None:
        return nullcontext()
    options = config.options(SECTION)
    if all(config.source_of(f"{SECTION}.{name}").layer == "default" for name in options):
        return nullcontext()
    from motet.observability.configuring import configure  # noqa: PLC0415 - few commands are observed

    return configure(**options)
