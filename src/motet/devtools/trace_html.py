"""A history as one page for a browser: a Gantt chart, the graph, and details on a click; it loads nothing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from motet.devtools.event_lines import event_line
from motet.devtools.history import History
from motet.devtools.sketch_svg import svg
from motet.devtools.span import Span
from motet.devtools.spans import grow
from motet.devtools.words import error_name, seconds
from motet.kernel.events import Event
from motet.kernel.sketch import Arrow, Sketch, Spot

__all__ = ["page"]

LONGEST: Final = 20_000
"""Characters of a value that are put into the page at most."""

LEAST: Final = 400
"""As many are, however many spans there are."""

ALL: Final = 4_000_000
"""About how many characters all values together may have."""

MOST: Final = 200
"""How many lines of what happened to a span are put into the page."""

CROWDED: Final = 60
"""Of how many spots a graph is folded away at first."""

_SKETCH: Final = TypeAdapter(Sketch)


@dataclass(frozen=True, slots=True)
class _Row:
    span: Span
    depth: int
    parent: int | None


def page(history: History) -> str:
    """Write a history as a page of HTML.

    Everything that comes from the history is escaped, and the page may load nothing from anywhere.

    Args:
        history: What was recorded.
    """
    roots = grow(history.events)
    rows = list(_rows(roots))
    start = min((row.span.start for row in rows), default=0.0)
    end = max((row.span.start + (row.span.took or 0.0) for row in rows), default=start)
    last = max((event.at for event in history.events), default=end)
    root = roots[0] if roots else Span("nothing was recorded", 0.0)
    limit = max(LEAST, min(LONGEST, ALL // (3 * max(1, len(rows)))))
    data = {
        "name": root.name,
        "status": root.status or "not over",
        "over": bool(root.status),
        "told": _told(history, root),
        "took": max(end, last) - start,
        "problems": history.problems,
        "spans": [_span(row, start, limit) for row in rows],
    }
    # "</script>" in a name would end the element that holds the data.
    written = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")
    template = files("motet.devtools").joinpath("trace_page.html").read_text(encoding="utf-8")
    before, _, rest = template.partition("@TITLE@")
    above, _, rest = rest.partition("@GRAPH@")
    head, _, foot = rest.partition("@DATA@")
    return "".join(
        [before, escape(f"{root.name}: trace {history.trace}"), above, _graph(history, roots), head, written, foot]
    )


def _rows(spans: Sequence[Span], depth: int = 0, parent: int | None = None) -> Iterator[_Row]:
    stack: list[tuple[Iterator[Span], int, int | None]] = [(iter(spans), depth, parent)]
    place = 0
    while stack:
        following, depth, parent = stack[-1]
        span = next(following, None)
        if span is None:
            stack.pop()
            continue
        yield _Row(span, depth, parent)
        stack.append((iter(span.children), depth + 1, place))
        place += 1


def _span(row: _Row, start: float, limit: int) -> dict[str, Any]:
    span = row.span
    error = "" if span.error is None else f"{error_name(span.error)}: {span.error}"
    told = {
        "n": span.name,
        "k": span.kind,
        "i": span.id,
        "d": row.depth,
        "p": row.parent,
        "c": len(span.children),
        "s": round(max(0.0, span.start - start), 7),
        "t": None if span.took is None else round(span.took, 7),
        "st": span.status,
        "r": ", ".join(span.remarks),
        "e": _cut(error, limit),
        "a": _cut(_value(span.events, "payload"), limit),
        "o": _cut(_value(span.events, "output"), limit),
        "h": _cut(_happened(span.events, start), limit),
    }
    return {key: value for key, value in told.items() if value not in {"", None} or key in {"p", "t", "st", "r"}}


def _value(events: Sequence[Event], name: str) -> str:
    found = next((getattr(event, name) for event in events if getattr(event, name, None) is not None), None)
    if found is None:
        return ""
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2, default=repr)


def _happened(events: Sequence[Event], start: float) -> str:
    lines = [
        f"{'+' + seconds(max(0.0, event.at - start)):>9}  {line}" for event in events if (line := event_line(event))
    ]
    if len(lines) > MOST:
        lines = [*lines[: MOST - 1], f"… {len(lines) - MOST:,} more", lines[-1]]
    return "\n".join(lines)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}\n… {len(text) - limit:,} more characters"


def _told(history: History, root: Span) -> str:
    took = f"took {seconds(root.took)}" if root.took is not None else ""
    target = history.about.get("target")
    return " · ".join(filter(None, [took, target if isinstance(target, str) else "", f"trace {history.trace}"]))


def _graph(history: History, roots: Sequence[Span]) -> str:
    """Draw what the recorder knew of the agent's inside; otherwise, who called whom."""
    sketch, title = _recorded_sketch(history), "The graph"
    if sketch is None:
        sketch, title = _called(history, roots), "Who called whom"
    if len(sketch.spots) <= 1 and not (sketch.spots and sketch.spots[0].inside):
        return ""
    shown = " open" if len(sketch.spots) <= CROWDED else ""
    return f'<details{shown}><summary>{title}</summary><div class="box">{svg(sketch)}</div></details>'


def _recorded_sketch(history: History) -> Sketch | None:
    try:
        found = _SKETCH.validate_python(history.about.get("sketch"))
    except ValidationError:
        return None
    return found if found.arrows or len(found.spots) > 1 else None


def _called(history: History, roots: Sequence[Span]) -> Sketch:
    spots: dict[str, Spot] = {}
    arrows: dict[tuple[str, str], int] = {}
    back: set[tuple[str, str]] = set()
    waiting: list[tuple[Span, tuple[str, ...]]] = [(span, ()) for span in reversed(roots)]
    while waiting:
        span, above = waiting.pop()
        spots.setdefault(span.name, Spot(span.name))
        around = (*above, span.name)
        for child in span.children:
            if child.name != span.name:
                arrows[span.name, child.name] = arrows.get((span.name, child.name), 0) + 1
            if child.name in above:
                back.add((span.name, child.name))
        waiting += [(child, around) for child in reversed(span.children)]
    drawn = (
        Arrow(source, target, f"{count:,}" if count > 1 else "", (source, target) in back)
        for (source, target), count in arrows.items()
    )
    return Sketch(history.trace, tuple(spots.values()), tuple(drawn))
