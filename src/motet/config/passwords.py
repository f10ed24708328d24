"""URLs as they may be shown: without the password in them, and without what their parameters call a secret."""

import re
from typing import Final

__all__ = ["HIDDEN", "without_password"]

HIDDEN: Final = "********"

_SCHEME: Final = re.compile(r"[A-Za-z][\w+.-]*://")
_QUERY: Final = re.compile(
    r"(?P<before>[?&;][^=&;#]*(?:pass|pwd|secret|token|key|credential|signature)[^=&;#]*=)(?P<secret>[^&#]*)",
    re.IGNORECASE,
)


def without_password(url: str) -> str:
    """Return a URL without the password in it, and without what its parameters call a secret.

    A password ends at the last `@`: one that was not escaped may hold any sign, also those that end the host. So more
    may be hidden than the password, but not less. Where the host is empty, as for a file, there is none.
    """
    found = _SCHEME.match(url)
    scheme = found[0] if found else ""
    rest = url[len(scheme) :]
    colon, end = rest.find(":"), rest.rfind("@")
    if 0 <= colon < end and rest[0] != "/":
        rest = rest[: colon + 1] + HIDDEN + rest[end:]
    return scheme + _QUERY.sub(rf"\g<before>{HIDDEN}", rest)
