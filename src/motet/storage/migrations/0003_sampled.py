"""Whether the call that created a tree is recorded by those who trace by other means."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add that to trees."""
    op.add_column("motet_trees", sa.Column("sampled", sa.Boolean))
