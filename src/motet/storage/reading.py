"""What is read from a database, each on a connection of its own and from one state of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from motet.storage.packing import hash_of, resolved, unpack
from motet.storage.rows import attempt_from, state_from, tree_from, written_from
from motet.storage.schema import ATTEMPTS, BLOBS, DEFINITIONS, STEPS, TASKS, TREES, WORKERS
from motet.storage.state import STATUSES, Stored
from motet.storage.values import decode
from motet.storage.written import Written, attempt_of, outline_from, task_of
from motet.tasks.model import Attempt, Task, Tree
from motet.tasks.outlines import Outline
from motet.tasks.status import Status

__all__ = [
    "adrift",
    "attempts",
    "changed",
    "counts",
    "find",
    "journal",
    "outlines",
    "owned",
    "results",
    "revisions",
    "task",
    "tasks_from",
    "tree",
    "workers",
]

Value = TypeVar("Value")

MANY = 500
"""Values that one IN takes at most."""

# Written once: building a statement takes longer than SQLite takes to answer it.
_TREE: Final = select(TREES).where(TREES.c.id == bindparam("tree_id"))
_TASKS: Final = select(TASKS).where(TASKS.c.tree_id == bindparam("tree_id")).order_by(TASKS.c.seq)
_DEFINITIONS: Final = select(DEFINITIONS).where(DEFINITIONS.c.tree_id == bindparam("tree_id"))


def tree(connection: Connection, tree_id: str, tasks: bool) -> Tree | None:
    """Read a tree."""
    row = connection.execute(_TREE, {"tree_id": tree_id}).first()
    if row is None:
        return None
    found = tree_from(row)
    if tasks:
        rows = connection.execute(_TASKS, {"tree_id": tree_id}).fetchall()
        object.__setattr__(found, "tasks", tuple(tasks_from(connection, rows, found)))  # nobody else has it yet
    return found


def tasks_from(connection: Connection, rows: Sequence[Sequence[Any]], whole: Tree | None = None) -> list[Task]:
    """Read what else belongs to rows of the table of tasks, and make tasks of them.

    Args:
        connection: Where to read it.
        rows: The rows.
        whole: Their tree, where they are all of its tasks.

    Definitions are read apart and not joined: right after a large tree was stored, PostgreSQL does not yet know how
    large it is, and may join it in a way that takes the square of its size.
    """
    states = {(row[0], row[1]): state_from(row[2:]) for row in rows}
    seqs: dict[str, list[int]] = {}
    for tree_id, seq in states:
        seqs.setdefault(tree_id, []).append(seq)
    written = {
        (tree_id, one.seq): one
        for tree_id, some in seqs.items()
        for one in _definitions(connection, tree_id, None if whole is not None else some)
    }
    values = (
        (place[0], value)
        for place, state in states.items()
        for value in (written[place].inputs, state.result, state.error, state.question)
    )
    blobs = _blobs(connection, values)
    if blobs:
        for place, state in states.items():
            state.result, state.error = resolved(state.result, blobs), resolved(state.error, blobs)
            state.question = resolved(state.question, blobs)
            written[place] = written[place]._replace(inputs=resolved(written[place].inputs, blobs))
    times = {whole.id: whole.created_at} if whole is not None else {row[0]: row[1] for row in _times(connection, seqs)}
    return [task_of(place[0], times[place[0]], written[place], state) for place, state in states.items()]


def _definitions(connection: Connection, tree_id: str, seqs: list[int] | None) -> Iterator[Written]:
    """Read the definitions of tasks; of the whole tree where no places are given."""
    few = seqs is not None and len(seqs) <= MANY
    query = _DEFINITIONS.where(DEFINITIONS.c.seq.in_(seqs or ())) if few else _DEFINITIONS
    for row in connection.execute(query, {"tree_id": tree_id}):
        yield written_from(row[1:])


def _times(connection: Connection, tree_ids: Iterable[str]) -> Iterator[Sequence[Any]]:
    created = select(TREES.c.id, TREES.c.created_at)
    for part in _parts(tree_ids):
        yield from connection.execute(created.where(TREES.c.id.in_(part)))


def _blobs(connection: Connection, values: Iterable[tuple[str, Stored]]) -> dict[str, bytes]:
    """Read what values refer to, by what it is known by."""
    wanted: dict[str, set[str]] = {}
    for tree_id, value in values:
        if value is not None and (known := hash_of(value)) is not None:
            wanted.setdefault(tree_id, set()).add(known)
    return {
        known: unpack(bytes(data))
        for tree_id, hashes in wanted.items()
        for part in _parts(hashes)
        for known, data in connection.execute(
            select(BLOBS.c.hash, BLOBS.c.data).where(BLOBS.c.tree_id == tree_id, BLOBS.c.hash.in_(part))
        )
    }


def _parts(values: Iterable[Value]) -> Iterable[list[Value]]:
    listed = list(dict.fromkeys(values))
    return (listed[begin : begin + MANY] for begin in range(0, len(listed), MANY))


def outlines(connection: Connection, tree_id: str) -> tuple[Tree, Sequence[Outline]] | None:
    """Read a tree and the outlines of its tasks, without inputs and results."""
    found = tree(connection, tree_id, tasks=False)
    if found is None:
        return None
    d, t = DEFINITIONS.c, TASKS.c
    plans = {
        seq: rest
        for seq, *rest in connection.execute(select(d.seq, d.name, d.executor, d.plan).where(d.tree_id == tree_id))
    }
    states = select(t.seq, t.status, t.wake_at, t.owner, t.attempt).where(t.tree_id == tree_id).order_by(t.seq)
    return found, [outline_from((seq, *plans[seq], *rest)) for seq, *rest in connection.execute(states)]


def task(connection: Connection, tree_id: str, seq: int) -> Task | None:
    """Read one task."""
    where = and_(TASKS.c.tree_id == tree_id, TASKS.c.seq == seq)
    rows = connection.execute(select(TASKS).where(where)).fetchall()
    return next(iter(tasks_from(connection, rows)), None)


def changed(connection: Connection, tree_id: str, since: int) -> tuple[Tree, Sequence[Task]] | None:
    """Read a tree, and its tasks that have changed after a revision."""
    found = tree(connection, tree_id, tasks=False)
    if found is None:
        return None
    where = and_(TASKS.c.tree_id == tree_id, TASKS.c.revision > since)
    rows = connection.execute(select(TASKS).where(where).order_by(TASKS.c.seq)).fetchall()
    return found, tasks_from(connection, rows)


def revisions(connection: Connection, tree_ids: Iterable[str]) -> Mapping[str, int]:
    """Read the revisions of trees."""
    columns = select(TREES.c.id, TREES.c.revision)
    return {
        tree_id: revision
        for part in _parts(tree_ids)
        for tree_id, revision in connection.execute(columns.where(TREES.c.id.in_(part)))
    }


def results(connection: Connection, tree_id: str, seqs: Iterable[int]) -> Mapping[int, object]:
    """Read the results of completed tasks."""
    columns = select(TASKS.c.seq, TASKS.c.result).where(TASKS.c.tree_id == tree_id, TASKS.c.result.is_not(None))
    found = [
        cast("tuple[int, str]", tuple(row))
        for part in _parts(seqs)
        for row in connection.execute(columns.where(TASKS.c.seq.in_(part)))
    ]
    blobs = _blobs(connection, ((tree_id, result) for _, result in found))
    return {seq: _decoded(result, blobs) for seq, result in found}


def journal(connection: Connection, tree_id: str, seq: int) -> Mapping[str, object]:
    """Read what a task has recorded."""
    columns = select(STEPS.c.key, STEPS.c.value).where(STEPS.c.tree_id == tree_id, STEPS.c.seq == seq)
    found = [(key, unpack(bytes(value))) for key, value in connection.execute(columns)]
    blobs = _blobs(connection, ((tree_id, value) for _, value in found))
    return {key: _decoded(value, blobs) for key, value in found}


def attempts(connection: Connection, tree_id: str, seq: int) -> Sequence[Attempt]:
    """Read the attempts of a task that are over."""
    where = and_(ATTEMPTS.c.tree_id == tree_id, ATTEMPTS.c.seq == seq)
    rows = connection.execute(select(ATTEMPTS).where(where).order_by(ATTEMPTS.c.number))
    found = [attempt_from(row[2:]) for row in rows]
    blobs = _blobs(connection, ((tree_id, value) for row in found for value in (row.inputs, row.error)))
    return [
        attempt_of(row._replace(inputs=resolved(row.inputs, blobs), error=resolved(row.error, blobs))) for row in found
    ]


def _decoded(stored: Stored, blobs: Mapping[str, bytes]) -> object:
    value = resolved(stored, blobs)
    return None if value is None else decode(value)


def find(connection: Connection, text: str, limit: int) -> Sequence[str]:
    """Read the ids of trees that begin with a text, or have it as their key; that one first."""
    begins = func.substr(TREES.c.id, 1, len(text)) == text
    if text:
        begins = and_(TREES.c.id >= text, begins)
    keyed = list(connection.scalars(select(TREES.c.id).where(TREES.c.key == text)))
    some = connection.scalars(select(TREES.c.id).where(begins).order_by(TREES.c.id).limit(limit))
    return [*keyed, *(tree_id for tree_id in some if tree_id not in keyed)][:limit]


def counts(connection: Connection, tree_id: str | None) -> Mapping[Status, int]:
    """Count tasks by status."""
    columns = select(TASKS.c.status, func.count()).group_by(TASKS.c.status)
    rows = connection.execute(columns if tree_id is None else columns.where(TASKS.c.tree_id == tree_id))
    return {STATUSES[status]: count for status, count in rows}


def workers(connection: Connection) -> Sequence[tuple[str, float, str, int]]:
    """Read the leases."""
    rows = connection.execute(select(WORKERS).order_by(WORKERS.c.owner))
    return [(owner, lease, host, pid) for owner, lease, host, pid in rows]


def owned(connection: Connection, owners: Iterable[str], tree_ids: Iterable[str] | None) -> Sequence[Task]:
    """Read the tasks in progress that belong to one of these owners."""
    running = TASKS.c.status == Status.IN_PROGRESS.value
    wanted = [and_(running, TASKS.c.owner.in_(part)) for part in _parts(owners)]
    if not wanted:
        return []
    among: list[ColumnElement[bool]] = [or_(*wanted)]
    if tree_ids is not None:
        among = [and_(or_(*wanted), TASKS.c.tree_id.in_(part)) for part in _parts(tree_ids)]
    rows = [row for condition in among for row in connection.execute(select(TASKS).where(condition))]
    return sorted(tasks_from(connection, rows), key=lambda found: (found.tree_id, found.seq))


def adrift(connection: Connection, alive: Iterable[str], limit: int) -> Sequence[Tree]:
    """Read trees in progress that nobody of `alive` drives, the oldest first."""
    lost = or_(TREES.c.owner.is_(None), TREES.c.owner.not_in(list(alive)))
    rows = connection.execute(
        select(TREES)
        .where(TREES.c.status == Status.IN_PROGRESS.value, lost)
        .order_by(TREES.c.created_at, TREES.c.id)
        .limit(limit)
    )
    return [tree_from(row) for row in rows]
