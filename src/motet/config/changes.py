"""What has changed, and who is told."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from motet.config.keys import leaf_of
from motet.config.layer import Layer, source_in
from motet.config.shown import shown
from motet.config.source import DEFAULT, Source

__all__ = ["Change", "Subscriber", "Subscribers", "changes_between"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """A setting that is another one now.

    Args:
        key: Which.
        old: What it was.
        new: What it is.
        source: Where that comes from.
    """

    key: str
    old: Any
    new: Any
    source: Source = DEFAULT

    def __str__(self) -> str:
        leaf = leaf_of(self.key)
        return f"{self.key}: {shown(leaf, self.old)!r} -> {shown(leaf, self.new)!r} ({self.source})"

    def __repr__(self) -> str:
        return f"<Change {self}>"


Subscriber = Callable[[Change], object]


class Subscribers:
    """Who is told of changes."""

    def __init__(self) -> None:
        self._known: dict[int, Subscriber] = {}
        self._next = 0

    def add(self, subscriber: Subscriber) -> Callable[[], None]:
        """Tell somebody from now on; return what ends that."""
        number, self._next = self._next, self._next + 1
        self._known[number] = subscriber
        return lambda: self._known.pop(number, None) and None

    def tell(self, changes: Sequence[Change]) -> None:
        """Tell everybody of every change; one who fails stops none of the others, and is logged."""
        for change in changes:
            for subscriber in list(self._known.values()):
                try:
                    subscriber(change)
                except Exception:
                    logger.exception("a subscriber to settings failed at %s", change)


def changes_between(old: dict[str, Any], new: dict[str, Any], layers: list[Layer]) -> tuple[Change, ...]:
    """List the settings whose values differ.

    Args:
        old: The values before, by key; what is as by default may be left out.
        new: Those now.
        layers: Where those come from.
    """
    found = []
    for key in sorted({*old, *new}):
        leaf = leaf_of(key)
        if leaf is None:
            continue
        before, now = old.get(key, leaf.default), new.get(key, leaf.default)
        if before != now:
            found.append(Change(key, before, now, source_in(layers, key)))
    return tuple(found)
