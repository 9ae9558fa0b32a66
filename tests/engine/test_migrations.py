"""Migrations make what the classes say, what Procrastinate needs, and nothing else."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.script import Script, ScriptDirectory
from procrastinate.schema import SchemaManager
from psycopg import errors

from app.engine.db import migrate
from app.engine.db.base import Base
from app.families import REGISTRY  # noqa: F401 - every table is known to Base once its family is
from tests.support.catalogue import catalogue, differences
from tests.support.databases import WORKER, drop, make

APPEND_ONLY = {"audit_entry": "audit", "history": "history"}
"""Table → what its function and triggers are called after."""


def initial() -> Script:
    return ScriptDirectory(str(migrate.MIGRATIONS)).get_revision("0001")


def of_procrastinate(part: str) -> bool:
    return "procrastinate_" in part


def beside_the_classes(part: str) -> bool:
    """What SQLAlchemy knows nothing of."""
    return of_procrastinate(part) or "alembic_version" in part or part.startswith(("function ", "trigger "))


def test_tables_columns_constraints_and_indexes_are_those_of_the_classes(
    server_url: str, database_url: str
) -> None:
    name = f"classes_{WORKER}"
    url = make(server_url, name)
    try:
        engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
        Base.metadata.create_all(engine)
        engine.dispose()
        meant = catalogue(url)
    finally:
        drop(server_url, name)
    made = {part: what for part, what in catalogue(database_url).items() if not beside_the_classes(part)}
    assert {part.split()[0] for part in made} >= {"relation", "column", "constraint", "index", "sequence"}
    assert differences(made, meant) == []


def test_functions_and_triggers_are_the_ones_that_are_known(database_url: str) -> None:
    made = {part: what for part, what in catalogue(database_url).items() if not of_procrastinate(part)}
    assert {part for part in made if part.startswith("function ")} == {
        f"function {one}_is_append_only()" for one in APPEND_ONLY.values()
    }
    assert {part: what for part, what in made.items() if part.startswith("trigger ")} == {
        f"trigger {table}.{one}_{kind}": (
            f"CREATE TRIGGER {one}_{kind} BEFORE {when} ON public.{table} FOR EACH {unit} "
            f"EXECUTE FUNCTION {one}_is_append_only() O"
        )
        for table, one in APPEND_ONLY.items()
        for kind, when, unit in (("rows", "DELETE OR UPDATE", "ROW"), ("table", "TRUNCATE", "STATEMENT"))
    }


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only_tables_refuse_anything_else(database_url: str, table: str) -> None:
    rows = {
        "audit_entry": """INSERT INTO audit_entry (at, actor, action, subject, detail)
                          VALUES ('2026-11-20', 'us', 'made', 'key:1', '{}')""",
        "history": """INSERT INTO history (vendor_id, aggregate, aggregate_id, version, target, event, actor,
                                           cause, at, hash)
                      VALUES ('A00012345', 'box', 1, 1, 'ACCEPT', 'born', 'us', 'test', '2026-11-20', '')""",
    }
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(rows[table].encode())
        for refused in (f"UPDATE {table} SET actor = 'them'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(errors.RestrictViolation, match="append-only"):
                connection.execute(refused.encode())
        assert connection.execute(f"SELECT actor FROM {table}".encode()).fetchall() == [("us",)]


def test_the_schema_of_procrastinate_is_that_of_the_installed_release(
    server_url: str, database_url: str
) -> None:
    name = f"procrastinate_{WORKER}"
    url = make(server_url, name)
    try:
        with psycopg.connect(url) as connection:
            connection.execute(SchemaManager.get_schema().encode())
        meant = {part: what for part, what in catalogue(url).items() if of_procrastinate(part)}
    finally:
        drop(server_url, name)
    made = {part: what for part, what in catalogue(database_url).items() if of_procrastinate(part)}
    assert len(meant) > 100
    if told := differences(made, meant):
        pytest.fail(
            f"Procrastinate {version('procrastinate')} is installed, and its schema is not the one that "
            f"migrations/versions make ({frozen().name} and what came after it).\n"
            "Add a revision that executes the statements of the release's own files (sql/migrations in the "
            "package, those of the versions since then, first `pre`, then `post`), as text beside the "
            "revision. Leave the frozen text as it is: databases have run it.\n"
            "What migrations make (+), what the release wants (-), what differs (!):\n  " + "\n  ".join(told)
        )


def frozen() -> Path:
    """Return the text that the initial revision executes."""
    (found,) = initial().module.STATEMENTS.glob("procrastinate_*.sql")
    assert found.name in initial().module.FILES
    return Path(found)


def test_the_frozen_text_says_which_release_it_is_of() -> None:
    release = frozen().stem.removeprefix("procrastinate_")
    assert f"Procrastinate {release}," in initial().doc
    if version("procrastinate") == release:
        assert frozen().read_text("utf-8") == SchemaManager.get_schema()


def test_what_the_image_holds_is_enough_to_migrate(server_url: str, tmp_path: Path) -> None:
    """The folders that the Dockerfile copies, without what .dockerignore leaves out."""
    checkout = migrate.MIGRATIONS.parent
    copied = [
        line.split()[1]
        for line in (checkout / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and not line.startswith("COPY --")
    ]
    ignored = [
        line.removeprefix("**/")
        for line in (checkout / ".dockerignore").read_text().splitlines()
        if line.startswith("**/")
    ]
    for part in ("app", "migrations"):
        assert part in copied
        shutil.copytree(checkout / part, tmp_path / part, ignore=shutil.ignore_patterns(*ignored))
    name = f"image_{WORKER}"
    url = make(server_url, name)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "app", "migrate"],
            cwd=tmp_path,
            env={"DATABASE_URL": url, "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, run.stdout.strip()) == (0, migrate.head()), run.stderr
    finally:
        drop(server_url, name)


def test_there_is_nothing_before_the_initial_revision() -> None:
    with pytest.raises(NotImplementedError, match="drop the database"):
        initial().module.downgrade()
