"""Executes the Python blocks of a page: each in a module of its own, warnings being errors."""

import contextlib
import gc
import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from unittest import mock

from doc_pages import ROOT, Fence


@dataclass(frozen=True, slots=True)
class Executed:
    """What a block left: its names, and what it printed."""

    module: ModuleType
    printed: str


@contextlib.contextmanager
def executed(fence: Fence, folder: Path) -> Iterator[Executed]:
    """Execute a block, after those that it continues, and look at what it left.

    Args:
        fence: A Python block.
        folder: The working directory.
    """
    module = ModuleType("".join(letter if letter.isalnum() else "_" for letter in fence.id))
    printed = ""
    sys.modules[module.__name__] = module  # pydantic resolves annotations through it
    try:
        with contextlib.chdir(folder), mock.patch.dict(os.environ), warnings.catch_warnings():
            warnings.simplefilter("error")
            for block in fence.chain:
                printed = copy_context().run(_execute, block, module)
            yield Executed(module, printed)
            gc.collect()  # a coroutine that nobody awaited is told of now, and here
    finally:
        del sys.modules[module.__name__]


def _execute(fence: Fence, module: ModuleType) -> str:
    # Empty lines in front let a traceback show the lines of the page.
    code = compile("\n" * fence.line + fence.text, str(ROOT / fence.page), "exec", dont_inherit=True)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, module.__dict__)  # noqa: S102 - that is what this is for
    return printed.getvalue()
