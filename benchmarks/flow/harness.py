"""What the sides of the flow suite share: the payload, the sizes and the checks of what came out.

It is imported in the interpreter of each side, so it imports nothing but the standard library, pydantic and
`benchmarks.shared.harness`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from benchmarks.shared.harness import BrokenRunError, require

INBOX = 64
WIDTH = 10
TASKS = 1000


class Item(BaseModel):
    """The payload of every workload: an int and a str."""

    n: int
    text: str


def make_items(n: int) -> list[Item]:
    """Build payloads numbered from 0, before the clock starts."""
    return [Item(n=i, text="payload") for i in range(n)]


def warm(n: int) -> int:
    """Say how many messages a child does before the clock starts."""
    return max(20, n // 10)


def require_next(seq: int, expected: int) -> None:
    """Raise `BrokenRunError` unless a chunk is the one that comes next."""
    if seq != expected:
        raise BrokenRunError(f"chunk {seq} came instead of {expected}")


def check_outputs(outputs: Sequence[Item], n: int) -> None:
    """Check that every payload of `make_items(n)` came out once, in whatever order."""
    require(len(outputs) == n, f"{len(outputs)} outputs of {n} messages")
    require(sorted(item.n for item in outputs) == list(range(n)), "the outputs are not the inputs")


def check_joined(outputs: Sequence[Sequence[Item]], runs: int, width: int) -> None:
    """Check that each of `runs` joins collected `width` payloads of one and the same run."""
    require(len(outputs) == runs, f"{len(outputs)} joins of {runs} runs")
    for batch in outputs:
        require(isinstance(batch, list), f"a join gave {type(batch).__name__}")
        require(len(batch) == width, f"a join of {len(batch)} instead of {width}")
        require(len({item.n for item in batch}) == 1, "a join mixed two runs")
    require({batch[0].n for batch in outputs} == set(range(runs)), "the joins are not those of the inputs")


def check_spread(batch: Sequence[Item], width: int) -> None:
    """Check that a join over a spread of `make_items(width)` holds each of them once."""
    require(isinstance(batch, list), f"the join gave {type(batch).__name__}")
    require(sorted(item.n for item in batch) == list(range(width)), "the join does not hold what was spread")
