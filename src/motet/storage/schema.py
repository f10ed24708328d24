"""The tables of a database, and the number of their version.

What changes with every step of a task is apart from what stays as it was defined, so that little is written again.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "ANSWERS",
    "ATTEMPTS",
    "BINDINGS",
    "BLOBS",
    "DEFINITIONS",
    "EVENTS",
    "METADATA",
    "OF_A_TREE",
    "STEPS",
    "TASKS",
    "TRACES",
    "TREES",
    "VERSIONS",
    "VERSION_TABLE",
    "WORKERS",
]

VERSIONS: Final = ("0001", "0002", "0003")
"""The migrations, in order; the last one leads to the tables below."""

VERSION_TABLE: Final = "motet_version"
"""Where a database says which of them it has; the migrations know it by this name."""

METADATA: Final = MetaData()

TREES = Table(
    "motet_trees",
    METADATA,
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("folded", Text),  # the name as names are compared, where that differs
    Column("root", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("key", Text),
    Column("user", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("owner", Text),
    Column("revision", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("ended_at", Double),
    Column("caller", Text),
    Column("sampled", Boolean),
    PrimaryKeyConstraint("id", name="motet_trees_pk"),
    UniqueConstraint("key", name="motet_trees_key"),
)
Index("motet_trees_created", TREES.c.created_at, TREES.c.id)

TASKS = Table(
    "motet_tasks",
    METADATA,
    Column("tree_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Column("result", Text),
    Column("error", Text),
    Column("progress", Double, nullable=False),
    Column("message", Text, nullable=False),
    Column("question", Text),
    Column("owner", Text),
    Column("ended_by", Text),
    Column("wake_at", Double),
    Column("started_at", Double),
    Column("ended_at", Double),
    Column("revision", BigInteger, nullable=False),
    PrimaryKeyConstraint("tree_id", "seq", name="motet_tasks_pk"),
)

DEFINITIONS = Table(
    "motet_definitions",
    METADATA,
    Column("tree_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("folded", Text),
    Column("executor", Text),
    Column("plan", Text, nullable=False),
    Column("inputs", Text),
    Column("not_before", Double),
    PrimaryKeyConstraint("tree_id", "seq", name="motet_definitions_pk"),
)

ATTEMPTS = Table(
    "motet_attempts",
    METADATA,
    Column("tree_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("inputs", Text),
    Column("started_at", Double),
    Column("ended_at", Double, nullable=False),
    Column("error", Text),
    PrimaryKeyConstraint("tree_id", "seq", "number", name="motet_attempts_pk"),
)

STEPS = Table(
    "motet_steps",
    METADATA,
    Column("tree_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tree_id", "seq", "key", name="motet_steps_pk"),
)

BLOBS = Table(
    "motet_blobs",
    METADATA,
    Column("tree_id", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tree_id", "hash", name="motet_blobs_pk"),
)

WORKERS = Table(
    "motet_workers",
    METADATA,
    Column("owner", Text, nullable=False),
    Column("lease", Double, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    PrimaryKeyConstraint("owner", name="motet_workers_pk"),
)

EVENTS = Table(
    "motet_events",
    METADATA,
    Column("trace", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("record", Text, nullable=False),
    PrimaryKeyConstraint("trace", "number", name="motet_events_pk"),
)

TRACES = Table(
    "motet_traces",
    METADATA,
    Column("trace", Text, nullable=False),
    Column("events", Integer, nullable=False),
    Column("written_at", Double, nullable=False),
    PrimaryKeyConstraint("trace", name="motet_traces_pk"),
)

BINDINGS = Table(
    "motet_bindings",
    METADATA,
    Column("trace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("trace", "name", name="motet_bindings_pk"),
)

ANSWERS = Table(
    "motet_answers",
    METADATA,
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("key", name="motet_answers_pk"),
)

OF_A_TREE: Final = (TASKS, DEFINITIONS, ATTEMPTS, STEPS, BLOBS)
"""The tables whose rows go with their tree."""
