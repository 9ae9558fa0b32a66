"""Empty answers that contradicted what we hold."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("poll_run", sa.Column("contradicted", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "poll_run_contradicted",
        "poll_run",
        ["vendor_id", "feed"],
        unique=False,
        postgresql_where=sa.text("contradicted > 0"),
    )


def downgrade() -> None:
    op.drop_index("poll_run_contradicted", table_name="poll_run")
    op.drop_column("poll_run", "contradicted")
