"""The W3C trace context header, which carries a trace over every wire (https://www.w3.org/TR/trace-context/)."""

import re
from typing import Final, NamedTuple

__all__ = ["TraceParent", "format_traceparent", "parse_traceparent"]

# Section 3.2: version, trace-id, parent-id, flags. A higher version may append fields, which are ignored.
_HEADER: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED: Final = 0x01  # section 3.2.2.5: the other flags are not ours to pass on


class TraceParent(NamedTuple):
    """What a header says.

    Attributes:
        trace: 32 hexadecimal digits.
        span: 16 hexadecimal digits.
        sampled: Whether its sender may have recorded the span: who decides by that records all of a trace, or nothing.
    """

    trace: str
    span: str
    sampled: bool


def format_traceparent(trace: str, span: str, *, sampled: bool = True) -> str:
    """Write the header for a span of a trace.

    Args:
        trace: 32 hexadecimal digits.
        span: 16 hexadecimal digits.
        sampled: Whether the span may be recorded.
    """
    return f"00-{trace}-{span}-{sampled:02x}"


def parse_traceparent(header: str) -> TraceParent | None:
    """Read a header.

    Args:
        header: What came over the wire.

    Returns:
        What it says; None for a header that the specification calls invalid, which starts a new trace.
    """
    match = _HEADER.fullmatch(header.strip())
    if match is None:
        return None
    version, trace, span, flags, rest = match.groups()
    if version == "ff" or (version == "00" and rest) or not int(trace, 16) or not int(span, 16):
        return None
    return TraceParent(trace, span, bool(int(flags, 16) & _SAMPLED))
