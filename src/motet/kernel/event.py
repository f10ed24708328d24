"""What every event carries; `events` lists the closed set of them."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Event", "Status"]

Status = Literal["completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Event:
    """What every event carries.

    Payloads, outputs and the values of chunks are the objects themselves, not copies, and no part of an event's repr:
    what they hold is nobody's business unless somebody records it on purpose.

    Args:
        trace: The id of the trace, 32 hexadecimal digits.
        at: When it happened, in seconds of the clock's monotonic time.
    """

    trace: str
    at: float
