"""`Git`: one repository, to read and, where that is allowed, to commit to."""

import os
import re
from functools import cached_property
from typing import Final

from motet.kernel.errors import InvalidPayload
from motet.tools.bounds import Bounds
from motet.tools.confined import Confined, parts_of
from motet.tools.errors import NotAllowed
from motet.tools.git_index import add_to_index
from motet.tools.git_output import (
    Blamed,
    Branch,
    Commit,
    GitStatus,
    GitText,
    Listed,
    Match,
    read_blame,
    read_branches,
    read_log,
    read_matches,
    read_names,
    read_status,
)
from motet.tools.git_run import GitRun, branch_name, one_path, revision_of
from motet.tools.tool import Tool, tool

__all__ = ["Git"]

FIELDS: Final = "--format=%H%x00%an%x00%ae%x00%aI%x00%B"
PLAIN: Final = ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all", "--submodule=short")
"""No programs of others, in the words of the command line too, though no configuration is read that could name any."""

MAX_MESSAGE: Final = 2**16

_IDENTITY: Final = re.compile(r"([^<>\x00-\x1f]*[^<>\s\x00-\x1f])\s*<([^<>\s\x00-\x1f]+)>")


class Git:
    """One Git repository.

    It is only read unless writing is allowed, and nothing leads out of it: paths are written from its root, and
    revisions and paths cannot be options. No program of the repository's runs, whatever its configuration says: that is
    not read (see `motet.tools.git_shadow`), and neither hooks nor filters run. Where a repository has filters, as with
    Git LFS, files that go through them may show as changed, and should not be added here. Nothing is fetched or pushed.
    Everything runs within bounds, as with `Process`.

    Args:
        repository: The folder that has the folder `.git` in it.
        write: Whether to allow `add`, `commit`, `create_branch` and `switch`.
        author: Who commits, such as "Ada <ada@example.org>"; needed for writing.
        timeout: Seconds that a command may take.
        max_output: Bytes that are read of what a command writes.

    Raises:
        ValueError: A bound makes no sense, or there is no author to write.
        InvalidAgent: Git is not installed.
        NotFound: There is no such folder.
        NotAvailable: The system is no POSIX system.
    """

    def __init__(
        self,
        repository: str | os.PathLike[str],
        *,
        write: bool = False,
        author: str | None = None,
        timeout: float = 30.0,
        max_output: int = 2**18,
    ) -> None:
        self._may_write = write
        bounds = Bounds(output=max_output, timeout=timeout, grace=3.0)
        self._git = GitRun(Confined(repository), bounds, _identity(author) if author or write else {})

    async def status(self) -> GitStatus:
        """Tell which branch is checked out, and which files are not as they were committed."""
        done = await self._git(
            *("status", "--porcelain=v1", "-z", "--branch", "--untracked-files=all", "--ignore-submodules=all")
        )
        return read_status(done.stdout, not done.truncated)

    async def log(self, revision: str = "HEAD", path: str | None = None, limit: int = 20) -> Listed[Commit]:
        """List commits, the newest first.

        Args:
            revision: Where to begin, such as "main", or a range such as "v1.0..HEAD".
            path: Only commits that changed this file or folder.
            limit: How many at most.
        """
        start = ("log", "-z", FIELDS, f"--max-count={_count(limit)}", "--no-show-signature", "--no-patch", "--no-color")
        done = await self._git(*start, "--end-of-options", revision_of(revision), *one_path(path))
        return Listed(read_log(done.stdout), not done.truncated)

    async def diff(
        self, revision: str | None = None, path: str | None = None, staged: bool = False, context: int = 3
    ) -> GitText:
        """Show changes: of the work tree since the index, or since a revision, or between two.

        Args:
            revision: What to compare with, or a range such as "main..feature" to compare its two ends.
            path: Only this file or folder.
            staged: Whether to compare the index, in the place of the work tree.
            context: How many lines to show around a change.
        """
        start = ("diff", *PLAIN, f"--unified={_count(context, 0)}", *(["--cached"] if staged else []))
        named = [] if revision is None else [revision_of(revision)]
        done = await self._git(*start, "--end-of-options", *named, *one_path(path))
        return GitText(done.stdout, not done.truncated)

    async def show(self, revision: str = "HEAD", path: str | None = None) -> GitText:
        """Show a commit with its changes, or a file as it was then.

        Args:
            revision: The commit.
            path: The file; the whole commit unless given.
        """
        named = revision_of(revision)
        if path is not None:
            named = f"{named}:{'/'.join(parts_of(path))}"
        done = await self._git("show", *PLAIN, "--no-show-signature", "--end-of-options", named, "--")
        return GitText(done.stdout, not done.truncated)

    async def blame(self, path: str, revision: str = "HEAD", start_line: int = 1, lines: int = 200) -> Listed[Blamed]:
        """Tell which commit wrote each line of a file.

        Args:
            path: The file.
            revision: The commit to look from; what is not committed is not told of.
            start_line: The first line, from 1.
            lines: How many lines.
        """
        place = f"-L{_count(start_line)},+{_count(lines)}"
        # Without a revision, Git would read the file in the work tree, through links too.
        done = await self._git("blame", "--line-porcelain", place, revision_of(revision), *one_path(path))
        return Listed(read_blame(done.stdout), not done.truncated)

    async def branches(self) -> Listed[Branch]:
        """List the branches."""
        done = await self._git("for-each-ref", "--format=%(HEAD)%00%(refname)%00%(objectname)", "--", "refs/heads")
        return Listed(read_branches(done.stdout), not done.truncated)

    async def ls_files(self, path: str | None = None) -> Listed[str]:
        """List the files that Git knows.

        Args:
            path: Only what lies in this folder.
        """
        done = await self._git("ls-files", "-z", *one_path(path))
        return Listed(tuple(read_names(done.stdout)), not done.truncated)

    async def grep(
        self, text: str, path: str | None = None, revision: str | None = None, ignore_case: bool = False
    ) -> Listed[Match]:
        """Find lines that hold a text, in the files that Git knows, as they were last added or committed.

        Args:
            text: What to find, as it is: no pattern.
            path: Only in this file or folder.
            revision: The commit to look in; the index unless given.
            ignore_case: Whether upper and lower case are the same.
        """
        if not text or "\0" in text or "\n" in text:
            raise InvalidPayload("Give a text to look for, of one line")
        # The work tree is not searched: Git would follow links that stand for folders in it.
        start = ("grep", *(["--cached"] if revision is None else []), *(["-i"] if ignore_case else []))
        named = [] if revision is None else [revision_of(revision)]
        options = ("-I", "-n", "-z", "--no-color", "--no-textconv", "--no-recurse-submodules", "-F", "-e", text)
        done = await self._git(*start, *options, *named, *one_path(path), fine=(0, 1))
        return Listed(read_matches(done.stdout, revision or ""), not done.truncated)

    async def add(self, paths: list[str]) -> GitStatus:
        """Put files into the index, as they are now.

        Args:
            paths: The files or folders.
        """
        self._writing()
        await add_to_index(self._git, paths)
        return await self.status()

    async def commit(self, message: str) -> Commit:
        """Commit what is in the index.

        Args:
            message: What was done and why.
        """
        self._writing()
        if not message.strip() or "\0" in message or len(message) > MAX_MESSAGE:
            raise InvalidPayload(f"A message has 1 to {MAX_MESSAGE} characters, and none of code 0")
        await self._git(
            *("commit", "--no-verify", "--no-gpg-sign", "--quiet", "--cleanup=whitespace", "--file=-"), stdin=message
        )
        return (await self.log(limit=1)).items[0]

    async def create_branch(self, name: str, start: str = "HEAD") -> Listed[Branch]:
        """Make a branch, without checking it out.

        Args:
            name: Its name.
            start: The commit that it begins at.
        """
        self._writing()
        await self._git("branch", "--no-track", "--end-of-options", branch_name(name), revision_of(start))
        return await self.branches()

    async def switch(self, branch: str) -> GitStatus:
        """Check a branch out; refused where that would overwrite what is not committed.

        Args:
            branch: Its name.
        """
        self._writing()
        await self._git(
            *("switch", "--no-guess", "--no-recurse-submodules", "--quiet", "--end-of-options", branch_name(branch))
        )
        return await self.status()

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """What a model is given: the tools to read with and, where that is allowed, those to write with."""
        reading = (self.status, self.log, self.diff, self.show, self.blame, self.branches, self.ls_files, self.grep)
        writing = (self.add, self.commit, self.create_branch, self.switch)
        called = (*reading, *writing) if self._may_write else reading
        return tuple(tool(name=f"git_{call.__name__}")(call) for call in called)

    def _writing(self) -> None:
        if not self._may_write:
            raise NotAllowed("This repository may only be read: Git(..., write=True, author=...) allows to change it")


def _count(number: int, least: int = 1) -> int:
    if not least <= number <= 10_000:
        raise InvalidPayload(f"{number} is out of range: give a number from {least} to 10000")
    return number


def _identity(author: str | None) -> dict[str, str]:
    found = _IDENTITY.fullmatch(author or "")
    if found is None:
        raise ValueError(f'author={author!r}: say who commits, as in author="Ada <ada@example.org>"')
    names = {"NAME": found[1], "EMAIL": found[2]}
    return {f"GIT_{role}_{name}": told for role in ("AUTHOR", "COMMITTER") for name, told in names.items()}
