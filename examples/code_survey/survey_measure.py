"""Source text to figures: what one Python file, and each function in it, is made of."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from survey_imports import imports_in
from survey_modules import Import
from survey_source import count_lines, decode, parse

__all__ = ["FileFigures", "FunctionFigures", "measure"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.Module | ast.ClassDef | Function

BLOCKS: Final = frozenset(
    {ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match}
)
"""What is one level deeper inside than outside."""

LEAVES: Final = frozenset({ast.Name, ast.Load, ast.Store, ast.Del})
"""A third of all nodes: there is nothing to count in them."""

DECISIONS: Final[Mapping[type, Callable[[Any], int]]] = {
    ast.If: lambda _: 1,
    ast.IfExp: lambda _: 1,
    ast.For: lambda _: 1,
    ast.AsyncFor: lambda _: 1,
    ast.While: lambda _: 1,
    ast.ExceptHandler: lambda _: 1,
    ast.BoolOp: lambda node: len(node.values) - 1,
    ast.comprehension: lambda node: 1 + len(node.ifs),
    ast.match_case: lambda node: 0 if _takes_all(node) else 1,
}
"""How many decisions a node stands for.

Source: T. J. McCabe, "A Complexity Measure", IEEE Transactions on Software Engineering SE-2 (4), 1976. The complexity
of a function is the number of its decisions plus one, where each condition in `a and b or c` is a decision.
"""


@dataclass(frozen=True, slots=True, order=True)
class FunctionFigures:
    """A function or method.

    Args:
        file: Where it is.
        line: The line of its `def`.
        name: With the classes and functions around it.
        length: Its lines, without its docstring.
        complexity: The number of its decisions plus one; functions inside of it count for themselves.
        nesting: How many blocks are around its innermost statement.
        parameters: How many it takes, without the `self` or `cls` of a method.
    """

    file: str
    line: int
    name: str
    length: int
    complexity: int
    nesting: int
    parameters: int


@dataclass(frozen=True, slots=True)
class FileFigures:
    """A file.

    Args:
        file: Where it is.
        lines: All its lines: the sum of the three that follow; see `Lines`.
        code: Those with code.
        comments: Those with nothing but a comment.
        blank: Those with nothing at all.
        classes: How many there are.
        functions: Each of them, methods and local functions too.
        documentable: The module (if there is something in it), and the public classes and functions in it.
        documented: How many of those have a docstring.
        annotatable: Parameters (but for `self` and `cls`) and returns.
        annotated: How many of those have an annotation.
        imports: What it imports.
    """

    file: str
    lines: int
    code: int
    comments: int
    blank: int
    classes: int
    functions: tuple[FunctionFigures, ...]
    documentable: int
    documented: int
    annotatable: int
    annotated: int
    imports: tuple[Import, ...]


@dataclass(slots=True)
class _Scope:
    """A module, class or function, while its inside is counted."""

    node: Definition
    name: str = ""
    outer: "_Scope | None" = None
    complexity: int = 1
    nesting: int = 0

    def count(self, node: ast.AST, depth: int) -> int:
        """Count a node, and return how deep its inside is."""
        kind = type(node)
        if kind in DECISIONS:
            self.complexity += DECISIONS[kind](node)
        if kind in BLOCKS:
            depth += 1
            self.nesting = max(self.nesting, depth)
        return depth


def measure(file: str, source: bytes) -> FileFigures:
    """Measure a file.

    Args:
        file: Its path, for the figures.
        source: What is in it.

    Raises:
        Unreadable: It is not Python source.
    """
    text = decode(source)
    tree = parse(text)
    scopes, literals = _counted(tree)
    lines = count_lines(text, literals)
    functions = [(scope, scope.node) for scope in scopes if isinstance(scope.node, Function)]
    docstrings = [_docstring(scope.node) for scope in scopes if _public(scope)]
    places = [place for scope, node in functions for place in _annotations(scope, node)]
    return FileFigures(
        file,
        lines.all,
        lines.code,
        lines.comments,
        lines.blank,
        sum(isinstance(scope.node, ast.ClassDef) for scope in scopes),
        tuple(sorted(_figures(file, scope, node) for scope, node in functions)),
        len(docstrings),
        len(docstrings) - docstrings.count(None),
        len(places),
        len(places) - places.count(None),
        imports_in(tree),
    )


def _counted(tree: ast.Module) -> tuple[list[_Scope], list[ast.expr]]:
    """Walk once through a tree; return its scopes with what was counted in them, and its literals."""
    module = _Scope(tree)
    scopes, literals = [module], list[ast.expr]()
    waiting: list[tuple[ast.AST, _Scope, int]] = [(child, module, 0) for child in tree.body]
    while waiting:
        node, scope, depth = waiting.pop()
        if isinstance(node, ast.ClassDef | Function):
            scope, depth = _Scope(node, f"{scope.name}.{node.name}".lstrip("."), scope), 0
            scopes.append(scope)
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            literals.append(node)
        else:
            depth = scope.count(node, depth)
        further = _elif(node) if isinstance(node, ast.If) else None
        children = [child for child in ast.iter_child_nodes(node) if type(child) not in LEAVES]
        waiting += [(child, scope, depth - 1 if child is further else depth) for child in children]
    return scopes, literals


def _elif(node: ast.If) -> ast.If | None:
    """Return the `elif` of an `if`: one in its `else` that begins in the same column."""
    first = node.orelse[0] if node.orelse else None
    return first if isinstance(first, ast.If) and first.col_offset == node.col_offset else None


def _takes_all(case: ast.match_case) -> bool:
    """Tell whether a case is `case _` or `case name`: the way that is left, and no decision."""
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


def _figures(file: str, scope: _Scope, node: Function) -> FunctionFigures:
    text = _docstring(node)
    described = 0 if text is None else (text.end_lineno or text.lineno) - text.lineno + 1
    length = max(1, (node.end_lineno or node.lineno) - node.lineno + 1 - described)
    parameters = len(_parameters(scope, node))
    return FunctionFigures(file, node.lineno, scope.name, length, scope.complexity, scope.nesting, parameters)


def _docstring(node: Definition) -> ast.expr | None:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value
    return None


def _public(scope: _Scope) -> bool:
    """Tell whether a definition should have a docstring (PEP 257): it is neither private, nor local, nor empty."""
    outer = scope.outer
    while outer is not None and not isinstance(outer.node, Function):
        outer = outer.outer
    private = any(part.startswith("_") for part in scope.name.split("."))
    return bool(scope.node.body) and outer is None and not private


def _annotations(scope: _Scope, node: Function) -> list[ast.expr | None]:
    """Return what stands at each place of a function that may be annotated."""
    return [*(parameter.annotation for parameter in _parameters(scope, node)), node.returns]


def _parameters(scope: _Scope, node: Function) -> list[ast.arg]:
    """List the parameters of a function, without the `self` or `cls` of a method."""
    positional = [*node.args.posonlyargs, *node.args.args]
    method = scope.outer is not None and isinstance(scope.outer.node, ast.ClassDef)
    static = any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in node.decorator_list)
    others = [node.args.vararg, *node.args.kwonlyargs, node.args.kwarg]
    return [*positional[method and not static :], *(parameter for parameter in others if parameter is not None)]
