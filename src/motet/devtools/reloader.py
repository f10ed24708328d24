"""The user's modules loaded again when their sources change: all of what is affected, or nothing."""

import importlib
import linecache
import sys
import threading
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from motet.devtools.changes import Changes
from motet.devtools.explain import explain, where
from motet.devtools.imported import all_candidates
from motet.devtools.importer import IMPORTS
from motet.devtools.loader import SourceFinder
from motet.devtools.module_graph import Facts, affected, reachable
from motet.devtools.modules import Modules
from motet.devtools.outcome import Broken, Mended, Outcome, Reloaded
from motet.devtools.sources import Sources
from motet.kernel.agent import Agent
from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import InvalidAgent, NotFound
from motet.kernel.importing import IMPORTING, module_name
from motet.tasks.executors import DEFAULT_EXECUTORS, Executors

__all__ = ["Pick", "Reloader", "named"]

Pick = Callable[[ModuleType], Agent[Any, Any]]
"""Takes the agent out of the module that was loaded; raises if it is not there."""


def named(name: str) -> Pick:
    """Make what takes an agent out of a module by its name there."""

    def pick(module: ModuleType) -> Agent[Any, Any]:
        found = getattr(module, name, None)
        if found is None:
            raise NotFound(f"{module.__name__} has no {name!r}", name=name)
        if not isinstance(found, Agent):
            raise InvalidAgent(f"{name!r} in {module.__name__} is {type(found).__name__}, not an agent")
        return found

    return pick


class _NotPicked(Exception):
    """The modules were loaded, and the agent is not in them; its cause says why."""


class Reloader:
    """Loads one agent from the user's files, and again when these have changed.

    What has changed is loaded again, and everything that imports it, into new modules. Only if all of that can be
    loaded, and the agent is there, is it served; otherwise `sys.modules` and the registry of executors are as before.
    It is for one thread at a time; code of the version that is served may run in others meanwhile.

    Args:
        entry: The file or the name of the module that the agent is in.
        pick: Takes the agent out of that module.
        sources: Which files are the user's own; others are loaded once, as ever.
        executors: Where `@executor` registers.
        clock: What tells how long loading took.
    """

    def __init__(
        self,
        entry: Path | str,
        pick: Pick,
        sources: Sources,
        *,
        executors: Executors = DEFAULT_EXECUTORS,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._entry = entry
        self._pick = pick
        self._sources = sources
        self._executors = executors
        self._clock = clock
        self._modules = Modules(sources, executors)
        self._finder = SourceFinder(sources, self._modules)
        self._name = ""
        self._version = 0
        self._changes = Changes(sources, self._modules, self._finder.files)
        self._broken = ""
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        sys.meta_path.insert(0, self._finder)
        IMPORTS.enter()
        return self

    def __exit__(self, *exception: object) -> None:
        IMPORTS.leave()
        sys.meta_path.remove(self._finder)

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of the user's modules that are loaded."""
        return tuple(sorted(self._modules.served.modules))

    def forget_error(self) -> None:
        """Take an error as not told: it is told if it is there the next time as well."""
        self._broken = ""

    def where(self, thread: int) -> str:
        """Name the line of the user's files that a thread is at, such as the one that loads; empty if in none."""
        return where(thread, self._sources)

    def check(self) -> Outcome | None:
        """Look whether anything has changed, and load what is affected.

        Returns:
            A new version, or why there is none; `Mended` where the reason is gone without a new version; None if there
            is nothing to tell: nothing has changed, or what is wrong is what was wrong before.
        """
        with self._lock, IMPORTING:
            importlib.invalidate_caches()
            known = self._modules.scan()
            if not self._version:
                return self._load(known, {}, frozenset(known), ())
            changed, files = self._changes.found(known)
            if changed:
                facts = self._modules.facts(known)
                return self._load(known, facts, affected(facts, changed, self._name), files)
            mended, self._broken = bool(self._broken), ""
            return Mended(self._version) if mended else None

    def _load(
        self,
        known: Mapping[str, ModuleType],
        facts: Mapping[str, Facts],
        gone: frozenset[str],
        files: tuple[str, ...],
    ) -> Reloaded | Broken | None:
        start = self._clock.now()
        try:
            with self._instead(gone):
                agent = self._loaded(gone)
                self._drop_orphans(facts)
        except BaseException as error:
            # The user's files may raise anything; a key that somebody has pressed interrupts the main thread alone.
            if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                raise
            return self._failure(error, files)
        self._broken = ""
        self._version += 1
        self._changes.settle()
        _forget_types()
        new = (name for name, module in self._modules.served.modules.items() if known.get(name) is not module)
        return Reloaded(agent, self._version, files, tuple(sorted(new)), self._clock.now() - start)

    def _failure(self, error: BaseException, files: tuple[str, ...]) -> Broken | None:
        step: typing.Literal["load", "find"] = "load"
        if isinstance(error, _NotPicked) and error.__cause__ is not None:
            step, error = "find", error.__cause__
        text = explain(error, self._sources)
        if text == self._broken:
            return None
        self._broken = text
        payload = to_payload(error)
        return Broken(text, files, step, payload)

    # Loading

    def _loaded(self, gone: frozenset[str]) -> Agent[Any, Any]:
        """Load everything that is affected, and take the agent."""
        entry = self._import_entry()
        # What is imported in functions alone is loaded now: then its errors are told now.
        left = gone - self._modules.scan().keys()
        for name in sorted(left & all_candidates(self._modules.wants().values())):
            if self._changes.place(name) is not None:
                importlib.import_module(name)
        try:
            agent = self._pick(entry)
            _ = [schema.adapter for schema in agent.types]  # they can be read, and are those of this version
        except Exception as error:
            raise _NotPicked from error
        return agent

    def _drop_orphans(self, before: Mapping[str, Facts]) -> None:
        """Forget the modules that the entry has imported before, and does not import any more."""
        modules = self._modules.scan()
        # What no statement has imported, such as the plug-ins that a package looks for, is taken to be still wanted.
        self._modules.join(without=all_candidates(facts.wants for facts in before.values()))
        facts = self._modules.facts(modules)
        left = reachable(before, self._name) & facts.keys() - reachable(facts, self._name)
        self._modules.drop(left)
        self._modules.join()

    def _import_entry(self) -> ModuleType:
        if isinstance(self._entry, str):
            self._name = self._entry
            return importlib.import_module(self._entry)
        if not self._name:
            self._name = module_name(self._entry.stem)
            self._finder.files[self._name] = self._entry
        return importlib.import_module(self._name)

    @contextmanager
    def _instead(self, gone: frozenset[str]) -> Iterator[None]:
        """Make room in `sys.modules` for modules that are loaded anew; put everything back if that fails."""
        before, path = self._taken_out(gone), list(sys.path)
        if isinstance(self._entry, Path) and str(self._entry.parent) not in sys.path:
            sys.path.insert(0, str(self._entry.parent))
        owned = self._modules.served.owned
        mine = {id_ for name in gone for id_ in owned.get(name, ())}
        version = self._modules.begin(gone)
        others: dict[str, tuple[Agent[Any, Any], object]] = {}
        try:
            with self._executors.redefined(mine):
                was = self._executors.added()
                try:
                    yield
                except BaseException:
                    ours = {id_ for ids in version.owned.values() for id_ in ids}
                    others = {
                        id_: (agent, self._executors.declared(id_))
                        for id_, agent in self._executors.added().items()
                        if id_ not in was and id_ not in ours
                    }
                    raise
        except BaseException:
            self._put_back(before, path)
            # Installed packages that were loaded on the way stay, and so do their executors.
            for id_, (agent, demo) in others.items():
                self._executors.add(agent, id_, demo=demo, replace=True)
            raise
        self._modules.commit()
        sys.path[:] = dict.fromkeys(sys.path)  # a file that adds to it has done so once more

    def _taken_out(self, gone: Iterable[str]) -> dict[str, ModuleType]:
        return {name: sys.modules.pop(name) for name in gone if name in sys.modules}

    def _put_back(self, before: Mapping[str, ModuleType], path: list[str]) -> None:
        kept = self._modules.served.modules
        for name, module in self._modules.scan().items():
            if kept.get(name) is not module:
                del sys.modules[name]
                around, _, leaf = name.rpartition(".")
                if vars(kept[around]).get(leaf) is module if around in kept else False:
                    delattr(kept[around], leaf)
        self._modules.abandon()
        sys.modules.update(before)
        sys.path[:] = path


def _forget_types() -> None:
    """Empty the caches of `typing`, which hold on to the classes that they were asked about."""
    linecache.clearcache()
    for clear in getattr(typing, "_cleanups", ()):
        clear()
