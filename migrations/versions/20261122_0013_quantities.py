"""Quantities per line: what Coupang says beside what we count, and which claim holds what."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GOODS = (
    "returned >= 0 AND returned <= shipped AND returned <= cancelled "
    "AND shipped + cancelled - returned <= ordered"
)
MARKET = "market_held >= 0 AND market_cancelled >= 0 AND market_held + market_cancelled <= ordered"


def upgrade() -> None:
    for name in ("shipped", "returned"):
        op.add_column("line", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    for name in ("market_held", "market_cancelled"):
        op.add_column("line", sa.Column(name, sa.BigInteger(), nullable=True))
    op.execute("UPDATE line SET market_held = held, market_cancelled = cancelled")
    op.execute(
        """UPDATE line l SET shipped = ordered - cancelled FROM box b
           WHERE b.vendor_id = l.vendor_id AND b.shipment_box_id = l.shipment_box_id
             AND b.state NOT IN ('ACCEPT', 'INSTRUCT', 'CANCELLED')"""
    )
    op.alter_column("line", "market_held", nullable=False)
    op.alter_column("line", "market_cancelled", nullable=False)
    op.create_check_constraint("line_goods", "line", GOODS)
    op.create_check_constraint("line_market", "line", MARKET)
    op.drop_index("box_order", table_name="box")
    op.create_unique_constraint("box_order", "box", ["vendor_id", "order_id", "shipment_box_id"])
    op.drop_index("receipt_order", table_name="receipt")
    op.create_unique_constraint("receipt_order", "receipt", ["vendor_id", "order_id", "receipt_id"])
    op.create_unique_constraint(
        "receipt_line_claim",
        "receipt_line",
        ["vendor_id", "receipt_id", "shipment_box_id", "vendor_item_id", "count"],
    )
    op.create_table(
        "share",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("named_box_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vendor_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.CheckConstraint("count > 0 AND count <= claimed", name="share_count"),
        sa.CheckConstraint("kind IN ('STOP', 'RETURN')", name="share_kind"),
        sa.ForeignKeyConstraint(
            ["vendor_id", "receipt_id", "named_box_id", "vendor_item_id", "claimed"],
            [
                "receipt_line.vendor_id",
                "receipt_line.receipt_id",
                "receipt_line.shipment_box_id",
                "receipt_line.vendor_item_id",
                "receipt_line.count",
            ],
            name="share_claim",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "shipment_box_id", "vendor_item_id"],
            ["line.vendor_id", "line.shipment_box_id", "line.vendor_item_id"],
            name="share_line",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "order_id", "shipment_box_id"],
            ["box.vendor_id", "box.order_id", "box.shipment_box_id"],
            name="share_box",
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "order_id", "receipt_id"],
            ["receipt.vendor_id", "receipt.order_id", "receipt.receipt_id"],
            name="share_receipt",
        ),
        sa.PrimaryKeyConstraint(
            "vendor_id", "receipt_id", "named_box_id", "vendor_item_id", "shipment_box_id"
        ),
    )
    op.create_index("share_by_line", "share", ["vendor_id", "shipment_box_id", "vendor_item_id"])
    op.create_index("share_by_order", "share", ["vendor_id", "order_id"])
    # Boxes that are claimed already are read again, and their claims matched with what is read.
    op.execute(
        """UPDATE box b SET content_hash = ''::bytea, next_read_at = least(next_read_at, market_seen_at)
           WHERE b.state <> 'CANCELLED' AND EXISTS (
             SELECT FROM receipt r WHERE r.vendor_id = b.vendor_id AND r.order_id = b.order_id)"""
    )


def downgrade() -> None:
    op.drop_table("share")
    op.drop_constraint("receipt_line_claim", "receipt_line")
    op.drop_constraint("receipt_order", "receipt")
    op.create_index("receipt_order", "receipt", ["vendor_id", "order_id"])
    op.drop_constraint("box_order", "box")
    op.create_index("box_order", "box", ["vendor_id", "order_id"])
    op.execute("UPDATE line SET held = market_held, cancelled = market_cancelled, shipped = 0, returned = 0")
    for name in ("market_cancelled", "market_held", "returned", "shipped"):
        op.drop_column("line", name)
