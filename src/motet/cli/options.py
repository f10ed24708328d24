"""Options that several commands share."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from motet.cli.tasks_setup import Setup

__all__ = [
    "WORK",
    "AllowCommand",
    "AllowPrivate",
    "Deadline",
    "Debug",
    "Demo",
    "Imports",
    "Json",
    "MaxConcurrency",
    "NoStart",
    "Root",
    "Store",
    "Task",
    "Tree",
    "TreeOrTask",
    "Watch",
    "setup_of",
]

WORK: Final = "Task trees and executors"

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Json = Annotated[bool, typer.Option("--json", help="Print for programs: one JSON document.")]
Deadline = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Interrupt the work after so many seconds.", show_default=False),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="MOTET_STORE",
        help="Where trees are kept: sqlite:///work.db, duckdb:///work.duckdb, postgresql://... or memory://; "
        "sqlite:///motet.db unless given.",
        show_default=False,
        rich_help_panel=WORK,
    ),
]
Imports = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        metavar="FILE.py",
        help="A file or module that registers executors; may be repeated.",
        show_default=False,
        rich_help_panel=WORK,
    ),
]
AllowCommand = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-command",
        metavar="NAME",
        help="A program that the executor `command` may start; may be repeated.",
        show_default=False,
        rich_help_panel=WORK,
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        help="Let the executor `rest` reach this machine and its network.",
        rich_help_panel=WORK,
    ),
]
Root = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER",
        help="Where the executor `agent` finds files: unless given, beside FILE.json, or here.",
        show_default=False,
        rich_help_panel=WORK,
    ),
]
MaxConcurrency = Annotated[
    int | None,
    typer.Option(
        "--max-concurrency",
        metavar="N",
        min=1,
        help="How many tasks run at once.",
        show_default=False,
        rich_help_panel=WORK,
    ),
]
Demo = Annotated[
    bool,
    typer.Option("--demo", help="Executors answer with their demo results instead of running.", rich_help_panel=WORK),
]
Tree = Annotated[
    str, typer.Argument(metavar="TREE", help="The beginning of the tree's id, or its key.", show_default=False)
]
Task = Annotated[
    str, typer.Argument(metavar="TASK", help="TREE-PLACE or TREE:NAME, as in 1f0c-3 or 1f0c:cpu.", show_default=False)
]
TreeOrTask = Annotated[
    str, typer.Argument(metavar="TREE|TASK", help="A tree, or a task as TREE-PLACE or TREE:NAME.", show_default=False)
]
NoStart = Annotated[bool, typer.Option("--no-start", help="Only change the store; `motet tasks resume` runs it.")]
Watch = Annotated[bool, typer.Option("--watch", help="With --json: print each event in a line.")]


def setup_of(
    store: str | None,
    max_concurrency: int | None = None,
    imports: list[str] | None = None,
    allow_command: list[str] | None = None,
    root: str | None = None,
    *,
    demo: bool = False,
    allow_private: bool = False,
) -> "Setup":
    """Make what a command works with of its options: see `Setup`."""
    # Loaded here: it brings pydantic and SQLAlchemy along.
    from motet.cli.tasks_setup import DEFAULT_STORE, Setup  # noqa: PLC0415

    return Setup(
        store=store or DEFAULT_STORE,
        imports=tuple(imports or ()),
        allow_command=tuple(allow_command or ()),
        allow_private=allow_private,
        max_concurrency=max_concurrency,
        demo=demo,
        root=root,
    )
