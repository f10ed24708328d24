"""Putting files into the index of a repository, without what `git add` does beside that.

`git add` runs Git in each submodule to see whether something has changed there, and with the configuration there.
"""

from motet.kernel.errors import InvalidPayload
from motet.tools.confined import parts_of
from motet.tools.errors import TooLarge
from motet.tools.git_output import read_names
from motet.tools.git_run import GitRun

__all__ = ["add_to_index"]


async def add_to_index(git: GitRun, paths: list[str]) -> None:
    """Put files into the index as they are now; those that have gone are taken out of it.

    Args:
        git: Runs Git.
        paths: Files or folders. What Git is told to ignore in them is left out.

    Raises:
        InvalidPayload: None is named.
        TooLarge: Too many files have changed.
        AgentFailed: Git knows nothing of one, and it is not there.
        MotetError: One lies outside.
    """
    named = ["/".join(parts_of(path)) or "." for path in paths]
    if not named:
        raise InvalidPayload("Name the files to add")
    found = await git("ls-files", "-z", "--others", "--modified", "--deleted", "--exclude-standard", "--", *named)
    if found.truncated:
        raise TooLarge("Too many files have changed: name fewer of them at once")
    names = [name for name in read_names(found.stdout) if not name.endswith("/")]  # those are repositories
    same = [path for path in named if path != "." and not any(_within(name, path) for name in names)]
    if same:
        await git("ls-files", "-z", "--error-unmatch", "--", *same)
    await git("update-index", "--add", "--remove", "-z", "--stdin", stdin="".join(f"{name}\0" for name in names))


def _within(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}/")
