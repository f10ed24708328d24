"""The user's modules that are loaded: where they stand, what is known of each, and how a version becomes the next."""

import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import FunctionType, ModuleType

from motet.devtools.imported import Wanted, imported
from motet.devtools.importer import Importer
from motet.devtools.loader import digest
from motet.devtools.module_graph import Facts
from motet.devtools.sources import Sources
from motet.kernel.wiring import Wirable
from motet.tasks.executors import Executors

__all__ = ["Modules", "Version", "folders_of"]

DEPTH = 2
"""How deep what a module holds is looked for: its values, and what is in its lists and mappings."""

MANY = 1000
"""How many values of one list or mapping are looked at."""


class Version:
    """The modules of one version, and what was read and defined when they were loaded.

    Args:
        modules: Those that it goes on with from the version before.
    """

    def __init__(self, modules: Mapping[str, ModuleType] | None = None) -> None:
        self.modules = dict(modules or {})
        self.digests: dict[str, str] = {}
        self.wants: dict[str, frozenset[Wanted]] = {}
        self.owned: dict[str, frozenset[str]] = {}

    def take(self, name: str, before: "Version") -> None:
        """Take over what the version before knows of a module that goes on."""
        if name in before.digests:
            self.digests[name] = before.digests[name]
            self.wants[name] = before.wants.get(name, frozenset())
        if name in before.owned:
            self.owned[name] = before.owned[name]


class Modules:
    """The user's modules: the version that is served, and the one that is being loaded.

    Args:
        sources: Which files are the user's own.
        executors: Where modules register executors; what each has registered goes with it.
    """

    def __init__(self, sources: Sources, executors: Executors) -> None:
        self.served = Version()
        self._sources = sources
        self._executors = executors
        self._importers: dict[str, Importer] = {}
        self._next: Version | None = None
        self._new: dict[str, Importer] = {}
        self._thread = 0
        self._known: dict[str, bool] = {}
        self._inside: dict[int, list[set[str]]] = {}

    # What the loader tells

    def enter(self, module: ModuleType) -> Importer:
        """Take a module in before it is executed."""
        version, importers = self._here(module.__name__)
        version.modules[module.__name__] = module
        return importers.setdefault(module.__name__, Importer(version.modules))

    def read(self, name: str, digest: str, wants: frozenset[Wanted]) -> None:
        """Take note of the source of a module."""
        version, _ = self._here(name)
        version.digests[name], version.wants[name] = digest, wants

    def execute(self, name: str, body: Callable[[], None]) -> None:
        """Execute a module, and take note of the executors that it registers."""
        version, importers = self._here(name)
        before = self._executors.added()
        around = self._inside.setdefault(threading.get_ident(), [])
        inner: set[str] = set()
        around.append(inner)
        try:
            body()
        except BaseException:
            version.modules.pop(name, None)
            importers.pop(name, None)
            raise
        finally:
            around.pop()
            new = {id_ for id_, agent in self._executors.added().items() if before.get(id_) is not agent}
            version.owned[name] = frozenset(new - inner)
            if around:
                around[-1].update(new)

    def _here(self, name: str = "") -> tuple[Version, dict[str, Importer]]:
        """Return the version that this thread loads modules of.

        Args:
            name: A module that is loaded. If another thread happens to load it in the moment in which it is about to be
                replaced, such as for `pickle`, that is a copy which belongs to no version.
        """
        if self._next is not None and threading.get_ident() == self._thread:
            return self._next, self._new
        if self._next is not None and name in self.served.modules:
            return Version(), {}
        return self.served, self._importers

    # From one version to the next

    def begin(self, without: Iterable[str]) -> Version:
        """Begin a version in this thread that goes on with every module but some."""
        gone = set(without)
        self._next = Version({name: module for name, module in self.served.modules.items() if name not in gone})
        for name in self._next.modules:
            self._next.take(name, self.served)
        self._new, self._thread = {}, threading.get_ident()
        return self._next

    def abandon(self) -> None:
        """Forget the version that was begun."""
        self._next, self._new = None, {}

    def drop(self, names: Iterable[str]) -> None:
        """Leave modules behind that the version which was begun does not need any more, and their executors."""
        version, importers = self._here()
        for name in names:
            sys.modules.pop(name, None)
            version.modules.pop(name, None)
            importers.pop(name, None)
            for id_ in self.served.owned.get(name, ()):
                self._executors.remove(id_)

    def join(self, without: Collection[str] = ()) -> None:
        """Give packages that were replaced the modules in them that go on: nobody loads these, which would do it."""
        version, before = self._here()[0].modules, self.served.modules
        for name in version.keys() & before.keys() - set(without):
            around, _, leaf = name.rpartition(".")
            package = version.get(around)
            if package is not None and package is not before.get(around) and version[name] is before[name]:
                vars(package).setdefault(leaf, version[name])  # unless the package has made something else of the name

    def commit(self) -> None:
        """Serve the version that was begun: the modules that it has kept import from it from now on."""
        version, before = self._next, self.served
        if version is None:
            return
        for name in version.modules.keys() & before.modules.keys() - self._new.keys():
            if version.modules[name] is not before.modules[name]:
                continue  # a package whose __init__.py is gone: nothing enters a folder
            if name not in version.digests:
                version.take(name, before)  # another thread has loaded it in the meantime
            if name in self._importers:
                self._importers[name].modules = version.modules
                self._new[name] = self._importers[name]
        self._importers = self._new
        self.served = version
        self.abandon()

    # What is known

    def scan(self) -> dict[str, ModuleType]:
        """Look up which of the user's modules are loaded now, those too that something else has loaded."""
        found = {name: module for name, module in list(sys.modules.items()) if self._is_ours(name, module)}
        version, _ = self._here()
        for name, module in found.items():
            version.modules.setdefault(name, module)
            if name not in version.digests:
                _read(version, name, module)
        return found

    def wants(self) -> dict[str, frozenset[Wanted]]:
        """Return what each module that is loaded imports."""
        version, _ = self._here()
        return {name: version.wants.get(name, frozenset()) for name in version.modules}

    def owns(self, file: str) -> bool:
        """Tell whether a file is the user's own; the system is asked about links once for each."""
        if file not in self._known:
            self._known[file] = self._sources.owns(file)
        return self._known[file]

    def facts(self, modules: Mapping[str, ModuleType]) -> dict[str, Facts]:
        """Put together what is known of modules."""
        version, _ = self._here()
        names = {id(module): name for name, module in modules.items()}
        return {
            name: Facts(
                version.wants.get(name, frozenset()),
                frozenset(_held(module, names, modules)) - {name},
                frozenset(
                    inner for inner, value in list(vars(module).items()) if names.get(id(value)) == f"{name}.{inner}"
                ),
            )
            for name, module in modules.items()
        }

    def _is_ours(self, name: str, module: object) -> bool:
        if not isinstance(module, ModuleType) or name == "__main__":
            return False
        file = vars(module).get("__file__")
        if isinstance(file, str):
            return file.endswith(".py") and self.owns(file)
        # A folder without __init__.py is a package, too.
        return any(self.owns(f"{folder}/_") for folder in folders_of(module))


def folders_of(module: ModuleType) -> list[str]:
    """List the folders of a package; none where it is no package, or the package around it was taken out."""
    try:
        return list(vars(module).get("__path__") or ())
    except KeyError:  # such folders are looked up in the package around it
        return []


def _read(version: Version, name: str, module: ModuleType) -> None:
    """Take note of a module that something else has loaded: its source is taken to be the one that stands there."""
    file = vars(module).get("__file__")
    if not file:
        return  # a folder has no source that could change
    try:
        source = Path(file).read_bytes()
        code = compile(source, file, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return
    version.digests[name] = digest(source)
    version.wants[name] = imported(code, str(vars(module).get("__package__") or ""))


def _held(module: ModuleType, names: Mapping[int, str], modules: Mapping[str, ModuleType]) -> Iterator[str]:
    """Yield the modules that a module has something of."""
    for value in _values([value for name, value in list(vars(module).items()) if name != "__builtins__"], DEPTH):
        if isinstance(value, ModuleType):
            if id(value) in names:
                yield names[id(value)]
        elif isinstance(value, (type, FunctionType, Wirable)):
            home = getattr(value, "__module__", None)
            if isinstance(home, str) and home in modules:
                yield home


def _values(values: Iterable[object], depth: int) -> Iterator[object]:
    for value in values:
        yield value
        if depth > 1 and isinstance(value, list | tuple | set | frozenset):
            yield from _values(list(islice(value, MANY)), depth - 1)
        elif depth > 1 and isinstance(value, dict):
            yield from _values(list(islice(value.values(), MANY)), depth - 1)
