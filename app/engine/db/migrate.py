"""Bring the database to the newest tables; safe to run from many processes at once."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parents[3] / "migrations"
_ADVISORY_LOCK = 0x436F7570616E67
"""Any fixed number: it keeps two migrating processes apart."""


def upgrade(url: str) -> str:
    """Run all missing migrations in order and return the revision reached.

    Args:
        url: `postgresql://…` of the database, as the superuser or owner of its tables.
    """
    engine = sa.create_engine(_psycopg(url), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": _ADVISORY_LOCK})
            connection.commit()
            try:
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": _ADVISORY_LOCK})
                connection.commit()
            return revision(connection) or ""
    finally:
        engine.dispose()


def revision(connection: sa.Connection) -> str | None:
    """Return the revision the database is at."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the newest revision that this code brings along."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _psycopg(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def is_current(url: str) -> bool:
    """Tell whether the database answers and has the newest tables."""
    engine = sa.create_engine(_psycopg(url), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return revision(connection) == head()
    except sa.exc.OperationalError:
        return False
    finally:
        engine.dispose()
