"""The inside of an agent as places and arrows, and its picture in Mermaid's words.

Flows, compositions and task trees sketch themselves; whoever draws needs to know nothing else of them.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["Arrow", "Shape", "Sketch", "Spot", "mermaid"]

Shape = Literal["start", "end", "agent", "router", "join", "loop", "flow"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a sketch.

    Args:
        name: What to write on it; unique within its sketch.
        shape: What kind of place it is.
        inside: The sketch of what it contains, where it contains something.
    """

    name: str
    shape: Shape = "agent"
    inside: "Sketch | None" = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two spots, by their names. `back` says that it closes a cycle."""

    source: str
    target: str
    label: str = ""
    back: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """The inside of an agent."""

    name: str
    spots: tuple[Spot, ...]
    arrows: tuple[Arrow, ...] = ()


_SHAPES: Final[dict[Shape, tuple[str, str]]] = {
    "start": ("((", "))"),
    "end": ("(((", ")))"),
    "agent": ("[", "]"),
    "router": ("{", "}"),
    "join": ("[/", "\\]"),
    "loop": ("[[", "]]"),
    "flow": ("[[", "]]"),
}


def mermaid(sketch: Sketch, direction: str = "LR") -> str:
    """Write a sketch as a Mermaid flowchart.

    Routers are diamonds, joins are trapezia, loops have double sides, subflows are boxes around their own graph, and an
    arrow that closes a cycle is dotted.

    Args:
        sketch: What to draw.
        direction: "LR" from left to right, "TB" from top to bottom.
    """
    return "\n".join([f"flowchart {direction}", *_lines(sketch, "", 1)]) + "\n"


def _lines(sketch: Sketch, prefix: str, depth: int) -> list[str]:
    pad = "    " * depth
    lines: list[str] = []
    for spot in sketch.spots:
        key = _key(prefix, spot.name)
        if spot.inside is None:
            left, right = _SHAPES[spot.shape]
            lines.append(f'{pad}{key}{left}"{_text(spot.name)}"{right}')
        else:
            lines.append(f'{pad}subgraph {key}["{_text(spot.name)}"]')
            lines += _lines(spot.inside, key, depth + 1)
            lines.append(f"{pad}end")
    for arrow in sketch.arrows:
        line = "-.->" if arrow.back else "-->"
        label = f'|"{_text(arrow.label)}"|' if arrow.label else ""
        lines.append(f"{pad}{_key(prefix, arrow.source)} {line}{label} {_key(prefix, arrow.target)}")
    return lines


def _key(prefix: str, name: str) -> str:
    # An id of Mermaid's is letters, digits and underscores. A name of other characters has them spelled by number,
    # and then its underscores too, so that two names never meet: only spelled ids, and the ways into subflows, hold
    # "_x". The "n" in front keeps Mermaid's reserved words ("end") out.
    plain = re.fullmatch(r"\w+", name, re.ASCII) and "_x" not in name
    spelled = name if plain else re.sub(r"[^a-zA-Z0-9]", lambda match: f"_x{ord(match.group()):x}_", name)
    return f"{prefix}_x_{spelled}" if prefix else f"n{spelled}"


def _text(text: str) -> str:
    # Mermaid reads "#35;" as a character by its number, so a "#" of a name's own has to be written like that.
    text = text.replace("&", "&amp;").replace("#", "#35;").replace('"', "&quot;")
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
