"""The `import` statement of the user's modules: each finds the modules of its own version.

A call that is in flight when its code is replaced may import something yet. `sys.modules` has the new version by then,
or one that is being loaded and may never be finished.

The interpreter looks for `__import__` among the builtins alone. A module with builtins of its own would not see what is
put there later (`gettext.install()`, `mock.patch("builtins.open")`), and a dictionary that falls through to the real
ones makes each use of a builtin six times as slow. So `builtins.__import__` is replaced, for the whole process, while
files are followed; an import statement anywhere then takes a tenth of a microsecond longer.
"""

import builtins
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from motet.devtools.imported import absolute

__all__ = ["IMPORTS", "Importer", "Imports"]

Import = Callable[..., ModuleType]
"""`__import__`, or what stands in for it."""


class Importer:
    """Imports for one module. Its loader has it as `importer`, which is how `Imports` finds it.

    Args:
        modules: The user's modules of one version, by name; replaced where the module goes on in a later version.
    """

    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self.modules = modules

    def __call__(
        self,
        otherwise: Import,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - as the interpreter passes it
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import as `__import__` does.

        Args:
            otherwise: What imports modules that this version does not have.
            name: As in an import statement, and so are the others.
            globals: The namespace of the module that imports.
            locals: Nothing comes of it.
            fromlist: What is taken from the module.
            level: How many dots stand in front of the name.
        """
        full = _absolute(name, globals or {}, level)
        found = self.modules.get(full)
        if found is None:
            return otherwise(name, globals, locals, fromlist or (), level)
        whole = not fromlist and not level
        given = self.modules.get(full.partition(".")[0]) if whole else self._given(full, found, fromlist or ())
        if given is None:
            given = otherwise(name, globals, locals, fromlist or (), level)
        if whole:
            self._join(given, full)
        return given

    def _given(self, full: str, module: ModuleType, fromlist: Sequence[str]) -> ModuleType | None:
        if "*" in fromlist and hasattr(module, "__path__") and sys.modules.get(full) is module:
            return None  # it may load what `__all__` names
        known = all(name == "*" or hasattr(module, name) for name in fromlist)
        return module if known else None

    def _join(self, top: ModuleType, full: str) -> None:
        """Make a module the attribute of its package that `import a.b` makes it, where it is not loaded for that."""
        around, name = top, top.__name__
        for step in full.split(".")[1:]:
            name += f".{step}"
            inner = self.modules.get(name)
            if inner is None or getattr(inner.__spec__, "_initializing", False):
                return  # one that is being loaded may fail yet
            vars(around).setdefault(step, inner)
            around = inner


class Imports:
    """Stands in for `builtins.__import__` while at least one of those who have entered it has not left it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered = 0
        self._before: Import = builtins.__import__
        self._ours: Import = builtins.__import__

    def enter(self) -> None:
        """Have modules that are loaded from now on import with their importers."""
        with self._lock:
            if not self._entered:
                self._before = builtins.__import__
                self._ours = builtins.__import__ = _by_module(self._before)
            self._entered += 1

    def leave(self) -> None:
        """Put back what was there before; if somebody else has put something around it, that stays and is passed on."""
        with self._lock:
            self._entered -= 1
            if not self._entered and builtins.__import__ is self._ours:
                builtins.__import__ = self._before


IMPORTS: Final = Imports()


def _by_module(before: Import) -> Import:
    """Make what imports with the importer of the module that imports, if it has one."""

    def by_module(
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        spec = globals.get("__spec__") if isinstance(globals, dict) else None
        importer = getattr(getattr(spec, "loader", None), "importer", None)
        if isinstance(importer, Importer):
            return importer(before, name, globals, locals, fromlist, level)
        return before(name, globals, locals, fromlist, level)

    return by_module


def _absolute(name: str, namespace: Mapping[str, Any], level: int) -> str:
    if not level:
        return name
    spec = namespace.get("__spec__")
    return absolute(name, level, namespace.get("__package__") or getattr(spec, "parent", "") or "")
