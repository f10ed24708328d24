"""The agents that a composition is made of: that they are agents, what they are called, and what types they share."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, TypedDict, Union

from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidAgent
from motet.kernel.schema import ANY, Schema

__all__ = [
    "Bounded",
    "Named",
    "agent_of",
    "agents_of",
    "any_of",
    "check_concurrency",
    "check_word",
    "common",
    "listed",
    "told",
    "unique",
]

SHOWN: Final = 4
"""How many agents are told of by name."""


class Named(TypedDict, total=False):
    """What every composition may be given."""

    name: str | None
    description: str | None


class Bounded(Named, total=False):
    """What every composition may be given that runs its agents beside one another."""

    concurrency: int | None


def agents_of(kind: str, agents: Sequence[object]) -> tuple[Agent[Any, Any], ...]:
    """Check what a composition is made of.

    Args:
        kind: The name of the function that was called.
        agents: What it was given.

    Raises:
        InvalidAgent: There is nothing, or something that is no agent; the message says what to write.
    """
    if not agents:
        raise InvalidAgent(f"{kind}() is made of at least one agent: {kind}(first, second)")
    for agent in agents:
        if isinstance(agent, Collection) and not isinstance(agent, Agent | str | bytes):
            raise InvalidAgent(f"{kind}() takes its agents one by one, not {agent!r}: write {kind}(*agents)")
    return tuple(agent_of(f"{kind}()", agent) for agent in agents)


def agent_of(where: str, agent: object) -> Agent[Any, Any]:
    """Check that something is an agent.

    Args:
        where: Where it was given, as people write it.
        agent: What was given.

    Raises:
        InvalidAgent: It is none; the message says what to write.
    """
    if isinstance(agent, Agent):
        return agent
    if isinstance(agent, type) and issubclass(agent, Agent):
        raise InvalidAgent(f"{where} takes an agent, not its class: make one, as in {agent.__name__}()")
    raise InvalidAgent(f"{where} takes an agent, not {agent!r}: a plain function becomes an agent with @agent")


def check_concurrency(kind: str, concurrency: object) -> None:
    """Check how many calls are to run at once.

    Raises:
        InvalidAgent: It is no number from 1.
    """
    if concurrency is not None and (
        not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1
    ):
        raise InvalidAgent(f"{kind}(concurrency={concurrency!r}): it is a number from 1, or None for all at once")


def check_word(kind: str, word: str, given: object, known: Sequence[str]) -> None:
    """Check a word that chooses between several ways.

    Raises:
        InvalidAgent: There is no such way.
    """
    if given not in known:
        raise InvalidAgent(f"{kind}({word}={given!r}): it is one of {', '.join(map(repr, known))}")


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Number the names that stand for several: places in one composition are told apart, in traces and drawings.

    Returns:
        The names in their order; the second "a" is "a_2", or what is free after that.
    """
    names = tuple(names)
    taken, seen = set(names), dict[str, int]()
    return tuple(_free(name, taken, seen) for name in names)


def _free(name: str, taken: set[str], seen: dict[str, int]) -> str:
    number = seen[name] = seen.get(name, 0) + 1
    if number == 1:
        return name
    while f"{name}_{number}" in taken:
        number += 1
    seen[name] = number  # two names never lead to the same: only those that were given have to be looked up
    return f"{name}_{number}"


def told(names: Sequence[str], between: str = ", ", last: str | None = None) -> str:
    """Tell names in a row, of many the first ones only.

    Args:
        names: At least one.
        between: What stands between them.
        last: What stands before the last one; as between the others unless given.
    """
    shown = list(names) if len(names) <= SHOWN + 1 else [*names[:SHOWN], f"{len(names) - SHOWN:,} more"]
    last = between if last is None else last
    return last.join([between.join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def any_of(schemas: Iterable[Schema[Any]], *more: object) -> Schema[Any]:
    """Return the type of what is of one of several types.

    Args:
        schemas: The types.
        more: Further ones.
    """
    types = [schema.type for schema in schemas]
    if any(Schema(type_).open for type_ in types):
        return ANY
    return Schema(Union[(*types, *more)])  # known at run time


def common(schemas: Iterable[Schema[Any]]) -> Schema[Any]:
    """Return the type of what is of each of several types, where that can be said: all of them are one."""
    types: list[object] = []
    for schema in schemas:
        if not schema.open and schema.type not in types:
            types.append(schema.type)
    return Schema(types[0]) if len(types) == 1 else ANY


def listed(schema: Schema[Any]) -> Schema[Any]:
    """Return the type of a list of values of a type."""
    return Schema(list[schema.type])  # type: ignore[name-defined]
