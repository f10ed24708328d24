"""Every composition, each around a part that a test brings along."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compose.voices import failing
from motet import Agent, agent, loop
from motet.compose.conditional import conditional
from motet.compose.fallback import fallback
from motet.compose.fan_in import fan_in
from motet.compose.fan_out import fan_out
from motet.compose.map_reduce import map_reduce
from motet.compose.parallel import parallel
from motet.compose.predicates import always
from motet.compose.sequential import sequential
from support import echo

__all__ = ["ROWS", "Row"]


def plain(value: Any) -> Any:
    """Return a value as it is."""
    return value


def in_list(value: Any) -> list[Any]:
    """Put a value into a list."""
    return [value]


@dataclass(frozen=True)
class Row:
    """A composition around a part.

    Args:
        name: What to call it in the report.
        make: Makes it.
        given: Makes the composition's input of the part's.
        gives: Makes the composition's output of the part's.
        calls: How many calls of the part there are.
    """

    name: str
    make: Callable[[Agent[Any, Any]], Agent[Any, Any]]
    given: Callable[[Any], Any] = plain
    gives: Callable[[Any], Any] = plain
    calls: int = 1

    def __str__(self) -> str:
        return self.name


BROKEN = failing(ValueError("broken"), "broken")
ROWS = [
    Row("sequential, first", lambda part: sequential(part, echo)),
    Row("sequential, last", lambda part: sequential(echo, part)),
    Row("parallel", lambda part: parallel(part, part), plain, lambda value: [value, value], 2),
    Row("parallel, one slot", lambda part: parallel(part, concurrency=1), plain, in_list),
    Row("parallel, collecting", lambda part: parallel(part, errors="collect"), plain, in_list),
    Row("parallel, first", lambda part: parallel(BROKEN, part, wait="first")),
    Row("parallel, a number", lambda part: parallel(part, BROKEN, wait=1), plain, in_list),
    Row("parallel, combined", lambda part: parallel(part, part, combine=lambda found: found[0]), calls=2),
    Row("parallel, combining", lambda part: parallel(echo, combine=part), plain, in_list),
    Row("fallback, first", lambda part: fallback(part, BROKEN, on=ZeroDivisionError)),
    Row("fallback, last", lambda part: fallback(BROKEN, part)),
    Row("conditional", lambda part: conditional((always, part))),
    Row("conditional, default", lambda part: conditional((~always, BROKEN), default=part)),
    Row("fan_out", fan_out, in_list, in_list),
    Row("fan_out, several", lambda part: fan_out(part, part, split=lambda x: [x, x]), plain, lambda x: [x, x], 2),
    Row("fan_out, splitting", lambda part: fan_out(echo, split=sequential(part, agent(in_list))), plain, in_list),
    Row("fan_in", fan_in),
    Row("map_reduce, map", lambda part: map_reduce(map=part, reduce=list), in_list, in_list),
    Row("map_reduce, reduce", lambda part: map_reduce(map=echo, reduce=part), in_list, in_list),
    Row("loop", lambda part: loop(part, until=lambda _: True)),
]
