"""Python files as modules: where agents that somebody names by a file come from."""

import importlib.util
import os
import sys
import threading
from importlib.machinery import ModuleSpec, SourceFileLoader
from itertools import chain, count
from pathlib import Path
from types import ModuleType
from typing import Final, cast

__all__ = ["IMPORTING", "import_file", "is_part", "module_name"]

IMPORTING: Final = threading.RLock()
"""Held while files are imported, so that two threads do not both import one; a file may import another one."""


def import_file(path: Path) -> ModuleType:
    """Import a Python file; one that is imported already is not executed again.

    Args:
        path: The file, all links resolved. Its folder is put in front of `sys.path`, for its siblings.

    Raises:
        Exception: Whatever the file raises, `SystemExit` too.
    """
    with IMPORTING:
        everything: list[object] = list(sys.modules.values())  # what stands there need not be a module
        for known in everything:
            if isinstance(known, ModuleType) and _is_of(known, path):
                return known
        return _execute(path)


def _is_of(module: ModuleType, path: Path) -> bool:
    file = vars(module).get("__file__")
    # The system is asked about links for the few modules that have the name alone.
    return isinstance(file, str) and file.endswith(path.name) and os.path.realpath(file) == str(path)


def _execute(path: Path) -> ModuleType:
    name = module_name(path.stem)
    loader = SourceFileLoader(name, str(path))
    # It is None only where no loader is given.
    spec = cast("ModuleSpec", importlib.util.spec_from_file_location(name, path, loader=loader))
    module = importlib.util.module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    # pydantic resolves annotations through sys.modules, as a sibling that imports this file does.
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def module_name(stem: str) -> str:
    """Choose a name under which a file can be a module without getting in the way of another one.

    Args:
        stem: The file's name without its ending. It is kept where it is free, so that a sibling that imports the file
            finds the same module.
    """
    if stem.isidentifier() and stem not in sys.modules and stem not in sys.stdlib_module_names:
        return stem
    made = "motet_file_" + "".join(letter if letter.isalnum() else "_" for letter in stem)
    numbered = (f"{made}_{number}" for number in count(2))
    return next(name for name in chain([made], numbered) if name not in sys.modules)


def is_part(name: str | None, module: str) -> bool:
    """Tell whether a module of that name is on the way to another one.

    Args:
        name: What an import could not find, such as "a.b".
        module: What was asked for, such as "a.b.c".
    """
    return bool(name) and f"{module}.".startswith(f"{name}.")
