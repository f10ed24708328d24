"""The call that created a tree."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the span of the call to trees."""
    op.add_column("motet_trees", sa.Column("caller", sa.Text))
