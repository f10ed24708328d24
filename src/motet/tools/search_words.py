"""What somebody looks for, as words, phrases and beginnings of words: never the query language of the index.

Each word goes into the query between quotes, so that nothing in it has a meaning of its own.
Source: SQLite FTS5, "Full-text Query Syntax", https://www.sqlite.org/fts5.html
"""

import re
import unicodedata
from typing import Final, Literal

from motet.kernel.errors import InvalidPayload

__all__ = ["Match", "query_of"]

Match = Literal["all", "any"]

MAX_WORDS: Final = 64
MAX_LETTERS: Final = 2000

_TERM: Final = re.compile(r'"([^"]*)"?(\*?)|([^\s"*]+)(\*?)|\*')


def query_of(text: str, match: Match = "all") -> str:
    """Make a query of the index.

    Args:
        text: Words. A phrase stands between double quotes, and a `*` after a word stands for any end of it. All else
            that is neither letter nor digit only separates words.
        match: Whether "all" of them have to be in a file, or "any".

    Raises:
        InvalidPayload: There is no word, or there are too many.
    """
    if len(text) > MAX_LETTERS:
        raise InvalidPayload(f"That is too much to look for: give at most {MAX_LETTERS} letters")
    terms = [_term(found[1] or found[3] or "", found[2] or found[4] or "") for found in _TERM.finditer(_plain(text))]
    terms = [term for term in terms if term]
    if not terms:
        raise InvalidPayload("There is no word to look for: give one or more words, of letters or digits")
    if len(terms) > MAX_WORDS:
        raise InvalidPayload(f"That is too much to look for: give at most {MAX_WORDS} words")
    return (" " if match == "all" else " OR ").join(terms)


def _plain(text: str) -> str:
    """Replace what no text of an index holds, such as characters of code 0 and halves of characters."""
    return "".join(" " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in text)


def _term(words: str, star: str) -> str:
    if not any(unicodedata.category(letter)[0] in "LN" or unicodedata.category(letter) == "Co" for letter in words):
        return ""  # to the index, there is no word in it
    return f'"{words}" *' if star else f'"{words}"'
