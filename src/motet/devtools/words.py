"""Numbers and times as people read them."""

import re
from datetime import datetime
from typing import Final

from motet.kernel.errors import AgentFailed

__all__ = ["counted", "error_name", "moment", "plain", "seconds"]

DAY = 86_400

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def seconds(value: float) -> str:
    """Write a duration with the unit that suits it, in at most 8 characters.

    Args:
        value: Seconds, from 0.
    """
    if value < 0.0995:
        return f"{value * 1000:.1f} ms"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 59.95:
        return f"{value:.2f} s" if value < 9.995 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"


def counted(number: int, noun: str) -> str:
    """Write a number of things, as in "1 chunk" and "2 chunks"."""
    plural = noun if number == 1 else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {plural}"


def moment(at: float, now: float) -> str:
    """Write when something was, in the time of this machine: the time of day, the day as well, or the year.

    Args:
        at: Wall-clock time, in seconds since 1970 UTC.
        now: (the same)
    """
    then = datetime.fromtimestamp(at).astimezone()
    if then.date() == datetime.fromtimestamp(now).astimezone().date():
        return f"{then:%H:%M:%S}"
    return f"{then:%b %d %H:%M}" if abs(now - at) < 180 * DAY else f"{then:%Y-%m-%d}"


def error_name(error: BaseException) -> str:
    """Return the name of an error's type, also of one that comes from a record and is no longer of that type."""
    told = error.details.get("type") if isinstance(error, AgentFailed) else None
    return told if isinstance(told, str) else type(error).__name__


def plain(text: str) -> str:
    """Return a text in which nothing is a command to a terminal: control characters are written as escapes.

    Args:
        text: Anything, such as an error that a model or a peer has worded; its line ends and tabs stay.
    """
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
