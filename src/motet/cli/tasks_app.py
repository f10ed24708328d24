"""`motet tasks`: its commands and their options. What a command does is loaded when it is called."""

from typing import Annotated

import typer

from motet.cli.options import Debug, Json, Store, Tree, TreeOrTask, setup_of
from motet.cli.tasks_work_app import WORK_COMMANDS
from motet.tasks.status import Status

__all__ = ["tasks_app"]

tasks_app = typer.Typer(
    name="tasks",
    help="Look at task trees, and go on with them.",
    epilog="A TREE is the beginning of its id, or its key. A TASK is TREE-PLACE or TREE:NAME, as in 1f0c-3 or 1f0c:cpu."
    "\n\nExample: motet tasks list --status failed",
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@tasks_app.callback(invoke_without_command=True)
def _tasks(context: typer.Context) -> int:
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)
    return 0


@tasks_app.command("list", epilog="Example: motet tasks list --status failed --status cancelled")
def _list(
    context: typer.Context,
    status: Annotated[
        list[Status] | None, typer.Option(help="In this status; may be repeated.", show_default=False)
    ] = None,
    name: Annotated[str, typer.Option(help="Whose name contains this.", show_default=False)] = "",
    user: Annotated[str | None, typer.Option(help="Which belong to this user.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many at most.")] = 20,
    every: Annotated[bool, typer.Option("--all", help="All of them, however many there are.")] = False,
    store: Store = None,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """List task trees, the newest first."""
    from motet.cli.tasks_list import ListOrder, list_trees  # noqa: PLC0415

    order = ListOrder(tuple(status or ()), name, user, None if every else limit)
    return list_trees(order, setup_of(store), context.obj, json=json_, debug=debug)


@tasks_app.command("show", epilog="Example: motet tasks show 1f0c:cpu")
def _show(
    context: typer.Context, what: TreeOrTask, store: Store = None, json_: Json = False, debug: Debug = False
) -> int:
    """Show everything that is known of a tree or a task: definition, inputs, result, error, attempts."""
    from motet.cli.tasks_show import show  # noqa: PLC0415

    return show(what, setup_of(store), context.obj, json=json_, debug=debug)


@tasks_app.command("tree", epilog="Example: motet tasks tree 1f0c")
def _tree(context: typer.Context, tree: Tree, store: Store = None, json_: Json = False, debug: Debug = False) -> int:
    """Show the tasks of a tree, and where each of them stands."""
    from motet.cli.tasks_show import show_tree  # noqa: PLC0415

    return show_tree(tree, setup_of(store), context.obj, json=json_, debug=debug)


@tasks_app.command("watch", epilog="Example: motet tasks watch 1f0c --json")
def _watch(context: typer.Context, tree: Tree, store: Store = None, json_: Json = False, debug: Debug = False) -> int:
    """Follow a tree, whoever works on it, until it has ended or waits for a person.

    With --json each event is a document in a line, and the last line is the tree.

    Exit codes: 0 the tree has completed, 1 it has failed or was cancelled, 3 it waits for an answer.
    """
    from motet.cli.tasks_go_on import watch  # noqa: PLC0415

    return watch(tree, setup_of(store), context.obj, json=json_, debug=debug)


@tasks_app.command("cancel", epilog="Example: motet tasks cancel 1f0c --reason 'not needed any more'")
def _cancel(
    context: typer.Context,
    what: TreeOrTask,
    reason: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "It was cancelled",
    store: Store = None,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Cancel a tree, or a task with what belongs to it, whoever works on it; results that there are stay."""
    from motet.cli.tasks_edit import cancel  # noqa: PLC0415

    return cancel(what, reason, setup_of(store), context.obj, json=json_, debug=debug)


@tasks_app.command("delete", epilog="Example: motet tasks delete 1f0c 2a7e --yes")
def _delete(
    context: typer.Context,
    what: Annotated[list[str], typer.Argument(metavar="TREE|TASK", help="Trees or tasks.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    store: Store = None,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Delete trees, or tasks with everything that belongs to them."""
    from motet.cli.tasks_edit import delete  # noqa: PLC0415

    return delete(what, setup_of(store), context.obj, yes=yes, json=json_, debug=debug)


@tasks_app.command("export", epilog="Example: motet tasks export 1f0c > tasks.json")
def _export(context: typer.Context, tree: Tree, store: Store = None, json_: Json = False, debug: Debug = False) -> int:
    """Print the array of tasks that would make a tree."""
    from motet.cli.tasks_edit import export  # noqa: PLC0415

    return export(tree, setup_of(store), context.obj, json=json_, debug=debug)


@tasks_app.command("check", epilog="Example: motet tasks check --store sqlite:///work.db")
def _check(context: typer.Context, store: Store = None, json_: Json = False, debug: Debug = False) -> int:
    """Check whether everything in a store is in order."""
    from motet.cli.tasks_edit import check  # noqa: PLC0415

    return check(setup_of(store), context.obj, json=json_, debug=debug)


for _name, (_command, _example) in WORK_COMMANDS.items():
    tasks_app.command(_name, epilog=_example)(_command)
