"""Whether anything is said about settings at all: an answer for programs that have to start fast."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from motet.config.places import find_places

__all__ = ["nothing_said"]

_PREFIX: Final = "MOTET_"
_PLACES: Final = "MOTET_CONFIG_"


def nothing_said(environment: Mapping[str, str], folder: Path) -> bool:
    """Tell whether every setting is as it is by default, without loading what settings are made of.

    Args:
        environment: The variables of the process.
        folder: Where it works.

    Returns:
        True if there is no file and no variable that could say anything; False if there may be something.
    """
    names = (name.upper() for name, text in environment.items() if text)
    if any(name.startswith(_PREFIX) and not name.startswith(_PLACES) for name in names):
        return False
    places = find_places(folder, environment)
    try:
        return not any(file is not None and file.exists() for file in (places.global_file, places.project_file))
    except OSError:
        return False  # whoever reads the file says what the system refuses
