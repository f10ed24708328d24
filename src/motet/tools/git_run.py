"""Running Git in one repository, on our terms."""

import re
import tempfile
from pathlib import Path
from typing import Final

from motet.kernel.errors import AgentFailed, InvalidPayload
from motet.tools.bounds import Bounds
from motet.tools.confined import Confined, parts_of
from motet.tools.git_shadow import environment, make_shadow, remove_shadow
from motet.tools.guarded import Guarded, guarded
from motet.tools.process import Ran, ran
from motet.tools.programs import Programs
from motet.tools.worker import Worker

__all__ = ["GitRun", "branch_name", "one_path", "revision_of"]

_REVISION: Final = re.compile(r"[^\x00-\x20\x7f:?*\[\\-][^\x00-\x20\x7f:?*\[\\]{0,199}")
_NO_BRANCH: Final = re.compile(r"^[-/.@]$|^[-/.]|[/.]$|//|/\.|\.\.|@\{|\.lock(/|$)|[\x00-\x20\x7f~^:?*\[\\]")


def revision_of(text: str) -> str:
    """Check the name of a revision, or of a range of them.

    Args:
        text: Such as "HEAD~2", "main", "v1.0..v2.0" or a hash. It begins with no "-", so that it is no option.

    Raises:
        InvalidPayload: No revision has such a name.
    """
    if not _REVISION.fullmatch(text):
        raise InvalidPayload(f"{text[:80]!r} names no revision: write a branch, a tag, a hash, or one of these with ~N")
    return text


def branch_name(text: str) -> str:
    """Check the name of a branch. Source: git-check-ref-format(1).

    Raises:
        InvalidPayload: No branch has such a name.
    """
    if not text or len(text) > 200 or _NO_BRANCH.search(text) or text == "HEAD" or not _encodable(text):
        raise InvalidPayload(f"{text[:80]!r} is no name of a branch: use letters, digits, '-', '_' and single '/'")
    return text


def _encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def one_path(path: str | None) -> list[str]:
    """Return what comes last among arguments: where options end, and a path from the root, if there is one.

    Raises:
        MotetError: The path leads outside.
    """
    return ["--"] if path is None or not parts_of(path) else ["--", "/".join(parts_of(path))]


class GitRun:
    """Runs Git in one repository.

    Args:
        root: The root of the repository.
        bounds: What a run may use.
        identity: The variables that say who commits.

    Raises:
        InvalidAgent: Git is not installed.
    """

    def __init__(self, root: Confined, bounds: Bounds, identity: dict[str, str]) -> None:
        self._program = Programs(["git"], "Git").find("git")
        self._root, self._bounds, self._identity = root, bounds, identity
        self._worker = Worker("git", 1)

    async def __call__(self, *arguments: str, stdin: str | None = None, fine: tuple[int, ...] = (0,)) -> Ran:
        """Run a command of Git.

        Args:
            *arguments: The command and its arguments.
            stdin: What it reads.
            fine: Which exit codes are no failure.

        Raises:
            AgentFailed: It has failed; the message says how.
            AgentTimeout: It took too long.
            MotetError: The repository is none, or leads elsewhere.
        """
        shadow = Path(tempfile.mkdtemp(prefix="motet-git-"))
        try:
            await self._worker.run(make_shadow, self._root, shadow)
            with self._root.folder(".") as folder:
                variables = {**environment(self._root, shadow), **self._identity}
                given = None if stdin is None else stdin.encode()
                what = Guarded(self._program, ["git", *arguments], variables, folder, given)
                outcome = await guarded(what, self._bounds)
        except OSError as error:
            raise AgentFailed(f"Git cannot be started: {error.strerror or error}") from error
        finally:
            remove_shadow(shadow)
        done = ran("git", outcome, self._bounds, 0.0)
        if done.exit_code not in fine and not done.truncated:
            raise _failed(arguments[0], done)
        return done


def _failed(command: str, done: Ran) -> AgentFailed:
    told = (done.stderr.strip() or done.stdout.strip())[-1000:]
    return AgentFailed(f"git {command} failed: {told or f'exit code {done.exit_code}'}", exit_code=done.exit_code)
