"""What has come of several calls, and whether that is enough: decisions, without I/O."""

from collections.abc import Callable
from typing import Literal

from motet.compose.errors import Failed

__all__ = ["Collecting", "Errors", "Skipping", "Tally", "tally_of"]

Errors = Literal["fail", "collect", "skip"]
"""What an error does: it ends everything, it is kept in the place of a result, or it is left out."""


class Tally:
    """Counts answers and failures of calls that run beside one another.

    Args:
        needed: After how many answers it is over; None where every call counts.
        spare: How many failures can be borne.

    Attributes:
        answers: What came, by the place of the call, in the order in which it came.
        errors: Which calls failed, with what they raised, in the order in which that came.
    """

    __slots__ = ("answers", "errors", "needed", "spare")

    def __init__(self, needed: int | None = None, spare: int = 0) -> None:
        self.needed = needed
        self.spare = spare
        self.answers: dict[int, object] = {}
        self.errors: list[tuple[int, Exception]] = []

    @property
    def broken(self) -> bool:
        """Whether more calls have failed than can be borne."""
        return len(self.errors) > self.spare

    def answered(self, place: int, value: object) -> bool:
        """Take note of an answer; tell whether it is over."""
        self.answers[place] = value
        return len(self.answers) == self.needed

    def failed(self, place: int, error: Exception) -> bool:
        """Take note of a failure; tell whether it is over."""
        self.errors.append((place, error))
        return self.broken

    def results(self, *, ordered: bool = True) -> list[object]:
        """List the answers, in the order of the calls or in that in which they came."""
        answers = self.answers
        return [answers[place] for place in sorted(answers)] if ordered else list(answers.values())


class Collecting(Tally):
    """Counts a failure as an answer: a `Failed` stands in its place.

    Args:
        name: Names the agent that was called for a place.
    """

    __slots__ = ("_name",)

    def __init__(self, name: Callable[[int], str]) -> None:
        super().__init__()
        self._name = name

    def failed(self, place: int, error: Exception) -> bool:
        """Take note of a failure as of an answer."""
        return self.answered(place, Failed(self._name(place), error))


class Skipping(Tally):
    """Bears every failure, and keeps none."""

    __slots__ = ()

    def failed(self, place: int, error: Exception) -> bool:
        """Leave a failure out."""
        return False


def tally_of(errors: Errors, name: Callable[[int], str]) -> Tally:
    """Make the tally for a policy.

    Args:
        errors: What an error does.
        name: Names the agent that was called for a place.
    """
    if errors == "collect":
        return Collecting(name)
    return Skipping() if errors == "skip" else Tally()
