"""Alembic's entry: one connection, given by `app.engine.db.migrate` or by DATABASE_URL."""

import os

import sqlalchemy as sa
from alembic import context

from app.engine.db.base import Base
from app.families import REGISTRY  # noqa: F401 - every table is known to Base once its family is


def _ours(name: str | None, kind: str, parents: object) -> bool:
    """Leave Procrastinate's own tables alone when comparing."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def _run(connection: sa.Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, include_name=_ours)
    with context.begin_transaction():
        context.run_migrations()


given: sa.Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    url = sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as own:
        _run(own)
    engine.dispose()
