"""Imports to a graph: which module of a tree imports which, the cycles in that, and what comes from elsewhere."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar

from survey_cycles import knots, way_round
from survey_modules import STDLIB, Import, Names

__all__ = ["Cycle", "ImportEdge", "ImportGraph", "PackageEdge", "import_graph", "imports_in"]

Pair = tuple[str, str]
Key = TypeVar("Key", str, Pair)


@dataclass(frozen=True, slots=True)
class ImportEdge:
    """One module of the tree imports another; deferred if every statement that says so is."""

    importer: str
    imported: str
    deferred: bool


@dataclass(frozen=True, slots=True)
class PackageEdge:
    """How many imports lead from the modules of one package to those of another."""

    importer: str
    imported: str
    weight: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """Modules of which each imports each other in the end, and a shortest way round through the first of them."""

    modules: tuple[str, ...]
    example: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportGraph:
    """The imports of a tree.

    Args:
        modules: The name of the module in each file.
        packages: The package or module at the top that each module belongs to.
        imports: Which module imports which.
        package_imports: The same between packages, the heaviest first.
        cycles: Modules that import one another when they are loaded; deferred imports make no cycle.
        stdlib: In how many files each module of the standard library is imported, the most used first.
        third_party: The same for what is neither in the tree nor in the standard library.
    """

    modules: dict[str, str]
    packages: dict[str, str]
    imports: list[ImportEdge]
    package_imports: list[PackageEdge]
    cycles: list[Cycle]
    stdlib: dict[str, int]
    third_party: dict[str, int]


def imports_in(tree: ast.Module) -> tuple[Import, ...]:
    """Find the imports in a file, sorted."""
    return tuple(sorted({found for statement, deferred in _statements(tree) for found in _read(statement, deferred)}))


def import_graph(files: Mapping[str, Iterable[Import]], package: str = "") -> ImportGraph:
    """Make the graph of a tree.

    Args:
        files: What each file imports; the files by their path relative to the root of the tree.
        package: The dotted name of the package that the root itself is; empty if it is none.
    """
    names = Names(files, package)
    edges = _edges(files, names)
    packages = _packages(names.modules.values())
    elsewhere = _elsewhere(files, names)
    return ImportGraph(
        names.modules,
        packages,
        [ImportEdge(*pair, deferred) for pair, deferred in sorted(edges.items())],
        _package_edges(edges, packages),
        _cycles(edges, packages),
        {name: count for name, count in elsewhere if name in STDLIB},
        {name: count for name, count in elsewhere if name not in STDLIB},
    )


def _edges(files: Mapping[str, Iterable[Import]], names: Names) -> dict[Pair, bool]:
    """Find which module imports which, and whether only by deferred imports."""
    edges: dict[Pair, bool] = {}
    for file, imports in files.items():
        for each in imports:
            pair = names.modules[file], names.find(file, each) or names.modules[file]
            if pair[0] != pair[1]:
                edges[pair] = edges.get(pair, True) and each.deferred
    return edges


def _elsewhere(files: Mapping[str, Iterable[Import]], names: Names) -> list[tuple[str, int]]:
    """Count in how many files each module from outside the tree is imported."""
    used = [{each.top for each in imports if names.foreign(file, each)} for file, imports in files.items()]
    return _ranked(Counter(top for tops in used for top in tops))


def _package_edges(edges: Iterable[Pair], packages: Mapping[str, str]) -> list[PackageEdge]:
    weights = Counter((packages[importer], packages[imported]) for importer, imported in edges)
    return [PackageEdge(*pair, weight) for pair, weight in _ranked(weights) if pair[0] != pair[1]]


def _statements(tree: ast.Module) -> Iterator[tuple[ast.AST, bool]]:
    """Yield the statements of a file, those inside others too, and whether loading the file leaves them out."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, deferred = waiting.pop()
        yield node, deferred
        later = node.body if isinstance(node, ast.If) and _never_at_load(node.test) else []
        deferred = deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        waiting += [
            (child, deferred or child in later)
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        ]


def _read(node: ast.AST, deferred: bool) -> list[Import]:
    if isinstance(node, ast.Import):
        return [Import(alias.name, deferred=deferred) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = ["" if alias.name == "*" else alias.name for alias in node.names]
        return [Import(node.module or "", name, node.level, deferred) for name in names]
    return []


def _never_at_load(test: ast.expr) -> bool:
    """Tell whether a condition is `TYPE_CHECKING`, or compares `__name__`, as scripts do with "__main__"."""
    if isinstance(test, ast.Compare):
        return isinstance(test.left, ast.Name) and test.left.id == "__name__"
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return bool(name == "TYPE_CHECKING")


def _packages(modules: Iterable[str]) -> dict[str, str]:
    """Group modules by their names, up to the first part in which these differ."""
    paths = {module: module.split(".") for module in modules}
    alike = takewhile(lambda parts: len(set(parts)) == 1, zip(*paths.values(), strict=False))
    depth = len(list(alike)) + 1
    return {module: ".".join(path[:depth]) for module, path in sorted(paths.items())}


def _cycles(edges: Mapping[Pair, bool], modules: Iterable[str]) -> list[Cycle]:
    links: dict[str, list[str]] = {module: [] for module in modules}
    for (importer, imported), deferred in sorted(edges.items()):
        if not deferred:
            links[importer].append(imported)
    return [Cycle(knot, way_round(links, knot)) for knot in knots(links)]


def _ranked(counts: Counter[Key]) -> list[tuple[Key, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
