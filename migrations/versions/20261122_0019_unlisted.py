"""Which receipts the lists leave out, although Coupang knows them."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receipt", sa.Column("unlisted", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("receipt", "unlisted")
