"""Chain the history: every row carries a hash of itself and of the row before it.

The key of the chain is sealed under the master key, which a migration does not have: rows that are there
already are chained without one (`app.engine.history.verify` accepts such rows only from before its time).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# HMAC-SHA-256 under the empty key: two pads of 64 bytes (RFC 2104). The history is append-only for everybody
# else; a row that cannot be reached from version 1 keeps an empty hash, and the check reports the gap.
CHAIN = """
WITH RECURSIVE body AS MATERIALIZED (
  SELECT history_id, vendor_id, aggregate, aggregate_id, version,
         decode(repeat('36', 64), 'hex') AS ipad, decode(repeat('5c', 64), 'hex') AS opad,
         record_send(ROW(vendor_id::text, aggregate::text, aggregate_id::bigint, version::bigint,
                         source::text, target::text, event::text, actor::text, cause::text, reason::text,
                         evidence::bytea, at::timestamptz)) AS content
  FROM history
), linked AS (
  SELECT history_id, vendor_id, aggregate, aggregate_id, version,
         sha256(opad || sha256(ipad || sha256(record_send(ROW(vendor_id, aggregate, aggregate_id)))
                               || content)) AS hash
  FROM body WHERE version = 1
  UNION ALL
  SELECT b.history_id, b.vendor_id, b.aggregate, b.aggregate_id, b.version,
         sha256(b.opad || sha256(b.ipad || l.hash || b.content))
  FROM linked l
  JOIN body b ON b.vendor_id = l.vendor_id AND b.aggregate = l.aggregate AND b.aggregate_id = l.aggregate_id
    AND b.version = l.version + 1
)
UPDATE history h SET hash = l.hash FROM linked l WHERE l.history_id = h.history_id
"""


def upgrade() -> None:
    op.add_column("history", sa.Column("hash", postgresql.BYTEA(), nullable=True))
    op.execute("SET LOCAL client_encoding TO 'UTF8'")
    op.execute("ALTER TABLE history DISABLE TRIGGER history_rows")
    op.execute(CHAIN)
    op.execute("UPDATE history SET hash = '' WHERE hash IS NULL")
    op.execute("ALTER TABLE history ENABLE TRIGGER history_rows")
    op.alter_column("history", "hash", nullable=False)


def downgrade() -> None:
    op.drop_column("history", "hash")
