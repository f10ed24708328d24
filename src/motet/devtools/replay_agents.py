"""Which agent a call belongs to: an agent knows others as parts of itself, or by names in the code of its function.

Recorded outputs are JSON data, and become what the agent declares that it gives. Where no agent is found for a call,
the data is given as it is.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

from motet.kernel.agent import Agent
from motet.kernel.schema import Schema
from motet.kernel.wiring import Wirable

__all__ = ["Agents"]

DEEPEST: Final = 12
"""How many steps from one agent to the next are looked at within objects and containers."""


class Agents:
    """The agents that can be reached from one.

    Args:
        root: Where to begin.
    """

    def __init__(self, root: Agent[Any, Any]) -> None:
        self._agents = list(_reached(root))
        self._found: dict[tuple[int, str], Schema[Any] | None] = {}

    def output_of(self, call: object, name: str) -> Schema[Any] | None:
        """Return the type of what a call gives; None where no agent is found for it.

        Args:
            call: What is about to be called.
            name: What its agent is called there.
        """
        key = id(call), name
        if key not in self._found:
            agent = next((one for one in self._agents if one.bound == call), None)
            named = [one for one in self._agents if one.name == name] if agent is None else [agent]
            self._found[key] = named[0].types[1] if named else None
        return self._found[key]


def _reached(root: Agent[Any, Any]) -> Iterator[Agent[Any, Any]]:
    seen: set[int] = set()
    waiting: list[tuple[object, int]] = [(root, 0)]
    while waiting:
        thing, depth = waiting.pop()
        if id(thing) in seen or depth > DEEPEST:
            continue
        seen.add(id(thing))
        if isinstance(thing, Agent):
            yield thing
            depth = 0
        waiting += [(inner, depth + 1) for inner in _inside(thing)]


def _inside(thing: object) -> list[object]:
    """Return what a thing holds, in which agents may be: of modules and classes of others nothing but agents."""
    found: list[object] = []
    if isinstance(thing, FunctionType):
        cells = [cell.cell_contents for cell in thing.__closure__ or () if not _empty(cell)]
        found = [*cells, *(thing.__globals__[name] for name in _names(thing) if name in thing.__globals__)]
    elif isinstance(thing, partial):
        found = [thing.func, *thing.args, *thing.keywords.values()]
    elif isinstance(thing, ModuleType):
        found = [value for value in vars(thing).values() if isinstance(value, Agent)]
    elif isinstance(thing, MethodType):
        found = [thing.__func__, *_held(thing.__self__)]
    elif isinstance(thing, Mapping):
        found = list(thing.values())
    elif isinstance(thing, list | tuple | set | frozenset):
        found = list(thing)
    elif isinstance(thing, Wirable) or type(thing).__module__.startswith("motet."):
        found = _held(thing)
    return found


def _held(thing: object) -> list[object]:
    slots = [name for cls in type(thing).__mro__ for name in getattr(cls, "__slots__", ())]
    held = list(getattr(thing, "__dict__", {}).values())
    return [*held, *(getattr(thing, name) for name in slots if hasattr(thing, name)), *_methods(thing)]


def _methods(thing: object) -> list[object]:
    """Return the `call` of an agent that somebody wrote as a class: it names others."""
    call = getattr(type(thing), "call", None)
    own = isinstance(call, FunctionType) and not call.__module__.startswith("motet.")
    return [call] if own else []


def _names(function: FunctionType) -> set[str]:
    names: set[str] = set()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes += [constant for constant in code.co_consts if isinstance(constant, type(code))]
    return names


def _empty(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return True
    return False
