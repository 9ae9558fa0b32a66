"""What it was measured on, in one line: no names, no paths."""

import os
import platform
from pathlib import Path

import psycopg


def machine(url: str) -> str:
    """Return processor, cores, memory, and the versions of PostgreSQL and Python.

    Args:
        url: `postgresql://…` of the server that was measured.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'),"
            " current_setting('synchronous_commit')"
        ).fetchone()
    version, fsync, commit = row or ("?", "?", "?")
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()};"
        f" PostgreSQL {version} (fsync {fsync}, synchronous_commit {commit}),"
        f" Python {platform.python_version()}"
    )


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
