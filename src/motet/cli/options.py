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
        help="Where trees are kept: sqlite:///work.db, duckdb:///work.duckdb, postgresql://... or memory://; "
        "unless given, that of the configuration, and at last sqlite:///motet.db.",
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
    bool | None,
    typer.Option(
        "--allow-private/--no-allow-private",
        help="Let the executor `rest` reach this machine and its network.",
        show_default=False,
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
    bool | None,
    typer.Option(
        "--demo/--no-demo",
        help="Executors answer with their demo results instead of running.",
        show_default=False,
        rich_help_panel=WORK,
    ),
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
    demo: bool | None = None,
    allow_private: bool | None = None,
    deadline: float | None = None,
    otherwise: str | None = None,
) -> "Setup":
    """Make what a command works with of its options and of the configuration.

    Args:
        store: The URL of the store.
        max_concurrency: How many tasks run at once.
        imports: Files and modules that register executors and agents.
        allow_command: Programs that the executor `command` may start.
        root: The folder from which the executor `agent` loads files.
        demo: Whether executors answer with their demo results.
        allow_private: Whether the executor `rest` reaches addresses that are not public.
        deadline: Seconds that the work may take.
        otherwise: The store where neither an option nor the configuration names one.

    Raises:
        InvalidConfig: The configuration cannot be used.
    """
    # Loaded here: it brings pydantic and SQLAlchemy along.
    from motet.cli.configured import setup_from  # noqa: PLC0415

    given = {
        "store": store or None,
        "max_concurrency": max_concurrency,
        "imports": tuple(imports) if imports else None,
        "allow_command": tuple(allow_command) if allow_command else None,
        "root": root,
        "demo": demo,
        "allow_private": allow_private,
        "deadline": deadline,
    }
    return setup_from(given, otherwise=otherwise)
