"""Which program is meant, and whether it may be started: decided by the file that would really run."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from motet.kernel.errors import InvalidAgent, InvalidPayload

__all__ = ["Programs", "folder_under"]


class Programs:
    """The programs that may be started.

    A file is allowed by its real path together with the name it is called by: one file that is many programs, such as
    busybox, does something else under another name.

    Args:
        allow: Names, which are looked up on the PATH of this process, or paths.
        owner: The class that is told what to allow, for errors.

    Raises:
        InvalidAgent: There is no such program.
    """

    def __init__(self, allow: Iterable[str | os.PathLike[str]], owner: str) -> None:
        if isinstance(allow, str | os.PathLike):
            raise InvalidAgent(f"allow={os.fspath(allow)!r} is one program: write a list, as in allow=[{allow!r}]")
        # Kept from now on: neither a caller nor a later change of the environment decides where a name leads. An entry
        # that is relative would lead into the working directory.
        places = os.environ.get("PATH", os.defpath).split(os.pathsep)
        self._path = os.pathsep.join(place for place in places if Path(place).is_absolute())
        self._allowed = [self._installed(os.fspath(program)) for program in allow]
        self._owner = owner

    def __len__(self) -> int:
        """Count what is allowed."""
        return len(self._allowed)

    @property
    def names(self) -> tuple[str, ...]:
        """What is allowed, by name."""
        return tuple(allowed.name for allowed in self._allowed)

    def find(self, program: str) -> Path:
        """Return the file to start for a program, all links resolved.

        Args:
            program: A name, or an absolute path, as the caller gives it.

        Raises:
            InvalidPayload: It is not allowed, or there is none; the message says how to allow it.
        """
        if not self._allowed:
            raise InvalidPayload(
                f"No program is allowed, so {program!r} is not: {self._owner}(allow=[{program!r}]) allows it"
            )
        if "/" in program and not Path(program).is_absolute():
            raise InvalidPayload(f"{program!r} is a relative path: write the program's name, or its whole path")
        found = shutil.which(program, path=self._path)
        real = None if found is None else _real(found)
        names = [allowed.name for allowed in self._allowed if real is not None and _real(allowed) == real]
        if real is None or not names:
            known = ", ".join(allowed.name for allowed in self._allowed)
            raise InvalidPayload(
                f"{program!r} is not allowed: allowed are {known}; others are added with {self._owner}(allow=[...])"
            )
        if Path(program).name not in names:
            raise InvalidPayload(
                f"{program!r} is the same file as {names[0]!r}, and may do something else under its own name: "
                f"write {names[0]!r}, or allow it by this name too"
            )
        return real

    def _installed(self, program: str) -> Path:
        # A path with a folder in it is found as it is, a name on PATH.
        found = shutil.which(program, path=self._path)
        if found is None:
            raise InvalidAgent(f"allow={program!r}: there is no such program that can be started; install it first")
        return Path(found).absolute()


def folder_under(root: Path | None, given: str | None) -> Path | None:
    """Return the working directory of a program, all links resolved.

    Args:
        root: Where it has to lie, links resolved; None where tasks may not choose.
        given: What a task asks for, from `root`.

    Returns:
        The folder; None for that of this process.

    Raises:
        InvalidPayload: It lies outside, or is no folder.
    """
    if given is None:
        return root
    if root is None:
        raise InvalidPayload("A task may choose no working directory here: register Command(..., root=FOLDER)")
    folder = _real(root / given)
    if not folder.is_relative_to(root):
        raise InvalidPayload(f"The working directory {given!r} lies outside the root: name a folder in it")
    if not folder.is_dir():
        raise InvalidPayload(f"There is no folder {given!r} in the root")
    return folder


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
