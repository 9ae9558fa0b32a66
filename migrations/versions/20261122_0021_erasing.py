"""Personal data is erased when its time is over: what is left to erase, by age."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("quarantine", "sealed", nullable=True)
    op.create_index("evidence_kept", "evidence", ["seen_at"], postgresql_where=sa.text("erased_at IS NULL"))
    op.create_index("receiver_kept", "receiver", ["seen_at"], postgresql_where=sa.text("sealed IS NOT NULL"))
    op.create_index(
        "receipt_kept", "receipt", ["first_seen_at"], postgresql_where=sa.text("sealed_requester IS NOT NULL")
    )
    op.create_index(
        "exchange_kept",
        "exchange",
        ["first_seen_at"],
        postgresql_where=sa.text("sealed_contacts IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("exchange_kept", table_name="exchange")
    op.drop_index("receipt_kept", table_name="receipt")
    op.drop_index("receiver_kept", table_name="receiver")
    op.drop_index("evidence_kept", table_name="evidence")
    op.execute("DELETE FROM quarantine WHERE sealed IS NULL")
    op.alter_column("quarantine", "sealed", nullable=False)
    op.drop_column("evidence", "erased_at")
