"""The environment of a program: a few variables by name, and none from the caller that decides which code runs."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Final

from motet.kernel.errors import InvalidPayload

__all__ = ["DEFAULT_ENV", "Environment"]

DEFAULT_ENV: Final = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""The environment variables that a program gets, where this process has them, unless `env=` names others."""


class Environment:
    """Which environment variables a program has.

    Args:
        names: Those that it may have. It gets the values of this process, or those that the caller gives.
        steering: Names that decide which code runs: the caller gives none of them, also where they are listed.
        owner: The class that is told what to allow, for errors.
        caller: Who calls it, for errors.
    """

    def __init__(self, names: Iterable[str], steering: re.Pattern[str], owner: str, caller: str) -> None:
        self._names = tuple(names)
        self._steering = steering
        self._owner = owner
        self._caller = caller

    def of(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment of a program.

        Args:
            given: What the caller sets.

        Raises:
            InvalidPayload: It sets what it may not.
        """
        for name in given:
            if self._steering.fullmatch(name):
                raise InvalidPayload(f"env: {self._caller} cannot set {name}, which decides what code runs")
            if name not in self._names:
                raise InvalidPayload(
                    f"env: {name} is not allowed: {self._owner}(env=[*DEFAULT_ENV, {name!r}]) allows it"
                )
        return {name: os.environ[name] for name in self._names if name in os.environ} | dict(given)
