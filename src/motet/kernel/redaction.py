"""What looks like a secret, and is replaced before anything of it is kept."""

import re
from functools import lru_cache
from typing import Final

__all__ = ["REDACTED", "looks_secret", "redacted", "redacted_text"]

REDACTED: Final = "[redacted]"

_WORD: Final = (
    r"pass(?:word|wd|phrase|code)s?|pwd|secrets?|(?:api|access|private|signing|encryption)_?keys?"
    r"|credentials?|authorization|cookies?|bearer|jwts?"
)
_TOKENS: Final = r"(?:access|refresh|auth|bearer|id|session|csrf|xsrf|api)_?tokens"
_LAST: Final = r"(?:value|text|hash|header|id|b64|base64|old|new|\d+)"
# A word for a secret counts wherever it stands in a name; a token, of which models have many, where it ends one.
_SECRET: Final = re.compile(rf"(?:^|_)(?:(?:{_WORD}|{_TOKENS})\d*(?:$|_)|(?:token|auth)\d*(?:$|_{_LAST}$))")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IN_TEXT: Final = re.compile(
    rf"(?i)\b([\w-]*(?:(?:{_WORD}|{_TOKENS})[\w-]*|token\d*)['\"]?\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s,;)\]}}]+)"
)


@lru_cache(maxsize=4096)
def looks_secret(key: str) -> bool:
    """Tell whether what has this name is a secret by the look of it: a password, a key, a token, a cookie.

    Args:
        key: The name, in whatever way it is spelled: `api_key`, `X-Api-Key`, `apiKey`. Numbers of tokens are none.
    """
    spelled = re.sub(r"[^a-z0-9]+", "_", _CAMEL.sub("_", key).lower()).strip("_")
    return _SECRET.search(spelled) is not None


def redacted(data: object) -> object:
    """Return JSON data without what looks like a secret; None and booleans are none."""
    if isinstance(data, dict):
        return {
            key: REDACTED
            if value is not None and not isinstance(value, bool) and looks_secret(key)
            else redacted(value)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [redacted(item) for item in data]
    return data


def redacted_text(text: str) -> str:
    """Return a text, such as a repr, without the values that follow what looks like the name of a secret."""
    return _IN_TEXT.sub(rf"\g<1>{REDACTED}", text)
