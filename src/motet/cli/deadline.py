"""How long an agent may take: as an option says, or as the configuration does."""

from motet.cli.said import settings_said

__all__ = ["deadline_of"]


def deadline_of(given: float | None) -> float | None:
    """Return the deadline: that of the option, or that of the configuration.

    Args:
        given: Seconds; None where the option says nothing.

    Raises:
        InvalidConfig: The configuration cannot be used.
    """
    config = settings_said() if given is None else None
    return given if config is None else config.settings.cli.deadline
