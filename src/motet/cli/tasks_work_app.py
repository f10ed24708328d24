"""The commands of `motet tasks` that run tasks, and their options. What a command does is loaded when it is called."""

from collections.abc import Callable
from typing import Annotated, Final, Literal

import typer

from motet.cli.options import (
    AllowCommand,
    AllowPrivate,
    Deadline,
    Debug,
    Demo,
    Imports,
    Json,
    MaxConcurrency,
    NoStart,
    Root,
    Store,
    Task,
    Tree,
    Watch,
    setup_of,
)

__all__ = ["WORK_COMMANDS"]


def _rerun(
    context: typer.Context,
    tree: Tree,
    tasks: Annotated[
        list[str] | None,
        typer.Argument(metavar="TASK", help="Names or ids; what failed unless given.", show_default=False),
    ] = None,
    no_start: NoStart = False,
    store: Store = None,
    max_concurrency: MaxConcurrency = None,
    demo: Demo = None,
    imports: Imports = None,
    allow_command: AllowCommand = None,
    allow_private: AllowPrivate = None,
    root: Root = None,
    deadline: Deadline = None,
    watch: Watch = False,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Run failed or named tasks again, and everything downstream of them."""
    from motet.cli.tasks_go_on import GoOn, rerun  # noqa: PLC0415

    setup = setup_of(
        store, max_concurrency, imports, allow_command, root, demo=demo, allow_private=allow_private, deadline=deadline
    )
    manner = GoOn(setup, context.obj, watch=watch, deadline=setup.deadline, json=json_, debug=debug)
    return rerun(tree, tuple(tasks or ()), manner, start=not no_start)


def _copy(
    context: typer.Context,
    tree: Tree,
    scope: Annotated[
        Literal["full", "minimal", "custom"],
        typer.Option(help="All of it; the named tasks and what they need; or the named tasks alone."),
    ] = "full",
    task: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A task; may be repeated.", show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call the new tree.", show_default=False)] = None,
    run: Annotated[bool, typer.Option("--run", help="Run the new tree here.")] = False,
    store: Store = None,
    max_concurrency: MaxConcurrency = None,
    demo: Demo = None,
    imports: Imports = None,
    allow_command: AllowCommand = None,
    allow_private: AllowPrivate = None,
    root: Root = None,
    deadline: Deadline = None,
    watch: Watch = False,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Make a new tree of a tree's definitions; nothing of what it gave is taken along."""
    from motet.cli.tasks_go_on import GoOn, copy  # noqa: PLC0415

    setup = setup_of(
        store, max_concurrency, imports, allow_command, root, demo=demo, allow_private=allow_private, deadline=deadline
    )
    manner = GoOn(setup, context.obj, watch=watch, deadline=setup.deadline, json=json_, debug=debug)
    return copy(tree, scope, tuple(task or ()), name, manner, start=run)


def _answer(
    context: typer.Context,
    task: Task,
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help="JSON, or plain text where the question takes text; - reads standard input.",
            show_default=False,
        ),
    ],
    no_start: NoStart = False,
    store: Store = None,
    max_concurrency: MaxConcurrency = None,
    demo: Demo = None,
    imports: Imports = None,
    allow_command: AllowCommand = None,
    allow_private: AllowPrivate = None,
    root: Root = None,
    deadline: Deadline = None,
    watch: Watch = False,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Answer the question of a task, and go on with its tree here.

    Put -- before a VALUE that begins with a dash.
    """
    from motet.cli.tasks_go_on import GoOn, answer  # noqa: PLC0415

    setup = setup_of(
        store, max_concurrency, imports, allow_command, root, demo=demo, allow_private=allow_private, deadline=deadline
    )
    manner = GoOn(setup, context.obj, watch=watch, deadline=setup.deadline, json=json_, debug=debug)
    return answer(task, value, manner, start=not no_start)


def _resume(
    context: typer.Context,
    tree: Annotated[
        str | None,
        typer.Argument(metavar="TREE", help="A tree; all that nobody works on unless given.", show_default=False),
    ] = None,
    store: Store = None,
    max_concurrency: MaxConcurrency = None,
    demo: Demo = None,
    imports: Imports = None,
    allow_command: AllowCommand = None,
    allow_private: AllowPrivate = None,
    root: Root = None,
    deadline: Deadline = None,
    watch: Watch = False,
    json_: Json = False,
    debug: Debug = False,
) -> int:
    """Go on with a tree, or with every tree in progress that nobody works on, until nothing is left to do."""
    from motet.cli.tasks_go_on import GoOn, resume  # noqa: PLC0415

    setup = setup_of(
        store, max_concurrency, imports, allow_command, root, demo=demo, allow_private=allow_private, deadline=deadline
    )
    return resume(tree, GoOn(setup, context.obj, watch=watch, deadline=setup.deadline, json=json_, debug=debug))


WORK_COMMANDS: Final[dict[str, tuple[Callable[..., int], str]]] = {
    "rerun": (_rerun, "Example: motet tasks rerun 1f0c page"),
    "copy": (_copy, "Example: motet tasks copy 1f0c --scope minimal --task page --run"),
    "answer": (_answer, "Example: motet tasks answer 1f0c:approve true"),
    "resume": (_resume, "Example: motet tasks resume 1f0c"),
}
"""What each command calls, and an example of it."""
