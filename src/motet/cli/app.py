"""The commands and their options. What a command does is loaded when it is called, so that each starts fast."""

import sys
from typing import Annotated, Any, Final, Literal

import typer

from motet.cli.failures import InvalidUsage, payload_of
from motet.cli.output import Output
from motet.cli.print_version import print_version
from motet.cli.signals import Signals

__all__ = ["app", "start"]

# What Typer raises for bad usage: it has no public name in every version, but BadParameter, which has one, is one.
_UsageError: Final[type[Exception]] = typer.BadParameter.__bases__[0]

TARGET: Final = "FILE.py:NAME"

app = typer.Typer(
    name="motet",
    help="Run agents and flows from the command line.",
    epilog='Example: motet run flow.py:flow \'{"text": "hello"}\' --stream',
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Target = Annotated[
    str,
    typer.Argument(
        metavar=TARGET,
        help="The agent: a Python file and a name in it, or package.module:NAME.",
        show_default=False,
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(print_version())


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run agents and flows from the command line."""


@app.command("run", epilog='Example: motet run flow.py:flow \'{"text": "hello"}\' --stream')
def _run(
    context: typer.Context,
    target: Target,
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
        bool, typer.Option("--json", help="Print for programs: one JSON document; with --stream one on each line.")
    ] = False,
    deadline: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Interrupt the work after so many seconds.", show_default=False),
    ] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print what happened afterwards, as a tree with times.")
    ] = False,
    debug: Debug = False,
) -> int:
    """Run an agent or a flow on one input, and print its output.

    Put -- before an INPUT that begins with a dash.
    """
    # Loaded here: pydantic and asyncio take longer than the rest of the command line together.
    from motet.cli.run import Order, run  # noqa: PLC0415

    return run(Order(target, input_, stream, json_, deadline, trace, debug), context.obj)


@app.command("draw", epilog="Example: motet draw flow.py:flow --direction TB > flow.mmd")
def _draw(
    target: Target,
    style: Annotated[
        Literal["mermaid", "dot"], typer.Option(help="Mermaid for Markdown, DOT for Graphviz.")
    ] = "mermaid",
    direction: Annotated[Literal["LR", "TB"], typer.Option(help="From left to right, or from top to bottom.")] = "LR",
    debug: Debug = False,
) -> int:
    """Draw a flow, or what is inside another agent."""
    # Loaded here, as in `run`.
    from motet.cli.draw import draw_target  # noqa: PLC0415

    return draw_target(target, style, direction, debug=debug)


@app.command("version", epilog="Example: motet version")
def _version() -> int:
    """Print the version."""
    return print_version()


def start(arguments: list[str], signals: Signals) -> int:
    """Run the command that the arguments name.

    Args:
        arguments: Those of the process, without the name of the program.
        signals: What cancels the work of a command.

    Returns:
        The exit code.
    """
    try:
        code: Any = app(arguments or ["--help"], prog_name="motet", standalone_mode=False, obj=signals)
    except _UsageError as error:
        _refuse(error, arguments)
        return 2
    if not arguments:
        return 2
    return int(code or 0)


def _refuse(error: Exception, arguments: list[str]) -> None:
    """Say in one line what is wrong with the arguments."""
    told = getattr(error, "format_message", error.__str__)().rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "motet"
    hint = f"`{command} --help` shows how"
    if told.startswith("No such option") and command == "motet run":
        hint += "; put -- before an INPUT that begins with a dash"
    if told.startswith("Got unexpected extra argument") and command == "motet run":
        hint += "; put an INPUT of several words in quotes"
    before_input = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--json" in before_input:
        Output(sys.stdout).document({"error": payload_of(InvalidUsage(f"{told}: {hint}"))})
    else:
        print(f"motet: {told}: {hint}", file=sys.stderr)
