"""What people call trees and tasks: the beginning of an id, a key, TREE-PLACE or TREE:NAME."""

from motet.kernel.errors import NotFound
from motet.tasks.manager import TaskManager
from motet.tasks.model import Task, Tree

__all__ = ["find_any", "find_task", "find_tree"]


async def find_tree(manager: TaskManager, text: str) -> Tree:
    """Return the tree, with its tasks, whose id begins with a text, or whose key it is.

    Raises:
        NotFound: There is none, or more than one.
    """
    return await manager.tree(await manager.find(text))


async def find_task(manager: TaskManager, text: str) -> Task:
    """Return the task that is called TREE-PLACE or TREE:NAME.

    Raises:
        NotFound: There is none, or the tree or the name could be several.
    """
    refused: NotFound | None = None
    for tree_text, rest, named in _splits(text):
        tree_id = await _maybe(manager, tree_text)
        if tree_id is None:
            continue
        try:
            return _named(await manager.tree(tree_id), rest) if named else await manager.get(f"{tree_id}-{rest}")
        except NotFound as error:
            refused = refused or error
    raise refused or NotFound(
        f"{text!r} is no task: write TREE-PLACE or TREE:NAME; `motet tasks tree TREE` shows a tree's tasks", id=text
    )


async def find_any(manager: TaskManager, text: str) -> Tree | Task:
    """Return the tree or the task that a text means.

    Raises:
        NotFound: There is none, or more than one.
    """
    tree_id = await _maybe(manager, text)
    if tree_id is not None:
        return await manager.tree(tree_id)
    if not _splits(text):
        return await find_tree(manager, text)  # raises
    return await find_task(manager, text)


def _splits(text: str) -> list[tuple[str, str, bool]]:
    """Take a text apart in the ways that it could mean a task; keys and names may hold colons and dashes."""
    found = [
        (text[:place], text[place + 1 :], True)
        for place, letter in enumerate(text)
        if letter == ":" and text[:place] and text[place + 1 :]
    ]
    tree, _, place = text.rpartition("-")
    if tree and place.isascii() and place.isdigit():
        found.insert(0, (tree, place, False))
    return found


async def _maybe(manager: TaskManager, text: str) -> str | None:
    """Return the id of the tree that a text means; None where no tree is called anything like it.

    Raises:
        NotFound: It could be several.
    """
    found = await manager.store.find(text, 1)
    return await manager.find(text) if found else None


def _named(tree: Tree, name: str) -> Task:
    found = [task for task in tree.tasks if name in {task.name, task.id, f"{task.name} #{task.seq}"}]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(task.id for task in found[:10])
        raise NotFound(f"Several tasks of tree {tree.id} are called {name!r}: write one of {ids}", name=name)
    known = ", ".join(dict.fromkeys(task.name for task in tree.tasks[:20]))
    raise NotFound(f"Tree {tree.id} has no task {name!r}: it has {known}", name=name)
