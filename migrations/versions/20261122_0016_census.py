"""The nightly census."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIME = postgresql.TIMESTAMP(timezone=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "census",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("census_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("window_start", TIME, nullable=False),
        sa.Column("window_end", TIME, nullable=False),
        sa.Column("history_from", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        _count("boxes"),
        _count("missing"),
        _count("behind"),
        _count("vanished"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.vendor_id"]),
        sa.PrimaryKeyConstraint("vendor_id", "census_id"),
    )
    op.create_index(
        "census_open", "census", ["vendor_id"], unique=True, postgresql_where=sa.text("finished_at IS NULL")
    )
    op.create_table(
        "census_finding",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("census_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", TIME, nullable=True),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('missing', 'behind', 'vanished')", name="census_finding_kind"),
        sa.ForeignKeyConstraint(
            ["vendor_id", "census_id"], ["census.vendor_id", "census.census_id"], name="census_finding_of"
        ),
        sa.PrimaryKeyConstraint("vendor_id", "census_id", "kind", "aggregate", "aggregate_id"),
    )


def downgrade() -> None:
    op.drop_table("census_finding")
    op.drop_table("census")
