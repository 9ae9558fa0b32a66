"""The initial tables, family by family, and those of Procrastinate 3.10.0, the engine that runs visits.

The statements stand in the folder of the same name. What a column means is told by its class in `app`.
Procrastinate's schema is frozen text: a database that is made tomorrow gets what one of today got, whichever
release is installed. A release that changes the schema brings its own migration files; the statements of each
become a revision here. Never edit a file that databases have run.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix("")
FILES = (
    "vendors.sql",
    "evidence.sql",
    "feeds.sql",
    "effects.sql",
    "boxes.sql",
    "claims.sql",
    "exchanges.sql",
    "integrity.sql",
    "procrastinate_3.10.0.sql",
)
"""In this order: tables refer to those before them."""


def upgrade() -> None:
    # A raw cursor: a file holds several statements, and per cent signs that are no parameters.
    cursor = op.get_bind().connection.cursor()
    for name in FILES:
        cursor.execute((STATEMENTS / name).read_text("utf-8"))


def downgrade() -> None:
    raise NotImplementedError("before the initial revision there is nothing: drop the database")
