"""The `import` statement of the user's modules: each finds the modules of its own version.

A call that is in flight when its code is replaced may import something yet. `sys.modules` has the new version by then,
or one that is being loaded and may never be finished.
"""

import builtins
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from motet.devtools.imported import absolute

__all__ = ["Importer"]


class Importer:
    """Stands in for `__import__` in one module.

    Args:
        modules: The user's modules of one version, by name; replaced where the module goes on in a later version.
    """

    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self.modules = modules

    def __call__(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - as the interpreter passes it
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import as `__import__` does."""
        full = _absolute(name, globals or {}, level)
        found = self.modules.get(full)
        if found is None:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        whole = not fromlist and not level
        given = self.modules.get(full.partition(".")[0]) if whole else self._given(full, found, fromlist or ())
        if given is None:
            given = builtins.__import__(name, globals, locals, fromlist or (), level)
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


def _absolute(name: str, namespace: Mapping[str, Any], level: int) -> str:
    if not level:
        return name
    spec = namespace.get("__spec__")
    return absolute(name, level, namespace.get("__package__") or getattr(spec, "parent", "") or "")
