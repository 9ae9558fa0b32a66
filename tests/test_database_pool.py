"""What one test leaves in its database the next does not find: it is as a new clone of the template is."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg import sql

from app.clock import Frozen
from app.engine.context import Context
from app.engine.db.database import Database
from app.engine.visits.engine import Engine
from app.families import REGISTRY
from app.machines.boxes import BoxState
from app.vault import Vault, new_key, parse_ring
from tests.support.box_stock import VENDOR, put, register
from tests.support.database_pool import Pool, PooledDatabase
from tests.support.databases import WORKER, drop, make

CATALOGS = {
    "relations": """SELECT relname, relkind, relpersistence, relrowsecurity, relreplident, reloptions,
                           relacl::text FROM pg_class""",
    "columns": """SELECT attrelid::regclass::text, attname, atttypid::regtype::text, attnotnull, attidentity
                  FROM pg_attribute WHERE attrelid >= 16384 AND NOT attisdropped""",
    "constraints": "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint",
    "indexes": "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid FROM pg_index",
    "triggers": "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "event triggers": "SELECT evtname FROM pg_event_trigger",
    "functions": "SELECT oid::regprocedure::text, prosrc FROM pg_proc WHERE oid >= 16384",
    "types": "SELECT oid::regtype::text, typtype FROM pg_type WHERE typnamespace = 'public'::regnamespace",
    "labels": "SELECT enumtypid::regtype::text, enumlabel, enumsortorder FROM pg_enum",
    "sequences": """SELECT sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size,
                           last_value FROM pg_sequences""",
    "views": "SELECT schemaname, viewname, definition FROM pg_views",
    "schemas": "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'",
    "statistics": "SELECT count(*) FROM pg_statistic",
    "extended statistics": "SELECT stxname FROM pg_statistic_ext",
    "comments": "SELECT objoid::bigint, description FROM pg_description WHERE objoid >= 16384",
    "large objects": "SELECT oid::bigint FROM pg_largeobject_metadata",
    "policies": "SELECT polname FROM pg_policy",
    "publications": "SELECT pubname FROM pg_publication",
    "default privileges": "SELECT defaclrole::bigint, defaclacl::text FROM pg_default_acl",
    "settings": """SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                   WHERE d.datname = current_database()""",
    "locks": """SELECT l.locktype FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE d.datname = current_database() AND l.pid <> pg_backend_pid()""",
}


Shown = dict[str, list[str]]


def seen(url: str) -> Shown:
    """Everything of a database that a test could meet."""
    with psycopg.connect(url, autocommit=True) as connection:
        told = {name: sorted(map(str, connection.execute(query))) for name, query in CATALOGS.items()}
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (name,) in tables:
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.SQL(name)))
            told[name] = sorted(map(str, rows))
    return told


@pytest.fixture
def pool(server_url: str, template_database: str) -> Iterator[Pool]:
    made = Pool(server_url, template_database, "pooled")
    yield made
    made.close()


@pytest.fixture(scope="module")
def new(server_url: str, template_database: str) -> Iterator[Shown]:
    """What a new clone shows."""
    name = f"clone_{WORKER}"
    told = seen(make(server_url, name, template_database))
    assert len(told) - len(CATALOGS) > 30
    assert all(
        told[part] for part in ("columns", "triggers", "functions", "sequences", "public.alembic_version")
    )
    yield told
    drop(server_url, name)


async def fill(url: str, clock: Frozen) -> None:
    """Leave what stories leave: a vendor, boxes, their history, effects, jobs of Procrastinate."""
    database = Database(url, 5)
    await database.open()
    context = Context(database, clock, Vault(parse_ring(new_key()), b"d" * 32), REGISTRY, worker="test")
    await register(context)
    for number, state in enumerate(BoxState):
        await put(context, state, 7_000 + number)
    engine = Engine(url)
    async with engine.app.open_async():
        await engine.ask(VENDOR)
    await database.close()


def filled(told: Shown, new: Shown) -> set[str]:
    """Where the two differ."""
    return {part for part in told.keys() | new.keys() if told.get(part) != new.get(part)}


async def test_rows_sequences_and_jobs_are_gone(pool: Pool, new: Shown, clock: Frozen) -> None:
    with pool.database() as database:
        assert seen(database.url) == new
        await fill(database.url, clock)
        left = filled(seen(database.url), new)
    assert {"public.vendor", "public.box", "public.history", "public.procrastinate_jobs", "sequences"} <= left
    with pool.database() as again:
        assert again is database
        assert seen(again.url) == new
    assert database.clones == 1


LEFT = [
    ["SELECT setval('procrastinate_jobs_id_seq', 4711)"],
    ["SELECT nextval('procrastinate_jobs_id_seq')"],
    ["BEGIN", "INSERT INTO procrastinate_workers DEFAULT VALUES"],
    ["BEGIN", "LOCK procrastinate_workers"],
    ["SELECT pg_advisory_lock(4711)"],
    ["SET session_replication_role = replica", "LISTEN something"],
    ["CREATE TEMPORARY TABLE box AS SELECT 1 AS one"],
    ["BEGIN", "DROP TABLE history CASCADE"],
    ["INSERT INTO procrastinate_workers DEFAULT VALUES", "DELETE FROM procrastinate_workers"],
]
"""What a session of a test has done, and has not ended."""


def test_sessions_and_what_they_have_begun_are_ended(pool: Pool, new: Shown) -> None:
    for statements in LEFT:
        with ExitStack() as stack:
            with pool.database() as database:
                session = stack.enter_context(psycopg.connect(database.url, autocommit=True))
                for statement in statements:
                    session.execute(statement.encode())
            with pool.database() as again:
                assert again is database
                assert seen(again.url) == new
                with pytest.raises(psycopg.OperationalError):
                    session.execute("SELECT 1")
    assert database.clones == 1


DAMAGE = [
    "ALTER TABLE history DISABLE TRIGGER USER",
    "DROP TRIGGER history_rows ON history",
    "ALTER TABLE history ALTER COLUMN hash DROP NOT NULL",
    "ALTER TABLE box ADD COLUMN mine int",
    "ALTER TABLE box RENAME TO boxes",
    "ALTER TABLE box SET (fillfactor = 50)",
    "ALTER TABLE box ENABLE ROW LEVEL SECURITY",
    "CREATE TABLE mine (n int)",
    "CREATE UNLOGGED TABLE mine AS SELECT 1 AS one",
    "CREATE VIEW mine AS SELECT 1 AS one",
    "CREATE MATERIALIZED VIEW mine AS SELECT 1 AS one",
    "CREATE INDEX mine ON box (state)",
    "DROP INDEX {index}",
    "CREATE SEQUENCE mine",
    "ALTER SEQUENCE procrastinate_jobs_id_seq INCREMENT 5",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TYPE mine AS ENUM ('one')",
    "ALTER TYPE procrastinate_job_status ADD VALUE 'mine'",
    "CREATE STATISTICS mine ON vendor_id, state FROM box",
    "CREATE PUBLICATION mine",
    "GRANT SELECT ON box TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "ALTER DATABASE {database} SET work_mem = '1MB'",
    "COMMENT ON TABLE box IS 'mine'",
    "SELECT lo_create(4711)",
    "INSERT INTO procrastinate_workers DEFAULT VALUES; ANALYZE procrastinate_workers",
    "UPDATE alembic_version SET version_num = 'mine'",
    "DELETE FROM alembic_version",
    "DROP TABLE alembic_version",
    "DROP SCHEMA public CASCADE",
]
"""Everything but rows and sequences."""


def test_every_damage_is_noticed(pool: Pool) -> None:
    with pool.database() as database, psycopg.connect(database.url) as session:
        index = session.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'box' ORDER BY 1"
        ).fetchall()
        for statement in DAMAGE:
            assert not database.damaged(session)
            for part in statement.split("; "):
                session.execute(part.format(database=session.info.dbname, index=index[-1][0]).encode())
            assert database.damaged(session), statement
            session.rollback()
        assert not database.damaged(session)


@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE history DISABLE TRIGGER USER", "DELETE FROM alembic_version", "DROP TABLE vendor CASCADE"],
)
def test_a_damaged_database_is_cloned_again(pool: Pool, new: Shown, statement: str) -> None:
    with pool.database() as database:
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(statement.encode())
        assert seen(database.url) != new
    with pool.database() as again:
        assert (again, again.clones) == (database, 2)
        assert seen(again.url) == new


def test_a_dropped_database_and_dead_sessions_are_made_good(pool: Pool, new: Shown, server_url: str) -> None:
    def use() -> PooledDatabase:
        with pool.database() as database:
            assert seen(database.url) == new
        return database

    database = use()
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname LIKE 'pooled%'"
        )
    assert (use(), database.clones) == (database, 1)
    drop(server_url, f"pooled_{WORKER}_0")
    assert (use(), database.clones) == (database, 2)


def test_a_table_that_has_grown_is_small_again(pool: Pool, new: Shown) -> None:
    def size() -> int:
        with psycopg.connect(database.url) as connection:
            row = connection.execute("SELECT pg_relation_size('procrastinate_workers')").fetchone()
        assert row
        return int(row[0])

    with pool.database() as database, psycopg.connect(database.url) as connection:
        connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "SELECT '2026-11-20Z'::timestamptz FROM generate_series(1, 20000)"
        )
        connection.commit()
        assert size() > 500_000
    with pool.database():
        assert size() == 0
        assert seen(database.url) == new
    assert database.clones == 1


async def test_contents_are_given_again(pool: Pool, new: Shown, clock: Frozen) -> None:
    with pool.database() as database:
        await fill(database.url, clock)
        before, contents = seen(database.url), database.contents()
    with pool.database():
        assert seen(database.url) == new
    with pool.database(contents):
        assert seen(database.url) == before
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute("DELETE FROM procrastinate_jobs")
            connection.execute("SELECT nextval('procrastinate_jobs_id_seq')")
    with pool.database(contents):
        assert seen(database.url) == before
    assert database.clones == 1


def test_two_at_a_time_are_two(pool: Pool, new: Shown) -> None:
    with pool.database() as one, pool.database() as another:
        assert one.url != another.url
        with psycopg.connect(one.url, autocommit=True) as connection:
            connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        assert seen(another.url) == new
    with pool.database() as first, pool.database() as second:
        assert {first.url, second.url} == {one.url, another.url}
        assert seen(first.url) == seen(second.url) == new
    assert len(pool.made) == 2
