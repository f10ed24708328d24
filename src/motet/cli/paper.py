"""Tables and sheets on standard output: as wide as the terminal, and wide where there is none."""

import json
from collections.abc import Mapping
from typing import Final

from rich.console import Console, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from motet.cli.output import Output
from motet.cli.show import jsonable
from motet.devtools.words import counted

__all__ = ["WIDE", "data_text", "lay", "sheet", "table"]

WIDE: Final = 160
"""Columns where standard output is a file or a pipe."""

LONG: Final = 4000
"""How many characters of a value are shown to people."""


def lay(out: Output, *parts: RenderableType) -> None:
    """Write tables and texts to standard output.

    Args:
        out: Standard output.
        *parts: What to write, from the top.

    Raises:
        OutputLost: It cannot be written.
    """
    # Where it is no terminal, nobody has to read it as it is.
    console = Console(highlight=False, width=out.width(WIDE))
    try:
        with console.capture() as captured:
            for part in parts:
                # A text is left to the terminal to break, so that a command line in it can be copied.
                console.print(part, soft_wrap=isinstance(part, Text))
    except OSError as error:  # rich writes to standard output even where it has nothing to write
        raise out.lost(error) from error
    out.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def table(*columns: str, right: tuple[str, ...] = (), broken: tuple[str, ...] = ()) -> Table:
    """Make a table without lines.

    Args:
        *columns: The headings.
        right: Those whose cells stand at the right.
        broken: Those whose cells take several lines where there is no room; otherwise the terminal cuts them off.
    """
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in columns:
        justify: JustifyMethod = "right" if column in right else "left"
        made.add_column(column, no_wrap=column not in broken, overflow="fold", justify=justify)
    return made


def sheet(rows: Mapping[str, RenderableType | None]) -> Table:
    """Make a sheet of names and values; what is None or empty is left out."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows.items():
        if value is not None and str(value) != "":
            made.add_row(Text(name), Text(value) if isinstance(value, str) else value)
    return made


def data_text(value: object) -> Text:
    """Write a value as people read it: text as it is, JSON indented; what is very long is cut."""
    text = value if isinstance(value, str) else json.dumps(jsonable(value), ensure_ascii=False, indent=2)
    if len(text) <= LONG:
        return Text(text)
    return Text(text[:LONG]).append(f"\n… {counted(len(text) - LONG, 'more character')}: --json shows all", "dim")
