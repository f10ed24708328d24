"""`motet draw`: an agent as a picture, in the words of a drawing language."""

import sys
import traceback
from typing import Literal

from motet.cli.failures import refusal
from motet.cli.find import find_agent
from motet.cli.output import Output
from motet.devtools.draw import draw
from motet.kernel.errors import MotetError

__all__ = ["draw_target"]


def draw_target(
    target: str, style: Literal["mermaid", "dot"], direction: Literal["LR", "TB"], *, debug: bool = False
) -> int:
    """Draw the agent of a target on standard output.

    Args:
        target: FILE.py:NAME or package.module:NAME.
        style: The drawing language.
        direction: From left to right, or from top to bottom.
        debug: Show the traceback of an error.

    Returns:
        The exit code: 0 done, 2 bad usage.
    """
    try:
        drawing = draw(find_agent(target), style, direction=direction)
    except MotetError as error:
        if debug:
            traceback.print_exception(error)
        print(f"motet: {refusal(error)}", file=sys.stderr)
        return 2
    Output(sys.stdout).write(drawing)
    return 0
