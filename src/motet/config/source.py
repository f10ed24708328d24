"""Where a setting comes from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from motet.kernel.errors import Detail

__all__ = ["ARGUMENT", "DEFAULT", "LayerName", "Source"]

LayerName = Literal["default", "global", "project", "secrets", "environment", "argument"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a setting comes from.

    Args:
        layer: Which layer.
        file: The file it is written in.
        line: The line in that.
        profile: The profile in that.
        variable: The environment variable.
    """

    layer: LayerName
    file: Path | None = None
    line: int | None = None
    profile: str | None = None
    variable: str | None = None

    def __str__(self) -> str:
        if self.file is None:
            return self.variable or self.layer
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        return place if self.profile is None else f"{place} (profile {self.profile})"

    def detail(self) -> dict[str, Detail]:
        """Return it as data."""
        return {
            "layer": self.layer,
            "file": None if self.file is None else str(self.file),
            "line": self.line,
            "profile": self.profile,
            "variable": self.variable,
        }


DEFAULT: Final = Source("default")
ARGUMENT: Final = Source("argument")
