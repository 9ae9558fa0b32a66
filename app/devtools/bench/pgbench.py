"""One guarded transition at a time, by pgbench: the ceiling of every client that does not batch.

One statement changes the order if it is still in the version that was read, and writes history and outbox.
"""

import asyncio
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.devtools.bench.figures import Side, Turn
from app.devtools.bench.sheets import FIRST_BOX
from app.devtools.bench.stage import VENDOR
from app.devtools.embedded_postgres import bin_dir

_SCRIPT = """
\\set id random({first}, {last})
WITH r AS (
  SELECT number, state, version FROM raw_order WHERE vendor_id = '{vendor}' AND id = :id
), u AS (
  UPDATE raw_order o
  SET state = CASE r.state WHEN 'ACCEPT' THEN 'INSTRUCT' WHEN 'INSTRUCT' THEN 'DEPARTURE' ELSE 'ACCEPT' END,
      version = o.version + 1
  FROM r WHERE o.number = r.number AND o.state = r.state AND o.version = r.version
  RETURNING o.id, o.vendor_id, o.version, r.state AS source, o.state AS target
), h AS (
  INSERT INTO raw_history (id, version, source, target, event, actor, at)
  SELECT id, version, source, target, 'advance', 'engine', '2026-11-21 10:00+00' FROM u
), x AS (
  INSERT INTO raw_outbox (id, vendor_id, topic, payload, at)
  SELECT id, vendor_id, 'order.advance', '{{"to": "x", "key": "0123456789abcdef0123456789abcdef"}}',
         '2026-11-21 10:00+00'
  FROM u
)
SELECT id FROM u;
"""


def one_by_one(url: str, rows: int, connections: int) -> Side:
    """Return the side that moves one order per transaction.

    Args:
        url: The database with the tables of `raw.fill`.
        rows: How many orders are in them, numbered from 0.
        connections: Clients at a time, each waiting for its own answer.
    """
    script = _SCRIPT.format(first=FIRST_BOX, last=FIRST_BOX + rows - 1, vendor=VENDOR)
    pace = 1000.0

    async def lease(seconds: float) -> Turn:
        nonlocal pace
        # pgbench counts seconds in whole ones; a number of transactions can be shorter.
        each = max(20, round(pace * seconds / connections))
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            said = await _run(url, Path(file.name), connections, each)
        pace = float(_one(r"^tps = ([\d.]+)", said))
        done = int(_one(r"actually processed: (\d+)", said))
        return Turn(done, done / pace)

    return lease


async def _run(url: str, script: Path, connections: int, each: int) -> str:
    parts = urlsplit(url)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port),
        "PGUSER": parts.username or "",
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.removeprefix("/"),
        "PGSSLMODE": "disable",
    }
    counts = ("-c", str(connections), "-j", str(min(2, connections)), "-t", str(each))
    process = await asyncio.create_subprocess_exec(
        str(bin_dir() / "pgbench"),
        *("-n", "-M", "prepared", *counts, "-f", str(script)),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"pgbench failed: {output.decode(errors='replace')[-400:]}")
    return output.decode()


def _one(pattern: str, said: str) -> str:
    found = re.search(pattern, said, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench said nothing like {pattern}")
    return found[1]
