"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "motet_trees",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text),
        sa.Column("root", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("extra", sa.Text, nullable=False),
        sa.Column("trace", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="motet_trees_pk"),
        sa.UniqueConstraint("key", name="motet_trees_key"),
    )
    op.create_index("motet_trees_created", "motet_trees", ["created_at", "id"])
    op.create_table(
        "motet_tasks",
        sa.Column("tree_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("progress", sa.Double, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("question", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("wake_at", sa.Double),
        sa.Column("started_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tree_id", "seq", name="motet_tasks_pk"),
    )
    op.create_table(
        "motet_definitions",
        sa.Column("tree_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text),
        sa.Column("executor", sa.Text),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text),
        sa.Column("not_before", sa.Double),
        sa.PrimaryKeyConstraint("tree_id", "seq", name="motet_definitions_pk"),
    )
    op.create_table(
        "motet_attempts",
        sa.Column("tree_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text),
        sa.Column("started_at", sa.Double),
        sa.Column("ended_at", sa.Double, nullable=False),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("tree_id", "seq", "number", name="motet_attempts_pk"),
    )
    op.create_table(
        "motet_steps",
        sa.Column("tree_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tree_id", "seq", "key", name="motet_steps_pk"),
    )
    op.create_table(
        "motet_blobs",
        sa.Column("tree_id", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tree_id", "hash", name="motet_blobs_pk"),
    )
    op.create_table(
        "motet_workers",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease", sa.Double, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="motet_workers_pk"),
    )
    _create_tables_of_traces()


def _create_tables_of_traces() -> None:
    op.create_table(
        "motet_events",
        sa.Column("trace", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("trace", "number", name="motet_events_pk"),
    )
    op.create_table(
        "motet_traces",
        sa.Column("trace", sa.Text, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("written_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("trace", name="motet_traces_pk"),
    )
    op.create_table(
        "motet_bindings",
        sa.Column("trace", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("trace", "name", name="motet_bindings_pk"),
    )
    op.create_table(
        "motet_answers",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="motet_answers_pk"),
    )
