"""The commands and their options. What a command does is loaded when it is called, so that each starts fast."""

import sys
import traceback
from typing import Annotated, Any, Final, Literal

import typer

from motet.cli.config_app import config_app
from motet.cli.failures import InvalidUsage, payload_of
from motet.cli.inspect_app import INSPECT_EXAMPLES, REPLAY_EXAMPLES, inspect_command, replay_command
from motet.cli.options import Debug, Imports, Json, setup_of
from motet.cli.output import LOST, Output
from motet.cli.print_version import print_version
from motet.cli.run_app import EXAMPLES, UsageError, run_command
from motet.cli.signals import Signals
from motet.cli.tasks_app import tasks_app
from motet.kernel.errors import MotetError

__all__ = ["app", "start"]

TARGET: Final = "FILE.py:NAME"

app = typer.Typer(
    name="motet",
    help="Run agents, flows and durable tasks from the command line.",
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


def _print_version(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(print_version())


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run agents, flows and durable tasks from the command line."""


app.command("run", epilog=EXAMPLES)(run_command)


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


@app.command("dev", epilog='Example: motet dev flow.py:flow --input \'{"text": "hello"}\'')
def _dev(
    context: typer.Context,
    target: Target,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input", metavar="INPUT", help="Run this again after each change; may be repeated.", show_default=False
        ),
    ] = None,
    watch: Annotated[
        list[str] | None,
        typer.Option(
            "--watch", metavar="FOLDER", help="Watch this folder as well; may be repeated.", show_default=False
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print for programs: a JSON document on each line.")] = False,
    debug: Debug = False,
) -> int:
    """Follow an agent's files while you write them: what changes is reloaded, and each line you type is run on it.

    A broken edit is reported, and what was there before goes on. Ctrl-C ends it, and so does the end of the input
    where there is no --input.
    """
    # Loaded here, as in `run`.
    from motet.cli.dev import DevOrder, dev  # noqa: PLC0415

    return dev(DevOrder(target, tuple(inputs or ()), tuple(watch or ()), json_, debug), context.obj)


app.command("inspect", epilog=INSPECT_EXAMPLES)(inspect_command)

app.command("replay", epilog=REPLAY_EXAMPLES)(replay_command)


@app.command("executors", epilog="Example: motet executors rest")
def _executors(
    context: typer.Context,
    id_: Annotated[
        str | None, typer.Argument(metavar="ID", help="Show one: what it takes and gives.", show_default=False)
    ] = None,
    imports: Imports = None,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """List the executors that tasks can name, or show one of them."""
    # Loaded here, as in `run`.
    from motet.cli.executors import show_executors  # noqa: PLC0415

    return show_executors(id_, setup_of(None, imports=imports).imports, context.obj, json=json_, debug=debug)


@app.command("new", epilog="Example: motet new my-agents --template flow")
def _new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The folder to make; its name is the project's.", show_default=False)
    ],
    template: Annotated[
        Literal["flow", "tasks", "full"],
        typer.Option(help="A flow of agents, executors and a tree of tasks, or both."),
    ] = "full",
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Make a project to begin with: agents or tasks, their tests, and settings."""
    # Loaded here, as in `run`.
    from motet.cli.new import NewOrder, new  # noqa: PLC0415

    return new(NewOrder(name, template, json_, debug))


@app.command("version", epilog="Example: motet version")
def _version() -> int:
    """Print the version."""
    return print_version()


app.add_typer(tasks_app)
app.add_typer(config_app)


def start(arguments: list[str], signals: Signals) -> int:
    """Run the command that the arguments name.

    Args:
        arguments: Those of the process, without the name of the program.
        signals: What cancels the work of a command.

    Returns:
        The exit code.

    Raises:
        OutputLost: Standard output takes nothing more, such as the help.
    """
    try:
        code: Any = app(arguments or ["--help"], prog_name="motet", standalone_mode=False, obj=signals)
    except UsageError as error:
        _refuse(error, arguments)
        return 2
    except MotetError as error:
        _refuse_early(error, arguments)
        return 2
    except SystemExit as leaving:
        # Typer and rich leave when the reader of a pipe has gone, with an exit code of their own.
        if isinstance(leaving.__context__, BrokenPipeError):
            raise Output(sys.stdout).lost(leaving.__context__) from leaving
        raise
    except OSError as error:
        if signals.worked:
            raise
        if error.filename is None and error.errno in LOST:
            raise Output(sys.stdout).lost(error) from error
        _refuse_early(_refused_by_the_system(error), arguments)
        return 2
    if not arguments:
        return 2
    return int(code or 0)


def _refused_by_the_system(error: OSError) -> InvalidUsage:
    """Make the error of something that the system does not let us do before there is any work."""
    told = error.strerror or str(error)
    refusal = InvalidUsage(told if error.filename is None else f"{error.filename}: {told}")
    refusal.__cause__ = error
    return refusal


def _refuse_early(error: MotetError, arguments: list[str]) -> None:
    """Say what is wrong before a command begins, such as with the configuration."""
    words = _before_input(arguments)
    if "--debug" in words:
        traceback.print_exception(error)
    if "--json" in words:
        payload = payload_of(error)
        payload.pop("cause", None)  # the message says everything that it does
        Output(sys.stdout).document({"error": payload})
    else:
        print(f"motet: {error}", file=sys.stderr)


def _before_input(arguments: list[str]) -> list[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _refuse(error: Exception, arguments: list[str]) -> None:
    """Say in one line what is wrong with the arguments."""
    told = getattr(error, "format_message", error.__str__)().rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "motet"
    hint = f"`{command} --help` shows how"
    dashed = {"motet run": "an INPUT", "motet tasks answer": "a VALUE", "motet config set": "a VALUE"}.get(command)
    if told.startswith("No such option") and dashed:
        hint += f"; put -- before {dashed} that begins with a dash"
    if told.startswith("Got unexpected extra argument") and command == "motet run":
        hint += "; put an INPUT of several words in quotes"
    if "--json" in _before_input(arguments):
        Output(sys.stdout).document({"error": payload_of(InvalidUsage(f"{told}: {hint}"))})
    else:
        print(f"motet: {told}: {hint}", file=sys.stderr)
