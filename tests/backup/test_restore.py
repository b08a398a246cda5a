"""`restore`: rows and schema are those of before, and nothing is lost on the way."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from backing import checksums, databases, edit_manifest, seed, tables
from servers import find_postgres

CHANGES = {
    "postgres": (
        "DELETE FROM orders WHERE id > 5",
        "UPDATE users SET note = 'changed'",
        "ALTER TABLE users ADD COLUMN later int",
        "CREATE TABLE newer (id int PRIMARY KEY, user_id int REFERENCES users (id))",
        "INSERT INTO newer VALUES (1, 1)",
        "DROP VIEW recent",
    ),
    "sqlite": (
        "DELETE FROM orders WHERE id > 5",
        "UPDATE users SET note = 'changed'",
        "ALTER TABLE users ADD COLUMN later int",
        "CREATE TABLE newer (id int PRIMARY KEY, user_id int REFERENCES users (id))",
        "INSERT INTO newer VALUES (1, 1)",
        "DROP VIEW recent",
    ),
}
CHANGES["mysql"] = CHANGES["postgres"]


def name_of(database):
    return os.path.basename(database.url.removeprefix("file:"))


def change(database):
    for sql in CHANGES[database.dialect]:
        database.sql(sql)


def restored(project, archive, *more, status=0):
    name = name_of(project.database)
    done = project.run("restore", str(archive), "--confirm-database", name, *more)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_rows_and_schema_are_those_of_before(seeded, archives):
    before = checksums(seeded.database)
    seeded.ok("backup")
    change(seeded.database)
    seeded.add("20260102000000_more", "CREATE TABLE again (id int PRIMARY KEY);")
    seeded.ok("apply")
    changed = checksums(seeded.database)
    assert changed != before
    said = restored(seeded, archives(seeded)[0])
    assert "the migration 20260102000000_more, applied since" in said
    assert "newer: 1 row now, no such table then" in said
    assert checksums(seeded.database) == before
    assert "1 applied, 1 pending" in seeded.ok("status")
    kept = _kept(seeded.database, said)
    assert checksums(kept) == changed
    assert len(archives(seeded)) == 2  # the state before the restore has become a backup
    restored(seeded, archives(seeded)[1])
    assert checksums(seeded.database) == changed


def _kept(database, said):
    name = said.partition("is kept as ")[2].partition(",")[0]
    if database.dialect == "sqlite":
        return type(database)("sqlite", f"file:{name}")
    return type(database)(database.dialect, f"{database.url.rpartition('/')[0]}/{name}")


def test_the_guides_way_leaves_things_behind_and_ours_does_not(seeded_postgres, archives):
    """`pg_restore --clean --if-exists` stops being able to drop at the newer foreign key."""
    project = seeded_postgres
    before = checksums(project.database)
    project.ok("backup")
    change(project.database)
    name = name_of(project.database)
    project.database.sql(f"CREATE DATABASE {name}_guide TEMPLATE {name}")
    guide = type(project.database)("postgres", f"{project.database.url}_guide")
    (archive,) = archives(project)
    program = os.path.join(find_postgres(), "pg_restore")
    command = [program, "--clean", "--if-exists", "-d", guide.url, str(archive)]
    done = subprocess.run(command, capture_output=True, timeout=300)
    assert done.returncode == 1
    assert "newer" in tables(guide) and checksums(guide) != before
    restored(project, archive)
    assert checksums(project.database) == before


def test_what_belongs_to_the_database_comes_over(seeded_postgres, archives):
    database = seeded_postgres.database
    name = name_of(database)
    role = f"{name}_role"
    database.sql(f"CREATE ROLE {role}")
    try:
        for sql in (
            f"COMMENT ON DATABASE {name} IS 'the shop''s \\ own'",
            f'ALTER DATABASE {name} SET search_path TO "$user", public, "A b", """q"""',
            f"ALTER DATABASE {name} SET migralint.environment TO 'staging'",
            f"ALTER ROLE {role} IN DATABASE {name} SET work_mem TO '7MB'",
            f"ALTER DATABASE {name} SET app.tenant TO 'shop'",
            "CREATE TABLE tenants (name text CHECK (name = current_setting('app.tenant')))",
            "INSERT INTO tenants VALUES ('shop')",
            f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
            f"GRANT CREATE ON DATABASE {name} TO {role} WITH GRANT OPTION",
            f"ALTER DATABASE {name} CONNECTION LIMIT 17",
            f"ALTER DATABASE {name} OWNER TO {role}",
        ):
            database.sql(sql)
        before = _properties(database)
        seeded_postgres.ok("backup")
        restored(seeded_postgres, archives(seeded_postgres)[0])
        assert _properties(database) == before
        assert (
            "17" in before
            and "work_mem=7MB" in before
            and f"{role}=CTc*" in before.replace("C*Tc", "CTc*")
        )
    finally:
        for each in databases(database):
            database.sql(f"ALTER DATABASE {each} OWNER TO postgres")
            database.sql(f"REVOKE ALL ON DATABASE {each} FROM {role}")
            database.sql(f"ALTER ROLE {role} IN DATABASE {each} RESET ALL")
        database.sql(f"DROP OWNED BY {role}")
        database.sql(f"DROP ROLE {role}")


def _properties(database):
    name = name_of(database)
    return repr(
        database.sql(
            "SELECT shobj_description(d.oid, 'pg_database'), datacl::text, datconnlimit, "
            "pg_get_userbyid(datdba), encoding, datcollate, datctype, datallowconn, "
            "(SELECT array_agg(setrole::regrole::text || setconfig::text ORDER BY setrole) "
            "FROM pg_db_role_setting WHERE setdatabase = d.oid) FROM pg_database d "
            "WHERE datname = %s",
            name,
        )
    )


def test_a_user_without_superuser_restores_its_own_database(seeded_postgres, archives):
    database = seeded_postgres.database
    name = name_of(database)
    role = f"{name}_owner"
    database.sql(f"CREATE ROLE {role} LOGIN CREATEDB")
    try:
        database.sql(f"ALTER DATABASE {name} OWNER TO {role}")
        for table in tables(database):
            database.sql(f"ALTER TABLE {table} OWNER TO {role}")
        database.sql(f"ALTER VIEW recent OWNER TO {role}")
        database.sql("DROP SCHEMA IF EXISTS migralint CASCADE")
        url = database.url.replace("postgres@", f"{role}@")
        before = checksums(database)
        seeded_postgres.ok("backup", "--trial-restore", DATABASE_URL=url)
        database.sql("DELETE FROM orders")
        (archive,) = archives(seeded_postgres)
        options = ("--confirm-database", name)
        seeded_postgres.ok("restore", str(archive), *options, DATABASE_URL=url)
        assert checksums(database) == before
    finally:
        for each in databases(database):
            database.sql(f"ALTER DATABASE {each} OWNER TO postgres")
            other = type(database)("postgres", f"{database.url.rpartition('/')[0]}/{each}")
            other.sql(f"REASSIGN OWNED BY {role} TO postgres")
            other.sql(f"DROP OWNED BY {role}")
        database.sql(f"DROP ROLE {role}")


@pytest.mark.parametrize("fixture", ["on_postgres", "on_mysql"])
def test_others_who_are_connected_are_named_and_left_alone(fixture, request, archives):
    project = request.getfixturevalue(fixture)
    seed(project, 3)
    before = checksums(project.database)
    project.ok("backup")
    project.database.sql("DELETE FROM orders")
    other = project.database.connect()
    try:
        said = restored(project, archives(project)[0], status=5)
        assert "others are connected to the database" in said and "--terminate-sessions" in said
        assert len(archives(project)) == 1
        assert other.cursor().execute("SELECT 1")
        said = restored(project, archives(project)[0], "--terminate-sessions")
    finally:
        with contextlib.suppress(Exception):  # each driver has its own; it may be gone already
            other.close()
    assert checksums(project.database) == before


def test_a_wrong_name_and_no_name_are_refused_before_anything_happens(seeded, archives):
    seeded.ok("backup")
    change(seeded.database)
    now = checksums(seeded.database)
    (archive,) = archives(seeded)
    said = seeded.refused(5, "restore", str(archive), "--confirm-database", "shop")
    assert "is left as it is: 'shop' is not its name" in said
    said = seeded.refused(5, "restore", str(archive))
    assert "its name was not given" in said and "The restore takes back:" in said
    assert checksums(seeded.database) == now and archives(seeded) == [archive]


@pytest.mark.parametrize("typed, agent", [("dev.db", ""), ("dev", ""), ("dev.db", "1")])
def test_the_name_is_typed_on_a_terminal(on_sqlite, archives, typed, agent):
    """By a person: what an agent types there does not count."""
    seed(on_sqlite, 2)
    before = checksums(on_sqlite.database)
    on_sqlite.ok("backup")
    change(on_sqlite.database)
    now = checksums(on_sqlite.database)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "migralint", "restore", str(archives(on_sqlite)[0])],
        cwd=on_sqlite.folder,
        env=on_sqlite.environ(CLAUDECODE=agent),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, f"{typed}\n".encode())
    process.communicate(timeout=300)
    os.close(ours)
    confirmed = typed == "dev.db" and not agent
    assert process.returncode == (0 if confirmed else 5)
    assert checksums(on_sqlite.database) == (before if confirmed else now)


def test_a_manifest_that_says_otherwise_stops_the_restore(seeded, archives):
    """Rows, history or schema that differ: the new database goes, the old one stays."""
    seeded.ok("backup")
    (archive,) = archives(seeded)
    now, there = checksums(seeded.database), _beside(seeded)
    edit_manifest(archive, migrations=["20250101000000_other"])
    said = restored(seeded, archive, status=1)
    assert "the history does not have the migrations of the backup" in said
    assert checksums(seeded.database) == now
    assert _beside(seeded) == there


def _beside(project):
    if project.database.dialect == "sqlite":
        return sorted(path.name for path in project.folder.parent.glob("dev.db*"))
    return databases(project.database)


def test_a_schema_that_is_not_as_it_was_stops_the_restore(seeded_postgres, archives):
    import json

    seeded_postgres.ok("backup")
    (archive,) = archives(seeded_postgres)
    catalog = json.loads(Path(f"{archive}.json").read_text())["catalog"]
    edit_manifest(archive, catalog={**catalog, "column public.users.gone": "type: text"})
    said = restored(seeded_postgres, archive, status=1)
    assert "column public.users.gone is missing" in said


SLOW = """
CREATE FUNCTION slow(id int) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('test.fast', true), '') = '' THEN PERFORM pg_sleep(0.5); END IF;
  RETURN true;
END $$;
SET test.fast = 'yes';
CREATE TABLE slow_rows (id int CHECK (slow(id)));
INSERT INTO slow_rows SELECT generate_series(1, 200);
"""


def test_an_interrupted_restore_leaves_the_original_and_no_scratch(seeded_postgres, archives):
    project = seeded_postgres
    project.database.sql(SLOW)
    project.ok("backup")
    before, there = checksums(project.database), databases(project.database)
    process = project.start(
        "restore", str(archives(project)[0]), "--confirm-database", name_of(project.database)
    )
    deadline = time.monotonic() + 60
    busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY public.slow_rows%%'"
    while project.database.sql(busy)[0][0] == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "is as it was" in said and "is removed" in said
    assert databases(project.database) == there
    assert checksums(project.database) == before


def test_the_second_rename_failing_undoes_the_first(seeded_postgres, monkeypatch):
    """Somebody looks into the new database: it cannot take the name, and the old one keeps it."""
    from migralint.backup import postgres
    from migralint.model import MigralintError

    database = seeded_postgres.database
    name = name_of(database)
    target = found(seeded_postgres, monkeypatch)
    database.sql(f"CREATE DATABASE {name}_new")
    other = type(database)("postgres", f"{database.url}_new").connect()
    try:
        with pytest.raises(MigralintError) as caught:
            postgres.swap(target, f"{name}_new", f"{name}_kept", False, "")
    finally:
        other.close()
    assert "could not be exchanged" in caught.value.message and caught.value.status == 4
    assert databases(database) == [name, f"{name}_new"]
    assert database.sql("SELECT count(*) FROM users") == [(50,)]  # and it takes connections


def found(project, monkeypatch):
    from argparse import ArgumentParser

    from migralint.runner import target

    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("DATABASE_URL", project.database.url)
    parser = ArgumentParser()
    target.add_arguments(parser)
    return target.find(parser.parse_args([]))


MYSQL_OTHERS = (
    "CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW SET NEW.note = upper(NEW.note)",
    "CREATE PROCEDURE greet() SELECT 'hello;'",
    "CREATE FUNCTION one() RETURNS int DETERMINISTIC RETURN 1",
    "CREATE VIEW calls AS SELECT one() AS one, id FROM recent",
    "CREATE EVENT tick ON SCHEDULE EVERY 1 DAY DO INSERT INTO orders (user_id) VALUES (1)",
)


@pytest.fixture
def full_mysql(on_mysql):
    seed(on_mysql, 5)
    for sql in MYSQL_OTHERS:
        on_mysql.database.sql(sql)
    return on_mysql


def test_mysql_brings_views_triggers_routines_and_events(full_mysql, archives):
    database = full_mysql.database
    before = checksums(database)
    full_mysql.ok("backup", "--trial-restore")
    for sql in ("DROP TRIGGER shout", "DROP EVENT tick", "DROP FUNCTION one", "DROP VIEW calls"):
        database.sql(sql)
    database.sql("CREATE TABLE calls (id int)")  # a table with the name of the view
    database.sql("CREATE TRIGGER other AFTER DELETE ON orders FOR EACH ROW SET @a = 1")
    database.sql("CREATE TABLE old (a int) ENGINE = MyISAM")
    changed = checksums(database)
    database.sql("CREATE EVENT tock ON SCHEDULE EVERY 1 DAY DO SET @a = 1")
    said = restored(full_mysql, archives(full_mysql)[0])
    assert "old: not transactional" in said and "events of" in said
    assert checksums(database) == before
    assert database.sql("SELECT one FROM calls LIMIT 1") == [(1,)]
    assert checksums(_kept(database, said)) == changed


def test_mysql_an_exchange_that_fails_is_undone(full_mysql, archives, monkeypatch, tmp_path):
    """The archive's events are the last thing to be made; here they are no SQL."""
    from migralint.backup import making, mysql
    from migralint.model import MigralintError

    database = full_mysql.database
    name = name_of(database)
    target = found(full_mysql, monkeypatch)
    full_mysql.ok("backup")
    (archive,) = archives(full_mysql)
    mysql.create(target, f"{name}_new")
    mysql.load(target, making.opened(str(archive)), f"{name}_new")
    database.sql("DELETE FROM orders WHERE id = 1")
    before = checksums(database)
    broken = tmp_path / "broken"
    broken.write_text("-- Dumping events for database 'x'\nNO SQL AT ALL;\n")
    with pytest.raises(MigralintError, match="the restore failed"):
        mysql.swap(target, f"{name}_new", f"{name}_kept", False, str(broken))
    assert checksums(database) == before
    assert databases(database) == [name, f"{name}_new"]


def test_mysql_refuses_where_other_databases_refer_to_the_tables(on_mysql, archives):
    seed(on_mysql, 2)
    database = on_mysql.database
    name = name_of(database)
    on_mysql.ok("backup")
    database.sql(f"CREATE DATABASE {name}_x")
    database.sql(f"CREATE TABLE {name}_x.c (a int, FOREIGN KEY (a) REFERENCES {name}.users (id))")
    said = restored(on_mysql, archives(on_mysql)[0], status=5)
    assert f"{name}_x.c" in said
    database.sql(f"DROP TABLE {name}_x.c")


def test_sqlite_in_wal_mode_with_somebody_who_has_it_open(on_sqlite, archives):
    seed(on_sqlite, 3)
    path = Path(on_sqlite.database.url.removeprefix("file:"))
    path.chmod(0o640)
    on_sqlite.database.sql("PRAGMA journal_mode = WAL")
    on_sqlite.ok("backup")
    before = checksums(on_sqlite.database)
    open_here = on_sqlite.database.connect()
    open_here.execute("INSERT INTO orders (user_id) VALUES (2)").fetchall()
    options = ("--confirm-database", "dev.db", "--terminate-sessions")
    done = on_sqlite.apart("restore", str(archives(on_sqlite)[0]), *options)
    assert done.returncode == 5, done.stdout + done.stderr
    if os.path.isdir("/proc"):
        assert f"process {os.getpid()}" in done.stderr
    open_here.close()
    restored(on_sqlite, archives(on_sqlite)[0])
    assert checksums(on_sqlite.database) == before
    assert on_sqlite.database.sql("PRAGMA journal_mode") == [("wal",)]
    assert path.stat().st_mode & 0o777 == 0o640


def test_archives_that_others_made(seeded_postgres, tmp_path):
    """Without a manifest: what they are is shown as unknown, and only a whole one is taken."""
    project = seeded_postgres
    before = checksums(project.database)
    program = os.path.join(find_postgres(), "pg_dump")
    for form in ("plain", "custom"):
        archive = tmp_path / form
        command = [program, "-F", form, "-f", str(archive), project.database.url]
        subprocess.run(command, check=True, timeout=300)
        change(project.database)
        said = restored(project, archive)
        assert "What would be lost is not known" in said and "could not be compared" in said
        assert checksums(project.database) == before


def test_a_plain_dump_that_could_leave_its_database_is_refused(seeded_postgres, tmp_path):
    archive = tmp_path / "plain.sql"
    text = "--\n-- PostgreSQL database dump\n--\n\\connect other\nSELECT 1;\n"
    archive.write_text(f"{text}-- PostgreSQL database dump complete\n")
    said = restored(seeded_postgres, archive, status=1)
    assert "\\connect other" in said


def test_a_backup_of_another_kind_of_database(on_sqlite, tmp_path):
    seed(on_sqlite, 1)
    (tmp_path / "x.dump").write_bytes(b"PGDMP...")
    said = on_sqlite.refused(2, "restore", str(tmp_path / "x.dump"), "--confirm-database", "dev.db")
    assert "is of postgres" in said


def test_sqlite_where_nothing_is_left(on_sqlite, archives):
    """An empty file is a database too; where there is none, a copy is enough."""
    seed(on_sqlite, 2)
    before = checksums(on_sqlite.database)
    on_sqlite.ok("backup")
    path = Path(on_sqlite.database.url.removeprefix("file:"))
    path.write_bytes(b"")
    restored(on_sqlite, archives(on_sqlite)[0])
    assert checksums(on_sqlite.database) == before
    path.unlink()
    assert "cp -- " in restored(on_sqlite, archives(on_sqlite)[0], status=4)


def test_sqlite_that_is_damaged_is_not_touched(on_sqlite, archives):
    seed(on_sqlite, 50)
    on_sqlite.ok("backup")
    path = Path(on_sqlite.database.url.removeprefix("file:"))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    done = on_sqlite.run("restore", str(archives(on_sqlite)[0]), "--confirm-database", "dev.db")
    assert done.returncode in (1, 4) and "Traceback" not in done.stderr
    assert path.read_bytes() == data and len(archives(on_sqlite)) == 1


def test_verify_compares_with_what_was_restored(on_sqlite, archives):
    """The snapshot of the last apply is a file there, which would tell of tables that are gone."""
    seed(on_sqlite, 1)
    on_sqlite.ok("backup")
    on_sqlite.add("20260102000000_more", "CREATE TABLE again (id int PRIMARY KEY);")
    on_sqlite.ok("apply")
    restored(on_sqlite, archives(on_sqlite)[0])
    done = on_sqlite.run("verify")
    assert "No drift" in done.stdout, done.stdout + done.stderr
