"""What a source imports, read from its syntax tree: at the top, in functions, under conditions."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Wanted", "candidates", "imported", "meant"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One import.

    Args:
        module: The absolute name of a module.
        names: What is taken from it; nothing where the module itself is.
    """

    module: str
    names: tuple[str, ...] = ()


def imported(tree: ast.AST, package: str) -> frozenset[Wanted]:
    """Read the imports of a source.

    Args:
        tree: Its syntax tree.
        package: The package that relative imports start from; "" for none.
    """
    return frozenset(_imported(tree, package))


def _imported(tree: ast.AST, package: str) -> Iterator[Wanted]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Wanted(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            if module:
                yield Wanted(module, tuple(alias.name for alias in node.names))


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    around = package.split(".") if package else []
    around = around[: max(0, len(around) - node.level + 1)]
    return ".".join([*around, *([node.module] if node.module else [])]) if around else ""


def candidates(wanted: Wanted) -> frozenset[str]:
    """Return the names of every module that an import may load."""
    steps = wanted.module.split(".")
    ways = (".".join(steps[: length + 1]) for length in range(len(steps)))
    return frozenset((*ways, *(f"{wanted.module}.{name}" for name in wanted.names if name != "*")))


def meant(wanted: Wanted, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Tell which modules an import makes its module depend on.

    Args:
        wanted: The import.
        known: The modules there are, each with the names in it that are modules in it.

    Returns:
        For `import a.b` the module and what is around it; for `from a import b` the module `a.b` where `b` is one, and
        otherwise `a`, whose value it takes.
    """
    module = wanted.module
    if not wanted.names:
        return candidates(wanted) & known.keys()
    inner = frozenset(f"{module}.{name}" for name in wanted.names) & known.keys()
    own = any(name not in known.get(module, frozenset()) for name in wanted.names)
    return inner | ({module} & known.keys() if own else frozenset())
