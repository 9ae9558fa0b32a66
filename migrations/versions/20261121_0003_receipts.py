"""Receipts of cancels and returns, and effects that change something other than a box."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = "state IN ('PENDING', 'SENDING', 'UNKNOWN', 'REVIEW')"
CANCEL_STATES = "state IN ('OPENED', 'REQUESTED', 'STOPPED', 'SHIPPED_ALREADY', 'CANCELLED', 'WITHDRAWN')"
RETURN_STATES = (
    "state IN ('RETURNS_UNCHECKED', 'VENDOR_WAREHOUSE_CONFIRM', 'REQUEST_COUPANG_CHECK', "
    "'RETURNS_COMPLETED', 'WITHDRAWN')"
)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable)


def _life(name: str, states: str, *more: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _time("state_at"),
        *more,
        sa.CheckConstraint(states, name=f"{name.rstrip('_')}_state"),
        sa.PrimaryKeyConstraint("vendor_id", "receipt_id"),
    )
    op.create_index(f"{name.rstrip('_')}_list", name, ["vendor_id", "state", "receipt_id"])


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_type", sa.Text(), nullable=False),
        sa.Column("market_status", sa.Text(), nullable=False),
        sa.Column("release_stop_status", sa.Text(), nullable=False),
        _time("market_seen_at"),
        sa.Column("content_hash", postgresql.BYTEA(), nullable=False),
        _time("opened_at"),
        _time("modified_at", nullable=True),
        sa.Column("count_sum", sa.BigInteger(), nullable=False),
        sa.Column("pickup", sa.Text(), nullable=False),
        sa.Column("pre_refund", sa.Boolean(), nullable=False),
        sa.Column("completion", sa.Text(), nullable=False),
        sa.Column("fault_by", sa.Text(), nullable=False),
        sa.Column("return_charge_krw", sa.BigInteger(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reason_text", sa.Text(), nullable=False),
        sa.Column("sealed_requester", postgresql.BYTEA(), nullable=True),
        sa.Column("waybills", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _time("next_read_at", nullable=True),
        sa.Column("reads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attention", sa.Text(), nullable=True),
        _time("first_seen_at"),
        sa.CheckConstraint("count_sum > 0", name="receipt_count"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.vendor_id"]),
        sa.PrimaryKeyConstraint("vendor_id", "receipt_id"),
    )
    op.create_index("receipt_by_id", "receipt", ["receipt_id"])
    op.create_index("receipt_list", "receipt", ["vendor_id", "opened_at", "receipt_id"])
    op.create_index("receipt_order", "receipt", ["vendor_id", "order_id"])
    op.create_index(
        "receipt_read",
        "receipt",
        ["vendor_id", "next_read_at"],
        postgresql_where=sa.text("next_read_at IS NOT NULL"),
    )
    op.create_table(
        "receipt_line",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vendor_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("release_status", sa.Text(), nullable=True),
        sa.CheckConstraint("count > 0", name="receipt_line_count"),
        sa.PrimaryKeyConstraint("vendor_id", "receipt_id", "shipment_box_id", "vendor_item_id"),
    )
    op.create_index("receipt_line_box", "receipt_line", ["vendor_id", "shipment_box_id"])
    _life(
        "cancel",
        CANCEL_STATES,
        sa.Column("handed_over", sa.Boolean(), nullable=True),
        _time("decide_by", nullable=True),
    )
    op.create_index(
        "cancel_open", "cancel", ["vendor_id", "order_id"], postgresql_where=sa.text("state = 'REQUESTED'")
    )
    _life("return_", RETURN_STATES)
    op.create_table(
        "unread_claim",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("seen_at"),
        _time("released_at", nullable=True),
        sa.PrimaryKeyConstraint("vendor_id", "digest"),
    )
    op.create_index(
        "unread_claim_order",
        "unread_claim",
        ["vendor_id", "order_id"],
        postgresql_where=sa.text("released_at IS NULL"),
    )

    op.add_column("vendor", sa.Column("wing_user_id", sa.Text(), nullable=True))
    op.drop_constraint("history_aggregate", "history", type_="check")
    op.create_check_constraint(
        "history_aggregate", "history", "aggregate IN ('box', 'effect', 'cancel', 'return')"
    )
    op.add_column("effect", sa.Column("subject", sa.Text(), server_default="box", nullable=False))
    op.add_column("effect", sa.Column("subject_id", sa.BigInteger(), nullable=True))
    op.execute("UPDATE effect SET subject_id = shipment_box_id")
    op.alter_column("effect", "subject_id", nullable=False)
    op.alter_column("effect", "shipment_box_id", nullable=True)
    op.create_check_constraint("effect_subject", "effect", "subject IN ('box', 'cancel', 'return')")
    op.drop_index("effect_open", table_name="effect")
    op.create_index(
        "effect_open",
        "effect",
        ["vendor_id", "subject", "subject_id"],
        unique=True,
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_index("effect_open", table_name="effect")
    op.drop_constraint("effect_subject", "effect", type_="check")
    op.execute("DELETE FROM effect WHERE subject <> 'box'")
    op.alter_column("effect", "shipment_box_id", nullable=False)
    op.drop_column("effect", "subject_id")
    op.drop_column("effect", "subject")
    op.create_index(
        "effect_open",
        "effect",
        ["vendor_id", "shipment_box_id"],
        unique=True,
        postgresql_where=sa.text(OPEN),
    )
    # History is append-only, also for whoever goes back: its rows of claims stay.
    op.drop_constraint("history_aggregate", "history", type_="check")
    op.execute(
        "ALTER TABLE history ADD CONSTRAINT history_aggregate "
        "CHECK (aggregate IN ('box', 'effect')) NOT VALID"
    )
    op.drop_column("vendor", "wing_user_id")
    for name in ("unread_claim", "return_", "cancel", "receipt_line", "receipt"):
        op.drop_table(name)
