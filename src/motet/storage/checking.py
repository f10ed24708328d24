"""Whether a database is whole: its file, and what has to be true of what is stored in it."""

import zlib
from collections.abc import Container, Iterator, Mapping
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from motet.storage.packing import hash_of, unpack
from motet.storage.schema import ATTEMPTS, BLOBS, DEFINITIONS, STEPS, TASKS, TREES
from motet.storage.state import STATUSES
from motet.storage.values import decode
from motet.tasks.model import task_id_of
from motet.tasks.status import ENDED, Status

__all__ = ["problems"]

SOME: Final = 100
"""How many tasks with a problem of a kind are named; there may be millions."""

OVER: Final = [status.value for status in ENDED]
STARTED: Final = frozenset({Status.IN_PROGRESS, Status.INPUT_REQUIRED, Status.COMPLETED})


def problems(connection: Connection) -> list[str]:
    """List what is wrong, each in one sentence; nothing is changed."""
    found = list(_of_the_file(connection))
    if found:
        return found  # what stands in a damaged file says nothing
    return [*_of_rows(connection), *_of_trees(connection), *_of_dependencies(connection), *_of_values(connection)]


def _of_the_file(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for (said,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if said != "ok":
                yield f"The file is damaged: {said}"


def _of_rows(connection: Connection) -> Iterator[str]:
    t, status = TASKS.c, TASKS.c.status
    defined = exists().where(DEFINITIONS.c.tree_id == t.tree_id, DEFINITIONS.c.seq == t.seq)
    attempts = select(func.max(ATTEMPTS.c.number)).where(ATTEMPTS.c.tree_id == t.tree_id, ATTEMPTS.c.seq == t.seq)
    revision = select(TREES.c.revision).where(TREES.c.id == t.tree_id)
    rules: list[tuple[ColumnElement[bool], str]] = [
        (~exists().where(TREES.c.id == t.tree_id), "has no tree"),
        (~defined, "has no definition"),
        (and_(status == "completed", t.result.is_(None)), "is completed without a result"),
        (and_(status != "completed", t.result.is_not(None)), "has a result without being completed"),
        (and_(status == "in_progress", t.owner.is_(None)), "is in progress, and nobody owns it"),
        (and_(status != "in_progress", t.owner.is_not(None)), "is not in progress, and somebody owns it"),
        (and_(status.in_(OVER), t.ended_at.is_(None)), "ended at no time"),
        (and_(status.not_in(OVER), t.ended_at.is_not(None)), "has not ended, and yet at some time"),
        (attempts.scalar_subquery() > t.attempt, "has recorded more attempts than it had"),
        (t.revision > revision.scalar_subquery(), "is newer than its tree"),
    ]
    # All of them in one question, as to plan one is most of the work: mostly nothing is wrong.
    if connection.execute(select(t.seq).where(or_(*(rule for rule, _ in rules))).limit(1)).first() is None:
        return
    for rule, said in rules:
        for tree_id, seq in connection.execute(select(t.tree_id, t.seq).where(rule).limit(SOME)):
            yield f"Task {task_id_of(tree_id, seq)} {said}"


def _of_trees(connection: Connection) -> Iterator[str]:
    t = TREES.c
    count = select(func.count()).select_from(TASKS).where(TASKS.c.tree_id == t.id).scalar_subquery()
    for tree_id, total, there in connection.execute(select(t.id, t.total, count).where(t.total != count)):
        yield f"Tree {tree_id} has {there} tasks instead of {total}"
    unfinished = exists().where(TASKS.c.tree_id == t.id, TASKS.c.status.not_in(["completed", "skipped"]))
    for (tree_id,) in connection.execute(select(t.id).where(t.status == "completed", unfinished)):
        yield f"Tree {tree_id} is completed, and some of its tasks are not"
    for table in (DEFINITIONS, ATTEMPTS, STEPS):
        alone = ~exists().where(TASKS.c.tree_id == table.c.tree_id, TASKS.c.seq == table.c.seq)
        query = select(table.c.tree_id, table.c.seq).where(alone).distinct().limit(SOME)
        for tree_id, seq in connection.execute(query):
            yield f"Task {task_id_of(tree_id, seq)} is not there, and {table.name} knows of it"


def _of_dependencies(connection: Connection) -> Iterator[str]:
    """Check that nothing has begun before what it requires was completed."""
    t, d = TASKS.c, DEFINITIONS.c
    linked = and_(t.tree_id == d.tree_id, t.seq == d.seq)
    rows = connection.execute(
        select(t.tree_id, t.seq, t.status, d.plan).join(DEFINITIONS, linked).order_by(t.tree_id, t.seq)
    )
    current = ""
    statuses: dict[int, Status] = {}
    plans: dict[int, str] = {}
    for tree_id, seq, status, plan in rows:
        if tree_id != current:
            yield from _too_early(current, statuses, plans)
            current, statuses, plans = tree_id, {}, {}
        statuses[seq] = STATUSES[status]
        if statuses[seq] in STARTED and "dependencies" in plan:
            plans[seq] = plan
    yield from _too_early(current, statuses, plans)


def _too_early(tree_id: str, statuses: Mapping[int, Status], plans: Mapping[int, str]) -> Iterator[str]:
    for seq, plan in plans.items():
        for other, _, required in decode(plan).get("dependencies", ()):
            known = statuses.get(other)
            if required and known is not None and known is not Status.COMPLETED:
                yield (
                    f"Task {task_id_of(tree_id, seq)} is {statuses[seq]}, and what it requires, "
                    f"{task_id_of(tree_id, other)}, is {known}"
                )


def _of_values(connection: Connection) -> Iterator[str]:
    """Check that what values refer to is there, and that they can be read."""
    blobs = {(tree_id, known) for tree_id, known in connection.execute(select(BLOBS.c.tree_id, BLOBS.c.hash))}
    t = TASKS.c
    places = [
        (select(t.tree_id, t.seq, column).where(column.is_not(None)), column.name)
        for column in (t.result, t.error, t.question)
    ]
    places += [
        (select(table.c.tree_id, table.c.seq, table.c[name]).where(table.c[name].is_not(None)), name)
        for table, name in ((DEFINITIONS, "inputs"), (ATTEMPTS, "inputs"), (ATTEMPTS, "error"), (STEPS, "value"))
    ]
    for query, name in places:
        for tree_id, seq, value in connection.execute(query):
            if not _readable(tree_id, value, blobs):
                yield f"Task {task_id_of(tree_id, seq)} has lost a value of its {name}"


def _readable(tree_id: str, value: str | bytes, blobs: Container[tuple[str, str]]) -> bool:
    try:
        data = value if isinstance(value, str) else unpack(bytes(value))
        known = hash_of(data)
        if known is not None:
            return (tree_id, known) in blobs
        decode(data)
    except (ValueError, zlib.error):
        return False
    return True
