"""The house rules that no type checker knows."""

import ast
import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from inspect import getdoc, isfunction, signature
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app import coupang
from app.coupang.client import Client
from app.engine.db.base import Base
from app.families import REGISTRY

CHECKOUT = Path(__file__).parents[1]
MODULES = sorted((CHECKOUT / "app").rglob("*.py"))
SERVICE = [path for path in MODULES if "bench" not in path.parts]
"""What runs in production; the benchmarks measure against raw SQL and raw time on purpose."""
MIGRATIONS = sorted((CHECKOUT / "migrations").rglob("*.py"))
STATEMENTS = sorted((CHECKOUT / "migrations").rglob("*.sql"))
STATEFUL = "box|effect|cancel|return_|reception|exchange"


def name(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def trees(paths: list[Path]) -> Iterator[tuple[str, ast.Module]]:
    for path in paths:
        yield name(path), ast.parse(path.read_text("utf-8"))


def texts(tree: ast.Module) -> Iterator[str]:
    """Yield every piece of text in a module, f-strings in one piece, docstrings left out."""
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.value


def test_the_import_contracts_are_kept() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    run = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def test_no_module_has_more_than_400_lines() -> None:
    long = {name(path): lines for path in MODULES if (lines := path.read_text("utf-8").count("\n")) > 400}
    assert long == {}


def test_only_the_doors_write_state() -> None:
    """State is updated in the doors and born where a page or an intent is stored; no ORM writes it."""
    updates, births, told = set(), set(), set()
    for module, tree in trees(SERVICE):
        for text in texts(tree):
            for sets in re.findall(
                rf"UPDATE\s+(?:{STATEFUL})\b.*?\bSET\b(.*?)(?:\bFROM\b|\bWHERE\b|$)", text, re.S | re.I
            ):
                if re.search(r"(?<![.\w])(?:state|version)\s*=", sets):
                    updates.add(module)
            if re.search(rf"INSERT\s+INTO\s+(?:{STATEFUL})\b", text, re.I):
                births.add(module)
            if re.search(r"INSERT\s+INTO\s+history\b", text, re.I):
                told.add(module)
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
            for alias in node.names
        }
        assert not imported & {"update", "insert", "delete"}, module
    assert updates == {
        "app/orders/transitions.py",
        "app/claims/transitions.py",
        "app/exchanges/transitions.py",
        "app/engine/effects/transitions.py",
    }
    assert births == {
        "app/orders/page_store.py",
        "app/engine/effects/store.py",
        "app/claims/page_store.py",
        "app/claims/receptions/store.py",
        "app/exchanges/page_store.py",
    }
    assert told == {"app/engine/history/chain.py"}, "every row of the history enters its chain in one place"


def test_integrity_names_no_table_of_a_family() -> None:
    """What it asks of their rows the families declare; the import contracts cannot see this."""
    families = [family for family in REGISTRY.families if family.name not in ("engine", "integrity")]
    tables = {table.__tablename__ for family in families for table in family.tables}
    aggregates = {one.name for family in families for one in family.aggregates}
    assert {"box", "receipt", "exchange", "cancel", "collect"} <= tables | aggregates
    asked = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO|USING)\s+([a-z_]+)", re.IGNORECASE)
    quoted = re.compile("|".join(f"'{word}'" for word in sorted(aggregates)))
    found = [
        (where, word)
        for where, tree in trees([path for path in MODULES if name(path).startswith("app/integrity/")])
        for text in texts(tree)
        for word in (*(set(asked.findall(text)) & tables), *quoted.findall(text))
    ]
    assert not found


def test_only_transactions_commit() -> None:
    found = {
        module
        for module, tree in trees(SERVICE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }
    # Migrations run on a connection of their own, before anything is built.
    assert found <= {"app/engine/db/migrate.py"}


def test_nothing_raises_http_errors_by_hand() -> None:
    found = [
        module
        for module, tree in trees(MODULES)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "HTTPException")
        or (isinstance(node, ast.Attribute) and node.attr == "HTTPException")
        or (isinstance(node, ast.ImportFrom) and any(one.name == "HTTPException" for one in node.names))
    ]
    assert [module for module in found if module != "app/web/problems.py"] == []


def calls_of_coupang() -> Iterator[Callable[..., object]]:
    """Find every public function of the client library that is handed the client to call with."""
    for module in pkgutil.walk_packages(coupang.__path__, f"{coupang.__name__}."):
        for key, one in vars(importlib.import_module(module.name)).items():
            if isfunction(one) and one.__module__ == module.name and not key.startswith("_"):
                first = next(iter(signature(one, eval_str=True).parameters.values()), None)
                if first is not None and first.annotation is Client:
                    yield one


def test_every_call_of_coupang_names_its_source() -> None:
    calls = list(calls_of_coupang())
    assert len(calls) >= 24
    unnamed = [
        f"{call.__module__}.{call.__name__}"
        for call in calls
        if not re.search(r"^Source:\n\s+Articles? \d{9,}", getdoc(call) or "", re.M)
    ]
    assert unnamed == []


TELLERS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}


def test_only_the_clock_knows_the_time() -> None:
    found = {
        module
        for module, tree in trees(SERVICE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in TELLERS
    }
    assert found == {"app/clock.py"}
    hidden = [
        module
        for module, tree in trees(SERVICE)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "time"
        and any(one.name == "time" for one in node.names)
    ]
    assert hidden == []


def test_sql_does_not_ask_for_the_time() -> None:
    asks = re.compile(
        r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
        r"|\b(?:CURRENT_(?:TIMESTAMP|TIME|DATE)|LOCALTIME(?:STAMP)?)\b",
        re.I,
    )
    found = [
        (module, text)
        for module, tree in trees([*SERVICE, *MIGRATIONS])
        for text in texts(tree)
        if asks.search(text)
    ]
    # Procrastinate's own tables use the database's time; they hold no facts of ours (decision 0007).
    ours = [path for path in STATEMENTS if not path.name.startswith("procrastinate_")]
    found += [(name(path), text) for path in ours if asks.search(text := path.read_text("utf-8"))]
    assert ours
    assert found == []
    assert asks.search("DEFAULT now()")
    assert asks.search("SELECT CURRENT_TIMESTAMP")


def test_the_tables_are_what_the_migrations_make(database_url: str) -> None:
    engine = sa.create_engine(sa.make_url(database_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:

            def ours(found: str | None, kind: str, parents: object) -> bool:
                return not (kind == "table" and (found or "").startswith(("procrastinate_", "alembic_")))

            context = MigrationContext.configure(
                connection, opts={"include_name": ours, "compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, Base.metadata) == []
            # Alembic does not compare checks; the database knows their names.
            made = {
                row[0]
                for row in connection.execute(
                    sa.text(
                        """SELECT conname FROM pg_constraint
                           WHERE contype = 'c' AND connamespace = 'public'::regnamespace"""
                    )
                )
                if not row[0].startswith("procrastinate")
            }
            meant = {
                str(one.name)
                for table in Base.metadata.tables.values()
                for one in table.constraints
                if isinstance(one, sa.CheckConstraint)
            }
            assert meant
            assert {one for one in meant if one not in made} == set()
    finally:
        engine.dispose()


def test_every_column_that_is_sealed_can_be_rotated() -> None:
    meant = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.startswith("sealed")
    }
    assert meant == {(one.table, one.column) for one in REGISTRY.sealed_columns}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], capture_output=True, text=True, cwd=CHECKOUT, check=False
    )
    if listed.returncode:
        pytest.fail(f"git cannot list the files of this checkout: {listed.stderr}")
    return [path for one in listed.stdout.split("\0") if one and (path := CHECKOUT / one).is_file()]


def _indexes() -> set[str]:
    """Return where this machine's package tools look."""
    told = [os.environ[key] for key in os.environ if re.match(r"(PIP|UV)_.*(INDEX|LINKS)", key)]
    for file in (Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf"):
        settings = ConfigParser(interpolation=None)
        settings.read(file)
        for section in settings.sections():
            told += [value for key, value in settings.items(section) if re.search("index|links|host", key)]
    places = {word.split("://")[-1].strip("/") for one in told for word in one.split()}
    # A switch such as PIP_NO_INDEX=1 is no place.
    return {one for one in places if "/" in one or "." in one}


def test_no_file_names_this_machine() -> None:
    """Nothing that is tracked names a place or an address that exists only where it was written."""
    places = {
        str(CHECKOUT),
        str(Path.home()) + "/",
        sys.prefix,
        tempfile.gettempdir() + "/pytest",
    } | _indexes()
    if CHECKOUT.parent != Path("/"):
        places.add(f"{CHECKOUT.parent}/")
    found = []
    for path in tracked():
        content = path.read_bytes()
        found += [f"{name(path)}: {place}" for place in places if place.encode() in content]
    assert found == []


def test_no_file_names_a_package_index() -> None:
    foreign = [
        f"{name(path)}: {line.strip()}"
        for path in tracked()
        if path.suffix in (".lock", ".toml", ".cfg", ".txt")
        or path.name.startswith(("Dockerfile", "Makefile"))
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"--(?:extra-)?index-url|--find-links|--trusted-host|find-links\s*=|index-url\s*=", line)
    ]
    assert foreign == []
