"""Named parameters in SQL, `:name`, as each driver wants them written."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from motet.kernel.errors import InvalidPayload

__all__ = ["numbered", "renamed"]

# Strings, quoted names, comments and casts are passed over: a colon in them is none of ours. What this takes for a
# string and is none does no harm: the value goes to the database beside the SQL in any case, never in it.
_TOKENS: Final = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$(\w*)\$.*?\$\1\$ | :: | :(?P<name>[A-Za-z_]\w*)""",
    re.DOTALL | re.VERBOSE,
)


def numbered(sql: str, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Write parameters as `$1`, `$2`..., and give the values in that order.

    Args:
        sql: With `:name` for each parameter; a name that is no parameter is left alone.
        parameters: The values.

    Raises:
        InvalidPayload: A parameter is not in the SQL.
    """
    places: dict[str, int] = {}
    written = _replaced(sql, parameters, lambda name: f"${places.setdefault(name, len(places) + 1)}")
    return written, [parameters[name] for name in places]


def renamed(sql: str, parameters: Mapping[str, Any]) -> str:
    """Write parameters as `$name`.

    Args:
        sql: With `:name` for each parameter; a name that is no parameter is left alone.
        parameters: The values.

    Raises:
        InvalidPayload: A parameter is not in the SQL.
    """
    return _replaced(sql, parameters, lambda name: f"${name}")


def _replaced(sql: str, parameters: Mapping[str, Any], write: Callable[[str], str]) -> str:
    seen: set[str] = set()

    def one(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None or name not in parameters:
            return match[0]
        seen.add(name)
        return write(name)

    written = _TOKENS.sub(one, sql)
    unused = [name for name in parameters if name not in seen]
    if unused:
        raise InvalidPayload(f"The SQL has no {', '.join(f':{name}' for name in unused)}: leave such parameters out")
    return written
