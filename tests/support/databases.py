"""Databases on a PostgreSQL that may be littered: made, cloned, dropped."""

import os
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")


def other(url: str, database: str) -> str:
    """The address of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def make(url: str, name: str, template: str | None = None) -> str:
    """Create a database anew, as a copy of `template` if one is named; return its address."""
    drop(url, name)
    names = sql.Identifier(name), sql.Identifier(template or "template1")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    return other(url, name)


def drop(url: str, name: str) -> None:
    """Drop a database with whoever is connected to it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
