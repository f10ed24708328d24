"""A new project: a folder with what was asked for, made whole or not at all."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from secrets import token_hex
from typing import ClassVar, Final, Literal, get_args

from motet.kernel.errors import Fault, MotetError

__all__ = ["CannotCreate", "Project", "Template", "scaffold"]

Template = Literal["flow", "tasks", "full"]

LAYERS: Final[dict[Template, tuple[str, ...]]] = {
    "flow": ("common", "flow"),
    "tasks": ("common", "tasks"),
    "full": ("common", "flow", "tasks"),
}
"""The folders of files that a project is made of."""

COMMANDS: Final = {
    "flow": (
        """motet run flow.py:flow '{"text": "many voices, one piece"}' --stream""",
        "motet dev flow.py:flow  # reloads what you save, and runs each line that you type on it",
    ),
    "tasks": (
        "motet run tasks.json --import executors.py",
        "motet executors count_words --import executors.py",
    ),
}

FILES: Final = {
    "flow": ("| `flow.py` | a flow of agents |",),
    "tasks": ("| `executors.py` | what tasks name |", "| `tasks.json` | a tree of tasks |"),
}

FILLED: Final = ".tmpl"
"""How the name of a file ends in which things are filled in."""

DOT: Final = "dot_"
"""What a name begins with in place of its dot: a dot would make the file mean something where it is kept."""


class CannotCreate(MotetError):
    """A project cannot be made under that name, or at that place."""

    code: ClassVar[str] = "cannot_create"
    fault = Fault.CALLER


@dataclass(frozen=True, slots=True)
class Project:
    """A project that was made.

    Args:
        folder: Where it is.
        files: Its files, by their paths from there.
        commands: What to try first in it.
    """

    folder: Path
    files: tuple[str, ...]
    commands: tuple[str, ...]


def scaffold(path: str | os.PathLike[str], template: Template = "full") -> Project:
    """Make a project.

    Args:
        path: The folder to be made; its name is that of the project. A folder that is there already has to be empty.
        template: What is in it: a flow, executors and a tree of tasks, or both.

    Raises:
        CannotCreate: The name is none for a project, there is something already, or the system does not let us.
    """
    if template not in get_args(Template):
        raise CannotCreate(f"there is no template {template!r}: take {', '.join(get_args(Template))}")
    folder = Path(path)
    commands = tuple(line for layer in LAYERS[template] for line in COMMANDS.get(layer, ()))
    rows = [line for layer in LAYERS[template] for line in FILES.get(layer, ())]
    filled = {"commands": "\n".join((*commands, "pytest")), "files": "\n".join(rows)}
    try:
        filled["name"] = _checked(folder)
        made = _made(folder, LAYERS[template], filled)
    except OSError as error:
        raise CannotCreate(f"{folder} cannot be made: {error.strerror or error}") from error
    return Project(folder, made, commands)


def _checked(folder: Path) -> str:
    """See whether a project can be made there; return its name."""
    name = folder.name
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        raise CannotCreate(f"{str(folder)!r} is no name for a project: take letters, digits, - and _, as in my-agents")
    if not folder.parent.is_dir():
        raise CannotCreate(f"there is no folder {folder.parent} to make {name} in: make it first")
    if folder.is_dir() and not folder.is_symlink():
        if any(folder.iterdir()):
            raise CannotCreate(f"{folder} is there already, and not empty: take another name")
    elif folder.exists() or folder.is_symlink():
        raise CannotCreate(f"{folder} is there already, and no folder: take another name")
    return name


def _made(folder: Path, layers: tuple[str, ...], filled: dict[str, str]) -> tuple[str, ...]:
    """Write everything into a folder beside the one that is wanted, and put it in its place."""
    # Named before it is made: a signal may come while the system makes it. Nobody else makes one of that name.
    beside = folder.parent / f".{folder.name}-{token_hex(8)}"
    try:
        beside.mkdir(mode=0o700)
        made = [name for layer in layers for name in _copied(layer, beside, filled)]
        beside.chmod(0o777 & ~_umask(beside))
        if folder.is_dir():
            folder.rmdir()  # it is empty; if it is not any more, this says so
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return tuple(sorted(made))


def _copied(layer: str, target: Path, filled: dict[str, str]) -> Iterator[str]:
    for name, source in _files(files("motet.devtools").joinpath("templates", layer), ""):
        text = source.read_text(encoding="utf-8")
        if name.endswith(FILLED):
            text = re.sub(r"\{\{(\w+)\}\}", lambda match: filled[match[1]], text)
        place = target / name.removesuffix(FILLED).replace(DOT, ".")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
        yield place.relative_to(target).as_posix()


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry


def _umask(folder: Path) -> int:
    """Find out which permissions new folders do not get, without changing that for other threads meanwhile."""
    probe = folder / "probe"
    probe.mkdir()
    mode = probe.stat().st_mode & 0o777
    probe.rmdir()
    return 0o777 & ~mode
