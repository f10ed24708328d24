"""What a source imports, read from its code: at the top, in functions, under conditions."""

import dis
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType

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


def imported(code: CodeType, package: str) -> frozenset[Wanted]:
    """Read the imports of a source.

    Args:
        code: What it was compiled to. Its syntax tree would do as well, but making one in a thread disturbs others that
            make one meanwhile, such as those of the user's own functions (CPython issue 106905).
        package: The package that relative imports start from; "" for none.
    """
    return frozenset(_imported(code, package))


def _imported(code: CodeType, package: str) -> Iterator[Wanted]:
    before: list[dis.Instruction] = []  # the dots in front, and the names that are taken
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            dots, names = (each.argval for each in before)
            module = _absolute(instruction.argval, dots, package)
            if module:
                yield Wanted(module, names or ())
        if instruction.opname != "EXTENDED_ARG":
            before = [*before[-1:], instruction]
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _imported(inner, package)


def _absolute(name: str, dots: int, package: str) -> str:
    if not dots:
        return name
    around = package.split(".") if package else []
    around = around[: max(0, len(around) - dots + 1)]
    return ".".join([*around, *([name] if name else [])]) if around else ""


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
