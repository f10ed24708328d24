"""How compositions are drawn: their agents as places, nested compositions as boxes."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from motet.compose.parts import unique
from motet.compose.steps import Step
from motet.kernel.agent import Agent
from motet.kernel.sketch import Arrow, Shape, Sketch, Spot

__all__ = ["chain", "spot", "spread"]


def spot(step: Step, name: str, shape: Shape = "agent") -> Spot:
    """Return the place of an agent, or of a function.

    Args:
        step: An agent that has an inside becomes a box around it.
        name: What to write on it.
        shape: What kind of place it is, unless the agent's own sketch says more.
    """
    if not isinstance(step, Agent):
        return Spot(name, shape)
    inside = step.sketch()
    if inside.arrows or len(inside.spots) > 1:
        return Spot(name, "flow", inside)
    only = inside.spots[0] if inside.spots else Spot(name)
    return Spot(name, shape if only.shape == "agent" else only.shape, only.inside)


def chain(name: str, spots: Sequence[Spot], label: str = "") -> Sketch:
    """Sketch places one after another.

    Args:
        name: The name of the composition.
        spots: The places.
        label: What to write at each arrow.
    """
    arrows = [Arrow(before.name, after.name, label) for before, after in pairwise(spots)]
    return Sketch(name, tuple(spots), tuple(arrows))


def spread(
    name: str,
    agents: Sequence[Agent[Any, Any]],
    *,
    fork: str,
    join: str,
    labels: Sequence[str] | None = None,
    then: Step | None = None,
    then_name: str = "",
) -> Sketch:
    """Sketch places beside one another, between a fork and a join.

    Args:
        name: The name of the composition.
        agents: The agents beside one another.
        fork: What to write on the place that leads to them.
        join: What to write on the place behind them.
        labels: What to write at the arrow to each.
        then: What follows the join, if something does.
        then_name: What to call that.
    """
    names = unique([*(agent.name for agent in agents), fork, join, *([then_name] if then is not None else [])])
    beside, ends = names[: len(agents)], names[len(agents) :]
    spots = [Spot(ends[0], "router"), *map(spot, agents, beside), Spot(ends[1], "join")]
    arrows = [
        *(Arrow(ends[0], place, label) for place, label in zip(beside, labels or [""] * len(beside), strict=True)),
        *(Arrow(place, ends[1]) for place in beside),
    ]
    if then is not None:
        spots.append(spot(then, ends[2]))
        arrows.append(Arrow(ends[1], ends[2]))
    return Sketch(name, tuple(spots), tuple(arrows))
