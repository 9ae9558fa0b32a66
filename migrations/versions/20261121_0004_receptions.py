"""Receptions: where the goods of a return are, and what their inspection found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = "state IN ('EXPECTED', 'PICKED_UP', 'ARRIVED', 'PASSED', 'DISPUTED', 'NOT_COMING')"


def upgrade() -> None:
    op.create_table(
        "reception",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "inspection",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.CheckConstraint("subject IN ('return', 'exchange')", name="reception_subject"),
        sa.CheckConstraint(STATES, name="reception_state"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.vendor_id"]),
        sa.PrimaryKeyConstraint("vendor_id", "subject", "subject_id"),
    )
    op.create_index(
        "reception_awaited",
        "reception",
        ["vendor_id", "subject", "subject_id"],
        postgresql_where=sa.text("state IN ('EXPECTED', 'PICKED_UP')"),
    )
    op.drop_constraint("history_aggregate", "history", type_="check")
    op.create_check_constraint(
        "history_aggregate",
        "history",
        "aggregate IN ('box', 'effect', 'cancel', 'return', 'return_reception', 'exchange_reception')",
    )


def downgrade() -> None:
    # History is append-only, also for whoever goes back: its rows of receptions stay.
    op.drop_constraint("history_aggregate", "history", type_="check")
    op.execute(
        "ALTER TABLE history ADD CONSTRAINT history_aggregate "
        "CHECK (aggregate IN ('box', 'effect', 'cancel', 'return')) NOT VALID"
    )
    op.drop_table("reception")
