"""The agent that a name means, or what stands there in its place."""

import inspect
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from motet.cli.failures import InvalidUsage
from motet.cli.load import Target, load, parse
from motet.flow.graph import Node
from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidAgent, NotFound
from motet.kernel.wiring import Wirable

__all__ = ["agents_in", "find", "find_agent", "not_an_agent"]


def find_agent(text: str) -> Agent[Any, Any]:
    """Load the agent that a command was asked to work with.

    Args:
        text: FILE.py:NAME or package.module:NAME, as the user wrote it.

    Raises:
        MotetError: It cannot be loaded; the message says what to do.
    """
    target = parse(text)
    return find(load(target), target)


def find(module: ModuleType, target: Target) -> Agent[Any, Any]:
    """Return the agent of a target from its module.

    Raises:
        InvalidUsage: No name was given.
        NotFound: The module has no such name.
        InvalidAgent: What has the name is no agent, or its types cannot be read.
    """
    if not target.name:
        raise InvalidUsage(f"say which agent: {target.source}:NAME; {_listed(module, target.source)}")
    found: object = module
    path: list[str] = []
    for step in target.name.split("."):
        if not hasattr(found, step):
            raise _missing(found, step, ".".join(path), module, target)
        found = getattr(found, step)
        path.append(step)
    if not isinstance(found, Agent):
        raise InvalidAgent(not_an_agent(f"{target.source}:{target.name}", target.name, found))
    return found


def agents_in(module: ModuleType) -> list[str]:
    """Return the public names of a module that are agents."""
    return [name for name, value in vars(module).items() if isinstance(value, Agent) and not name.startswith("_")]


def not_an_agent(shown: str, name: str, found: object) -> str:
    """Say what stands where an agent should be, and how to make it one.

    Args:
        shown: The target as the user wrote it.
        name: The name in the module.
        found: What has that name.
    """
    what, advice = f"an object of type {type(found).__name__}", "name a function with @agent above it, or a Flow"
    if inspect.isclass(getattr(found, "__wrapped__", None)) or (inspect.isclass(found) and issubclass(found, Agent)):
        what, advice = "a class of agents", f"make one in the file, as in made = {name}(...), and name that"
    elif inspect.isclass(found):
        what, advice = "a class", "give it `async def call(self, payload, ctx)` and @agent, and name an instance"
    elif inspect.isroutine(found):
        what, advice = "a plain function", "put @agent (from motet import agent) above it"
    elif isinstance(found, ModuleType):
        what, advice = "a module", f"name an agent in it, as in {shown}.{next(iter(agents_in(found)), 'NAME')}"
    elif isinstance(found, Wirable):
        what = "a node of a graph" if isinstance(found, Node) else "a part of a graph"
        advice = f"make a flow of it, as in made = Flow({name!r}, {name}), and name that"
    elif callable(found):
        advice = f"make one of it, as in made = agent({name}) (from motet import agent), and name that"
    return f"{shown} is {what}, not an agent: {advice}"


def _missing(found: object, step: str, path: str, module: ModuleType, target: Target) -> NotFound:
    inside = f"{target.source}:{path}" if path else target.source
    names = [name for name in dir(found) if not name.startswith("_")]
    close = get_close_matches(step, names, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ";"
    return NotFound(f"{inside} has no {step!r}{hint} {_listed(module, target.source)}", name=step)


def _listed(module: ModuleType, source: str) -> str:
    agents = agents_in(module)
    if not agents:
        return f"{source} has no agents: put @agent above a function, or make a Flow"
    return f"the agents in {source} are {', '.join(agents)}" if len(agents) > 1 else f"its only agent is {agents[0]}"
