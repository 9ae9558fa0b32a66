"""Migrated databases that one test after another uses; each test finds its database as a new clone is.

A clone of the template costs 0.2 s of processor time, emptying a used one a few milliseconds. Whatever
SQL can leave in a database is either undone here or noticed, and then the database is dropped and cloned
again:

    sessions             ended, and waited for
    rows, sequences      emptied and restarted; both of Procrastinate's tables too
    seeded tables        what the migrations themselves have inserted is compared
    everything else      schema, functions, disabled triggers, statistics, settings of the database:
                         every row of the system catalogs carries the transaction that wrote it, so a
                         count and the newest transaction per catalog tell whether anything has changed

What is not in a database is not looked at: roles and settings of the server (`ALTER SYSTEM`).
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql

from tests.support.databases import WORKER, drop, make

_PATIENCE_S = 10.0
"""How long sessions that were told to end may take."""
_PAUSE_S = 0.002
_LARGE_BYTES = 512 * 1024
"""A table above this is truncated, which creates all its files anew; below, deleting costs far less."""
_CATALOGS = (
    *("attrdef", "attribute", "cast", "collation", "constraint", "default_acl", "description", "enum"),
    *("event_trigger", "extension", "index", "inherits", "language", "largeobject_metadata", "namespace"),
    *("operator", "policy", "proc", "publication", "rewrite", "sequence", "statistic", "statistic_ext"),
    *("trigger", "type"),
)
_TEMPORARY = "WHERE nspname !~ '^pg_(toast_)?temp_'"
_CLASSES = """
SELECT md5(string_agg(concat_ws('|', oid, relname, relnamespace, relkind, relowner, relam, relpersistence,
                                relnatts, relchecks, relhasrules, relhastriggers, relrowsecurity,
                                relforcerowsecurity, relreplident, coalesce(relacl::text, '-'),
                                coalesce(reloptions::text, '-')), '/' ORDER BY oid))
FROM pg_class WHERE relpersistence <> 't'"""
_SETTINGS = """
SELECT md5(string_agg(concat_ws('|', setrole, setconfig), '/' ORDER BY setrole))
FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = current_database()"""
_TABLES = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND c.relpersistence <> 't' ORDER BY 1"""
_SEQUENCES = """
SELECT seqrelid::bigint, pg_sequence_last_value(seqrelid), seqstart FROM pg_sequence
WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"""
_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""

_Connection = psycopg.Connection[tuple[Any, ...]]


def _fingerprint() -> LiteralString:
    parts = [
        f"SELECT '{name}', count(*) || ' ' || coalesce(max(xmin::text::bigint), 0) FROM pg_{name}"
        f" {_TEMPORARY if name == 'namespace' else ''}"
        for name in _CATALOGS
    ]
    text = " UNION ALL ".join([*parts, f"SELECT 'class', ({_CLASSES})", f"SELECT 'settings', ({_SETTINGS})"])
    return cast(LiteralString, text)


_FINGERPRINT = _fingerprint()


class Damaged(Exception):
    """This database cannot be made what a new clone is."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database held: rows by table as `COPY` writes them, and sequences as (oid, last value)."""

    rows: Mapping[str, bytes]
    sequences: Mapping[int, int]


NOTHING = Contents({}, {})


class PooledDatabase:
    """One clone of the template, used by one test at a time."""

    def __init__(self, server_url: str, name: str, template: str) -> None:
        self._server_url, self._name, self._template = server_url, name, template
        self.url = ""
        self.clones = 0
        """How many times it was cloned from the template."""
        self._session: _Connection | None = None
        self._tables: dict[str, str] = {}
        self._original: list[tuple[Any, ...]] = []
        self._seeds: dict[str, str] = {}

    def prepare(self, contents: Contents = NOTHING) -> str:
        """Make it what a new clone is, with these contents if any are given, and return its address."""
        try:
            self._clean(contents)
        except (Damaged, psycopg.Error):
            self._clone()
            self._clean(contents)
        return self.url

    def contents(self) -> Contents:
        """Return what it holds now, beyond what the migrations have inserted; other sessions are ended.

        Raises:
            Damaged: More than rows has changed.
        """
        session = self._alone()
        self._compare(session)
        rows = {}
        for table in self._filled(session):
            if table not in self._seeds:
                with session.cursor().copy(_query(f"COPY {table} TO STDOUT (FORMAT binary)")) as copy:
                    rows[table] = b"".join(bytes(part) for part in copy)
        sequences = {oid: last for oid, last, _ in session.execute(_SEQUENCES)}
        return Contents(rows, sequences)

    def damaged(self, session: _Connection) -> bool:
        """Tell whether, as this session sees it, more has changed than rows and sequences."""
        return session.execute(_FINGERPRINT).fetchall() != self._original or any(
            _digest(session, name) != told for name, told in self._seeds.items()
        )

    def discard(self) -> None:
        """Drop it."""
        self._disconnect()
        drop(self._server_url, self._name)

    def _clone(self) -> None:
        self._disconnect()
        self.url = make(self._server_url, self._name, self._template)
        self.clones += 1
        session = self._connect()
        self._tables = {
            name: f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for (name,) in session.execute(_TABLES)
        }
        self._seeds = {name: _digest(session, name) for name in self._filled(session)}
        self._original = session.execute(_FINGERPRINT).fetchall()

    def _clean(self, contents: Contents) -> None:
        session = self._alone()
        self._compare(session)
        filled = self._filled(session)
        session.execute("BEGIN")
        # History refuses to be deleted, and nothing may be refused for what refers to it.
        session.execute("SET LOCAL session_replication_role = replica")
        for name in [name for name in filled if name not in self._seeds]:
            size = session.execute("SELECT pg_relation_size(%s::regclass)", [name]).fetchone()
            large = size is not None and size[0] > _LARGE_BYTES
            session.execute(_query(f"TRUNCATE {name} CASCADE" if large else f"DELETE FROM {name}"))
        for name, rows in contents.rows.items():
            with session.cursor().copy(_query(f"COPY {name} FROM STDIN (FORMAT binary)")) as copy:
                copy.write(rows)
        session.execute("COMMIT")
        for oid, _, start in session.execute(_SEQUENCES).fetchall():
            if oid not in contents.sequences:
                session.execute("SELECT setval(%s::oid::regclass, %s, false)", [oid, start])
        for oid, last in contents.sequences.items():
            session.execute("SELECT setval(%s::oid::regclass, %s)", [oid, last])

    def _alone(self) -> _Connection:
        """Return a session of our own once there is no other."""
        if not self.clones:
            raise Damaged("it was never cloned")
        try:
            session = self._session or self._connect()
            session.execute("SELECT 1")
        except psycopg.OperationalError:
            # A test has ended every session, or the server has.
            self._disconnect()
            session = self._connect()
        deadline = time.monotonic() + _PATIENCE_S
        while (row := session.execute(_OTHERS).fetchone()) and row[0]:
            if time.monotonic() > deadline:
                raise Damaged("somebody does not let go of it")
            time.sleep(_PAUSE_S)
        return session

    def _compare(self, session: _Connection) -> None:
        if self.damaged(session):
            raise Damaged("more than rows has changed")

    def _filled(self, session: _Connection) -> list[str]:
        return [name for (name,) in session.execute(_query(" UNION ALL ".join(self._tables.values())))]

    def _connect(self) -> _Connection:
        # A statement is planned once: these are the same for every test.
        self._session = psycopg.connect(self.url, autocommit=True, prepare_threshold=0)
        return self._session

    def _disconnect(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None


@dataclass
class Pool:
    """Databases of one test process; there are as many as were ever in use at the same time."""

    server_url: str
    template: str
    prefix: str = "test"
    made: list[PooledDatabase] = field(default_factory=list)
    idle: list[PooledDatabase] = field(default_factory=list)

    @contextmanager
    def database(self, contents: Contents = NOTHING) -> Iterator[PooledDatabase]:
        """Lend a database that is as a new clone, or that holds these contents."""
        if not self.idle:
            name = f"{self.prefix}_{WORKER}_{len(self.made)}"
            self.made.append(PooledDatabase(self.server_url, name, self.template))
            self.idle.append(self.made[-1])
        database = self.idle.pop()
        try:
            database.prepare(contents)
            yield database
        finally:
            self.idle.append(database)

    def close(self) -> None:
        """Drop all of them."""
        for database in self.made:
            database.discard()


def _query(text: str) -> sql.SQL:
    return sql.SQL(cast(LiteralString, text))


def _digest(session: _Connection, table: str) -> str:
    row = session.execute(
        _query(f"SELECT md5(coalesce(string_agg(t::text, '/' ORDER BY t::text), '')) FROM {table} t")
    ).fetchone()
    return str(row)
