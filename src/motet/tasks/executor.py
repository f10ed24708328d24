"""`@executor`: an agent that tasks name by an id, made of a function."""

from collections.abc import Callable, Iterable
from typing import Any

from motet.kernel.adapt import Validate
from motet.kernel.agent import Agent, Middleware
from motet.kernel.form import Reduce
from motet.kernel.function import agent as make_agent
from motet.tasks.executors import DEFAULT_EXECUTORS, NO_DEMO, Executors

__all__ = ["executor"]


def executor(
    id: str,  # noqa: A002
    *,
    name: str | None = None,
    description: str | None = None,
    tags: Iterable[str] = (),
    version: str = "1",
    examples: Iterable[object] = (),
    validate: Validate = "both",
    thread: bool = True,
    reduce: Reduce | None = None,
    use: Iterable[Middleware] = (),
    executors: Executors | None = None,
    demo: object = NO_DEMO,
    replace: bool = False,
) -> Callable[[Callable[..., Any]], Agent[Any, Any]]:
    """Make an agent of a function and register it, so that tasks can name it.

    Args:
        id: What tasks call it.
        name: The agent's name; the id unless given.
        description: What it does; the docstring unless given.
        tags: Words to find it by.
        version: The version of the agent.
        examples: Inputs that show its use.
        validate: Which sides pydantic checks.
        thread: Whether a sync function runs in a worker thread.
        reduce: Makes the output of a generator from the list of its chunks.
        use: Middleware around it, the outermost first.
        executors: Where to register it; the default ones unless given.
        demo: What it answers in demo mode: a value, or a function of the inputs.
        replace: Whether it may take the place of another one.

    Returns:
        The decorator; what it returns is the agent.

    Raises:
        InvalidAgent: It cannot be an agent, or the id is taken.
    """
    target = DEFAULT_EXECUTORS if executors is None else executors

    def decorate(function: Callable[..., Any]) -> Agent[Any, Any]:
        made: Agent[Any, Any]
        if isinstance(function, Agent):
            made = function.using(*use)
        else:
            made = make_agent(
                name=name or id,
                description=description,
                tags=tags,
                version=version,
                examples=examples,
                validate=validate,
                thread=thread,
                reduce=reduce,
                use=use,
            )(function)
        target.add(made, id, demo=demo, replace=replace)
        return made

    return decorate
