"""`motet run`: its options, and whether an agent, a task tree or an executor is to be run."""

from dataclasses import replace
from typing import Annotated, Any, Final

import typer

from motet.cli.history_kept import history_kept
from motet.cli.kinds import Kind, kind_of
from motet.cli.options import (
    WORK,
    AllowCommand,
    AllowPrivate,
    Deadline,
    Debug,
    Demo,
    Imports,
    MaxConcurrency,
    Root,
    Store,
    setup_of,
)

__all__ = ["EXAMPLES", "run_command"]

# What Typer raises for bad usage: it has no public name in every version, but BadParameter, which has one, is one.
UsageError: Final[Any] = typer.BadParameter.__bases__[0]

EXAMPLES: Final = """Example: motet run flow.py:flow '{"text": "hello"}' --stream

    Example: motet run tasks.json --max-concurrency 4

    Example: motet run system_info --inputs '{"resource": "cpu"}'

    Exit codes: 0 completed, 1 failed, 2 bad usage or input, 3 a task waits for an answer, 130 interrupted."""


def run_command(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET",
            help="An agent, as FILE.py:NAME or package.module:NAME; an array of tasks, as FILE.json or - for standard "
            "input; or the id of an executor.",
            show_default=False,
        ),
    ] = None,
    input_: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT",
            help="JSON, or plain text for an agent that takes text; - reads standard input.",
            show_default=False,
        ),
    ] = None,
    stream: Annotated[bool, typer.Option("--stream", help="Print chunks as they come.")] = False,
    json_: Annotated[
        bool,
        typer.Option(
            "--json", help="Print for programs: one JSON document; with --stream or --watch one on each line."
        ),
    ] = False,
    deadline: Deadline = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print what happened afterwards, as a tree with times.")
    ] = False,
    record: Annotated[
        bool,
        typer.Option("--record", help="Keep the history in the store, for `motet inspect` and `motet replay`."),
    ] = False,
    debug: Debug = False,
    tasks: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="An array of tasks in place of TARGET; - reads standard input.",
            show_default=False,
            rich_help_panel=WORK,
        ),
    ] = None,
    inputs: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="The inputs of an executor: the same as INPUT.",
            show_default=False,
            rich_help_panel=WORK,
        ),
    ] = None,
    store: Store = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Run the tree once: again with the same key, it is the same tree.",
            show_default=False,
            rich_help_panel=WORK,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call the tree.", show_default=False, rich_help_panel=WORK)
    ] = None,
    max_concurrency: MaxConcurrency = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Follow the tree: with --json each event in a line. For people it is followed anyway.",
            rich_help_panel=WORK,
        ),
    ] = False,
    demo: Demo = None,
    imports: Imports = None,
    allow_command: AllowCommand = None,
    allow_private: AllowPrivate = None,
    root: Root = None,
) -> int:
    """Run an agent or a flow on one input, a tree of durable tasks, or one executor, and print what comes of it.

    Put -- before an INPUT that begins with a dash.

    A tree is kept in a store, and an interrupted one goes on with `motet tasks resume`.
    """
    kind = kind_of(target, tasks)
    if isinstance(kind, str):
        raise UsageError(kind, context)
    kept = history_kept(asked=record)
    # What follows is loaded here: pydantic and asyncio take longer than the rest of the command line together.
    if kind is Kind.AGENT:
        given = {
            "--inputs": inputs,
            "--key": key,
            "--name": name,
            "--max-concurrency": max_concurrency,
            "--watch": watch,
            "--demo": demo,
            "--import": imports,
            "--allow-command": allow_command,
            "--allow-private": allow_private,
            "--root": root,
        }
        if wrong := [option for option, value in given.items() if value]:
            raise UsageError(f"{wrong[0]} is for task trees and executors, and {target} names an agent", context)
        from motet.cli.deadline import deadline_of  # noqa: PLC0415
        from motet.cli.run import Order, run  # noqa: PLC0415

        kept = None if kept is None else replace(kept, store=kept.url(setup_of(store).store))
        asked = Order(str(target), input_, stream, json_, deadline_of(deadline), trace, debug, kept)
        return run(asked, context.obj)

    from motet.cli.tasks_run import TreeOrder, run_tasks  # noqa: PLC0415

    setup = setup_of(
        store,
        max_concurrency,
        imports,
        allow_command,
        root,
        demo=demo,
        allow_private=allow_private,
        deadline=deadline,
        # One executor alone is worth no file, unless the user says so.
        otherwise="memory://" if kind is Kind.EXECUTOR and kept is None else None,
    )
    order = TreeOrder(
        setup=setup,
        target=target,
        tasks=tasks,
        inputs=inputs,
        input=input_,
        key=key,
        name=name,
        watch=watch,
        stream=stream,
        json=json_,
        deadline=setup.deadline,
        trace=trace,
        debug=debug,
        record=kept,
    )
    return run_tasks(order, context.obj)
