"""What operators did to the installation, and the keys of requests that were heard."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = postgresql.TIMESTAMP(timezone=True)
APPEND_ONLY = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_table BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
"""


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("vendor_ids", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index("audit_entry_subject", "audit_entry", ["subject", "entry_id"])
    op.execute(APPEND_ONLY)
    op.create_table(
        "used_key",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("intent_key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.vendor_id"]),
        sa.PrimaryKeyConstraint("vendor_id", "intent_key"),
    )


def downgrade() -> None:
    op.drop_table("used_key")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION audit_is_append_only")
