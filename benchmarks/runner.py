"""migralint apply and status against bare SQL, psql, dbmate and the real Prisma engine, in one run.

    python benchmarks/runner.py [--migrations 1000] [--rounds 3] [--status 10000]

A private PostgreSQL with its durability on (fsync, synchronous_commit) is started. The contestants
take turns, each on a fresh database; the best round of each counts, and only the ratios mean much.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "runner")]

import cluster as clusters  # noqa: E402
import psycopg  # noqa: E402
from judges import Judge, _installed  # noqa: E402

SQL = (
    "CREATE TABLE t{0} (id SERIAL PRIMARY KEY, name TEXT NOT NULL);\n"
    "CREATE INDEX t{0}_name ON t{0} (name);\n"
    "ALTER TABLE t{0} ADD COLUMN note TEXT;\n"
)
DBMATE = {"dbmate": "2.28.0"}


def project(folder: Path, count: int, sql: str = SQL) -> Path:
    """A Prisma project, and beside it the same files as dbmate has them."""
    (folder / ".git").mkdir(parents=True)
    for number in range(count):
        name = f"{20200101000000 + number}_t{number}"
        place = folder / "prisma" / "migrations" / name
        place.mkdir(parents=True)
        (place / "migration.sql").write_text(sql.format(number))
        flat = folder / "db" / "migrations" / f"{name}.sql"
        flat.parent.mkdir(parents=True, exist_ok=True)
        flat.write_text(f"-- migrate:up\n{sql.format(number)}\n-- migrate:down\n")
    (folder / "prisma" / "migrations" / "migration_lock.toml").write_text(
        'provider = "postgresql"\n'
    )
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("prisma/migrations/*/migration.sql"))


def bare(folder: Path, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for file in files(folder):
            connection.execute(file.read_bytes())


def psql(folder: Path, url: str) -> None:
    for file in files(folder):
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url, "-f", str(file)], check=True)


def migralint(folder: Path, url: str, *command: str) -> None:
    command = command or ("apply", "-q")
    environ = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-m", "migralint", *command, "prisma/migrations"],
        cwd=folder,
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def prisma_engine(judge: Path) -> Callable[[Path, str], None]:
    def run(folder: Path, url: str, command: str = "deploy") -> None:
        # each file in one message, as up to 7.3: from 7.4 on its statements go one by one, slower
        made = Judge(judge, "whole")
        found = made.ask(command, url, folder / "prisma" / "migrations")
        made.process.kill()
        made.process.wait()
        assert "result" in found, found

    return run


def dbmate(folder: Path, url: str) -> None:
    program = dbmate_program()
    subprocess.run(
        [
            program,
            "--url",
            f"{url}?sslmode=disable",
            "--no-dump-schema",
            "-d",
            "db/migrations",
            "up",
        ],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def dbmate_program() -> str:
    place = Path(tempfile.gettempdir()) / "migralint-dbmate"
    if not (place / "node_modules").exists():
        place.mkdir(exist_ok=True)
        install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "dbmate"]
        subprocess.run(install, cwd=place, check=True, capture_output=True)
    found = sorted(place.glob("node_modules/@dbmate/*/bin/dbmate*"))
    return str(found[0])


def timed(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def fresh(cluster: clusters.Cluster, name: str) -> str:
    cluster.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    cluster.sql(f"CREATE DATABASE {name}")
    return cluster.url.replace("/postgres", f"/{name}").replace("postgres@", "postgres@", 1)


def url_of(cluster: clusters.Cluster, name: str) -> str:
    return f"postgresql://postgres@127.0.0.1:{cluster.port}/{name}"


def table(title: str, times: dict[str, float], against: str) -> None:
    print(f"\n{title}\n{'':24}{'seconds':>9}  ratio ({against} = 1)")
    for name, seconds in sorted(times.items(), key=lambda pair: pair[1]):
        print(f"{name:24}{seconds:9.2f}  {seconds / times[against]:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--migrations", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--status", type=int, default=10_000)
    args = parser.parse_args()
    judge = _installed()
    with tempfile.TemporaryDirectory() as temporary, durable() as cluster:
        print(f"{cluster.sql('SELECT version()')[0][0]}, durable, {os.cpu_count()} cores")
        _apply(cluster, project(Path(temporary) / "small", args.migrations), args, judge)
        many = project(
            Path(temporary) / "many", args.status, "CREATE TABLE t{0} (id INT PRIMARY KEY);\n"
        )
        _status(cluster, many, args, judge)


class durable:
    """A private server with the settings of a real one, its files on the disk."""

    def __enter__(self) -> clusters.Cluster:
        import servers

        self.folder = tempfile.mkdtemp(prefix="migralint-bench-")
        user = servers._user("postgres")
        if user:
            shutil.chown(self.folder, user)
            os.chmod(self.folder, 0o755)
        self.cluster = clusters.Cluster(Path(self.folder), servers._free_port())
        self.cluster.settings.update(fsync="on", max_connections="30")
        self.cluster.create()
        self.cluster.start()
        return self.cluster

    def __exit__(self, *_: object) -> None:
        self.cluster.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


def _apply(cluster: clusters.Cluster, folder: Path, args: argparse.Namespace, judge: Path) -> None:
    contestants: dict[str, Callable[[Path, str], None]] = {
        "bare SQL, one connection": bare,
        "migralint apply": migralint,
        "dbmate": dbmate,
        "Prisma's engine": prisma_engine(judge),
    }
    dbmate_program()
    best: dict[str, float] = {}
    for _ in range(args.rounds):
        for name, run in contestants.items():
            fresh(cluster, "bench")
            took = timed(lambda run=run: run(folder, url_of(cluster, "bench")))
            best[name] = min(took, best.get(name, took))
    fresh(cluster, "bench")
    best["psql -f per file"] = timed(lambda: psql(folder, url_of(cluster, "bench")))
    table(f"apply, {args.migrations} migrations of 3 statements", best, "migralint apply")


def _status(cluster: clusters.Cluster, folder: Path, args: argparse.Namespace, judge: Path) -> None:
    fresh(cluster, "many")
    url = url_of(cluster, "many")
    cluster.sql("ALTER SYSTEM SET fsync = off")
    cluster.sql("SELECT pg_reload_conf()")
    migralint(folder, url)
    made = Judge(judge)
    engine = prisma_engine(judge)
    best: dict[str, float] = {}
    for _ in range(args.rounds):
        for name, run in {
            "migralint status": lambda: migralint(folder, url, "status"),
            "Prisma's engine alone": lambda: engine(folder, url, "status"),  # type: ignore[call-arg]
            "prisma migrate status": lambda: made.cli(folder, url, "status").check_returncode(),
        }.items():
            took = timed(run)
            best[name] = min(took, best.get(name, took))
    made.process.kill()
    table(f"status, {args.status} applied", best, "migralint status")


if __name__ == "__main__":
    main()
