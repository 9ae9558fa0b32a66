"""Observations: when Coupang said something new, and which evidence tells what.

What is held today is the last word of each box and receipt; earlier words of before this table are known by
the history only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "observation",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("evidence", postgresql.BYTEA(), nullable=False),
        sa.CheckConstraint("aggregate IN ('box', 'receipt', 'exchange')", name="observation_aggregate"),
        sa.PrimaryKeyConstraint("vendor_id", "aggregate", "aggregate_id", "at"),
    )
    for aggregate, table, key in (("box", "box", "shipment_box_id"), ("receipt", "receipt", "receipt_id")):
        op.execute(
            f"""INSERT INTO observation (vendor_id, aggregate, aggregate_id, at, evidence)
                SELECT vendor_id, '{aggregate}', {key}, market_seen_at, content_hash FROM {table}"""
        )


def downgrade() -> None:
    op.drop_table("observation")
