"""Files of secrets, as container platforms mount them: each is called like a setting, and holds its value."""

from collections.abc import Callable
from pathlib import Path

from motet.config.errors import InvalidConfig, Problem
from motet.config.source import Source
from motet.config.toml_text import read_text

__all__ = ["read_secrets"]


def read_secrets(folder: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Read the files in a folder that are called like settings.

    Other files are not looked at: they are for other programs. Links that lead out of the folder are not followed.

    Args:
        folder: The folder.
        wanted: Whether a name is that of a setting.

    Returns:
        What the files say, by their names.

    Raises:
        InvalidConfig: The folder, or a file that is wanted, cannot be read, or is no text.
    """
    found: dict[str, str] = {}
    for name in _names(folder):
        if wanted(name) and _inside(folder / name, folder):
            text = read_text(folder / name, "secrets")
            found |= {} if text is None else {name: text.strip()}
    return found


def _names(folder: Path) -> list[str]:
    try:
        return sorted(file.name for file in folder.iterdir())
    except OSError as error:
        told = f"it cannot be read: {error.strerror or error}"
        raise InvalidConfig.of([Problem(Source("secrets", folder), told)]) from error


def _inside(file: Path, folder: Path) -> bool:
    try:
        real = file.resolve()
        return real.is_file() and folder.resolve() in real.parents
    except (OSError, RuntimeError):  # links that lead in a circle; before Python 3.13 that is a RuntimeError
        return False
