"""Files of secrets, as container platforms mount them: each is called like a setting, and holds its value."""

from pathlib import Path

from motet.kernel.errors import MissingExtra

try:
    from pydantic_settings import NestedSecretsSettingsSource
except ModuleNotFoundError as error:
    raise MissingExtra.of("Settings in files of secrets", "config") from error

__all__ = ["read_secrets"]


def read_secrets(folder: Path) -> dict[str, str]:
    """Read each file in a folder; links that lead out of it are not followed."""
    return NestedSecretsSettingsSource.load_secrets(folder.resolve())
