"""The graph of a flow, as plain data: nodes, and the edges between them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from motet.flow.order import back_edges, in_cycles, reachable
from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidGraph
from motet.kernel.policy import Policy
from motet.kernel.schema import Schema
from motet.kernel.wiring import Wirable, Wiring, as_wiring

__all__ = ["Edge", "FlowError", "Graph", "Node", "OnError", "build"]

OnError = Literal["raise", "emit"]


@dataclass(frozen=True, slots=True)
class FlowError:
    """What a node with `on_error="emit"` sends onward in place of an output.

    Args:
        node: The name of the node that failed.
        error: What it raised.
        payload: What it was given.
    """

    node: str
    error: BaseException
    payload: object


class Node(Wirable):
    """A place in a graph, with an agent in it. The same agent may stand in several.

    Args:
        agent: What works there; only routers and joins have none.
        name: The node's name; the agent's unless given.
        concurrency: How many messages it works on at once; the flow's default unless given.
        inbox: How many messages may wait for it before senders wait; the flow's default unless given.
        policy: Whether an attempt is repeated, and how long it may take.
        on_error: "raise" ends the run with the error; "emit" sends a `FlowError` to the successors.
        ordered: Whether the messages of one run leave in the order in which they came. A message that is done before
            its turn waits for it, and keeps its place among the `concurrency`.

    Raises:
        TypeError: There is no agent to stand there, or the policy is none.
    """

    kind: ClassVar[str] = "node"

    def __init__(
        self,
        agent: Agent[Any, Any] | None,
        *,
        name: str | None = None,
        concurrency: int | None = None,
        inbox: int | None = None,
        policy: Policy | None = None,
        on_error: OnError = "raise",
        ordered: bool = True,
    ) -> None:
        if agent is not None and not isinstance(agent, Agent):
            raise TypeError(f"A node holds an agent, not {agent!r}: a plain function becomes an agent with @agent")
        if policy is not None and not isinstance(policy, Policy):
            raise TypeError(f"A node's policy is a Policy, as in Policy(retry=RetryPolicy()), not {policy!r}")
        self.agent = agent
        self.name = name or (agent.name if agent is not None else self.kind)
        self.named = agent is not None or name is not None
        self.concurrency = concurrency
        self.inbox = inbox
        self.policy = policy or Policy()
        self.on_error: OnError = on_error
        self.ordered = ordered

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def taken(self) -> "Schema[Any] | None":
        """The type of what the node takes; None where that is not known here."""
        return self.agent.types[0] if self.agent is not None else None

    @property
    def given(self) -> "Schema[Any] | None":
        """The type of what the node gives; None where that is not known here."""
        return self.agent.types[1] if self.agent is not None else None


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another, by their indexes. `label` is the case of a router that it stands for."""

    source: int
    target: int
    label: str | None = None


@dataclass(frozen=True)
class Graph:
    """Nodes, and the edges between them.

    Args:
        name: The name of the flow.
        nodes: In the order in which they were first named.
        edges: By the nodes' indexes, without repetition.
        names: The nodes' names; those of unnamed routers and joins are numbered where several would be alike.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    names: tuple[str, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The edges as pairs of indexes."""
        return [(edge.source, edge.target) for edge in self.edges]

    @cached_property
    def entries(self) -> tuple[int, ...]:
        """Where inputs go in: the nodes that nothing leads to, or the first one if something leads to each."""
        targets = {edge.target for edge in self.edges}
        starts = tuple(index for index in range(len(self.nodes)) if index not in targets)
        return starts or (0,)[: len(self.nodes)]

    @cached_property
    def exits(self) -> tuple[int, ...]:
        """Where outputs come from: the nodes that lead nowhere."""
        sources = {edge.source for edge in self.edges}
        return tuple(index for index in range(len(self.nodes)) if index not in sources)

    def closing(self) -> set[tuple[int, int]]:
        """Return the edges that close a cycle, seen from the entries."""
        return back_edges(len(self.nodes), self.pairs, self.entries)

    def cyclic(self) -> set[int]:
        """Return the nodes that a message can come back to."""
        return in_cycles(len(self.nodes), self.pairs)

    def upstream(self, index: int) -> set[int]:
        """Return the nodes from which a message can come to a node, without that node itself."""
        return reachable([(target, source) for source, target in self.pairs], [index]) - {index}

    def incoming(self, index: int) -> Sequence[Edge]:
        """Return the edges into a node, in their order."""
        return self._into.get(index, ())

    def outgoing(self, index: int) -> Sequence[Edge]:
        """Return the edges out of a node, in their order."""
        return self._out_of.get(index, ())

    @cached_property
    def _into(self) -> dict[int, list[Edge]]:
        found: dict[int, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.target, []).append(edge)
        return found

    @cached_property
    def _out_of(self) -> dict[int, list[Edge]]:
        found: dict[int, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return found


def build(name: str, parts: Iterable[Wirable | Sequence[Wirable]], pairs: Iterable[tuple[Wirable, Wirable]]) -> Graph:
    """Make a graph of what the user wired.

    Args:
        name: The name of the flow.
        parts: Wirings, agents and nodes.
        pairs: Explicit edges.

    Raises:
        InvalidGraph: There is nothing in it.
        TypeError: Something in it cannot be wired.
    """
    if not isinstance(name, str):
        raise TypeError(f"A flow begins with its name, as in Flow('name', first >> second), not with {name!r}")
    wirings = [as_wiring(part) for part in parts] + [_pair(pair) for pair in pairs]
    places = {id(place): place for wiring in wirings for place in wiring.places}
    nodes = {key: _node(place) for key, place in places.items()}
    if not nodes:
        raise InvalidGraph.of(name, ["it has no nodes: wire some agents, as in Flow('name', first >> second)"])
    index = {key: number for number, key in enumerate(nodes)}
    edges = {
        Edge(index[id(wire.source)], index[id(wire.target)], wire.label): None
        for wiring in wirings
        for wire in wiring.wires
    }
    return Graph(name, tuple(nodes.values()), tuple(edges), _names(list(nodes.values())))


def _pair(pair: tuple[Wirable, Wirable]) -> Wiring:
    try:
        source, target = pair
    except (TypeError, ValueError) as error:
        raise TypeError(f"An edge is a pair, as in edges=[(first, second)], not {pair!r}") from error
    return as_wiring(source) >> target


def _node(place: Wirable) -> Node:
    if isinstance(place, Node):
        return place
    if isinstance(place, Agent):
        return Node(place)
    raise TypeError(f"{place!r} cannot stand in a graph: only agents and nodes can")


def _names(nodes: list[Node]) -> tuple[str, ...]:
    """Number the routers and joins that nobody named; two agents of one name are left for `check` to find."""
    taken = {node.name for node in nodes if node.named}
    numbers: Counter[str] = Counter()
    names: list[str] = []
    for node in nodes:
        name = node.name
        while not node.named and name in taken:
            numbers[node.name] += 1
            name = f"{node.name}_{numbers[node.name] + 1}"
        taken.add(name)
        names.append(name)
    return tuple(names)
