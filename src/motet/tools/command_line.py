"""A command line as a program and its arguments; what only a shell could do is refused, and never done halfway.

Source of what is special, and where: POSIX.1-2017, Shell Command Language, 2.2 Quoting.
"""

import re
import shlex
from typing import Final, Literal

from motet.kernel.errors import InvalidPayload

__all__ = ["split_line"]

MAX_LINE: Final = 2**15

_SPECIAL: Final = {
    "|": "a pipe",
    "&": "running two programs, or one in the background",
    ";": "running one program after another",
    "<": "a redirection",
    ">": "a redirection",
    "(": "a group of commands",
    ")": "a group of commands",
    "$": "a variable, or what another program writes",
    "`": "what another program writes",
    "*": "a pattern for file names",
    "?": "a pattern for file names",
    "[": "a pattern for file names",
    "\n": "a second line",
    "\r": "a second line",
}
_SHELL_WORD: Final = re.compile(
    r"\.|:|\[\[|\{|!|alias|bg|break|case|cd|continue|do|done|elif|else|esac|eval|exec|exit|export|fg|fi|for|function|if"
    r"|jobs|local|pushd|popd|read|readonly|return|select|set|shift|source|then|trap|type|ulimit|umask|unalias|unset|until"
    r"|wait|while"
)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*\+?=")

State = Literal["", "'", '"']


def split_line(line: str) -> list[str]:
    """Split a command line into a program and its arguments.

    Quotes and backslashes mean what they mean to a shell, and what is quoted is text.

    Args:
        line: One command, such as `grep -n "a word" notes.txt`.

    Raises:
        InvalidPayload: It is empty, a quote in it is not closed, or it needs a shell.
    """
    if len(line) > MAX_LINE or "\0" in line:
        raise InvalidPayload(f"A command line has at most {MAX_LINE} characters, and none of code 0")
    _check(line)
    argv = shlex.split(line)
    if not argv:
        raise InvalidPayload("The command line is empty: write a program and its arguments")
    if _ASSIGNMENT.match(argv[0]):
        raise InvalidPayload(
            f"{argv[0]!r} sets a variable, which needs a shell, and there is none: begin with a program"
        )
    if _SHELL_WORD.fullmatch(argv[0]):
        raise InvalidPayload(f"{argv[0]!r} is a word of shells, and there is none: begin with a program")
    return argv


def _check(line: str) -> None:
    """Walk along a line as a shell does, and refuse what it would do more with than to take it as text."""
    state: State = ""
    braces, begins, place = "", True, 0
    while place < len(line):
        letter = line[place]
        if state == "'":
            state = "" if letter == "'" else "'"
        elif letter == "\\":
            _check_escape(line[place + 1 : place + 2], state)
            place += 1
        elif letter in "'\"":
            state = _quoted(state, letter)
        elif state == '"':
            if letter in "$`":
                raise _refused(letter, _SPECIAL[letter])
        else:
            _check_plain(letter, begins)
            braces = _check_braces(braces, letter)
        begins = not state and letter in " \t"
        place += 1
    if state:
        raise InvalidPayload(f"A quote ({state}) is not closed")


def _quoted(state: State, letter: str) -> State:
    if state == '"':
        return "" if letter == '"' else '"'
    return "'" if letter == "'" else '"'


def _check_escape(following: str, state: State) -> None:
    # Between double quotes, a shell drops the backslash before these, and shlex keeps it.
    if not following or following in "\n\r" or (state == '"' and following in "$`"):
        raise InvalidPayload("A backslash there needs a shell, and there is none: put the text in single quotes")


def _check_plain(letter: str, begins: bool) -> None:
    if letter in _SPECIAL:
        raise _refused(letter, _SPECIAL[letter])
    if begins and letter == "~":
        raise _refused(letter, "a home folder")
    if begins and letter == "#":
        raise _refused(letter, "a comment")


def _check_braces(braces: str, letter: str) -> str:
    """Follow a brace to where it turns out to be a list or a range of words."""
    if letter in " \t":
        return ""
    if letter == "}" and ("," in braces or ".." in braces):
        raise _refused("{", "a list of words in braces")
    return braces + letter if braces or letter == "{" else ""


def _refused(letter: str, what: str) -> InvalidPayload:
    shown = letter if letter.isprintable() else repr(letter)[1:-1]
    return InvalidPayload(
        f"{shown} means {what}, which needs a shell, and there is none: make one call for each program, with plain "
        f"arguments. If {shown} is meant as text, put the argument in single quotes"
    )
