"""What is wrong with settings, and where it is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from motet.config.source import Source
from motet.kernel.errors import Detail, Fault, MotetError

__all__ = ["InvalidConfig", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        source: Where it is written.
        told: What is wrong, and what would be right; no secret is in it.
        key: The setting; "" where it is not about one.
    """

    source: Source
    told: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.source}: {self.told}"

    def detail(self) -> dict[str, Detail]:
        """Return it as data."""
        return {"key": self.key or None, "told": self.told, **self.source.detail()}


class InvalidConfig(MotetError):
    """Settings cannot be used; every problem is listed, with its place."""

    code: ClassVar[str] = "invalid_config"
    fault = Fault.CALLER

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> "InvalidConfig":
        """Make the error of its problems."""
        listed = list(problems)
        lines = [str(problem) for problem in listed]
        told = f" {lines[0]}" if len(lines) == 1 else "".join(f"\n  - {line}" for line in lines)
        details: list[Detail] = [problem.detail() for problem in listed]
        return cls(f"the configuration cannot be used:{told}", problems=details)
