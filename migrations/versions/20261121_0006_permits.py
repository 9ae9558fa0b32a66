"""Ship permits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "permit",
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("permit_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_box_id", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("next_try_at", TIME, nullable=True),
        sa.Column("address_version", sa.BigInteger(), nullable=True),
        sa.Column("issued_at", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("refused_at", TIME, nullable=True),
        sa.Column("refused_reason", sa.Text(), nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("used_by_effect", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["vendor_id", "shipment_box_id"], ["box.vendor_id", "box.shipment_box_id"], name="permit_box"
        ),
        sa.PrimaryKeyConstraint("vendor_id", "permit_id"),
    )
    op.create_index("permit_fence", "permit", ["vendor_id", "shipment_box_id", "fence"], unique=True)
    op.create_index("permit_by_id", "permit", ["permit_id"])
    op.create_index(
        "permit_due",
        "permit",
        ["vendor_id", "next_try_at"],
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_index(
        "permit_open",
        "permit",
        ["vendor_id", "shipment_box_id"],
        postgresql_where=sa.text("issued_at IS NOT NULL AND revoked_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("permit")
