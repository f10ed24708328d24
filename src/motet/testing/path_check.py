"""`assert_path`: the way that an input took, and where it left the way that was expected."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import zip_longest

from motet.testing.outcome import Outcome
from motet.testing.showing import nearest, shown

__all__ = ["assert_path"]

Step = str | AbstractSet[str] | Mapping[str, int]


def assert_path(outcome: Outcome, *expected: Step, ignore: Iterable[str] = ()) -> None:
    """Check which nodes an input passed, in order.

    As in `assert_path(outcome, "triage", {"search", "memory"}, "join", "write")`.

    Args:
        outcome: What `run_one` gave.
        *expected: Names of nodes in the order in which they began. A set stands for nodes that ran beside one another,
            each once, in any order; a mapping says how many times: `{"fetch": 3, "parse": 3}`.
        ignore: Nodes to leave out, such as routers and joins that nobody cares about.

    Raises:
        AssertionError: The way was another one; the message shows both beside one another, and what each node did.
        TypeError: It is given no outcome, or a step is nothing that can be expected.
    """
    __tracebackhide__ = True
    if not isinstance(outcome, Outcome):
        raise TypeError(
            f"assert_path() takes what run_one gave, not {shown(outcome)}: outcome = await run_one(flow, ...)"
        )
    groups = [_group(step) for step in expected]
    left_out = {ignore} if isinstance(ignore, str) else set(ignore)
    path = [name for name in outcome.path if name not in left_out]
    got, at = _split(path, groups)
    if at is None:
        return
    pairs = list(zip_longest(map(_told, groups), map(_told, got), fillvalue="-"))
    wide = max(len(want) for want, _ in [("expected", ""), *pairs])
    rows = [f"{'>' if number == at else ' '} {want:<{wide}}  {have}" for number, (want, have) in enumerate(pairs)]
    raise AssertionError(
        f"The input took another way through {outcome.agent!r} than expected.\n"
        f"  {'expected':<{wide}}  got\n" + "\n".join(rows) + f"\n{_why(groups, got, at, set(path))}\n{outcome}"
    )


def _group(step: Step) -> Counter[str]:
    if isinstance(step, str):
        return Counter([step])
    if isinstance(step, Mapping):
        return Counter({name: count for name, count in step.items() if count})
    if isinstance(step, AbstractSet):
        return Counter(step)
    raise TypeError(f"A step of a path is a name, a set of names, or a dict of counts, not {shown(step)}")


def _split(path: Sequence[str], groups: Sequence[Counter[str]]) -> tuple[list[Counter[str]], int | None]:
    """Cut a path into as many nodes for each group as it expects.

    Returns:
        The pieces; from the first one that is otherwise on, each node by itself. And which one that is, if any.
    """
    pieces: list[Counter[str]] = []
    at = 0
    for number, group in enumerate(groups):
        piece = Counter(path[at : at + group.total()])
        if piece != group:
            wide = _longest(path[at:], group)
            return [
                *pieces,
                *([wide] if wide else []),
                *(Counter([name]) for name in path[at + wide.total() :]),
            ], number
        pieces.append(piece)
        at += group.total()
    if at < len(path):
        return [*pieces, *(Counter([name]) for name in path[at:])], len(groups)
    return pieces, None


def _longest(path: Sequence[str], group: Counter[str]) -> Counter[str]:
    """Take as much from the front of a path as belongs to a group of several."""
    piece: Counter[str] = Counter()
    if group.total() > 1:
        for name in path:
            if piece[name] >= group[name]:
                break
            piece[name] += 1
    return +piece


def _why(groups: Sequence[Counter[str]], got: Sequence[Counter[str]], at: int, seen: set[str]) -> str:
    """Say in a sentence what is the matter at the first difference."""
    want = groups[at] if at < len(groups) else Counter[str]()
    have = got[at] if at < len(got) else Counter[str]()
    if not want:
        return f"The way was to end there, and went on to {_told(have)}."
    missing = want - have
    never = [name for name in missing if name not in seen]
    if never:
        return f"{never[0]!r} was never reached; of those that were, {nearest(never[0], seen)}"
    if not have:
        return f"The way ended before {_told(missing)}."
    return f"{_told(have)} came where {_told(want)} was to come."


def _told(group: Counter[str]) -> str:
    names = [name if count == 1 else f"{name} x{count}" for name, count in sorted(group.items())]
    return names[0] if len(names) == 1 else "{" + ", ".join(names) + "}"
