"""`motet config set` and `motet config unset`: a setting is written to a file, or taken out of it."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motet.cli.config_session import performed
from motet.cli.failures import InvalidUsage
from motet.cli.output import Output
from motet.cli.payload import read_input
from motet.config.checking import check_value
from motet.config.keys import find_leaf
from motet.config.manager import ConfigManager
from motet.config.places import FileScope
from motet.config.reading import Surroundings
from motet.config.shown import shown
from motet.config.source import Source
from motet.config.texts import decoded
from motet.config.writing import remove_setting, write_setting
from motet.kernel.errors import MotetError

__all__ = ["set_setting", "unset_setting"]


@dataclass(frozen=True, slots=True)
class _Change:
    """A setting that was changed in a file.

    Args:
        key: The setting.
        file: The file.
        profile: The profile of the file.
    """

    key: str
    file: Path
    profile: str | None

    @property
    def place(self) -> str:
        """Where it was changed, for people."""
        return str(self.file) if self.profile is None else f"{self.file} (profile {self.profile})"

    def document(self, value: object, source: Source | None, problem: MotetError | None) -> dict[str, object]:
        """Tell it to programs."""
        return {
            "key": self.key,
            "value": value,
            "file": str(self.file),
            "profile": self.profile,
            "source": None if source is None else source.detail(),
            "problem": None if problem is None else str(problem),
        }

    def tell(self, out: Output, done: str, problem: MotetError | None, hints: Sequence[str]) -> None:
        """Tell it to people, with what they should know."""
        out.write(f"{self.key} is {done} {self.place}\n")
        for hint in hints:
            print(f"motet: {hint}", file=sys.stderr)
        if problem is not None:
            print(f"motet: something else is still wrong: {problem}", file=sys.stderr)


def set_setting(key: str, text: str, scope: FileScope, profile: str | None, *, json: bool, debug: bool) -> int:
    """Write a setting to a file, and say which, and what holds now; return the exit code.

    It is written even if something else in the files is wrong: that is how one mends them.

    Args:
        key: The setting.
        text: What it is to be; `-` reads standard input.
        scope: Which file.
        profile: The profile of the file to write to.
        json: Write for programs.
        debug: Show tracebacks.
    """

    def work(out: Output) -> int:
        leaf = find_leaf(key)
        given = read_input(text).rstrip("\n") if text == "-" else text
        checked = check_value(leaf, decoded(leaf.field, given))
        change = _Change(key, _file_of(scope), profile)
        write_setting(change.file, scope, key, checked, profile)
        config, problem = _what_holds(profile)
        wins = None if config is None else config.source_of(key)
        if json:
            out.document(change.document(shown(leaf, checked), wins, problem))
            return 0
        hints = []
        if leaf.secret and change.file.stat().st_mode & 0o044:
            hints.append(f"others can read this secret: {shlex.join(['chmod', '600', str(change.file)])}")
        if wins is not None and (wins.layer != scope or wins.profile != profile):
            hints.append(f"it does not count now: {wins} stands above it")
        change.tell(out, "written to", problem, hints)
        return 0

    return performed(work, json=json, debug=debug)


def unset_setting(key: str, scope: FileScope, profile: str | None, *, json: bool, debug: bool) -> int:
    """Take a setting out of a file, and say which, and what holds now; return the exit code.

    Args:
        key: The setting.
        scope: Which file.
        profile: The profile of the file to take it out of.
        json: Write for programs.
        debug: Show tracebacks.
    """

    def work(out: Output) -> int:
        leaf = find_leaf(key)
        change = _Change(key, _file_of(scope), profile)
        if not remove_setting(change.file, scope, key, profile):
            raise InvalidUsage(f"{key} is not set in {change.place}")
        config, problem = _what_holds(profile)
        source = None if config is None else config.source_of(key)
        if json:
            value = None if config is None else shown(leaf, config.get(key))
            out.document(change.document(value, source, problem))
            return 0
        still = source is not None and source.layer != "default"
        change.tell(out, "taken out of", problem, [f"it is still set: {source} says so"] if still else [])
        return 0

    return performed(work, json=json, debug=debug)


def _file_of(scope: FileScope) -> Path:
    file = Surroundings().places().file_of(scope)
    if file is None:
        raise InvalidUsage("nobody knows where your own file would be: set HOME, or give --project")
    return file


def _what_holds(profile: str | None) -> tuple[ConfigManager | None, MotetError | None]:
    """Read everything anew: return what holds, or what is wrong."""
    try:
        return ConfigManager(profile=profile), None
    except MotetError as error:
        return None, error
