"""Git repositories for the tests, honest and hostile ones; their Git is the plain one, with nothing around it."""

import os
import subprocess
from pathlib import Path

__all__ = ["Repository", "hostile"]


class Repository:
    """A repository that is made by plain Git."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", ".")

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run plain Git, as the people do whose configuration is read."""
        names = {f"GIT_{role}_{name}": "ada" for role in ("AUTHOR", "COMMITTER") for name in ("NAME", "EMAIL")}
        env = {"PATH": os.environ["PATH"], "HOME": str(self.path), **names}
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607
            cwd=self.path,
            env=env,
            capture_output=True,
            text=True,
            check=check,
            timeout=60,
        )
        return done.stdout.strip()

    def commit(self, message: str, **files: str) -> str:
        """Commit files by name, where "__" stands for "/" and "_" for "."; return the hash."""
        for name, text in files.items():
            path = self.path / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


HOOKS = (
    "pre-commit prepare-commit-msg commit-msg post-commit post-checkout post-index-change pre-auto-gc "
    "reference-transaction fsmonitor-watchman post-merge sendemail-validate"
)

CONFIG = """
[core]
	fsmonitor = {evil}
	pager = {evil}
	editor = {evil}
	sshCommand = {evil}
	askPass = {evil}
	gitProxy = {evil}
	alternateRefsCommand = {evil}
	hooksPath = {hooks}
	worktree = {outside}
	attributesFile = {attributes}
	excludesFile = {outside}/secret.txt
[pager]
	log = {evil}
	status = {evil}
	diff = {evil}
[diff]
	external = {evil}
	tool = evil
[diff "evil"]
	textconv = {evil}
	command = {evil}
	binary = true
[difftool "evil"]
	cmd = {evil}
[filter "evil"]
	clean = {evil} clean
	smudge = {evil} smudge
	required = true
[merge "evil"]
	driver = {evil}
[alias]
	status = !{evil}
	log = !{evil}
	show = !{evil}
[gpg]
	program = {evil}
[gpg "ssh"]
	program = {evil}
[commit]
	gpgSign = true
	template = {outside}/secret.txt
	status = true
[log]
	showSignature = true
	mailmap = true
[mailmap]
	file = {outside}/secret.txt
[blame]
	ignoreRevsFile = {outside}/secret.txt
[credential]
	helper = !{evil}
[remote "origin"]
	url = ext::{evil}
	promisor = true
	partialclonefilter = blob:none
	uploadpack = {evil}
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[uploadpack]
	packObjectsHook = {evil}
[sequence]
	editor = {evil}
[interactive]
	diffFilter = {evil}
[trailer "x"]
	command = {evil}
	ifmissing = add
[submodule]
	recurse = true
[status]
	submoduleSummary = true
[include]
	path = {included}
"""


def hostile(folder: Path, marks: Path, outside: Path) -> Repository:
    """Make a repository that tries to run a program, wherever its configuration can name one, and to read outside."""
    made = Repository(folder)
    made.commit("first", a_txt="one\n", sub__b_txt="deep\n", _gitattributes="* filter=evil diff=evil merge=evil\n")
    inner = Repository(folder / "module")
    inner.commit("inside", c_txt="c\n")
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./module", "module", check=False)
    made.commit("second", a_txt="one\ntwo\n")
    made.git("branch", "other", "HEAD~1")
    evil = marks / "evil"
    evil.write_text(f'#!/bin/sh\necho "$0 $*" >> {marks}/fired\ncat 2>/dev/null\n', encoding="utf-8")
    evil.chmod(0o755)
    hooks = marks / "hooks"
    hooks.mkdir()
    for hook in HOOKS.split():
        for place in (hooks, folder / ".git" / "hooks"):
            (place / hook).symlink_to(evil)
    (marks / "included").write_text(f"[core]\n\tfsmonitor = {evil}\n", encoding="utf-8")
    attributes = marks / "attributes"
    attributes.write_text("* filter=evil diff=evil\n", encoding="utf-8")
    text = CONFIG.format(evil=evil, hooks=hooks, outside=outside, included=marks / "included", attributes=attributes)
    for config in (folder / ".git" / "config", folder / "module" / ".git" / "config"):
        config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")
    (folder / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil\n", encoding="utf-8")
    (folder / "a.txt").write_text("one\ntwo\nthree\n", encoding="utf-8")
    (folder / "module" / "c.txt").write_text("changed\n", encoding="utf-8")
    return made
