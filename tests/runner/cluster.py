"""PostgreSQL servers that a test may stop, fill or copy; and PgBouncer in front of one."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import servers


class Cluster:
    """A PostgreSQL server with its data in `folder`; `start` and `stop` as often as one likes."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port
        self.user = servers._user("postgres")
        self.binaries = servers.find_postgres()
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self.settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "timezone": "UTC",
            "max_connections": "40",
        }

    def command(self, name: str, *args: str) -> None:
        done = subprocess.run(
            [os.path.join(self.binaries, name), *args],
            user=self.user or None,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout

    def create(self) -> None:
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.command("initdb", "-D", str(self.data), *options)

    def start(self) -> None:
        words = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        log = str(self.folder / "log")
        options = f"-p {self.port} {words}"
        # pg_ctl hands its output on to the server, which would keep a pipe open
        done = subprocess.run(
            [
                os.path.join(self.binaries, "pg_ctl"),
                "-D",
                str(self.data),
                "-l",
                log,
                "-w",
                "-o",
                options,
                "start",
            ],
            user=self.user or None,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=300,
        )
        assert done.returncode == 0, Path(log).read_text()

    def stop(self, mode: str = "immediate") -> None:
        self.command("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def sql(self, text: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running(create: bool = True) -> Iterator[Cluster]:
    if not servers.find_postgres():
        pytest.skip("no PostgreSQL: an initdb of one's own is needed here")
    with servers._folder(servers._user("postgres")) as folder:
        cluster = Cluster(Path(folder), servers._free_port())
        if create:
            cluster.create()
            cluster.start()
        try:
            yield cluster
        finally:
            subprocess.run(
                [
                    os.path.join(cluster.binaries, "pg_ctl"),
                    "-D",
                    str(cluster.data),
                    "-m",
                    "immediate",
                    "stop",
                ],
                user=cluster.user or None,
                cwd=cluster.folder,
                capture_output=True,
            )


@contextmanager
def pgbouncer(cluster: Cluster, mode: str) -> Iterator[int]:
    """A PgBouncer in front of the cluster, pooling by `mode`; its port."""
    program = shutil.which("pgbouncer", path=servers.PATH)
    if not program:
        pytest.skip("no PgBouncer was found")
    port = servers._free_port()
    users = cluster.folder / "users.txt"
    users.write_text('"postgres" ""\n')
    settings = cluster.folder / f"pgbouncer-{mode}.ini"
    settings.write_text(
        f"[databases]\n* = host=127.0.0.1 port={cluster.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
        f"auth_file = {users}\npool_mode = {mode}\nunix_socket_dir =\n"
        "ignore_startup_parameters = extra_float_digits\n"
    )
    settings.write_text(settings.read_text().replace("* = host", "postgres = user=postgres host"))
    server = subprocess.Popen(
        [program, str(settings)],
        user=cluster.user or None,
        cwd=cluster.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(2000):
            try:
                psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres").close()
                break
            except psycopg.OperationalError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(300)
