"""A sketch as a picture: SVG that needs nothing from anywhere else."""

from dataclasses import dataclass
from html import escape
from typing import Final

from motet.kernel.sketch import Arrow, Sketch, Spot

__all__ = ["svg"]

HEIGHT: Final = 34
ACROSS, DOWN, INSET, TITLE = 56, 18, 16, 22
"""Pixels between columns, between rows, around what is inside a box, and for its title."""

LETTER: Final = 7.6
"""About how many pixels a letter is wide."""

LONGEST: Final = 40
"""Letters of a name that are written; the whole name is in the tooltip."""


@dataclass(slots=True)
class _Box:
    """A spot with its place and size, and what is inside it."""

    spot: Spot
    width: float
    height: float
    inside: "_Layout | None" = None
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class _Layout:
    boxes: dict[str, _Box]
    arrows: tuple[Arrow, ...]
    width: float
    height: float


def svg(sketch: Sketch) -> str:
    """Draw a sketch from left to right; an arrow that closes a cycle is dashed.

    Args:
        sketch: What to draw. Names may hold anything: they are escaped.
    """
    layout = _laid_out(sketch)
    width, height = layout.width + 2 * INSET, layout.height + 2 * INSET
    marker = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{escape(sketch.name)}">'
        ),
        f'<defs>{marker}<path d="M0 0 8 4 0 8z"/></marker></defs>',
        *_drawn(layout, INSET, INSET),
        "</svg>",
    ]
    return "\n".join(lines)


def _laid_out(sketch: Sketch) -> _Layout:
    boxes = {spot.name: _box(spot) for spot in sketch.spots}
    columns: dict[int, list[_Box]] = {}
    for name, rank in _ranks(sketch).items():
        columns.setdefault(rank, []).append(boxes[name])
    tallest = max((_stacked(column) for column in columns.values()), default=0.0)
    x = 0.0
    for _, column in sorted(columns.items()):
        widest = max(box.width for box in column)
        y = (tallest - _stacked(column)) / 2
        for box in column:
            box.x, box.y = x + (widest - box.width) / 2, y
            y += box.height + DOWN
        x += widest + ACROSS
    back = any(arrow.back for arrow in sketch.arrows)
    return _Layout(boxes, sketch.arrows, max(0.0, x - ACROSS), tallest + (DOWN * 2 if back else 0))


def _box(spot: Spot) -> _Box:
    width = max(60.0, LETTER * min(len(spot.name), LONGEST) + 28)
    if spot.inside is None:
        return _Box(spot, width, HEIGHT)
    inside = _laid_out(spot.inside)
    return _Box(spot, max(width, inside.width + 2 * INSET), inside.height + 2 * INSET + TITLE, inside)


def _stacked(column: list[_Box]) -> float:
    return sum(box.height for box in column) + DOWN * (len(column) - 1)


def _ranks(sketch: Sketch) -> dict[str, int]:
    """Put each spot behind those that lead to it; arrows that close a cycle lead nowhere."""
    ranks = {spot.name: 0 for spot in sketch.spots}
    ahead = [arrow for arrow in sketch.arrows if not arrow.back and {arrow.source, arrow.target} <= ranks.keys()]
    for _ in ranks:
        moved = False
        for arrow in ahead:
            rank = ranks[arrow.source] + 1
            if ranks[arrow.target] < rank <= len(ranks):
                ranks[arrow.target], moved = rank, True
        if not moved:
            break
    return ranks


def _drawn(layout: _Layout, x: float, y: float) -> list[str]:
    lines: list[str] = []
    for arrow in layout.arrows:
        source, target = layout.boxes.get(arrow.source), layout.boxes.get(arrow.target)
        if source is not None and target is not None:
            lines.append(_arrow(arrow, source, target, x, y, layout.height))
    for box in layout.boxes.values():
        lines += _spot(box, x + box.x, y + box.y)
    return lines


def _spot(box: _Box, x: float, y: float) -> list[str]:
    name = box.spot.name
    told = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    round_ = HEIGHT / 2 if box.spot.shape in {"router", "start", "end"} else 6
    top = y + (TITLE if box.inside is not None else box.height) / 2 + 4
    lines = [
        f'<g class="spot {escape(box.spot.shape)}" data-name="{escape(name)}"><title>{escape(name)}</title>',
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="{round_:g}"/>',
        f'<text x="{x + box.width / 2:.1f}" y="{top:.1f}" text-anchor="middle">{escape(told)}</text></g>',
    ]
    if box.inside is not None:
        inner = x + (box.width - box.inside.width) / 2
        lines += _drawn(box.inside, inner, y + TITLE + INSET)
    return lines


def _arrow(arrow: Arrow, source: _Box, target: _Box, x: float, y: float, below: float) -> str:
    if arrow.back:
        sx, sy = x + source.x + source.width / 2, y + source.y + source.height
        tx, ty = x + target.x + target.width / 2, y + target.y + target.height
        path = f"M{sx:.1f} {sy:.1f} C{sx:.1f} {y + below:.1f} {tx:.1f} {y + below:.1f} {tx:.1f} {ty:.1f}"
    else:
        sx, sy = x + source.x + source.width, y + source.y + source.height / 2
        tx, ty = x + target.x, y + target.y + target.height / 2
        middle = (sx + tx) / 2
        path = f"M{sx:.1f} {sy:.1f} C{middle:.1f} {sy:.1f} {middle:.1f} {ty:.1f} {tx - 1:.1f} {ty:.1f}"
    drawn = f'<path class="arrow{" back" if arrow.back else ""}" d="{path}" marker-end="url(#tip)"/>'
    if not arrow.label:
        return drawn
    at = f'x="{(sx + tx) / 2:.1f}" y="{(sy + ty) / 2 - 4:.1f}"'
    return f'{drawn}<text class="label" {at} text-anchor="middle">{escape(arrow.label)}</text>'
