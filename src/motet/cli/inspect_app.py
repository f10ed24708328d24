"""`motet inspect` and `motet replay`: their options. What they do is loaded when they are called."""

from typing import Annotated

import typer

from motet.cli.options import Debug, Json, Store, setup_of

__all__ = ["INSPECT_EXAMPLES", "REPLAY_EXAMPLES", "inspect_command", "replay_command"]

INSPECT_EXAMPLES = """Example: motet run flow.py:flow '{"text": "hello"}' --record

    Example: motet inspect

    Example: motet inspect 1f0c --html trace.html"""

REPLAY_EXAMPLES = """Example: motet replay 1f0c

    Example: motet replay trace.jsonl flow.py:flow --live summarise

    Exit codes: 0 the same, 1 it differs, 2 it cannot be replayed."""

Trace = Annotated[
    str | None,
    typer.Argument(
        metavar="TRACE",
        help="The beginning of a trace's id, or a file that --export has written; without it, the newest are listed.",
        show_default=False,
    ),
]


def inspect_command(
    context: typer.Context,
    trace: Trace = None,
    follow: Annotated[bool, typer.Option("--follow", help="Show what happens until the trace has ended.")] = False,
    html: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write one page with everything in it, for a browser.", show_default=False),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the records, for `motet replay` and tests.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many traces to list.")] = 20,
    store: Store = None,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Show what happened in a recorded trace: tree and timeline, retries, chunks, errors, remote calls, tasks.

    With --json the records are printed, one in each line.
    """
    from motet.cli.inspect import InspectOrder, inspect_trace, list_traces  # noqa: PLC0415

    setup = setup_of(store)
    if trace is None:
        return list_traces(limit, setup, context.obj, json=json_, debug=debug)
    return inspect_trace(InspectOrder(trace, setup, follow, json_, html, export, debug), context.obj)


def replay_command(
    context: typer.Context,
    trace: Annotated[
        str,
        typer.Argument(
            metavar="TRACE",
            help="The beginning of a trace's id, or a file that `motet inspect --export` has written.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE.py:NAME]", help="The agent; unless given, the one that was recorded.", show_default=False
        ),
    ] = None,
    live: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Let this agent run; may be repeated.", show_default=False),
    ] = None,
    recorded: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Let this agent answer from the record, with everything below it; may be repeated.",
            show_default=False,
        ),
    ] = None,
    store: Store = None,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Run a recorded trace again, and say where it differs.

    What called others runs again; what called nobody answers from the record.

    Waits take no time unless an agent is live.
    """
    from motet.cli.replay import ReplayOrder, replay_trace  # noqa: PLC0415

    order = ReplayOrder(trace, target, tuple(live or ()), tuple(recorded or ()), setup_of(store), json_, debug)
    return replay_trace(order, context.obj)
