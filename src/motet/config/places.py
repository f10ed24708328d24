"""Which files settings are read from."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from motet.config.errors import InvalidConfig, Problem
from motet.config.source import ARGUMENT, Source
from motet.config.toml_text import parse_toml, read_text
from motet.kernel.errors import NotFound

__all__ = [
    "GLOBAL_VARIABLE",
    "NAME",
    "PROJECT_VARIABLE",
    "SHARED",
    "FileScope",
    "Places",
    "expanded",
    "find_places",
    "heading_of",
    "upwards",
    "working_folder",
]

GLOBAL_VARIABLE: Final = "MOTET_CONFIG_GLOBAL"
PROJECT_VARIABLE: Final = "MOTET_CONFIG_PROJECT"
NAME: Final = "motet.toml"
SHARED: Final = "pyproject.toml"
HEADING: Final = ("tool", "motet")

FileScope = Literal["global", "project"]
"""Which file settings are written to."""

_REPOSITORY: Final = (".git", ".hg")


@dataclass(frozen=True, slots=True)
class Places:
    """The files of a program.

    Args:
        global_file: The user's; None where nobody knows where that would be.
        project_file: The project's, whether it is there or not; None: there is none, and it was not asked for.
        new_project_file: Where a project file is made when the first setting is written to it.
    """

    global_file: Path | None
    project_file: Path | None
    new_project_file: Path | None

    def file_of(self, scope: FileScope) -> Path | None:
        """Return the file that a scope is written to; None where there is none.

        Raises:
            NotFound: There is no such scope.
        """
        if scope not in get_args(FileScope):
            raise NotFound(f"there is no scope {scope!r}: there are 'here', 'project' and 'global'", scope=scope)
        return self.global_file if scope == "global" else self.project_file or self.new_project_file


def heading_of(file: Path) -> tuple[str, ...]:
    """Return the table of a file that holds settings: all of it, except in a pyproject.toml."""
    return HEADING if file.name == SHARED else ()


def expanded(path: str | os.PathLike[str], source: Source, key: str = "") -> Path:
    """Put a home folder in the place of the `~` or `~NAME` that a path begins with.

    Args:
        path: The path.
        source: Where it is written.
        key: The setting that it is.

    Raises:
        InvalidConfig: Nobody knows that folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        told = f"{key or 'it'} cannot be {os.fspath(path)!r}: nobody knows that home folder, write out the path"
        raise InvalidConfig.of([Problem(source, told, key)]) from error


def find_places(
    folder: Path,
    environment: Mapping[str, str],
    global_file: str | os.PathLike[str] | None = None,
    project_file: str | os.PathLike[str] | None = None,
) -> Places:
    """Find the files of a program.

    Args:
        folder: Where it works: a project file is looked for from here upwards.
        environment: The variables of the process, for what they say about places.
        global_file: The user's file, if it is another one.
        project_file: The project's file, if it is another one.

    Raises:
        InvalidConfig: A file is named by a home folder that nobody knows, or the system does not let us look for one.
    """
    ours = _named(global_file, environment, GLOBAL_VARIABLE) or _users(environment)
    theirs = _named(project_file, environment, PROJECT_VARIABLE) or _projects(folder)
    return Places(ours, theirs, folder / NAME)


def _named(given: str | os.PathLike[str] | None, environment: Mapping[str, str], variable: str) -> Path | None:
    if given:
        return expanded(given, ARGUMENT)
    said = environment.get(variable)
    return expanded(said, Source("environment", variable=variable)) if said else None


def working_folder() -> Path:
    """Return the folder that this process works in.

    Raises:
        InvalidConfig: It is not there any more, or the system does not let us look.
    """
    try:
        return Path.cwd()
    except OSError as error:
        told = error.strerror or error
        raise InvalidConfig(f"the working folder cannot be read: {told}: change to another one") from error


def upwards(folder: Path) -> Iterator[Path]:
    """Yield the folders in which a project file may be, the nearest first.

    The way ends at the root of a repository, at the user's home, and below a folder in which anybody may write: what
    stands there was not written by whoever wrote the project.
    """
    home = _home(os.environ)
    here = folder.resolve()
    while True:
        yield here
        above = here.parent
        if here in {above, home} or any((here / name).exists() for name in _REPOSITORY) or _open_to_all(above):
            return
        here = above


def _projects(folder: Path) -> Path | None:
    try:
        return _nearest(folder)
    except OSError as error:
        # What may be there is not passed over: it may be what keeps programs from being started.
        told = f"it cannot be looked for: {error.strerror or error}; name a file in {PROJECT_VARIABLE}, or start from "
        file = Path(error.filename or folder / NAME)
        raise InvalidConfig.of([Problem(Source("project", file), f"{told}another folder")]) from error


def _nearest(folder: Path) -> Path | None:
    for each in upwards(folder):
        if (each / NAME).exists():
            return each / NAME
        if _has_settings(each / SHARED):
            return each / SHARED
    return None


def _has_settings(file: Path) -> bool:
    """Tell whether a pyproject.toml speaks of Motet; one that may, and is broken, does: whoever reads it says so."""
    if not file.is_file():
        return False
    try:
        text = read_text(file, "project") or ""
        tool = parse_toml(text, file, "project").get(HEADING[0]) if HEADING[1] in text else None
    except InvalidConfig:
        return True
    return isinstance(tool, Mapping) and HEADING[1] in tool


def _open_to_all(folder: Path) -> bool:
    try:
        return bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True


def _users(environment: Mapping[str, str]) -> Path | None:
    # A relative path is to be ignored: XDG Base Directory Specification 0.8, "Basics".
    base = Path(environment.get("XDG_CONFIG_HOME", ""))
    if base.is_absolute():
        return base / "motet" / "config.toml"
    home = _home(environment)
    return None if home is None else home / ".config" / "motet" / "config.toml"


def _home(environment: Mapping[str, str]) -> Path | None:
    if home := environment.get("HOME"):
        return Path(home)
    try:
        return Path.home()
    except RuntimeError:
        return None
