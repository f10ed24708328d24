"""Lists of trees and tasks, page by page."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, or_, select

from motet.storage.cursors import read_cursor, write_cursor
from motet.storage.matching import folded
from motet.storage.reading import tasks_from
from motet.storage.rows import tree_from
from motet.storage.schema import DEFINITIONS, TASKS, TREES
from motet.tasks.ports import Filter, Page

__all__ = ["list_tasks", "list_trees"]


def list_trees(connection: Connection, which: Filter, limit: int, cursor: str | None) -> Page:
    """List trees, the newest first."""
    t = TREES.c
    query = select(TREES).where(*_surroundings(which), *_named(which, TREES))
    if which.statuses:
        query = query.where(t.status.in_([status.value for status in which.statuses]))
    if which.executor is not None:
        query = query.where(exists().where(DEFINITIONS.c.tree_id == t.id, DEFINITIONS.c.executor == which.executor))
    if (begin := read_cursor(cursor)) is not None:
        query = query.where(_older(begin[0], begin[1]))
    rows = connection.execute(query.order_by(t.created_at.desc(), t.id.desc()).limit(limit + 1)).fetchall()
    trees = [tree_from(row) for row in rows[:limit]]
    more = len(rows) > limit > 0
    return Page(write_cursor((trees[-1].created_at, trees[-1].id, 0)) if more else None, trees=tuple(trees))


def list_tasks(connection: Connection, which: Filter, limit: int, cursor: str | None) -> Page:
    """List tasks, those of the newest trees first."""
    t = TREES.c
    query = select(TASKS).join(TREES, t.id == TASKS.c.tree_id).where(*_surroundings(which))
    if which.name or which.executor is not None:
        together = and_(TASKS.c.tree_id == DEFINITIONS.c.tree_id, TASKS.c.seq == DEFINITIONS.c.seq)
        query = query.join(DEFINITIONS, together).where(*_named(which, DEFINITIONS))
    if which.statuses:
        query = query.where(TASKS.c.status.in_([status.value for status in which.statuses]))
    if which.executor is not None:
        query = query.where(DEFINITIONS.c.executor == which.executor)
    if (begin := read_cursor(cursor)) is not None:
        created_at, tree_id, seq = begin
        query = query.where(or_(_older(created_at, tree_id), and_(t.id == tree_id, TASKS.c.seq > seq)))
    query = query.order_by(t.created_at.desc(), t.id.desc(), TASKS.c.seq).limit(limit + 1)
    tasks = tasks_from(connection, connection.execute(query).fetchall())
    more = len(tasks) > limit > 0
    tasks = tasks[:limit]
    following = write_cursor((tasks[-1].created_at, tasks[-1].tree_id, tasks[-1].seq)) if more else None
    return Page(following, tasks=tuple(tasks))


def _older(created_at: float, tree_id: str) -> ColumnElement[bool]:
    t = TREES.c
    # The first comparison alone lets the index be used.
    return and_(t.created_at <= created_at, or_(t.created_at < created_at, t.id < tree_id))


def _surroundings(which: Filter) -> Iterator[ColumnElement[bool]]:
    t = TREES.c
    if which.tree_id is not None:
        yield t.id == which.tree_id
    if which.user is not None:
        yield t.user == which.user
    if which.created_after is not None:
        yield t.created_at >= which.created_after
    if which.created_before is not None:
        yield t.created_at < which.created_before


def _named(which: Filter, table: Table) -> Iterator[ColumnElement[bool]]:
    if not which.name:
        return
    name = func.coalesce(table.c.folded, table.c.name)
    # Not LIKE: what is looked for may have signs in it that mean something there.
    yield func.replace(name, folded(which.name), "") != name
