"""Readings are kept for some weeks: the old ones are found by their time."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Readings are added in the order of their time, so the smallest of indexes finds them.
    op.create_index("poll_run_time", "poll_run", ["finished_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("poll_run_time", table_name="poll_run")
