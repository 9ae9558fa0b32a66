"""How far Coupang's clock is from ours."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vendor", sa.Column("skew_s", sa.Double(), nullable=True))
    op.add_column("vendor", sa.Column("skew_at", postgresql.TIMESTAMP(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("vendor", "skew_at")
    op.drop_column("vendor", "skew_s")
