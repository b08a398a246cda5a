"""What can go wrong with a backup: one clear error, nothing overwritten, nothing left, nothing lost."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from backing import checksums, databases, seed

from migralint.backup import tools

LARGE = {
    "postgres": "INSERT INTO users (email, note) SELECT i::text, md5(i::text) || md5((-i)::text) "
    "FROM generate_series(1001, 4000) i",
    "mysql": "INSERT INTO users (email, note) SELECT seq, md5(seq) FROM seq_1001_to_4000",
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
    "INSERT INTO users (email, note) SELECT i, hex(randomblob(30)) FROM n",
}


def everything(project) -> dict[str, bytes]:
    """Each file of the folder of backups, and its content."""
    folder = project.folder / "backups"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


@pytest.fixture
def backed_up(seeded):
    """There is one backup already, which no fault may touch."""
    seeded.ok("backup")
    seeded.database.sql(LARGE[seeded.database.dialect])
    return seeded


def test_a_full_disk(backed_up):
    """No file may grow beyond 30,000 bytes: the programs get an error as on a full disk."""
    before = everything(backed_up)
    done = subprocess.run(
        [sys.executable, "-m", "migralint", "backup"],
        cwd=backed_up.folder,
        env=backed_up.environ(),
        capture_output=True,
        text=True,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)),
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stderr.count("migralint: error:") == 1 and "Traceback" not in done.stderr
    assert "the backup failed" in done.stderr
    assert everything(backed_up) == before


def test_a_file_system_without_room(seeded_postgres, tmp_path):
    """A real one, where the tests may mount; RLIMIT_FSIZE has shown the same everywhere."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip(
            "not allowed to mount here; the test before this one fills no file system and runs anywhere"
        )
    try:
        seeded_postgres.database.sql(LARGE["postgres"])
        said = seeded_postgres.refused(4, "backup", "--folder", str(folder))
        assert "No space left on device" in said
        assert [path.name for path in folder.iterdir()] == [".gitignore"]
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def waiting(seeded_postgres):
    """`backup` waits for a table that somebody else holds; the holder and the process."""
    seeded_postgres.ok("backup")
    holder = seeded_postgres.database.connect()
    holder.execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    url = seeded_postgres.database.url.replace("postgres@", "postgres:s3cretpw@")
    process = seeded_postgres.start("backup", DATABASE_URL=url)
    try:
        yield seeded_postgres, holder, process
    finally:
        process.kill()
        process.communicate()
        holder.close()


def dump_of(process) -> int:
    """The process id of the pg_dump that it has started."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True
        )
        for line in found.stdout.splitlines():
            if "pg_dump --format" in line:
                return int(line.split()[0])
        time.sleep(0.02)
    raise AssertionError("no pg_dump was started")


def test_a_killed_dump(waiting):
    project, holder, process = waiting
    before = everything(project)
    os.kill(dump_of(process), signal.SIGKILL)
    holder.execute("ROLLBACK")
    _, said = process.communicate(timeout=300)
    assert process.returncode == 4
    assert "pg_dump was ended by SIGKILL" in said
    assert everything(project) == {n: b for n, b in before.items() if "partial" not in n}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_backup_ends_the_dump(waiting, number):
    project, _, process = waiting
    dump = dump_of(process)
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 128 + number and "nothing is left of it" in said
    assert not os.path.exists(f"/proc/{dump}")
    assert len(list((project.folder / "backups").glob("*.dump*"))) == 2  # the first, its manifest


@pytest.mark.skipif(
    not os.path.isdir("/proc"), reason="no /proc, which tells the arguments of a process"
)
def test_no_process_shows_the_password_while_it_runs(waiting):
    _, _, process = waiting
    dump = dump_of(process)
    for pid in (dump, process.pid):
        assert b"s3cretpw" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert b"pg_dump" in Path(f"/proc/{dump}/cmdline").read_bytes()


def test_a_truncated_archive_is_none(backed_up, archives):
    """At whatever length it was cut: with its manifest, and without it."""
    archive = archives(backed_up)[0]
    data, manifest = archive.read_bytes(), Path(f"{archive}.json")
    kept, rows = manifest.read_bytes(), checksums(backed_up.database)
    name = os.path.basename(backed_up.database.url.removeprefix("file:"))
    for part in (0, 0.1, 0.5, 0.9, 0.999):
        archive.write_bytes(data[: int(len(data) * part)])
        for there in (True, False):
            manifest.write_bytes(kept) if there else manifest.unlink()
            before = everything(backed_up)
            said = backed_up.refused(1, "backup", "--check", str(archive))
            assert "does not verify" in said
            done = backed_up.run("restore", str(archive), "--confirm-database", name)
            # an empty file does not even say which kind of database it is of
            wrong = (1,) if part or there else (1, 2)
            assert done.returncode in wrong, done.stdout + done.stderr
            assert everything(backed_up) == before
    assert checksums(backed_up.database) == rows


def test_a_flipped_bit(backed_up, archives):
    backed_up.ok("backup")
    archive = archives(backed_up)[-1]
    data = bytearray(archive.read_bytes())
    for place in (len(data) // 3, len(data) * 4 // 5):
        data[place] ^= 4
        archive.write_bytes(data)
        assert "does not verify" in backed_up.refused(1, "backup", "--check", str(archive))
        data[place] ^= 4
    archive.write_bytes(data)
    backed_up.ok("backup", "--check", str(archive))


def test_a_flipped_bit_is_found_without_a_manifest(seeded_postgres, archives):
    """In the data of a custom archive, by the checksum of its compression."""
    seeded_postgres.database.sql(LARGE["postgres"])
    seeded_postgres.ok("backup")
    (archive,) = archives(seeded_postgres)
    Path(f"{archive}.json").unlink()
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 4
    archive.write_bytes(data)
    assert "does not verify" in seeded_postgres.refused(1, "backup", "--check", str(archive))


def wrapper(folder: Path, name: str, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{version}'\n")
    path.chmod(0o755)
    return path


def only(monkeypatch, folder: Path) -> None:
    """Nothing else is installed on the machine."""
    monkeypatch.setattr(tools, "PLACES", ())
    monkeypatch.setenv("PATH", str(folder))


def test_an_old_pg_dump(seeded_postgres, monkeypatch, tmp_path):
    seeded_postgres.ok("backup")
    before = everything(seeded_postgres)
    wrapper(tmp_path / "bin", "pg_dump", "pg_dump (PostgreSQL) 9.6.24")
    only(monkeypatch, tmp_path / "bin")
    said = seeded_postgres.refused(4, "backup")
    assert "is of PostgreSQL 9, the server is" in said and "postgresql-client-" in said
    assert everything(seeded_postgres) == before


def test_an_old_mysqldump(on_mysql, monkeypatch, tmp_path):
    seed(on_mysql, 1)
    wrapper(tmp_path / "bin", "mysqldump", "mysqldump  Ver 10.13 Distrib 5.5.68-MariaDB, for Linux")
    only(monkeypatch, tmp_path / "bin")
    assert "it cannot dump that" in on_mysql.refused(4, "backup")
    wrapper(tmp_path / "bin", "mysqldump", "mysqldump  Ver 99.0.1 for Linux on x86_64 (MySQL)")
    assert "is of MySQL 99.0, the server is MariaDB" in on_mysql.refused(4, "backup")


@pytest.mark.parametrize("fixture", ["on_postgres", "on_mysql"])
def test_a_missing_tool(fixture, request, monkeypatch, tmp_path):
    project = request.getfixturevalue(fixture)
    seed(project, 1)
    project.ok("backup")
    before = everything(project)
    (tmp_path / "bin").mkdir()
    only(monkeypatch, tmp_path / "bin")
    said = project.refused(4, "backup")
    assert "is not installed" in said and "Install" in said
    assert everything(project) == before


def test_a_dump_that_fails_half_way(seeded_postgres, monkeypatch, tmp_path):
    """It writes something, complains, and is believed."""
    seeded_postgres.ok("backup")
    before = everything(seeded_postgres)
    path = wrapper(tmp_path / "bin", "pg_dump", "pg_dump (PostgreSQL) 99.1")
    path.write_text(
        path.read_text() + 'test "$1" = --version && exit 0\n'
        'for a; do case $a in --file=*) echo PGDMP > "${a#--file=}";; esac; done\n'
        "echo 'pg_dump: error: out of luck' >&2; exit 1\n"
    )
    only(monkeypatch, tmp_path / "bin")
    assert "out of luck" in seeded_postgres.refused(4, "backup")
    assert everything(seeded_postgres) == before


def test_a_dump_that_lies(seeded_postgres, monkeypatch, tmp_path):
    """Exit status 0 and a tenth of an archive: only reading all of it tells."""
    seeded_postgres.ok("backup")
    before = everything(seeded_postgres)
    (archive,) = (seeded_postgres.folder / "backups").glob("*.dump")
    real = min(tools.installed(["pg_restore"]), key=lambda tool: tool.version)
    path = wrapper(tmp_path / "bin", "pg_dump", "pg_dump (PostgreSQL) 99.1")
    path.write_text(
        path.read_text() + 'test "$1" = --version && exit 0\n'
        f'for a; do case $a in --file=*) /usr/bin/head -c 3000 {archive} > "${{a#--file=}}";; esac; done\n'
    )
    (tmp_path / "bin/pg_restore").symlink_to(real.path)
    only(monkeypatch, tmp_path / "bin")
    assert "does not verify" in seeded_postgres.refused(1, "backup")
    assert everything(seeded_postgres) == before


@pytest.mark.parametrize("where", ["file", "below a file"])
def test_a_folder_that_cannot_be_written(seeded, where):
    seeded.write("taken", "a file")
    folder = "taken" if where == "file" else "taken/below"
    said = seeded.refused(4, "backup", "--folder", folder)
    assert "cannot write taken" in said
    assert (seeded.folder / "taken").read_text() == "a file"


def test_what_a_killed_run_leaves_is_no_backup(waiting, archives):
    project, _, process = waiting
    dump_of(process)
    process.kill()
    process.communicate()
    listed = project.ok("backup", "--list")
    assert "left from a run that was killed" in listed
    assert len([line for line in listed.splitlines() if "localhost" in line]) == 1


def test_a_restore_whose_archive_fails_removes_its_database(seeded_postgres, tmp_path):
    """The archive is whole, and holds what the server does not take."""
    there, rows = databases(seeded_postgres.database), checksums(seeded_postgres.database)
    archive = tmp_path / "plain.sql"
    archive.write_text(
        "--\n-- PostgreSQL database dump\n--\nCREATE TABLE a (b int);\nSELECT nothing;\n"
        "-- PostgreSQL database dump complete\n"
    )
    name = there[0]
    said = seeded_postgres.refused(4, "restore", str(archive), "--confirm-database", name)
    assert 'column "nothing" does not exist' in said
    assert databases(seeded_postgres.database) == there
    assert checksums(seeded_postgres.database) == rows
