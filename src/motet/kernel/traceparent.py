"""The W3C trace context header, which carries a trace over every wire (https://www.w3.org/TR/trace-context/)."""

import re
from typing import Final

__all__ = ["format_traceparent", "parse_traceparent"]

# Section 3.2: version, trace-id, parent-id, flags. A higher version may append fields, which are ignored.
_HEADER: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


def format_traceparent(trace: str, span: str) -> str:
    """Write the header for a span of a trace.

    Args:
        trace: 32 hexadecimal digits.
        span: 16 hexadecimal digits.
    """
    return f"00-{trace}-{span}-01"


def parse_traceparent(header: str) -> tuple[str, str] | None:
    """Read a header.

    Args:
        header: What came over the wire.

    Returns:
        The trace and the span; None for a header that the specification calls invalid, which starts a new trace.
    """
    match = _HEADER.fullmatch(header.strip())
    if match is None:
        return None
    version, trace, span, _, rest = match.groups()
    if version == "ff" or (version == "00" and rest) or not int(trace, 16) or not int(span, 16):
        return None
    return trace, span
