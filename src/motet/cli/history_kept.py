"""Whether the history of a command's work is kept, where and how: as an option says, or as the configuration does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from motet.cli.said import settings_said

__all__ = ["Kept", "history_kept"]

RECORDER = "history.recorder"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a history goes, and how it is recorded.

    Args:
        store: The URL of its own store; None: that of the work.
        options: What the recorder is made with, as far as the configuration says.
    """

    store: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def url(self, store: str) -> str:
        """Return the URL of the history's store; that of the work is `store`."""
        return self.store or store


def history_kept(*, asked: bool) -> Kept | None:
    """Tell whether a history is kept, and how.

    Args:
        asked: Whether an option says so.

    Returns:
        None where it is not.

    Raises:
        InvalidConfig: The configuration cannot be used.
    """
    config = settings_said()
    if config is None:
        return Kept() if asked else None
    history = config.settings.history
    if not asked and not history.enabled:
        return None
    options = config.options(RECORDER)
    said = {name for name in options if config.source_of(f"{RECORDER}.{name}").layer != "default"}
    return Kept(history.store, {name: options[name] for name in said})
