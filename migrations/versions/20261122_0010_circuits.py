"""The circuit breaker of the fleet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("vendor", sa.Column("stopped_kind", sa.Text(), nullable=True))
    op.add_column("vendor", sa.Column("errors", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("vendor", sa.Column("errors_since", TIME, nullable=True))
    op.create_table(
        "circuit",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("trips", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("probing", sa.Text(), nullable=True),
        sa.Column("probing_until", TIME, nullable=True),
        sa.CheckConstraint("name = 'everything'", name="circuit_name"),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("circuit")
    op.drop_column("vendor", "errors_since")
    op.drop_column("vendor", "errors")
    op.drop_column("vendor", "stopped_kind")
