"""What a tally looks like on a terminal."""

import sys
import threading
import time
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from motet.cli.tally import Line, Tally
from motet.devtools.words import seconds

__all__ = ["display", "layout"]

FREE: Final = 4
"""Rows of the terminal that are left free."""


def display(tally: Tally, start: float, over: threading.Event) -> None:
    """Show a tally on standard error until the work is over, and leave nothing behind.

    Args:
        tally: What to show; it is read eight times a second.
        start: When the work began, in monotonic time.
        over: Set when the work is over.
    """
    console = Console(stderr=True)
    spinner = Spinner("dots", style="cyan")

    def render() -> Table:
        spinner.update(text=Text.assemble((tally.root, "bold"), "  ", seconds(time.monotonic() - start)))
        return layout(spinner, list(tally.lines.values()), console.size.height - FREE)

    # What agents print goes above the display; where standard output is a file or a pipe it must go there as ever.
    with Live(
        get_renderable=render,
        console=console,
        transient=True,
        refresh_per_second=8,
        redirect_stdout=sys.stdout.isatty(),
    ):
        over.wait()


def layout(title: RenderableType, lines: list[Line], room: int) -> Table:
    """Lay out a tally.

    Args:
        title: The first row.
        lines: What was counted. Where there is no room for all, those that are at work come first.
        room: How many rows there are.
    """
    shown = lines
    if len(lines) > room:
        shown = sorted(lines, key=lambda line: not line.flying)[: max(1, room - 1)]
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=40)
    for _ in range(3):
        grid.add_column(justify="right", no_wrap=True)
    for line in shown:
        grid.add_row(
            Text(f"  {line.name}"),
            Text(f"{line.done:,} done"),
            Text(f"{line.flying:,} in flight" if line.flying else "", "cyan"),
            Text(trouble(line), "yellow"),
        )
    whole = Table.grid()
    whole.add_row(title)
    if shown:
        whole.add_row(grid)
    if len(shown) < len(lines):
        whole.add_row(Text(f"  and {len(lines) - len(shown)} more", "dim"))
    return whole


def trouble(line: Line) -> str:
    """Say how many attempts of a node failed, and were tried again or not."""
    told = [f"{line.retries:,} retried"] if line.retries else []
    if line.failed > line.retries:
        told.append(f"{line.failed - line.retries:,} failed")
    return ", ".join(told)
