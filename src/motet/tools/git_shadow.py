"""A repository as Git is to see it: its objects, branches and index, but not its configuration, and none of its hooks.

The configuration of a repository can name programs in dozens of places (filters, external diffs, signatures, editors,
monitors, includes of other files, and more with each version). So it is not read at all: Git finds its shared files by
GIT_COMMON_DIR, and what stands there is a fresh folder with links to objects and branches and a configuration of ours,
into which a few harmless settings of the repository's own are copied by name and by value.

Source: git(1), GIT_COMMON_DIR; gitrepository-layout(5); git-config(1), "Syntax".
"""

import os
import re
import shutil
import stat
from pathlib import Path
from typing import Final

from motet.kernel.errors import NotFound
from motet.tools.confined import Confined
from motet.tools.errors import NotAllowed
from motet.tools.file_listing import listed
from motet.tools.file_reading import read_all
from motet.tools.file_writing import found_at

__all__ = ["check_repository", "environment", "make_shadow", "remove_shadow", "settings_of"]

SHARED: Final = ("objects", "refs", "reftable", "packed-refs", "logs", "info", "shallow")
"""What a repository keeps for all of its work trees, apart from its configuration and its hooks."""

ELSEWHERE: Final = (".git/commondir", ".git/objects/info/alternates")
"""Files that lead to the branches and to the objects of another repository."""

_CHECKED: Final = {
    ".git": 1,
    ".git/objects": 1,
    ".git/objects/info": 1,
    ".git/objects/pack": 1,
    ".git/refs": 32,
    ".git/logs": 32,
}
"""Where Git would follow a link, to read or to write, and how many levels down."""

MAX_CHECKED: Final = 50_000

MAX_CONFIG: Final = 2**20

_BOOL: Final = re.compile("true|false", re.IGNORECASE)
_KEPT: Final = {
    ("core", "filemode"): _BOOL,
    ("core", "ignorecase"): _BOOL,
    ("core", "symlinks"): _BOOL,
    ("core", "precomposeunicode"): _BOOL,
    ("core", "autocrlf"): re.compile("true|false|input", re.IGNORECASE),
    ("core", "eol"): re.compile("lf|crlf|native", re.IGNORECASE),
    ("extensions", "objectformat"): re.compile("sha1|sha256"),
    ("extensions", "refstorage"): re.compile("files|reftable"),
}
"""The settings that are taken over, and what they may say."""

_OURS: Final = """\
[core]
\tbare = false
\thooksPath = /dev/null
\tfsmonitor = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tpager = cat
\teditor = false
\taskPass = false
\tsshCommand = false
\tquotePath = false
\tlogAllRefUpdates = true
[color]
\tui = false
[advice]
\tdetachedHead = false
[commit]
\tgpgSign = false
[credential]
\thelper =
[diff]
\tignoreSubmodules = all
[gc]
\tauto = 0
[log]
\tshowSignature = false
[maintenance]
\tauto = false
[protocol]
\tallow = never
[submodule]
\trecurse = false
"""

_SECTION: Final = re.compile(r"\s*\[\s*([A-Za-z0-9.-]+)\s*\](.*)", re.DOTALL)
_SETTING: Final = re.compile(r'\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*"?([A-Za-z0-9]+)"?\s*(?:[#;].*)?', re.DOTALL)


def settings_of(config: str) -> dict[tuple[str, str], str]:
    """Read the harmless settings from a repository's configuration.

    Args:
        config: What its file says. What this does not understand is left out.

    Returns:
        Values by section and name.
    """
    settings: dict[tuple[str, str], str] = {}
    section = ""
    for line in config.splitlines():
        if line.lstrip().startswith("["):
            begun = _SECTION.match(line)
            section, rest = (begun[1].lower(), begun[2]) if begun else ("", "")
        else:
            rest = line
        found = _SETTING.fullmatch(rest)
        if found is not None:
            key, value = (section, found[1].lower()), found[2]
            if key in _KEPT and _KEPT[key].fullmatch(value):
                settings[key] = value
    return settings


def _config(settings: dict[tuple[str, str], str]) -> str:
    version = 1 if any(section == "extensions" for section, _ in settings) else 0
    kept = "".join(f"[{section}]\n\t{name} = {value}\n" for (section, name), value in settings.items())
    return f"[core]\n\trepositoryformatversion = {version}\n{kept}{_OURS}"


def check_repository(root: Confined) -> None:
    """Check that a folder is the root of a repository, and that its objects are its own.

    Args:
        root: The folder.

    Raises:
        NotFound: It is no repository.
        NotAllowed: It leads elsewhere: by links, to a repository somewhere else, or to the objects of another.
    """
    with root.folder(".") as folder:
        found = found_at(folder, ".git", ".git")
    if found is None:
        raise NotFound(f"{root.path} is no Git repository: it has no folder .git")
    if not stat.S_ISDIR(found.st_mode):
        raise NotAllowed(".git is no folder here: name the repository that it leads to (a work tree or a submodule)")
    for path, depth in _CHECKED.items():
        try:
            listing = listed(root, path, depth, MAX_CHECKED)
        except NotFound:
            continue
        if any(entry.kind == "link" or entry.path in ELSEWHERE for entry in listing.entries) or not listing.complete:
            raise NotAllowed(
                f"What {path} holds lies elsewhere: clone the repository anew, without links or alternates"
            )


def make_shadow(root: Confined, shadow: Path) -> None:
    """Fill an empty folder with what Git is to see of a repository.

    Args:
        root: The root of the repository.
        shadow: The folder, an absolute path.

    Raises:
        MotetError: As `check_repository` does.
    """
    check_repository(root)
    try:
        with root.file(".git/config") as descriptor:
            config = read_all(descriptor, MAX_CONFIG, ".git/config").decode(errors="replace")
    except NotFound:
        config = ""
    for name in SHARED:
        if (root.path / ".git" / name).exists():
            (shadow / name).symlink_to(root.path / ".git" / name)
    (shadow / "config").write_text(_config(settings_of(config)), encoding="utf-8")


def remove_shadow(shadow: Path) -> None:
    """Remove the folder again; its links are removed, and not what they lead to."""
    shutil.rmtree(shadow, ignore_errors=True)


def environment(root: Confined, shadow: Path) -> dict[str, str]:
    """Return the whole environment of Git.

    Args:
        root: The root of the repository.
        shadow: The folder that `make_shadow` has filled.
    """
    return {
        # What Git does here, it does itself: it finds no other program by its name, not even itself. In a submodule,
        # for example, it would run itself with the configuration of that one.
        "PATH": str(shadow),
        "GIT_EXEC_PATH": str(shadow),
        "HOME": str(shadow),
        "XDG_CONFIG_HOME": str(shadow),
        "LC_ALL": "C.UTF-8",
        "GIT_DIR": str(root.path / ".git"),
        "GIT_WORK_TREE": str(root.path),
        "GIT_COMMON_DIR": str(shadow),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PAGER": "cat",
        "GIT_EDITOR": "false",
        "GIT_ASKPASS": "false",
        "GIT_SSH_COMMAND": "false",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_TERMINAL_PROMPT": "0",
    }
