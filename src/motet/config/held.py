"""What a manager holds: layers that were read, and what comes of them."""

from dataclasses import dataclass, field
from typing import Any

from motet.config.keys import find_leaf, unflatten
from motet.config.layer import Layer, merged, source_in
from motet.config.section import Section
from motet.config.settings import Settings
from motet.config.source import Source

__all__ = ["Held", "hold"]


@dataclass(frozen=True, slots=True)
class Held:
    """Settings as they were at one moment.

    Args:
        layers: What every place says, the lowest first.
        settings: What comes of it, by section.
        given: The keys that anything is said of.
    """

    layers: list[Layer] = field(repr=False)
    settings: Settings
    given: frozenset[str]

    def value(self, key: str) -> Any:
        """Return the value of a setting.

        Raises:
            NotFound: There is no such setting.
        """
        find_leaf(key)
        found: Any = self.settings
        for step in key.split("."):
            names = type(found).model_fields if isinstance(found, Section) else {}
            found = getattr(found, next((name for name, of in names.items() if of.alias == step), step))
        return found

    def values(self) -> dict[str, Any]:
        """Return the values that anything is said of."""
        return {key: self.value(key) for key in self.given}

    def source(self, key: str) -> Source:
        """Say where the value of a setting comes from.

        Raises:
            NotFound: There is no such setting.
        """
        find_leaf(key)
        return source_in(self.layers, key)


def hold(layers: list[Layer]) -> Held:
    """Make settings of layers, each of which is in order."""
    flat = merged(layers)
    return Held(layers, Settings(unflatten(flat)), frozenset(flat))
