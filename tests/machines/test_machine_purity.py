"""The heart imports nothing but the standard library, python-statemachine and its own kernel."""

import ast
import subprocess
import sys
from pathlib import Path

import app.machines

FOLDER = Path(app.machines.__file__ or "").parent


def imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def foreign(source: str) -> set[str]:
    pure = {*sys.stdlib_module_names, "statemachine"} - {
        "time",
        "datetime",
        "socket",
        "subprocess",
        "random",
        "os",
    }
    ours = {f"app.machines.{name}" for name in ("kernel", "paths", "observed", "groups", "remedies")}
    return {n for n in imported(source) if n.split(".")[0] not in pure and n not in ours}


def test_machines_import_nothing_foreign() -> None:
    files = sorted(FOLDER.glob("**/*.py"))
    assert {file.stem for file in files} >= {"kernel", "boxes", "cancels", "returns", "exchanges", "effects"}
    # What a receipt row says is said in the states of two machines; it is no machine itself.
    assert {file.name: foreign(file.read_text(encoding="utf-8")) for file in files} == {
        file.name: {"app.machines.cancels", "app.machines.returns"}
        if file.stem == "receipt_classification"
        else set()
        for file in files
    }


def test_the_check_sees_foreign_imports() -> None:
    assert foreign("import sqlalchemy\nfrom app.errors import Refused\nfrom . import effects") == {
        "sqlalchemy",
        "app.errors",
        ".",
    }
    assert foreign("def f():\n    from time import time") == {"time"}


def test_importing_the_heart_loads_no_database_and_no_web() -> None:
    code = (
        "import sys, app.machines.boxes, app.machines.effects, app.machines.receipt_classification\n"
        "import app.machines.quantities, app.machines.redeliveries\n"
        "import app.machines.receptions, app.machines.exchanges, app.machines.collects\n"
        "heavy = {'sqlalchemy', 'psycopg', 'fastapi', 'starlette', 'httpx', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER.parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
