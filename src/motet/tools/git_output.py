"""What Git writes for programs, as values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = [
    "Blamed",
    "Branch",
    "Change",
    "Commit",
    "GitStatus",
    "GitText",
    "Listed",
    "Match",
    "read_blame",
    "read_branches",
    "read_log",
    "read_matches",
    "read_names",
    "read_status",
]


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Several of something; `complete` says whether that is all that Git wrote, or its output was cut off."""

    items: tuple[T, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is not as it was committed.

    Args:
        path: The file.
        staged: What the index says of it, a letter of `git status`: "M", "A", "D", "R" ...; "" for nothing.
        unstaged: What the work tree says beyond that; "?" for a file that Git does not know.
        renamed_from: Its earlier name, for one that was renamed or copied.
    """

    path: str
    staged: str
    unstaged: str
    renamed_from: str = ""


@dataclass(frozen=True, slots=True)
class GitStatus:
    """What is not committed.

    Args:
        branch: The branch that is checked out; "" for none.
        changes: The files.
        complete: Whether that is all of them.
    """

    branch: str
    changes: tuple[Change, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its hash, author, date (ISO 8601) and message."""

    hash: str
    author: str
    email: str
    date: str
    message: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: its name, its newest commit, and whether it is checked out."""

    name: str
    commit: str
    current: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A line that was found."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Blamed:
    """A line of a file, and the commit that wrote it as it is."""

    line: int
    commit: str
    author: str
    summary: str
    text: str


@dataclass(frozen=True, slots=True)
class GitText:
    """Text as Git writes it for people; `complete` says whether that is all of it."""

    text: str
    complete: bool


def read_names(output: str) -> list[str]:
    """Split what ends with characters of code 0; what was cut off in the middle is left out."""
    return output.split("\0")[:-1]


def read_status(output: str, complete: bool) -> GitStatus:
    """Read `git status --porcelain=v1 -z --branch`."""
    branch, changes = "", list[Change]()
    fields = iter(read_names(output))
    for field in fields:
        letters, path = field[:2], field[3:]
        if letters == "##":
            branch = _branch(path)
        else:
            earlier = next(fields, "") if letters[0] in "RC" or letters[1] in "RC" else ""
            staged = "" if letters[0] in " ?" else letters[0]
            changes.append(Change(path, staged, letters[1].strip(), earlier))
    return GitStatus(branch, tuple(changes), complete)


def _branch(told: str) -> str:
    told = told.removeprefix("No commits yet on ")
    return "" if told == "HEAD (no branch)" else told.partition("...")[0]


def read_log(output: str) -> tuple[Commit, ...]:
    """Read five fields for each commit, each ended by a character of code 0."""
    fields = read_names(output)
    rows = [fields[place : place + 5] for place in range(0, len(fields) - 4, 5)]  # what was cut off is left out
    return tuple(Commit(row[0], row[1], row[2], row[3], row[4].rstrip("\n")) for row in rows)


def read_branches(output: str) -> tuple[Branch, ...]:
    """Read `HEAD`, name and commit of each branch, a line each."""
    rows = [line.split("\0") for line in output.splitlines()]
    return tuple(
        Branch(row[1].removeprefix("refs/heads/").removeprefix("refs/"), row[2], row[0] == "*")
        for row in rows
        if len(row) == 3
    )


def read_matches(output: str, revision: str) -> tuple[Match, ...]:
    """Read `git grep -n -z`, where each path begins with the revision if there was one."""
    prefix = f"{revision}:" if revision else ""
    rows = [line.split("\0", 2) for line in output.split("\n")[:-1]]
    return tuple(Match(row[0].removeprefix(prefix), int(row[1]), row[2]) for row in rows if len(row) == 3)


def read_blame(output: str) -> tuple[Blamed, ...]:
    """Read `git blame --line-porcelain`."""
    return tuple(_blamed(output))


def _blamed(output: str) -> Iterator[Blamed]:
    commit, line, told = "", 0, dict[str, str]()
    for row in output.split("\n")[:-1]:
        if row.startswith("\t"):
            yield Blamed(line, commit, told.get("author", ""), told.get("summary", ""), row[1:])
            commit, line, told = "", 0, {}
        elif not commit:
            commit, _, numbers = row.partition(" ")
            line = int(numbers.split()[1])
        else:
            name, _, value = row.partition(" ")
            told[name] = value
