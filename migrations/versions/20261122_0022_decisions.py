"""What needs a person is found without reading every claim there ever was."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    attention = sa.text("attention IS NOT NULL")
    op.create_index("receipt_attention", "receipt", ["vendor_id"], postgresql_where=attention)
    op.create_index("exchange_attention", "exchange", ["vendor_id"], postgresql_where=attention)
    op.create_index(
        "exchange_open",
        "exchange",
        ["vendor_id", "requested_at"],
        postgresql_where=sa.text("state IN ('RECEIPT', 'PROGRESS')"),
    )


def downgrade() -> None:
    op.drop_index("exchange_open", table_name="exchange")
    op.drop_index("exchange_attention", table_name="exchange")
    op.drop_index("receipt_attention", table_name="receipt")
