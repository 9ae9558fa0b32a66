"""Exchanges that cannot be read hold their orders; who collects them; returns that lack a reception."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("unread_claim", sa.Column("subject", sa.Text(), server_default="receipt", nullable=False))
    op.add_column("unread_claim", sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column(
        "exchange",
        sa.Column("collector_named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    # An empty hash is no row's: what is open is stored anew when it is read next.
    op.execute(
        """UPDATE exchange SET collector_named = jsonb_array_length(waybills) > 0,
             content_hash = CASE WHEN state IN ('RECEIPT', 'PROGRESS') THEN '' ELSE content_hash END"""
    )
    op.add_column(
        "return_",
        sa.Column("reception_begun", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.execute(
        """UPDATE return_ t SET reception_begun = true FROM reception p
           WHERE p.vendor_id = t.vendor_id AND p.subject = 'return' AND p.subject_id = t.receipt_id"""
    )
    op.create_index(
        "return_without_reception",
        "return_",
        ["vendor_id", "receipt_id"],
        postgresql_where=sa.text("NOT reception_begun"),
    )


def downgrade() -> None:
    op.drop_index("return_without_reception", "return_")
    op.drop_column("return_", "reception_begun")
    op.drop_column("exchange", "collector_named")
    op.drop_column("unread_claim", "created_at")
    op.drop_column("unread_claim", "subject")
