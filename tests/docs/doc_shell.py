"""Checks the shell blocks of a page: `motet` is really run, and what other commands name has to exist."""

import re
import shlex
import tomllib
from pathlib import Path

from doc_pages import ROOT, Fence, page_of

from warm import Template


def commands(text: str) -> list[list[str]]:
    """Split a shell block into its commands, without comments, redirections, and what connects them."""
    found: list[list[str]] = []
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words, redirected = [], False
        for word in [*lexer, ";"]:
            if set(word) <= set("|&;"):
                found += [words] if words else []
                words = []
            elif not redirected and not set(word) <= set("<>"):
                words.append(word)
            redirected = set(word) <= set("<>")
    return found


def check(command: list[str], folder: Path, warm: Template) -> str:
    """Check a command; return what it printed if it was run.

    Args:
        command: Its words.
        folder: The working directory.
        warm: Where processes of `motet` are forked from.

    Raises:
        AssertionError: It does not work, or nobody knows how to check it.
    """
    name, *arguments = command
    checks = {"make": _make, "pip": _pip, "python": _python}
    if name == "motet":
        return run(arguments, folder, warm)
    assert name in checks, f"nobody checks {name!r}: add it to doc_shell.py, or leave it out of the page"
    return checks[name](arguments, folder)


def furnish(folder: Path, fence: Fence) -> None:
    """Give a block the repository, and the files that its page shows before it, as its working directory."""
    for path in ROOT.iterdir():
        if not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    for block in page_of(ROOT / fence.page).fences:
        if "file" in block.markers and block.line < fence.line:
            (folder / block.markers["file"]).write_text(block.text, encoding="utf-8")


def run(arguments: list[str], folder: Path, warm: Template) -> str:
    """Run `motet`; return what it printed.

    Raises:
        AssertionError: It does not end with 0.
    """
    done = warm.run("motet", *arguments, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _make(arguments: list[str], _: Path) -> str:
    known = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wanted = {word for word in arguments if "=" not in word}
    assert wanted, "`make` alone says nothing: name a target"
    assert wanted <= known, f"the Makefile has no {', '.join(sorted(wanted - known))}"
    return ""


def _pip(arguments: list[str], _: Path) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert arguments[:1] == ["install"], "only `pip install` is known here"
    assert len(arguments) > 1, "`pip install` of what?"
    for word in arguments[1:]:
        wanted = re.fullmatch(r"([\w-]+)(?:\[([\w,-]+)\])?", word)
        assert wanted, f"{word!r} is nothing that `pip install` is shown with here"
        assert wanted[1] == project["name"]
        missing = set((wanted[2] or "").split(",")) - {"", *project["optional-dependencies"]}
        assert not missing, f"there is no extra {', '.join(sorted(missing))}"
    return ""


def _python(arguments: list[str], folder: Path) -> str:
    assert arguments, "`python` alone says nothing: name a file"
    assert (folder / arguments[0]).is_file(), f"there is no file {arguments[0]}"
    return ""
