"""Holds, and the index that finds the boxes a waybill number was used for.

Whoever has an uncommitted migration on top of 0003: set its `down_revision` to the newest committed one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("released_at", TIME, nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["vendor_id", "shipment_box_id"], ["box.vendor_id", "box.shipment_box_id"], name="hold_box"
        ),
        sa.PrimaryKeyConstraint("vendor_id", "hold_id"),
    )
    op.create_index("hold_of", "hold", ["vendor_id", "shipment_box_id", "hold_id"])
    op.create_index(
        "hold_open",
        "hold",
        ["vendor_id", "shipment_box_id", "expires_at"],
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.add_column("receiver", sa.Column("place", postgresql.BYTEA(), nullable=True))
    op.create_index(
        "box_waybill",
        "box",
        ["vendor_id", "invoice_number"],
        postgresql_where=sa.text("invoice_number IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("box_waybill", table_name="box")
    op.drop_column("receiver", "place")
    op.drop_table("hold")
