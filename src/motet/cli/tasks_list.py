"""`motet tasks list`: a table of trees."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from motet.cli.paper import WIDE, lay, table
from motet.cli.signals import Signals
from motet.cli.tasks_documents import tree_document
from motet.cli.tasks_go_on import GoOn
from motet.cli.tasks_session import Session
from motet.cli.tasks_setup import Setup
from motet.cli.tree_view import UNICODE, Marks, marks_for, status_text
from motet.devtools.words import moment, seconds
from motet.kernel.schema import ANY
from motet.tasks.manager import TaskManager
from motet.tasks.model import Tree
from motet.tasks.ports import Filter
from motet.tasks.status import Status

__all__ = ["ListOrder", "list_trees", "tree_table"]

PAGE = 100
"""How many trees are read at once where all are wanted."""

LEAST = 6
"""The narrowest column of names."""

_TIMES = {"took": 64, "created": 78}
"""How many columns a terminal has where these are shown."""

Counts = Mapping[Status, int]


@dataclass(frozen=True, slots=True)
class ListOrder:
    """Which trees to list.

    Args:
        statuses: In one of these; all unless given.
        name: Whose name contains this.
        user: Which belong to this user.
        limit: How many at most; None: all.
    """

    statuses: tuple[str, ...] = ()
    name: str = ""
    user: str | None = None
    limit: int | None = 20


def list_trees(order: ListOrder, setup: Setup, signals: Signals, *, json: bool, debug: bool) -> int:
    """List trees, the newest first."""

    async def work(session: Session, manager: TaskManager) -> int:
        trees, more = await _read(manager, order)
        counted = [(tree, await manager.counts(tree.id)) for tree in trees]
        if session.json:
            documents = [tree_document(tree, counts) for tree, counts in counted]
            session.show.result({"trees": documents, "more": more}, ANY)
        elif not counted:
            session.say("there are no such trees" if order != ListOrder() else "there are no trees yet")
        else:
            marks, width = marks_for(session.out.encoding), session.out.width(WIDE)
            lay(session.out, tree_table(counted, time.time(), marks, width))
            if more:
                session.say(f"these are the newest {len(trees)}; --limit N or --all shows more")
        return 0

    return GoOn(setup, signals, json=json, debug=debug).perform(work)


def tree_table(trees: Sequence[tuple[Tree, Counts]], now: float, marks: Marks = UNICODE, width: int = 100) -> Table:
    """Lay out trees with the numbers of their tasks.

    Args:
        trees: The trees.
        now: The wall-clock time.
        marks: What to draw with.
        width: How many columns there are; on a narrow terminal times are left out.
    """
    columns = ["id", "name", "status", "done", *[name for name, least in _TIMES.items() if width >= least]]
    made = table(*columns, right=("done", "took"), broken=("name",))
    made.columns[1].min_width = LEAST
    for tree, counts in trees:
        done = sum(number for status, number in counts.items() if status.ended)
        cells: list[RenderableType] = [
            tree.id,
            Text(tree.name),
            status_text(tree.status, marks),
            f"{done:,}/{tree.total:,}",
            _took(tree, now),
            moment(tree.created_at, now),
        ]
        made.add_row(*cells[: len(columns)])
    return made


def _took(tree: Tree, now: float) -> Text:
    if tree.started_at is None:
        return Text("")
    if tree.ended_at is None:
        return Text(seconds(max(0.0, now - tree.started_at)), "dim")
    return Text(seconds(tree.ended_at - tree.started_at))


async def _read(manager: TaskManager, order: ListOrder) -> tuple[list[Tree], bool]:
    """Read the trees page by page; tell whether there are more."""
    which = Filter(frozenset(map(Status, order.statuses)), order.name, order.user)
    trees: list[Tree] = []
    cursor: str | None = None
    while True:
        wanted = PAGE if order.limit is None else min(PAGE, order.limit - len(trees))
        page = await manager.trees(which, limit=wanted, cursor=cursor)
        trees += page.trees
        cursor = page.cursor
        if cursor is None or len(trees) == order.limit:
            return trees, cursor is not None
