"""What `motet dev` watches beside the program's folder, and when: as options say, or as the configuration does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from motet.cli.said import settings_said

__all__ = ["Watching", "watching"]


@dataclass(frozen=True, slots=True)
class Watching:
    """What is watched.

    Args:
        folders: More folders.
        said: What names them, for messages.
        options: What `motet.devtools.watch.watch` is told, as far as the configuration says.
    """

    folders: tuple[str, ...] = ()
    said: str = "--watch"
    options: Mapping[str, float] = field(default_factory=dict)


def watching(folders: tuple[str, ...]) -> Watching:
    """Tell what is watched.

    Args:
        folders: Those of the option, which stand above those of the configuration.

    Raises:
        InvalidConfig: The configuration cannot be used.
    """
    config = settings_said()
    if config is None:
        return Watching(folders)
    settings = config.settings.dev
    options = {"debounce": settings.debounce}
    if folders:
        return Watching(folders, options=options)
    return Watching(settings.watch, f"{config.source_of('dev.watch')}: dev.watch", options)
