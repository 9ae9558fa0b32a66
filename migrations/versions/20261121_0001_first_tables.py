"""The first tables; history is append-only by the database's own rule, not by manners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = """
CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'history is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER history_rows BEFORE UPDATE OR DELETE ON history
  FOR EACH ROW EXECUTE FUNCTION history_is_append_only();
CREATE TRIGGER history_table BEFORE TRUNCATE ON history
  FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();
"""


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("vendor_ids", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "attempt",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("effect_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.BYTEA(), nullable=True),
        sa.PrimaryKeyConstraint("vendor_id", "attempt_id"),
    )
    op.create_index("attempt_of", "attempt", ["vendor_id", "effect_id", "attempt_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", postgresql.BYTEA(), nullable=True),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vendor_id", "digest"),
    )
    op.create_table(
        "history",
        sa.Column("history_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.BYTEA(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("aggregate IN ('box', 'effect')", name="history_aggregate"),
        sa.PrimaryKeyConstraint("history_id"),
    )
    op.create_index(
        "history_of", "history", ["vendor_id", "aggregate", "aggregate_id", "version"], unique=True
    )
    op.create_table(
        "poll_run",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("window", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unreadable", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("vendor_id", "run_id"),
    )
    op.create_index("poll_run_list", "poll_run", ["vendor_id", "feed", "run_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sealed", postgresql.BYTEA(), nullable=False),
        sa.Column("first_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vendor_id", "digest"),
    )
    op.create_table(
        "receiver",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("sealed", postgresql.BYTEA(), nullable=True),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vendor_id", "shipment_box_id", "version"),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "tally",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("hour", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vendor_id", "hour", "purpose", "route", "answer"),
    )
    op.create_table(
        "vendor",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed_access_key", postgresql.BYTEA(), nullable=False),
        sa.Column("sealed_secret_key", postgresql.BYTEA(), nullable=False),
        sa.Column("key_issued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="ACTIVE", nullable=False),
        sa.Column("auto_acknowledge", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("stopped_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        sa.Column("stops", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('ACTIVE', 'PAUSED')", name="vendor_state"),
        sa.CheckConstraint("vendor_id ~ '^[AC][0-9]{8}$'", name="vendor_id_form"),
        sa.PrimaryKeyConstraint("vendor_id"),
    )
    op.create_index(
        "vendor_due", "vendor", ["due_at"], unique=False, postgresql_where=sa.text("state = 'ACTIVE'")
    )
    op.create_table(
        "box",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("market_status", sa.Text(), nullable=False),
        sa.Column("market_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("content_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("paid_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ship_by", sa.Date(), nullable=True),
        sa.Column("address_version", sa.BigInteger(), nullable=False),
        sa.Column("address_final", sa.Boolean(), nullable=False),
        sa.Column("courier_code", sa.Text(), nullable=True),
        sa.Column("invoice_number", sa.Text(), nullable=True),
        sa.Column("split_shipping", sa.Boolean(), nullable=False),
        sa.Column("able_split_shipping", sa.Boolean(), nullable=False),
        sa.Column("departed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("delivered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("next_read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("doubtful", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("attention", sa.Text(), nullable=True),
        sa.Column("first_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('ACCEPT', 'INSTRUCT', 'DEPARTURE', 'DELIVERING', 'FINAL_DELIVERING', "
            "'NONE_TRACKING', 'CANCELLED')",
            name="box_state",
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["vendor.vendor_id"],
        ),
        sa.PrimaryKeyConstraint("vendor_id", "shipment_box_id"),
    )
    op.create_index(
        "box_attention", "box", ["vendor_id"], unique=False, postgresql_where=sa.text("attention IS NOT NULL")
    )
    op.create_index("box_by_id", "box", ["shipment_box_id"], unique=False)
    op.create_index("box_list", "box", ["vendor_id", "state", "paid_at", "shipment_box_id"], unique=False)
    op.create_index("box_order", "box", ["vendor_id", "order_id"], unique=False)
    op.create_index("box_paid", "box", ["vendor_id", "paid_at", "shipment_box_id"], unique=False)
    op.create_index(
        "box_read",
        "box",
        ["vendor_id", "next_read_at"],
        unique=False,
        postgresql_where=sa.text("next_read_at IS NOT NULL"),
    )
    op.create_table(
        "effect",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("effect_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("box_state", sa.Text(), nullable=False),
        sa.Column("intent_key", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("result_code", sa.Text(), nullable=True),
        sa.Column("result_message", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.BYTEA(), nullable=True),
        sa.CheckConstraint(
            "state IN ('PENDING', 'SENDING', 'CONFIRMED', 'REJECTED', 'UNKNOWN', 'REVIEW')",
            name="effect_state",
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["vendor.vendor_id"],
        ),
        sa.PrimaryKeyConstraint("vendor_id", "effect_id"),
    )
    op.create_index("effect_box", "effect", ["vendor_id", "shipment_box_id", "effect_id"], unique=False)
    op.create_index(
        "effect_due",
        "effect",
        ["vendor_id", "not_before"],
        unique=False,
        postgresql_where=sa.text("state IN ('PENDING', 'SENDING', 'UNKNOWN')"),
    )
    op.create_index(
        "effect_intent",
        "effect",
        ["vendor_id", "intent_key"],
        unique=True,
        postgresql_where=sa.text("intent_key IS NOT NULL"),
    )
    op.create_index("effect_list", "effect", ["vendor_id", "state", "effect_id"], unique=False)
    op.create_index(
        "effect_open",
        "effect",
        ["vendor_id", "shipment_box_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('PENDING', 'SENDING', 'UNKNOWN', 'REVIEW')"),
    )
    op.create_table(
        "feed",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("covered", postgresql.TSTZMULTIRANGE(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_ok_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["vendor.vendor_id"],
        ),
        sa.PrimaryKeyConstraint("vendor_id", "feed"),
    )
    op.create_table(
        "line",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vendor_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ordered", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=False),
        sa.Column(
            "shippable",
            sa.BigInteger(),
            sa.Computed("ordered - held - cancelled", persisted=True),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seller_product_name", sa.Text(), nullable=False),
        sa.Column("seller_item_name", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("sales_price_krw", sa.BigInteger(), nullable=True),
        sa.Column("planned_shipping_date", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "ordered > 0 AND held >= 0 AND cancelled >= 0 AND held + cancelled <= ordered",
            name="line_quantities",
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "shipment_box_id"], ["box.vendor_id", "box.shipment_box_id"], name="line_box"
        ),
        sa.PrimaryKeyConstraint("vendor_id", "shipment_box_id", "vendor_item_id"),
    )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("line")
    op.drop_table("feed")
    op.drop_index(
        "effect_open",
        table_name="effect",
        postgresql_where=sa.text("state IN ('PENDING', 'SENDING', 'UNKNOWN', 'REVIEW')"),
    )
    op.drop_index("effect_list", table_name="effect")
    op.drop_index("effect_intent", table_name="effect", postgresql_where=sa.text("intent_key IS NOT NULL"))
    op.drop_index(
        "effect_due",
        table_name="effect",
        postgresql_where=sa.text("state IN ('PENDING', 'SENDING', 'UNKNOWN')"),
    )
    op.drop_index("effect_box", table_name="effect")
    op.drop_table("effect")
    op.drop_index("box_read", table_name="box", postgresql_where=sa.text("next_read_at IS NOT NULL"))
    op.drop_index("box_paid", table_name="box")
    op.drop_index("box_order", table_name="box")
    op.drop_index("box_list", table_name="box")
    op.drop_index("box_by_id", table_name="box")
    op.drop_index("box_attention", table_name="box", postgresql_where=sa.text("attention IS NOT NULL"))
    op.drop_table("box")
    op.drop_index("vendor_due", table_name="vendor", postgresql_where=sa.text("state = 'ACTIVE'"))
    op.drop_table("vendor")
    op.drop_table("tally")
    op.drop_table("secret")
    op.drop_table("receiver")
    op.drop_table("quarantine")
    op.drop_index("poll_run_list", table_name="poll_run")
    op.drop_table("poll_run")
    op.drop_index("history_of", table_name="history")
    op.drop_table("history")
    op.drop_table("evidence")
    op.drop_index("attempt_of", table_name="attempt")
    op.drop_table("attempt")
    op.drop_table("api_key")
    op.execute("DROP FUNCTION history_is_append_only")
