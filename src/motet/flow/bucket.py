"""What a join has collected of one run so far."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Bucket"]


@dataclass(slots=True)
class Bucket:
    """What a join has collected of one run.

    Args:
        entries: The rank of the edge that each message came along, and its value.
        timer: What cuts the collecting short.
        late: How many messages will be dropped when they come, because the join has been cut short before.
        closed: Whether everything that still comes is late.
    """

    entries: list[tuple[int, Any]] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None
    late: int = 0
    closed: bool = False
