"""Which of the user's modules imports which, and what has to be loaded again when some of them change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from motet.devtools.imported import Wanted, candidates, meant

__all__ = ["Facts", "affected", "importers", "reachable", "wanting"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a module.

    Args:
        wants: What its source imports.
        holds: The modules that it has something of, however it came by that: by a dynamic import, or as the package
            around them.
        inner: The names in it that are modules in it.
    """

    wants: frozenset[Wanted] = frozenset()
    holds: frozenset[str] = frozenset()
    inner: frozenset[str] = frozenset()


def importers(modules: Mapping[str, Facts]) -> dict[str, set[str]]:
    """Return for each module the names of those that import it."""
    known = {name: facts.inner for name, facts in modules.items()}
    found: dict[str, set[str]] = {name: set() for name in modules}
    for name, facts in modules.items():
        for wanted in facts.wants:
            for other in meant(wanted, known) - {name}:
                found[other].add(name)
        for other in facts.holds & found.keys() - {name}:
            found[other].add(name)
    return found


def affected(modules: Mapping[str, Facts], changed: Iterable[str], entry: str) -> frozenset[str]:
    """Tell which modules have to be loaded again.

    Args:
        modules: All of the user's modules.
        changed: Those whose source is another one, or gone.
        entry: The module that everything was loaded for. What nobody is seen to import, it has loaded somehow.

    Returns:
        What changed, and everything that imports it, directly or not.
    """
    users = importers(modules)
    found: set[str] = set()
    ahead = [name for name in changed if name in modules]
    ahead += [entry] if ahead and entry in modules else []
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += users[name]
    return frozenset(found)


def reachable(modules: Mapping[str, Facts], entry: str) -> frozenset[str]:
    """Tell which modules the entry imports, directly or not, and the packages around those."""
    users = importers(modules)
    below: dict[str, set[str]] = {name: {name.rpartition(".")[0]} & modules.keys() for name in modules}
    for name, imported_by in users.items():
        for user in imported_by:
            below[user].add(name)
    found: set[str] = set()
    ahead = [entry] if entry in modules else []
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += below[name]
    return frozenset(found)


def wanting(wants: Mapping[str, frozenset[Wanted]], names: Iterable[str]) -> frozenset[str]:
    """Tell which modules have an import that may load a module of one of these names.

    Args:
        wants: What each module imports.
        names: Of modules that need not be there.
    """
    names = frozenset(names)
    return frozenset(
        name for name, imports in wants.items() if names and any(candidates(wanted) & names for wanted in imports)
    )
