"""Functions to a ranking: which of them are most in need of care, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest
from typing import Final

from survey_measure import FunctionFigures

__all__ = ["LIMITS", "HotSpot", "figures_of", "hottest", "score"]

LIMITS: Final = {"complexity": 10, "length": 60, "nesting": 5, "parameters": 5}
"""What a function should stay within.

Sources: for complexity T. J. McCabe, "A Complexity Measure", 1976; for length G. J. Holzmann, "The Power of Ten: Rules
for Developing Safety-Critical Code", 2006, rule 4; for nesting and parameters the defaults of Pylint.
"""

WORDS: Final = {
    "complexity": "too complex",
    "length": "too long",
    "nesting": "too deeply nested",
    "parameters": "too many parameters",
}


@dataclass(frozen=True, slots=True)
class HotSpot:
    """A function in need of care.

    Args:
        function: Its figures.
        score: How far it is from being simple, see `score`.
        reason: Which limits it is over, in words.
    """

    function: FunctionFigures
    score: float
    reason: str


def hottest(functions: Iterable[FunctionFigures], count: int = 10) -> list[HotSpot]:
    """Return the functions with the highest scores, the highest first; equal ones in the order of their places.

    Args:
        functions: The functions to choose from.
        count: How many to return at most.
    """
    ranked = nlargest(count, sorted(functions, key=lambda function: (function.file, function.line)), key=score)
    return [HotSpot(function, score(function), reason(function)) for function in ranked]


def score(function: FunctionFigures) -> float:
    """Rate a function: the sum of its figures, each as a multiple of its limit; 4 is at every limit at once."""
    return round(sum(value / LIMITS[name] for name, value in figures_of(function).items()), 2)


def reason(function: FunctionFigures) -> str:
    """Say in words which limits a function is over, the one that it is furthest over first."""
    ratios = {name: value / LIMITS[name] for name, value in figures_of(function).items()}
    over = sorted((name for name in LIMITS if ratios[name] > 1), key=lambda name: -ratios[name])
    times = {name: f"{ratios[name]:.0f} times " if ratios[name] >= 2 else "" for name in over}
    return ", ".join(times[name] + WORDS[name] for name in over) or "within every limit"


def figures_of(function: FunctionFigures) -> dict[str, int]:
    """Return the figures of a function that have limits, in the order of those."""
    return {name: getattr(function, name) for name in LIMITS}
