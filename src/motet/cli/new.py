"""`motet new`: a project to begin with."""

import shlex
import sys
import traceback
from dataclasses import dataclass

from motet.cli.failures import payload_of
from motet.cli.output import Output
from motet.devtools.scaffold import CannotCreate, Project, Template, scaffold
from motet.devtools.words import counted

__all__ = ["NewOrder", "new"]


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What the user asked for.

    Args:
        name: The folder to be made.
        template: What is in it.
        json: Write for programs.
        debug: Show tracebacks.
    """

    name: str
    template: Template = "full"
    json: bool = False
    debug: bool = False


def new(order: NewOrder) -> int:
    """Make a project, and say what to do next.

    Returns:
        The exit code: 0 done, 2 it cannot be made.

    Raises:
        OutputLost: Standard output takes nothing more.
    """
    out = Output(sys.stdout)
    try:
        made = scaffold(order.name, order.template)
    except CannotCreate as error:
        if order.debug:
            traceback.print_exception(error)
        if order.json:
            out.document({"error": payload_of(error)})
        else:
            print(f"motet: {error}", file=sys.stderr)
        return 2
    if order.json:
        out.document({"folder": str(made.folder), "template": order.template, "files": list(made.files)})
    else:
        out.write(_told(made))
    return 0


def _told(made: Project) -> str:
    steps = [f"cd {shlex.quote(str(made.folder))}", "pip install --group dev", *made.commands, "pytest"]
    listed = "".join(f"  {name}\n" for name in made.files)
    return f"made {made.folder} with {counted(len(made.files), 'file')}:\n{listed}\nnext:\n" + "".join(
        f"  {step}\n" for step in steps
    )
