"""A command about settings, from its work to its exit code."""

import sys
import traceback
from collections.abc import Callable

from motet.cli.failures import payload_of
from motet.cli.output import Output
from motet.kernel.errors import MotetError

__all__ = ["performed"]


def performed(work: Callable[[Output], int], *, json: bool, debug: bool) -> int:
    """Do the work of a command that waits for nothing; return the exit code.

    Args:
        work: What to do; it returns the exit code.
        json: Write for programs.
        debug: Show tracebacks.
    """
    out = Output(sys.stdout)
    try:
        return work(out)
    except MotetError as error:
        if debug:
            traceback.print_exception(error)
        if json:
            payload = payload_of(error)
            payload.pop("cause", None)  # the message says everything that it does
            out.document({"error": payload})
        else:
            print(f"motet: {error}", file=sys.stderr)
        return 2
