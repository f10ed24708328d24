"""What a trace was, in the lines above its tree."""

from collections.abc import Sequence

from motet.devtools.history import History
from motet.devtools.span import Span, walk
from motet.devtools.words import counted, moment, seconds

__all__ = ["heading"]


def heading(history: History, roots: Sequence[Span], now: float) -> list[str]:
    """Say what ran, when, how it ended, and how much there was of it.

    Args:
        history: What was recorded.
        roots: Its spans.
        now: The time of day, in seconds since 1970 UTC.
    """
    if not roots:
        return []
    root, spans = roots[0], list(walk(roots))
    target = history.about.get("target")
    named = f"{root.name} ({target})" if isinstance(target, str) else root.name
    status = root.status or "not over"
    took = f" after {seconds(root.took)}" if root.took is not None else ""
    began = "" if history.began_at is None else f", began {moment(history.began_at, now)}"
    numbers = [
        counted(len(spans), "span"),
        *_some(sum(span.retries for span in spans), "retry"),
        *_some(sum(span.chunks for span in spans), "chunk"),
        *_some(sum(span.status == "failed" for span in spans), "failed span"),
        *_some(sum(span.tokens for span in spans), "token"),
    ]
    return [f"{named}: {status}{took}{began}", ", ".join(numbers)]


def _some(number: int, noun: str) -> list[str]:
    return [counted(number, noun)] if number else []
