"""The spans of trees and attempts within their trace: made of their ids, so that every process knows the same ones."""

from hashlib import blake2b

from motet.tasks.model import Tree, task_id_of

__all__ = ["attempt_span", "tree_span"]


def tree_span(tree_id: str) -> str:
    """Return the span of a tree, 16 hexadecimal digits."""
    return _span(tree_id)


def attempt_span(tree: Tree | str, seq: int, attempt: int) -> str:
    """Return the span of an attempt of a task, 16 hexadecimal digits; empty before the first one.

    Args:
        tree: The tree, or its id.
        seq: The task's place in it.
        attempt: Which attempt, from 1.
    """
    tree_id = tree if isinstance(tree, str) else tree.id
    return _span(f"{task_id_of(tree_id, seq)}#{attempt}") if attempt else ""


def _span(text: str) -> str:
    digits = blake2b(text.encode(), digest_size=8).hexdigest()
    return digits if int(digits, 16) else f"{1:016x}"  # a span is never all zeros
