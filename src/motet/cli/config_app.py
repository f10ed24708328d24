"""`motet config`: its commands and their options. What a command does is loaded when it is called."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from motet.cli.options import Debug, Json

if TYPE_CHECKING:
    from motet.config.places import FileScope

__all__ = ["config_app"]

HELP: Final = {"help_option_names": ["-h", "--help"]}

config_app = typer.Typer(
    name="config",
    help="Look at settings, where they come from, and change them.",
    epilog="Example: motet config set tasks.max_concurrency 4",
    context_settings=HELP,
)

Key = Annotated[str, typer.Argument(metavar="KEY", help="Such as tasks.max_concurrency.", show_default=False)]
Profile = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Read this profile; that of MOTET_PROFILE unless given.", show_default=False),
]
ToGlobal = Annotated[bool, typer.Option("--global", help="Change your own file.")]
ToProject = Annotated[
    bool, typer.Option("--project", help="Change the project's file, as is done unless --global is given.")
]
ToProfile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="Change this profile of the file.", show_default=False)
]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show secrets.")]


@config_app.callback(invoke_without_command=True)
def _config(context: typer.Context) -> int:
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)
    return 0


@config_app.command("list", epilog="Example: motet config list --section tasks")
def _list(
    section: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only this section, such as tasks or tools.process.", show_default=False),
    ] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only what is not as it is by default.")] = False,
    profile: Profile = None,
    reveal: Reveal = False,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """List settings, their values, and where those come from."""
    from motet.cli.config_show import list_settings  # noqa: PLC0415

    return list_settings(section, profile, changed=changed, reveal=reveal, json=json_, debug=debug)


@config_app.command("get", epilog="Example: motet config get tasks.store")
def _get(key: Key, profile: Profile = None, reveal: Reveal = False, json_: Json = False, debug: Debug = False) -> int:
    """Print the value of a setting: text as it is, anything else as JSON."""
    from motet.cli.config_show import get_setting  # noqa: PLC0415

    return get_setting(key, profile, reveal=reveal, json=json_, debug=debug)


@config_app.command("set", epilog="Example: motet config set executors.command.allow uname,uptime --project")
def _set(
    context: typer.Context,
    key: Key,
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help='Text, a number, true or false; a,b or ["a", "b"] for a list; a=1,b=2 or {"a": 1} for a table; '
            "none; - reads standard input, which is the way to give a secret.",
            show_default=False,
        ),
    ],
    to_global: ToGlobal = False,
    to_project: ToProject = False,
    profile: ToProfile = None,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Write a setting to a file, after looking whether it fits; comments and order of the file stay.

    Put -- before a VALUE that begins with a dash.
    """
    scope = _scope(context, to_global=to_global, to_project=to_project)
    from motet.cli.config_set import set_setting  # noqa: PLC0415

    return set_setting(key, value, scope, profile, json=json_, debug=debug)


@config_app.command("unset", epilog="Example: motet config unset tasks.max_concurrency")
def _unset(
    context: typer.Context,
    key: Key,
    to_global: ToGlobal = False,
    to_project: ToProject = False,
    profile: ToProfile = None,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Take a setting out of a file, so that the next place that says something about it counts."""
    scope = _scope(context, to_global=to_global, to_project=to_project)
    from motet.cli.config_set import unset_setting  # noqa: PLC0415

    return unset_setting(key, scope, profile, json=json_, debug=debug)


def _scope(context: typer.Context, *, to_global: bool, to_project: bool) -> "FileScope":
    if to_global and to_project:
        raise typer.BadParameter("--global and --project name two files: give one of them", context)
    return "global" if to_global else "project"


@config_app.command("path", epilog="Example: motet config path")
def _path(json_: Json = False, debug: Debug = False) -> int:
    """Print which files settings are read from, and which of them there are."""
    from motet.cli.config_show import show_places  # noqa: PLC0415

    return show_places(json=json_, debug=debug)


@config_app.command("reload", epilog="Example: motet config reload")
def _reload(profile: Profile = None, json_: Json = False, debug: Debug = False) -> int:
    """Read everything anew, and say what is wrong with it, or what differs from the defaults.

    Every command reads settings when it begins, and a program that watches its files reloads by itself. There is no
    process in the background yet that would have to be told: for now this command only checks.
    """
    from motet.cli.config_show import check_settings  # noqa: PLC0415

    return check_settings(profile, json=json_, debug=debug)
