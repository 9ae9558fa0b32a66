"""Boxes are found by their key alone: an index less is written with every move."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("box_by_id", table_name="box")


def downgrade() -> None:
    op.create_index("box_by_id", "box", ["shipment_box_id"])
