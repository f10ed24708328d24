"""Executes the Python blocks of a page: those that continue one another in one module, warnings being errors."""

import contextlib
import gc
import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from types import ModuleType
from unittest import mock

from doc_pages import ROOT, Fence


class Session:
    """Executes blocks one after another.

    Args:
        first: The first of them.

    Attributes:
        module: What they leave.
    """

    def __init__(self, first: Fence) -> None:
        self.module = ModuleType("".join(letter if letter.isalnum() else "_" for letter in first.id))

    def execute(self, block: Fence) -> str:
        """Execute a block; return what it printed."""
        return copy_context().run(self._execute, block)

    def _execute(self, block: Fence) -> str:
        # Empty lines in front let a traceback show the lines of the page.
        code = compile("\n" * block.line + block.text, str(ROOT / block.page), "exec", dont_inherit=True)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, self.module.__dict__)  # noqa: S102 - that is what this is for
        return printed.getvalue()


@contextlib.contextmanager
def session(first: Fence, folder: Path) -> Iterator[Session]:
    """Make what executes a block and those that continue it.

    Args:
        first: A Python block that continues none.
        folder: The working directory.
    """
    made = Session(first)
    sys.modules[made.module.__name__] = made.module  # pydantic resolves annotations through it
    try:
        with contextlib.chdir(folder), mock.patch.dict(os.environ), warnings.catch_warnings():
            warnings.simplefilter("error")
            yield made
            gc.collect()  # a coroutine that nobody awaited is told of now, and here
    finally:
        del sys.modules[made.module.__name__]
