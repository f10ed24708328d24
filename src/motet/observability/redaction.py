"""Secrets are taken out of what leaves: by the names of keys, in data and in text, and by pydantic's secret types."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from motet.kernel.errors import InvalidPayload

__all__ = ["HIDDEN", "NAMES", "Redactor"]

HIDDEN: Final = "***"
"""What stands in the place of a secret."""

NAMES: Final = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "api key",
    "access key",
    "private key",
    "signing key",
    "cookie",
    "credential",
    "bearer",
    "jwt",
)
"""Keys that hold secrets: any key that contains one of these, whatever stands between its words."""

_SEPARATORS: Final = re.compile(r"[\s_.\-]+")
# A password that was not quoted for an address may hold "/" and "@": behind a colon, all up to the last "@" is taken.
_CREDENTIALS: Final = re.compile(
    r"(\b[a-zA-Z][a-zA-Z0-9+.\-]{0,30}://)(?:[^\s/@:'\"<>]{0,1000}:[^\s'\"<>]{1,1000}|[^\s/@'\"<>]{1,1000})@"
)
_SCHEME: Final = re.compile(r"\b(Bearer|Basic|Digest)( {1,8})[^\s\"',]{6,}", re.IGNORECASE)
_OPENING: Final = re.compile(r"(\\*)([\"'])")
_WORD: Final = re.compile(r"\S+")
_AUTH: Final = re.compile(r"(?:bearer|basic|digest|token|apikey)\s{1,8}\S+", re.IGNORECASE)
_BRACKETS: Final = {"[": "]", "{": "}", "(": ")"}


class Redactor:
    """Knows which keys hold secrets, and takes these out of texts.

    Args:
        names: Names of keys beside `NAMES`.

    Raises:
        InvalidPayload: A name is empty.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        every = [*NAMES, *names]
        self._names = tuple(_SEPARATORS.sub("", name).lower() for name in every)
        if not all(self._names):
            raise InvalidPayload("redact: a name is empty, and would hide everything: write the name of a key")
        words = "|".join(r"[\s_.\-]?".join(map(re.escape, _SEPARATORS.split(name.strip(" _.-")))) for name in every)
        # Behind the name: the rest of the key, perhaps in quotes, and a colon or equals sign. Bounded, so that a text
        # of nothing but names takes no quadratic time.
        key = rf"(?:{words})[\w.\-]{{0,40}}\\{{0,8}}[\"']?\]?\s{{0,8}}(?:=>|[=:])\s{{0,8}}"
        self._key = re.compile(key, re.IGNORECASE)
        self._holds = lru_cache(1024)(self._says)
        self._ending = re.compile(rf"{key}(?:bearer\s|basic\s)?[\"']?\Z", re.IGNORECASE)

    def hides(self, key: object, value: object = None) -> bool:
        """Tell whether a key holds a secret; numbers of tokens are none."""
        if not isinstance(key, str) or not self._holds(key):
            return False
        return not (isinstance(value, int | float) and key.lower().endswith("tokens"))

    def _says(self, key: str) -> bool:
        name = _SEPARATORS.sub("", key).lower()
        return any(each in name for each in self._names)

    def names_key(self, text: str) -> bool:
        """Tell whether a text names a key that holds a secret."""
        return ("=" in text or ":" in text) and self._key.search(text) is not None

    def ends_with_key(self, text: str) -> bool:
        """Tell whether what follows a text is a secret."""
        return self._ending.search(text, max(0, len(text) - 200)) is not None

    def text(self, text: str) -> str:
        """Take out what follows the name of a secret, as in `password=...` or JSON, and credentials in URLs."""
        # Most texts hold nothing of the kind: that is seen at once, without a pattern.
        if "://" in text:
            text = _CREDENTIALS.sub(rf"\1{HIDDEN}@", text)
        if "=" in text or ":" in text:
            text = self._without_values(text)
        lower = text.lower() if " " in text else ""
        if "bearer" in lower or "basic" in lower or "digest" in lower:
            text = _SCHEME.sub(rf"\1\2{HIDDEN}", text)
        return text

    def _without_values(self, text: str) -> str:
        """Take out what follows the names of secrets."""
        found = self._key.search(text)
        parts, done = [], 0
        while found is not None:
            end = _end_of_value(
                text, found.end(), whole_line="cookie" in found.group().lower() and ":" in found.group()
            )
            if _is_count(found.group(), text[found.end() : end]):
                parts.append(text[done:end])
            else:
                parts += [text[done : found.end()], HIDDEN if end > found.end() else ""]
            done = end
            found = self._key.search(text, end)
        return "".join([*parts, text[done:]]) if parts else text


def _is_count(key: str, value: str) -> bool:
    """Tell whether a value is a number of tokens, and no secret."""
    return bool(re.search(r"tokens\W*$", key, re.IGNORECASE)) and bool(re.fullmatch(r"[\d._]{1,20}[,;)}\]]*", value))


def _end_of_value(text: str, start: int, *, whole_line: bool = False) -> int:
    """Return where the value that begins at a place ends: rather too late than too early.

    Args:
        text: Where it stands.
        start: Where it begins.
        whole_line: Whether a value that is not quoted goes on to the end of its line, as in the header of cookies.
    """
    if text.startswith(HIDDEN, start):
        return start + len(HIDDEN)  # it was taken out already
    opening = _OPENING.match(text, start)
    if opening is not None:
        return _end_of_quote(text, opening)
    if text[start : start + 1] in _BRACKETS:
        return _end_of_bracket(text, start)
    if whole_line:
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    found = _AUTH.match(text, start) or _WORD.match(text, start)
    return start if found is None else found.end()


def _end_of_quote(text: str, opening: re.Match[str]) -> int:
    slashes, quote = opening.groups()
    place = opening.end()
    while True:
        place = text.find(quote, place)
        if place < 0:
            return len(text)
        before = 0
        while text[place - 1 - before] == "\\":
            before += 1
        place += 1
        # A quote with more backslashes before it is one within the value.
        if before <= len(slashes):
            return place


def _end_of_bracket(text: str, start: int) -> int:
    depth, place = 0, start
    while place < len(text):
        letter = text[place]
        if letter in "\"'":
            opening = _OPENING.match(text, place)
            place = _end_of_quote(text, opening) if opening is not None else place + 1
            continue
        depth += (letter in _BRACKETS) - (letter in _BRACKETS.values())
        place += 1
        if not depth:
            return place
    return len(text)
