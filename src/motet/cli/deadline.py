"""How long an agent may take: as an option says, or as the configuration does."""

from motet.config.manager import ConfigManager

__all__ = ["deadline_of"]


def deadline_of(given: float | None) -> float | None:
    """Return the deadline: that of the option, or that of the configuration.

    Args:
        given: Seconds; None where the option says nothing.

    Raises:
        InvalidConfig: The configuration cannot be used.
    """
    if given is not None:
        return given
    deadline: float | None = ConfigManager().settings.cli.deadline
    return deadline
