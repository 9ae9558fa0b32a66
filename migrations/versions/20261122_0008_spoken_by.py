"""Which worker took a vendor's epoch: who speaks for it, and whose death leaves it without a voice."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vendor", sa.Column("spoken_by", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("vendor", "spoken_by")
