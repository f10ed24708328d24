"""Drawing agents: flows, compositions and whatever else has an inside, as Mermaid or as DOT."""

from typing import Any, Final, Literal, get_args

from motet.kernel.agent import Agent
from motet.kernel.sketch import Shape, Sketch, mermaid

__all__ = ["dot", "draw"]

Style = Literal["mermaid", "dot"]

_SHAPES: Final[dict[Shape, str]] = {
    "start": "circle",
    "end": "doublecircle",
    "agent": "box",
    "router": "diamond",
    "join": "invtrapezium",
    "loop": "box, peripheries=2",
    "flow": "box3d",
}


def draw(agent: Agent[Any, Any], style: Style = "mermaid", *, direction: Literal["LR", "TB"] = "LR") -> str:
    """Draw the inside of an agent.

    Args:
        agent: A flow, a composition, or any other agent, which is a single place.
        style: "mermaid" for Markdown and web pages, "dot" for Graphviz.
        direction: "LR" from left to right, "TB" from top to bottom.

    Returns:
        The text of the drawing.

    Raises:
        ValueError: There is no such style.
    """
    if style not in get_args(Style):
        raise ValueError(f"style={style!r}: it is one of {', '.join(get_args(Style))}")
    sketch = agent.sketch()
    return mermaid(sketch, direction) if style == "mermaid" else dot(sketch, direction)


def dot(sketch: Sketch, direction: str = "LR") -> str:
    """Write a sketch in Graphviz's language.

    Routers are diamonds, joins are trapezia, loops have double sides, subflows are boxes around their own graph, and an
    arrow that closes a cycle is dashed.

    Args:
        sketch: What to draw.
        direction: "LR" from left to right, "TB" from top to bottom.
    """
    lines = [
        f"digraph {_quoted(sketch.name)} {{",
        f"    rankdir={direction}; compound=true;",
        '    node [fontname="sans-serif", shape=box];',
        *_lines(sketch, "", 1),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _lines(sketch: Sketch, prefix: str, depth: int) -> list[str]:
    pad = "    " * depth
    lines: list[str] = []
    for spot in sketch.spots:
        key = f"{prefix}{_step(spot.name)}"
        if spot.inside is None:
            lines.append(f"{pad}{_quoted(key)} [label={_quoted(spot.name)}, shape={_SHAPES[spot.shape]}];")
        else:
            lines.append(f"{pad}subgraph {_quoted('cluster_' + key)} {{")
            lines.append(f"{pad}    label={_quoted(spot.name)};")
            lines += _lines(spot.inside, f"{key}/", depth + 1)
            lines.append(f"{pad}}}")
    inner = {spot.name: spot.inside for spot in sketch.spots}
    for arrow in sketch.arrows:
        ends = [_end(prefix, arrow.source, inner[arrow.source], last=True)]
        ends.append(_end(prefix, arrow.target, inner[arrow.target], last=False))
        options = [f"label={_quoted(arrow.label)}"] if arrow.label else []
        options += ["style=dashed"] if arrow.back else []
        options += [f"ltail={_quoted(f'cluster_{prefix}{_step(arrow.source)}')}"] if inner[arrow.source] else []
        options += [f"lhead={_quoted(f'cluster_{prefix}{_step(arrow.target)}')}"] if inner[arrow.target] else []
        lines.append(f"{pad}{' -> '.join(ends)}{' [' + ', '.join(options) + ']' if options else ''};")
    return lines


def _end(prefix: str, name: str, inside: Sketch | None, *, last: bool) -> str:
    """Graphviz draws arrows between nodes only: one that ends at a subflow is led to a node inside, and cut off."""
    key = f"{prefix}{_step(name)}"
    while inside is not None and inside.spots:
        spot = inside.spots[-1 if last else 0]
        key, inside = f"{key}/{_step(spot.name)}", spot.inside
    return _quoted(key)


def _step(name: str) -> str:
    """Spell a name as one step of an id, whose steps stand between slashes: so two places never share an id."""
    return name.replace("%", "%25").replace("/", "%2F")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
