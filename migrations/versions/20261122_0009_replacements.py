"""Boxes that are no sale: `box.exchange_id` names the exchange whose replacement a box is."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("box", sa.Column("exchange_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "box_exchange",
        "box",
        ["vendor_id", "exchange_id"],
        postgresql_where=sa.text("exchange_id IS NOT NULL"),
    )
    op.create_index("exchange_box_by_id", "exchange_box", ["vendor_id", "shipment_box_id"])
    op.create_index("exchange_order", "exchange", ["vendor_id", "order_id"])
    op.execute(
        """UPDATE box b SET exchange_id = x.exchange_id FROM exchange_box x
           WHERE x.vendor_id = b.vendor_id AND x.shipment_box_id = b.shipment_box_id
             AND NOT EXISTS (SELECT FROM exchange_line n WHERE n.vendor_id = x.vendor_id
                               AND n.exchange_id = x.exchange_id AND n.shipment_box_id = b.shipment_box_id)"""
    )


def downgrade() -> None:
    op.drop_index("exchange_order", "exchange")
    op.drop_index("exchange_box_by_id", "exchange_box")
    op.drop_index("box_exchange", "box")
    op.drop_column("box", "exchange_id")
