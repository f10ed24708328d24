"""Executors: the agents that tasks name by an id."""

import threading
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, cast

from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidAgent, NotAvailable, NotFound

__all__ = ["DEFAULT_EXECUTORS", "ENTRY_POINTS", "NO_DEMO", "Executors"]

ENTRY_POINTS: Final = "motet.executors"
"""The entry point group under which installed packages offer executors: `id = "package.module:name"`."""

NO_DEMO: Final = object()
"""Stands for "no demo result declared": None is a result."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What one thread defines anew, and nobody else sees yet."""

    thread: int
    agents: dict[str, Agent[Any, Any]]
    demos: dict[str, object]


class Executors:
    """Executors by id: those that were added, then those of `base`, then those that installed packages offer.

    Args:
        base: Where to look for what was not added here; a manager adds its own without changing those of others.
        installed: Whether packages are asked. They are loaded when one of theirs is first named.

    Attributes:
        instead: Who answers in place of these, while a test stands between tasks and what runs them.
    """

    def __init__(self, base: "Executors | None" = None, *, installed: bool = True) -> None:
        self._agents: dict[str, Agent[Any, Any]] = {}
        self._demos: dict[str, object] = {}
        self._base = base
        self._installed = installed and base is None
        self.instead: Executors | None = None
        self._offered: dict[str, EntryPoint] | None = None
        self._draft: _Draft | None = None

    def add(
        self,
        agent: Agent[Any, Any],
        id: str | None = None,  # noqa: A002
        *,
        demo: object = NO_DEMO,
        replace: bool = False,
    ) -> None:
        """Add an executor.

        Args:
            agent: What runs the tasks that name it.
            id: What tasks call it; the agent's name unless given.
            demo: What it answers in demo mode: a value, or a function of the inputs.
            replace: Whether it may take the place of another one.

        Raises:
            InvalidAgent: The id is taken.
        """
        key = id or agent.name
        agents, demos = self._seen()
        known = agents.get(key, agent)
        # A notebook's cell that is run again, or a module that is loaded again, defines the same thing anew.
        if not replace and known is not agent and _origin(known) != _origin(agent):
            raise InvalidAgent(f"The executor id {key!r} is taken: choose another one, or pass replace=True")
        agents[key] = agent
        demos[key] = demo

    def remove(self, id: str) -> None:  # noqa: A002
        """Forget an executor that was added here; nothing happens if there is none.

        Args:
            id: What tasks call it. What `base` has, or a package offers, under this id is found again.
        """
        for entries in self._seen():
            entries.pop(id, None)

    def get(self, id: str) -> Agent[Any, Any]:  # noqa: A002
        """Return the executor of that id; one that a package offers is loaded.

        Raises:
            NotFound: There is none; the message offers the ids that look alike.
            MissingExtra: It needs an optional dependency.
        """
        found = self.find(id)
        if found is None:
            known = sorted(self)
            close = get_close_matches(id, known, n=3)
            hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"known are {', '.join(known)}"
            raise NotFound(f"No executor is called {id!r}: {hint}", id=id)
        return found

    def demo(self, id: str, inputs: Mapping[str, object]) -> object:  # noqa: A002
        """Return what an executor answers in demo mode.

        Args:
            id: Which executor.
            inputs: What the task gives it.

        Raises:
            NotFound: There is no such executor.
            NotAvailable: It has not declared what it answers.
        """
        self.get(id)
        answer = self.declared(id)
        if answer is NO_DEMO:
            raise NotAvailable(
                f"The executor {id!r} has no demo result: declare one with @executor({id!r}, demo=...)", id=id
            )
        return cast("Callable[[Mapping[str, object]], object]", answer)(inputs) if callable(answer) else answer

    def declared(self, id: str) -> object:  # noqa: A002
        """Return the demo result that was declared with an executor, or `NO_DEMO`."""
        agents, demos = self._seen()
        if id in agents or self._base is None:
            return demos.get(id, NO_DEMO)
        return self._base.declared(id)

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return id in set(self)

    def __iter__(self) -> Iterator[str]:
        ids = dict.fromkeys((*(self._base or ()), *self._offers(), *self._seen()[0]))
        return iter(ids)

    def added(self) -> dict[str, Agent[Any, Any]]:
        """Return what was added here, by id: neither what `base` has, nor what packages offer."""
        return dict(self._seen()[0])

    @contextmanager
    def redefined(self, without: Container[str]) -> Iterator[None]:
        """Let this thread define executors anew; everybody else goes on with what there was until that has ended well.

        Args:
            without: The ids that are forgotten at the start, unless they are added again.
        """
        before, demos = self._agents, self._demos
        draft = _Draft(
            threading.get_ident(),
            {id_: agent for id_, agent in before.items() if id_ not in without},
            {id_: demo for id_, demo in demos.items() if id_ not in without},
        )
        was, self._draft = set(before), draft
        try:
            yield
        finally:
            self._draft = None
        late = {id_: agent for id_, agent in before.items() if id_ not in was and id_ not in draft.agents}
        self._agents = {**draft.agents, **late}
        self._demos = {**draft.demos, **{id_: demos.get(id_, NO_DEMO) for id_ in late}}

    def _seen(self) -> tuple[dict[str, Agent[Any, Any]], dict[str, object]]:
        """Return the executors, and their demo results, as the thread that asks sees them."""
        draft = self._draft
        if draft is not None and draft.thread == threading.get_ident():
            return draft.agents, draft.demos
        return self._agents, self._demos

    def find(self, id: str) -> Agent[Any, Any] | None:  # noqa: A002
        """Return the executor of that id, or None."""
        return self.own(id) if self.instead is None else self.instead.find(id)

    def own(self, id: str) -> Agent[Any, Any] | None:  # noqa: A002
        """Return the executor of that id, or None, whoever answers instead just now."""
        agents, _ = self._seen()
        if id in agents:
            return agents[id]
        if self._base is not None:
            return self._base.find(id)
        offered = self._offers().get(id)
        if offered is None:
            return None
        loaded = offered.load()
        if not isinstance(loaded, Agent):
            raise InvalidAgent(f"The entry point {offered.value!r} is no agent: executor {id!r} cannot be loaded")
        # A module that uses @executor has added it, and its demo result, to the default executors by itself.
        return agents.setdefault(id, loaded)

    def _offers(self) -> dict[str, EntryPoint]:
        if self._offered is None:
            found = entry_points(group=ENTRY_POINTS) if self._installed else ()
            self._offered = {entry.name: entry for entry in found}
        return self._offered


def _origin(agent: Agent[Any, Any]) -> tuple[str, str] | int:
    """Name the place in the source where an agent was defined; one that has none is only itself."""
    function = getattr(getattr(agent, "inner", agent), "function", None)
    name = getattr(function, "__qualname__", None)
    return (function.__module__, name) if function is not None and name is not None else id(agent)


DEFAULT_EXECUTORS: Final = Executors()
"""What `@executor` fills; every manager looks here last, and can be given others."""
