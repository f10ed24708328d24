"""What a source imports, read from its code: at the top, in functions, under conditions."""

import dis
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType

__all__ = ["Wanted", "absolute", "all_candidates", "candidates", "imported", "meant"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One import.

    Args:
        module: The absolute name of a module.
        names: What is taken from it; nothing where the module itself is.
    """

    module: str
    names: tuple[str, ...] = ()


def imported(code: CodeType, package: str) -> frozenset[Wanted]:
    """Read the imports of a source.

    Args:
        code: What it was compiled to. Its syntax tree would do as well, but making one in a thread disturbs others that
            make one meanwhile, such as those of the user's own functions (CPython issue 106905).
        package: The package that relative imports start from; "" for none.
    """
    return frozenset(_imported(code, package))


def _imported(code: CodeType, package: str) -> Iterator[Wanted]:
    steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
    for dots, names, step in zip(steps, steps[1:], steps[2:], strict=False):
        if step.opname == "IMPORT_NAME":
            module = absolute(step.argval, dots.argval, package)
            if module:
                yield Wanted(module, names.argval or ())
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _imported(inner, package)


def absolute(name: str, dots: int, package: str) -> str:
    """Return the absolute name of a module that is imported; "" where there is none, as the statement itself will say.

    Args:
        name: What stands behind the dots.
        dots: How many stand in front of it.
        package: The package that relative imports start from; "" for none.
    """
    if not dots:
        return name
    try:
        return importlib.util.resolve_name("." * dots + name, package)
    except ImportError:
        return ""


def candidates(wanted: Wanted) -> frozenset[str]:
    """Return the names of every module that an import may load."""
    steps = wanted.module.split(".")
    ways = (".".join(steps[: length + 1]) for length in range(len(steps)))
    return frozenset((*ways, *(f"{wanted.module}.{name}" for name in wanted.names if name != "*")))


def all_candidates(imports: Iterable[Iterable[Wanted]]) -> set[str]:
    """Return the names of every module that the imports of some modules may load."""
    return {name for wants in imports for wanted in wants for name in candidates(wanted)}


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
