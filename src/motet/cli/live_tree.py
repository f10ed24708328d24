"""The live view of a task tree on a terminal: it comes after half a second, and is gone afterwards."""

import sys
import threading
import time
from typing import Final

from motet.cli.drawing import Drawing
from motet.cli.tree_state import TreeState

__all__ = ["LiveTree", "print_tree"]

FREE: Final = 2
"""Rows of the terminal that are left free."""

LEAST: Final = 4
"""Rows that a view takes, however few there are."""

REFRESH: Final = 8
"""How often a second the view is drawn."""


class LiveTree(Drawing):
    """Shows a tree on standard error, which is a terminal, while it is worked on.

    Args:
        state: What to show; something else keeps it up to date.
    """

    def __init__(self, state: TreeState) -> None:
        super().__init__()
        self._state = state

    def draw(self, over: threading.Event) -> None:
        """Draw the tree until nobody works on it any more."""
        # Loaded here: a short tree does not wait for rich.
        from rich.console import Console, Group  # noqa: PLC0415
        from rich.live import Live  # noqa: PLC0415

        from motet.cli.tree_view import marks_for, tree_lines  # noqa: PLC0415

        console = Console(stderr=True, highlight=False)
        marks = marks_for(console.encoding)

        def render() -> Group:
            width, height = console.size
            return Group(*tree_lines(self._state, width, max(LEAST, height - FREE), time.time(), marks, turning=True))

        # What executors print goes above the view; where standard output is a file or a pipe it must go there as ever.
        with Live(
            get_renderable=render,
            console=console,
            transient=True,
            refresh_per_second=REFRESH,
            redirect_stdout=sys.stdout.isatty(),
        ):
            over.wait()


def print_tree(state: TreeState) -> None:
    """Print on standard error how a tree stands, as far as there is room on the terminal.

    Args:
        state: The tree.
    """
    # Loaded here: whoever asks for JSON does not wait for rich.
    from rich.console import Console  # noqa: PLC0415

    from motet.cli.tree_view import marks_for, tree_lines  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    width, height = console.size
    for line in tree_lines(state, width, max(LEAST, height - FREE), time.time(), marks_for(console.encoding)):
        console.print(line, soft_wrap=True)
