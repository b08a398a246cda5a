"""`backup`: what it writes, what it says of it, what it never shows."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from backing import databases, edit_manifest, seed

from migralint.backup import manifest

SUFFIX = {"postgres": ".dump", "mysql": ".mysqldump", "sqlite": ".db"}


def test_a_backup_is_whole_private_and_described(seeded, archives):
    said = seeded.ok("backup")
    (archive,) = archives(seeded)
    assert archive.suffix == SUFFIX[seeded.database.dialect]
    assert "1 applied migration; read whole" in said
    for path in (archive, Path(f"{archive}.json")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = json.loads(Path(f"{archive}.json").read_text())
    ours = (item for item in found["tables"].items() if not item[0].startswith("migralint."))
    counts = {name.removeprefix("public."): rows for name, rows in ours}
    assert counts == {"_prisma_migrations": 1, "users": 50, "orders": 50}
    assert found["migrations"] == ["20260101000000_init"]
    assert found["bytes"] == archive.stat().st_size
    assert found["verified"].endswith("Z")
    assert (seeded.folder / "backups/.gitignore").read_text() == "*\n"
    assert not list((seeded.folder / "backups").glob("*.partial*"))


def test_a_trial_restore_leaves_nothing_behind(seeded, archives):
    before = _databases(seeded)
    said = seeded.ok("backup", "--trial-restore")
    assert "read whole, and restored for a trial" in said
    assert json.loads(Path(f"{archives(seeded)[0]}.json").read_text())["trial"]
    assert _databases(seeded) == before


def _databases(project):
    if project.database.dialect == "sqlite":
        return sorted(path.name for path in project.folder.parent.glob("dev.db*"))
    return databases(project.database)


def test_list_and_check_as_text_and_json(seeded, archives):
    made = json.loads(seeded.ok("backup", "--output", "json"))
    assert (made["schema_version"], made["removed"]) == (1, [])
    (archive,) = archives(seeded)
    assert made["backup"]["path"] == str(archive) and made["backup"]["counts"] is True
    listed = json.loads(seeded.ok("backup", "--list", "--output", "json"))
    assert listed["backups"] == [made["backup"]]
    assert archive.name in seeded.ok("backup", "--list")
    assert "is whole" in seeded.ok("backup", "--check", str(archive))
    archive.write_bytes(archive.read_bytes()[:-40])
    assert "DOES NOT COUNT" in seeded.ok("backup", "--list")
    assert "does not verify" in seeded.refused(1, "backup", "--check", str(archive))
    checked = seeded.run("backup", "--check", str(archive), "--output", "json")
    assert checked.returncode == 1 and json.loads(checked.stdout)["problem"]


def test_an_empty_folder_has_no_backups(on_sqlite):
    assert "There are no backups" in on_sqlite.ok("backup", "--list")


@pytest.mark.parametrize("fixture", ["on_postgres", "on_mysql"])
def test_the_password_is_in_no_command_line_and_no_output(fixture, request, tmp_path):
    """Wrappers write down what the programs are called with; the programs then run."""
    project = request.getfixturevalue(fixture)
    seed(project)
    record = tmp_path / "argv"
    wrappers = tmp_path / "bin"
    wrappers.mkdir()
    programs = ("pg_dump", "pg_restore", "mariadb-dump", "mysqldump", "mariadb", "mysql")
    for name in programs:
        wrapper = wrappers / name
        wrapper.write_text(
            f'#!{sys.executable}\nimport os, sys\nopen({str(record)!r}, "a").write(repr(sys.argv))\n'
            f'real = [os.path.join(p, {name!r}) for p in os.environ["PATH"].split(os.pathsep)[1:]]\n'
            f"os.execv(next(filter(os.path.exists, real)), sys.argv)\n"
        )
        wrapper.chmod(0o755)
    url, secret = _with_password(project)
    try:
        path = os.pathsep.join((str(wrappers), os.environ["PATH"]))
        said = project.run("backup", "--trial-restore", DATABASE_URL=url, PATH=path)
        assert said.returncode == 0, said.stderr
        argv = record.read_text()
        assert "dump" in argv and secret not in argv
        assert "s3cret" not in argv
        everything = said.stdout + said.stderr
        everything += "".join(
            p.read_text(errors="replace") for p in (project.folder / "backups").glob("*.json")
        )
        assert secret not in everything and "s3cret" not in everything
    finally:
        if project.database.dialect == "mysql":
            project.database.sql("DROP USER 'mlbackup'@'%'")


def _with_password(project):
    """A URL with a password that is needed (MariaDB), or at least given (PostgreSQL trusts)."""
    secret = "s3cret/\"#' pw"
    place = project.database.url.partition("@")[2]
    encoded = "s3cret%2F%22%23%27%20pw"
    if project.database.dialect == "postgres":
        return f"postgresql://postgres:{encoded}@{place}", secret
    project.database.sql("CREATE OR REPLACE USER 'mlbackup'@'%%' IDENTIFIED BY %s", secret)
    project.database.sql("GRANT ALL ON *.* TO 'mlbackup'@'%'")
    return f"mysql://mlbackup:{encoded}@{place}", secret


def test_rows_are_counted_in_the_snapshot_that_is_dumped(seeded_postgres, archives):
    """Somebody writes all the time: the counts are those of the archive, restored."""
    import threading

    stop = threading.Event()

    def write():
        connection = seeded_postgres.database.connect()
        while not stop.is_set():
            connection.execute("INSERT INTO orders (user_id) VALUES (1)")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seeded_postgres.ok("backup", "--trial-restore")
    finally:
        stop.set()
        writer.join()


def test_retention_is_applied_after_a_backup(seeded, archives):
    for _ in range(3):
        seeded.ok("backup", "-q")
    stranger = seeded.folder / "backups" / "theirs.dump"
    stranger.write_text("not ours")
    for archive in archives(seeded):
        edit_manifest(archive, created="2020-01-01T00:00:00Z")
    for option in ("--keep=0", "--keep=-1", "--keep-days=-1"):
        assert "write a number from" in seeded.refused(2, "backup", option)
    assert len(archives(seeded)) == 3
    assert seeded.ok("backup", "-q", "--keep", "2", "--keep-days", "1") == ""
    left = archives(seeded)
    assert len(left) == 2 and stranger.exists()
    assert len(list((seeded.folder / "backups").glob("*.json"))) == 2


def test_the_database_marker_stands_in_the_header(seeded_postgres):
    name = seeded_postgres.database.url.rpartition("/")[2]
    seeded_postgres.database.sql(f"ALTER DATABASE {name} SET migralint.environment = 'production'")
    assert "(production: the database" in seeded_postgres.ok("backup")


def test_keys_of_the_configuration(on_sqlite):
    seed(on_sqlite, 1)
    on_sqlite.write(".migralint.yaml", "backup_folder: var/kept\nbackup_keep: 1\n")
    on_sqlite.ok("backup")
    assert len(manifest.found(str(on_sqlite.folder / "var/kept"))) == 1


def test_a_folder_that_git_does_not_ignore_is_mentioned(on_sqlite):
    seed(on_sqlite, 1)
    on_sqlite.write("kept/notes.txt", "mine")
    done = on_sqlite.run("backup", "--folder", "kept")
    assert done.returncode == 0 and "has no .gitignore" in done.stderr
    assert not (on_sqlite.folder / "kept/.gitignore").exists()


def test_an_empty_database_is_a_backup_with_a_remark(on_sqlite, tmp_path):
    (tmp_path / "empty.db").write_bytes(b"")
    on_sqlite.add("20260101000000_init", "CREATE TABLE a (b int);")
    done = on_sqlite.run("backup", DATABASE_URL=f"file:{tmp_path}/empty.db")
    assert done.returncode == 0 and "there is no table" in done.stderr


RICH = """
DROP SCHEMA public CASCADE;
CREATE SCHEMA shop; CREATE SCHEMA "Odd name";
CREATE TYPE shop.mood AS ENUM ('good', 'bad');
CREATE DOMAIN shop.positive AS int CHECK (value > 0);
CREATE TABLE shop.parted (id int, day date, mood shop.mood) PARTITION BY RANGE (day);
CREATE TABLE shop.parted_1 PARTITION OF shop.parted FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
INSERT INTO shop.parted VALUES (1, '2026-05-05', 'good');
CREATE TABLE shop.parent (a int); CREATE TABLE shop.child (b int) INHERITS (shop.parent);
INSERT INTO shop.parent VALUES (1); INSERT INTO shop.child VALUES (1, 2), (1, 3);
CREATE TABLE "Odd name"."Odd ""table"" " (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state varchar(9) DEFAULT 'a' CHECK (state IN ('a', 'b')),
  span int4range, EXCLUDE USING gist (span WITH &&));
INSERT INTO "Odd name"."Odd ""table"" " (span) VALUES ('[1,2)'), ('[3,4)');
ALTER TABLE shop.child ADD CONSTRAINT never CHECK (b > 2) NOT VALID;
CREATE FUNCTION shop.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER nothing BEFORE INSERT ON shop.child FOR EACH ROW EXECUTE FUNCTION shop.nothing();
CREATE VIEW shop.some AS SELECT state, coalesce(state, 'x') FROM "Odd name"."Odd ""table"" " t
  WHERE state IN ('a', 'b') OR state LIKE '%x%';
CREATE MATERIALIZED VIEW shop.seen AS SELECT * FROM shop.some;
CREATE POLICY own ON shop.child USING (b = 1 OR current_user = 'me');
ALTER TABLE shop.child ENABLE ROW LEVEL SECURITY;
CREATE RULE quiet AS ON DELETE TO shop.parent DO INSTEAD NOTHING;
COMMENT ON SCHEMA shop IS 'the shop''s';
SELECT lo_from_bytea(0, 'a large object');
"""


def test_a_schema_of_many_kinds_comes_back_as_it_was(on_postgres, archives):
    """No schema `public`, an index that is invalid, expressions that the server writes anew."""
    import psycopg

    on_postgres.add("20260101000000_init", "SELECT 1;")
    database = on_postgres.database
    database.sql(RICH)
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.sql("CREATE UNIQUE INDEX CONCURRENTLY broken ON shop.child (a)")
    on_postgres.ok("backup", "--trial-restore")
    found = json.loads(Path(f"{archives(on_postgres)[0]}.json").read_text())
    assert found["tables"] == {
        'Odd name.Odd "table" ': 2,
        "shop.child": 2,
        "shop.parent": 1,
        "shop.parted_1": 1,
    }
    assert found["catalog"] and found["catalog_sha256"]
