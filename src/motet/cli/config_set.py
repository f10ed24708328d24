"""`motet config set` and `motet config unset`: a setting is written to a file, or taken out of it."""

import shlex
import sys
from pathlib import Path
from typing import Literal

from motet.cli.config_session import performed
from motet.cli.failures import InvalidUsage
from motet.cli.output import Output
from motet.cli.payload import read_input
from motet.config.checking import check_value
from motet.config.keys import find_leaf
from motet.config.manager import ConfigManager
from motet.config.reading import Surroundings
from motet.config.shown import shown
from motet.config.texts import decoded
from motet.config.writing import remove_setting, write_setting
from motet.kernel.errors import MotetError

__all__ = ["set_setting", "unset_setting"]

Scope = Literal["global", "project"]


def set_setting(key: str, text: str, scope: Scope, profile: str | None, *, json: bool, debug: bool) -> int:
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
        file = _file_of(scope)
        write_setting(file, scope, key, checked, profile)
        told = {"key": key, "value": shown(leaf, checked), "file": str(file), "profile": profile}
        config, problem = _what_holds(profile)
        wins = None if config is None else config.source_of(key)
        if json:
            holds = None if wins is None else wins.detail()
            out.document({**told, "source": holds, "problem": None if problem is None else str(problem)})
            return 0
        out.write(f"{key} is written to {file}{'' if profile is None else f' (profile {profile})'}\n")
        if leaf.secret and file.stat().st_mode & 0o044:
            print(f"motet: others can read this secret: {shlex.join(['chmod', '600', str(file)])}", file=sys.stderr)
        if problem is not None:
            print(f"motet: something else is still wrong: {problem}", file=sys.stderr)
        elif wins is not None and (wins.layer != scope or wins.profile != profile):
            print(f"motet: it does not count now: {wins} stands above it", file=sys.stderr)
        return 0

    return performed(work, json=json, debug=debug)


def unset_setting(key: str, scope: Scope, profile: str | None, *, json: bool, debug: bool) -> int:
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
        file = _file_of(scope)
        place = f"{file}{'' if profile is None else f' (profile {profile})'}"
        if not remove_setting(file, scope, key, profile):
            raise InvalidUsage(f"{key} is not set in {place}")
        config, problem = _what_holds(profile)
        value = None if config is None else shown(leaf, config.get(key))
        source = None if config is None else config.source_of(key)
        if json:
            holds = None if source is None else source.detail()
            told = {"key": key, "value": value, "file": str(file), "profile": profile, "source": holds}
            out.document({**told, "problem": None if problem is None else str(problem)})
            return 0
        out.write(f"{key} is taken out of {place}\n")
        if problem is not None:
            print(f"motet: something else is still wrong: {problem}", file=sys.stderr)
        elif source is not None and source.layer != "default":
            print(f"motet: it is still set: {source} says so", file=sys.stderr)
        return 0

    return performed(work, json=json, debug=debug)


def _file_of(scope: Scope) -> Path:
    places = Surroundings().places()
    file = places.global_file if scope == "global" else places.project_file or places.new_project_file
    if file is None:
        raise InvalidUsage("nobody knows where your own file would be: set HOME, or give --project")
    return file


def _what_holds(profile: str | None) -> tuple[ConfigManager | None, MotetError | None]:
    """Read everything anew: return what holds, or what is wrong."""
    try:
        return ConfigManager(profile=profile), None
    except MotetError as error:
        return None, error
