"""Exchanges: what Coupang says of them, their two tracks, and the boxes of their replacements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATES = "state IN ('RECEIPT', 'PROGRESS', 'SUCCESS', 'REJECT', 'CANCEL')"
LIVES = "'box', 'effect', 'cancel', 'return', 'return_reception', 'exchange_reception'"


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "exchange",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _time("state_at", nullable=False),
        sa.Column("collect_state", sa.Text(), nullable=False),
        sa.Column("collect_version", sa.BigInteger(), nullable=False),
        sa.Column("redelivery_state", sa.Text(), nullable=False),
        sa.Column("redelivery_version", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("rejectable", sa.Boolean(), nullable=False),
        sa.Column("fault_by", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reason_text", sa.Text(), nullable=False),
        sa.Column("waybills", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed_contacts", postgresql.BYTEA(), nullable=True),
        _time("requested_at", nullable=False),
        _time("modified_at"),
        _time("confirmed_at"),
        _time("next_read_at"),
        sa.Column("attention", sa.Text(), nullable=True),
        _time("first_seen_at", nullable=False),
        sa.CheckConstraint(STATES, name="exchange_state"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.vendor_id"]),
        sa.PrimaryKeyConstraint("vendor_id", "exchange_id"),
    )
    op.create_index("exchange_list", "exchange", ["vendor_id", "requested_at", "exchange_id"])
    op.create_index(
        "exchange_read",
        "exchange",
        ["vendor_id", "next_read_at"],
        postgresql_where=sa.text("next_read_at IS NOT NULL"),
    )
    op.create_table(
        "exchange_line",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("exchange_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vendor_item_id", sa.BigInteger(), nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vendor_id", "exchange_id", "exchange_item_id"),
    )
    op.create_table(
        "exchange_box",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("courier_code", sa.Text(), nullable=True),
        sa.Column("invoice_number", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("vendor_id", "exchange_id", "shipment_box_id"),
    )
    op.drop_constraint("history_aggregate", "history", type_="check")
    op.create_check_constraint(
        "history_aggregate", "history", f"aggregate IN ({LIVES}, 'exchange', 'collect', 'redelivery')"
    )
    op.drop_constraint("effect_subject", "effect", type_="check")
    op.create_check_constraint(
        "effect_subject", "effect", "subject IN ('box', 'cancel', 'return', 'exchange')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM effect WHERE subject = 'exchange'")
    op.drop_constraint("effect_subject", "effect", type_="check")
    op.create_check_constraint("effect_subject", "effect", "subject IN ('box', 'cancel', 'return')")
    # History is append-only, also for whoever goes back: its rows of exchanges stay.
    op.drop_constraint("history_aggregate", "history", type_="check")
    op.execute(
        f"ALTER TABLE history ADD CONSTRAINT history_aggregate CHECK (aggregate IN ({LIVES})) NOT VALID"
    )
    for name in ("exchange_box", "exchange_line", "exchange"):
        op.drop_table(name)
