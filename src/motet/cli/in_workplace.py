"""Work in an event loop, and how the program leaves that: the same way for every command."""

from collections.abc import Callable

from motet.cli.output import OutputLost
from motet.cli.signals import Interrupted, Signals
from motet.cli.workplace import Workplace

__all__ = ["in_workplace"]


def in_workplace(signals: Signals, attempt: Callable[[Workplace], int]) -> int:
    """Do the work in an event loop, and leave that, whatever happens.

    Args:
        signals: What cancels the work.
        attempt: Does the work, and shows how it ended.

    Returns:
        The exit code: that of the work, or the one that tells of a signal or of lost output.
    """
    place = Workplace(signals)
    try:
        try:
            with place:
                code = attempt(place)
        except Interrupted as interrupted:
            signals.tell(interrupted)
            code = interrupted.exit_code
    except OutputLost as lost:
        code = lost.report()
    return place.leave(code)
