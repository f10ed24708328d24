"""What TARGET of `motet run` names."""

from enum import Enum, auto

__all__ = ["Kind", "kind_of"]


class Kind(Enum):
    """What is to be run."""

    AGENT = auto()
    TREE = auto()
    EXECUTOR = auto()


def kind_of(target: str | None, tasks: str | None = None) -> Kind | str:
    """Tell what is to be run.

    Args:
        target: TARGET as the user wrote it.
        tasks: What follows --tasks.

    Returns:
        The kind, or a sentence that says what is wrong.
    """
    if tasks is not None:
        return Kind.TREE if target is None else f"--tasks stands in place of TARGET: leave {target} out, or --tasks"
    if not target:
        return "say what to run: FILE.py:NAME, FILE.json, the id of an executor, or --tasks '[...]'"
    if target == "-" or target.endswith(".json"):
        return Kind.TREE
    path = any(sign in target for sign in ":/\\")
    return Kind.AGENT if path or target.endswith(".py") else Kind.EXECUTOR
