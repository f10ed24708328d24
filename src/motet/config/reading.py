"""Everything that is said about settings, read anew: layers, the lowest first."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from motet.config.checking import problems_of
from motet.config.environment import PROFILE_VARIABLE, SECRETS_VARIABLE, environment_layer, secrets_layer
from motet.config.errors import InvalidConfig, Problem
from motet.config.file_layers import read_file
from motet.config.layer import Layer
from motet.config.places import Places, find_places, working_folder
from motet.config.source import ARGUMENT, Source

__all__ = ["Surroundings", "read_layers"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where settings are looked for.

    Args:
        environment: The variables; None: those of the process, as they are when settings are read.
        folder: Where the search for a project file begins; None: the working folder.
        global_file: The user's file; None: the usual one.
        project_file: The project's file; None: the nearest one.
        profile: Which profile; None: that of MOTET_PROFILE, if any.
        secrets: A folder of secrets; None: that of MOTET_SECRETS_DIR, if any.
        closed: Whether nothing is looked for at all.
    """

    environment: Mapping[str, str] | None = field(default=None, repr=False)
    folder: Path | None = None
    global_file: str | os.PathLike[str] | None = None
    project_file: str | os.PathLike[str] | None = None
    profile: str | None = None
    secrets: str | os.PathLike[str] | None = None
    closed: bool = False

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables."""
        if self.closed:
            return {}
        return os.environ if self.environment is None else self.environment

    def places(self) -> Places:
        """Find the files.

        Raises:
            InvalidConfig: There is no folder to look from, or the system does not let us look.
        """
        if self.closed:
            return Places(None, None, None)
        return find_places(self.folder or working_folder(), self.variables, self.global_file, self.project_file)


def read_layers(around: Surroundings, arguments: Mapping[str, object]) -> list[Layer]:
    """Read every layer, and check each for itself.

    Args:
        around: Where settings are looked for.
        arguments: The top layer: tables in tables.

    Raises:
        InvalidConfig: Something is wrong; every problem is listed.
        MissingExtra: There are variables, and what reads them is not installed.
    """
    places, variables = around.places(), around.variables
    files = [read_file("global", places.global_file), read_file("project", places.project_file)]
    said = [each for each in files if each is not None]
    profile = around.profile or variables.get(PROFILE_VARIABLE) or None
    layers = [layer for each in said for layer in each.layers(profile)]
    folder = around.secrets or variables.get(SECRETS_VARIABLE) or None
    others = [secrets_layer(folder), environment_layer(variables), Layer("argument", arguments)]
    layers += [layer for layer in others if layer is not None]
    problems = [problem for layer in layers for problem in problems_of(layer)]
    known = sorted({name for each in said for name in each.profiles})
    if profile is not None and profile not in known:
        problems.append(_no_profile(profile, known, given=around.profile is not None))
    if problems:
        raise InvalidConfig.of(problems)
    return layers


def _no_profile(profile: str, known: Sequence[str], *, given: bool) -> Problem:
    source = ARGUMENT if given else Source("environment", variable=PROFILE_VARIABLE)
    close = get_close_matches(profile, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known) or 'none'}"
    return Problem(source, f"no file has a profile {profile}: {hint}")
