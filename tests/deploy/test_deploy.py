"""The guides' procedures, walked through on real servers: each is a person's night in one test.

A database with rows is migrated through every step, migrations are broken on purpose, backups are
restored, and rows and schema are compared with those of before: a checksum of every table, and the
catalog object by object.
"""

from __future__ import annotations

import hashlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from migralint.catalog import differences, snapshot
from migralint.runner import databases
from migralint.runner.url import parse

ONE, TWO, THREE = "20240101000000_a", "20240102000000_b", "20240103000000_c"
BASE = """
CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(100) NOT NULL, age INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, total INTEGER);
CREATE INDEX orders_user ON orders (user_id);
"""
GROW = "ALTER TABLE users ADD COLUMN nickname VARCHAR(50);\n"
PRODUCTION = {"DATABASE_ENV": "production"}
HEALTHY = ("--", sys.executable, "-c", "print('the application answers')")
BROKEN = ("--", sys.executable, "-c", "raise SystemExit('the application does not answer')")


def seeded(project):
    """The first migration, applied, and rows in its tables."""
    project.add(ONE, BASE)
    project.ok("apply")
    rows = ", ".join(f"({n}, 'u{n}@example.org', {n % 90})" for n in range(1, 201))
    project.database.sql(f"INSERT INTO users VALUES {rows}")
    orders = ", ".join(f"({n}, {n % 200 + 1}, {n * 3})" for n in range(1, 301))
    project.database.sql(f"INSERT INTO orders VALUES {orders}")
    return project


def checksums(database):
    """Of every table's rows, by name; without the history."""
    names = {
        "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    }[database.dialect]
    found = {}
    for (name,) in database.sql(names):
        if not name.startswith("_"):
            rows = sorted(repr(row) for row in database.sql(f"SELECT * FROM {name}"))
            found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def catalog(database):
    db = databases.of(database.dialect)
    session = db.connect(parse(database.url, "test"), ("5s", ""), False)
    try:
        return snapshot(db, session)
    finally:
        db.close(session)


class Before:
    """Rows, schema and history as they were."""

    def __init__(self, project):
        self.project = project
        self.rows, self.catalog = checksums(project.database), catalog(project.database)
        self.applied = project.database.applied()

    def is_back(self):
        database = self.project.database
        assert checksums(database) == self.rows
        assert differences(self.catalog, catalog(database)) == ()
        assert database.applied() == self.applied


def steps(found):
    return {step["name"]: step["outcome"] for step in found["steps"]}


@pytest.fixture
def no_staging(on_postgres):
    """A seeded project in production, whose configuration says that there is no staging."""
    on_postgres.write(".migralint.yaml", "no_staging: one database for one customer\n")
    return seeded(on_postgres)


def test_the_whole_ritual(on_postgres):
    seeded(on_postgres)
    on_postgres.add(TWO, GROW)
    on_postgres.add(THREE, "CREATE INDEX CONCURRENTLY users_email ON users (email);\n")
    metrics = on_postgres.folder / "deploy.prom"
    out = on_postgres.ok("deploy", "--metrics", str(metrics), *HEALTHY)
    assert f"2 pending: {TWO}, {THREE}" in out
    order = ["backup:", "preflight:", "apply:", "verify:", "smoke test:", "Timeline (UTC):"]
    places = [out.index(f"\n{word}") for word in order]
    assert places == sorted(places)
    assert "the application answers" in out and f"Applied: {TWO}, {THREE}." in out
    assert "drift" not in out
    assert on_postgres.database.applied() == [ONE, TWO, THREE]
    text = metrics.read_text()
    assert 'migralint_deploy_success{database="postgresql://postgres@' in text
    assert "# TYPE migralint_backup_age_seconds gauge" in text
    assert 'step="smoke test",outcome="ok"} 1\n' in text
    assert "migralint_migrations_pending{" in text and "migralint_migrations_failed{" in text
    # nothing is pending now: it verifies, and makes no second backup
    backups = sorted(path.name for path in (on_postgres.folder / "backups").glob("*.json"))
    secret = on_postgres.database.url.replace("postgres@", "postgres:s3cret@")
    done = on_postgres.run("deploy", "--output", "json", *HEALTHY, DATABASE_URL=secret)
    found = json.loads(done.stdout)
    assert found["outcome"] == "up to date" and steps(found)["backup"] == "skipped"
    assert backups == sorted(path.name for path in (on_postgres.folder / "backups").glob("*.json"))
    lines = (on_postgres.folder / "backups/deploys.jsonl").read_text().splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == ["deployed", "up to date"]
    assert "s3cret" not in "".join((done.stdout, done.stderr, *lines)) and "@" in lines[1]


def test_what_was_changed_by_hand_is_told_before_it_becomes_the_norm(on_postgres):
    seeded(on_postgres)
    on_postgres.add(TWO, GROW)
    on_postgres.ok("deploy")
    on_postgres.database.sql("CREATE INDEX by_hand ON users (age)")
    on_postgres.write(f"prisma/rollbacks/{TWO}.sql", "ALTER TABLE users DROP COLUMN nickname;\n")
    name = on_postgres.database.url.rpartition("/")[2]
    done = on_postgres.run("rollback", TWO, "--confirm-database", name)
    assert done.returncode == 0 and "drift: 1 difference from the snapshot" in done.stderr
    on_postgres.database.sql("CREATE INDEX by_hand_too ON users (age)")
    out = on_postgres.ok("deploy")
    assert f"{TWO} was rolled back and is as it was: it is applied again." in out
    assert "drift: 1 difference from the snapshot of the last apply" in out


def test_a_dry_run_does_nothing(on_postgres):
    seeded(on_postgres)
    on_postgres.add(TWO, GROW)
    before = Before(on_postgres)
    out = on_postgres.ok("deploy", "--dry-run", *HEALTHY)
    assert "add_column users.nickname" in out and "back up, check, apply, verify, run" in out
    assert "\nthe application answers" not in out
    assert "- [ ]" in on_postgres.ok("deploy", "--checklist")
    assert not (on_postgres.folder / "backups").exists()
    before.is_back()


def test_what_fails_in_its_transaction_leaves_nothing_to_restore(on_postgres):
    seeded(on_postgres)
    before = Before(on_postgres)
    on_postgres.add(TWO, GROW + "ALTER TABLE users ADD CONSTRAINT old CHECK (age > 5);\n")
    out = on_postgres.refused(5, "deploy", "--on-failure", "restore")  # the data preflight saw it
    assert "preflight failed" in out
    on_postgres.add(TWO, GROW + "SELECT 1 / (SELECT count(*) FROM users WHERE age < 0);\n")
    out = on_postgres.refused(1, "deploy", "--on-failure", "restore")
    assert "division by zero" in out and "Nothing of this deploy is in the database." in out
    assert "Restoring" not in out and "is restored" not in out
    before.is_back()


HALF = (
    "CREATE INDEX CONCURRENTLY users_age ON users (age);\n"
    "UPDATE users SET email = 'gone';\n"
    "SELECT 1 / (SELECT count(*) FROM users WHERE age < 0);\n"
)


def test_what_fails_half_way_is_restored(on_postgres):
    seeded(on_postgres)
    before = Before(on_postgres)
    on_postgres.add(TWO, GROW)
    allow = "-- migralint: allow-file update-without-where (the test breaks it on purpose)\n"
    on_postgres.add(THREE, allow + HALF)
    metrics = on_postgres.folder / "deploy.json"
    done = on_postgres.run(
        "deploy", "--on-failure", "restore", "--output", "json", "--metrics", str(metrics)
    )
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["outcome"] == "restored" and found == json.loads(metrics.read_text())
    assert steps(found)["apply"] == "failed" and steps(found)["restore"] == "ok"
    assert f"{TWO} was committed; the restore has taken it back." in done.stderr
    assert f"{THREE} stood as failed; the restore has taken it back." in done.stderr
    assert found["writes_since_backup"] >= 200 and "200 rows written since" in done.stderr
    before.is_back()
    kept = found["restored"]["kept"]
    server = on_postgres.database
    assert server.sql("SELECT count(*) FROM pg_database WHERE datname = %s", kept) == [(1,)]
    server.sql(f'DROP DATABASE "{kept}"')


def test_without_a_person_nothing_is_restored(on_postgres):
    seeded(on_postgres)
    on_postgres.add(TWO, GROW)
    out = on_postgres.refused(1, "deploy", *BROKEN)
    assert "It was not restored. To restore it: migralint restore " in out
    assert f"Committed, and in the database: {TWO}." in out
    assert on_postgres.database.applied() == [ONE, TWO]


def test_a_failed_smoke_test_brings_the_backup_back(on_postgres):
    seeded(on_postgres)
    before = Before(on_postgres)
    on_postgres.add(TWO, GROW)
    out = on_postgres.refused(1, "deploy", "--on-failure", "restore", *BROKEN)
    assert "the application does not answer" in out and "ended with status 1" in out
    assert "FAILED, and the backup is restored" in out
    before.is_back()
    kept = out.partition("is kept as ")[2].split(";")[0]
    on_postgres.database.sql(f'DROP DATABASE "{kept}"')
    # and the same migration goes through once the application answers
    on_postgres.ok("deploy", *HEALTHY)
    assert on_postgres.database.applied() == [ONE, TWO]


def test_a_secret_in_the_smoke_test_is_nowhere_in_what_is_said(on_sqlite):
    project = seeded(on_sqlite)
    project.add(TWO, GROW)
    secrets = ("-H", "Authorization: Bearer geheim1", "--token", "geheim2", "http://a:geheim3@b/")
    command = ("--", sys.executable, "-c", "raise SystemExit(3)", *secrets)
    dry = project.run("deploy", "--dry-run", *command)
    done = project.run("deploy", "--metrics", "m.json", "--on-failure", "leave", *command)
    log = (project.folder / "backups" / "deploys.jsonl").read_text()
    everything = dry.stdout + dry.stderr + done.stdout + done.stderr + log
    everything += (project.folder / "m.json").read_text()
    assert done.returncode == 1 and "ended with status 3" in log and "run " in dry.stdout
    assert "geheim" not in everything


def test_a_smoke_test_that_hangs_is_ended(on_sqlite):
    seeded(on_sqlite)
    on_sqlite.add(TWO, GROW)
    began = time.monotonic()
    hang = ("--", sys.executable, "-c", "import time; time.sleep(600)")
    out = on_sqlite.refused(1, "deploy", "--smoke-timeout", "0.5", *hang)
    assert "did not end in 0.5 s" in out and time.monotonic() - began < 300
    missing = on_sqlite.refused(1, "deploy", "--", "no-such-program")
    assert "no-such-program: No such file" in missing


def test_production_wants_a_recent_backup(no_staging):
    no_staging.add(TWO, GROW)
    skip = ("--skip", "backup", "--reason", "the provider took a snapshot at noon")
    out = no_staging.refused(5, "deploy", *skip, **PRODUCTION)
    assert "production needs a recent verified backup, and there is none" in out
    no_staging.ok("backup")
    (manifest,) = (no_staging.folder / "backups").glob("*.json")
    found = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**found, "created": "2024-01-01T00:00:00Z"}))
    out = no_staging.refused(5, "deploy", *skip, **PRODUCTION)
    assert "older than 24h (backup_max_age)" in out
    manifest.write_text(json.dumps({**found, "created": "yesterday"}))
    out = no_staging.refused(5, "deploy", "--metrics", "m.prom", *skip, **PRODUCTION)
    assert "is of a time that its manifest does not say" in out
    assert "backup_age" not in (no_staging.folder / "m.prom").read_text()
    assert no_staging.database.applied() == [ONE]
    manifest.write_text(json.dumps(found))
    done = json.loads(no_staging.ok("deploy", "--output", "json", *skip, **PRODUCTION))
    assert done["skipped"] == {"backup": "the provider took a snapshot at noon"}
    assert steps(done)["backup"] == "skipped"
    log = (no_staging.folder / "backups/deploys.jsonl").read_text().splitlines()
    assert json.loads(log[-1])["skipped"] == done["skipped"]
    assert "--skip needs a --reason" in no_staging.refused(2, "deploy", "--skip", "backup")


def test_staging_comes_first(on_postgres, make_project, postgres_url):
    name = f"{on_postgres.database.url.rpartition('/')[2]}_staging"
    root = postgres_url.rpartition("/")[0]
    database = on_postgres.database
    database.sql(f"CREATE DATABASE {name}")
    try:
        _staging(on_postgres, f"{root}/{name}")
    finally:
        database.sql(f"DROP DATABASE {name} WITH (FORCE)")


def _staging(project, url):
    seeded(project)
    project.add(TWO, GROW)
    out = project.refused(5, "deploy", **PRODUCTION)
    assert "there is no URL of staging" in out and "Set STAGING_DATABASE_URL" in out
    same = {**PRODUCTION, "STAGING_DATABASE_URL": project.database.url}
    assert "is that of production" in project.refused(5, "deploy", **same)
    both = {**PRODUCTION, "STAGING_DATABASE_URL": url}
    out = project.refused(5, "deploy", **both)
    assert f"{TWO} is pending there" in out
    assert not (project.folder / "backups").exists() or not list(
        (project.folder / "backups").glob("*.dump")
    )
    staging = {"DATABASE_ENV": "staging", "STAGING_DATABASE_URL": url}
    project.add(TWO, GROW + "-- tried there\n")
    project.ok("apply", **staging)
    project.add(TWO, GROW)
    out = project.refused(5, "deploy", **both)
    assert f"{TWO} was applied there with other contents" in out
    assert project.database.applied() == [ONE]
    project.add(TWO, GROW + "-- tried there\n")
    out = project.ok("deploy", **both)
    assert "has 1 of 1, with the same checksums" in out and "Only a person can answer:" in out
    assert project.database.applied() == [ONE, TWO]


def test_in_production_what_destroys_needs_its_answer(no_staging):
    no_staging.add(TWO, "DROP TABLE orders;\n")
    out = no_staging.refused(5, "deploy", **PRODUCTION)
    assert "error[drop-table]" in out and "where what destroys needs a reason" in out
    assert not list((no_staging.folder / "backups").glob("*.dump"))
    out = no_staging.refused(5, "deploy", "--dry-run", **PRODUCTION)
    assert "A deploy would end without an apply. Nothing was done." in out
    out = no_staging.refused(5, "deploy", "--skip", "backup", "--reason", "none", **PRODUCTION)
    assert "not reached" in out and "was skipped" not in out


def test_killed_in_the_middle_it_says_what_is_committed(on_postgres):
    seeded(on_postgres)
    on_postgres.add(TWO, GROW)
    on_postgres.add(THREE, "SELECT pg_sleep(30);\nCREATE TABLE late (id INTEGER);\n")
    process = on_postgres.start("deploy", "--on-failure", "restore")
    wait_for(lambda: on_postgres.database.sql(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' "
        "AND pid <> pg_backend_pid()"
    ))  # fmt: skip
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 143, out + errors
    assert "INTERRUPTED" in out and f"Committed, and in the database: {TWO}." in out
    assert "migralint restore " in out and "is restored" not in out
    assert on_postgres.database.applied() == [ONE, TWO]
    assert not on_postgres.database.has("late")


def wait_for(condition, seconds=120):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_killed_in_the_smoke_test(on_sqlite):
    seeded(on_sqlite)
    on_sqlite.add(TWO, GROW)
    mark = on_sqlite.folder / "begun"
    hang = f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(60)"
    process = on_sqlite.start("deploy", "--", sys.executable, "-c", hang)
    wait_for(mark.exists)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 130, out + errors
    assert f"Committed, and in the database: {TWO}." in out


def test_somebody_else_was_there_in_between(on_postgres):
    """The backup waits for a lock; another applies what was to be applied."""
    seeded(on_postgres)
    on_postgres.add(TWO, GROW)
    holder = on_postgres.database.connect()
    holder.execute("BEGIN")
    holder.execute(GROW)
    process = on_postgres.start("deploy")
    wait_for(
        lambda: on_postgres.database.sql(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'"
        )
    )
    on_postgres.ok("resolve", "--applied", TWO)
    holder.execute("COMMIT")
    holder.close()
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 5, out + errors
    assert "somebody else has changed the history since the deploy began" in errors
    assert on_postgres.database.applied() == [ONE, TWO]


@pytest.mark.parametrize("database", ["mysql", "sqlite"], indirect=True)
def test_the_other_databases(project):
    seeded(project)
    before = Before(project)
    project.add(TWO, GROW)
    out = project.refused(1, "deploy", "--on-failure", "restore", *BROKEN)
    assert "FAILED, and the backup is restored" in out
    before.is_back()
    project.ok("deploy", *HEALTHY)
    assert project.database.applied() == [ONE, TWO]
    if project.database.dialect == "mysql":
        for (name,) in project.database.sql("SHOW DATABASES"):
            if name.startswith(project.database.url.rpartition("/")[2] + "_"):
                project.database.sql(f"DROP DATABASE `{name}`")


def test_rollback_by_a_backup(on_sqlite):
    seeded(on_sqlite)
    before = Before(on_sqlite)
    on_sqlite.add(TWO, GROW)
    on_sqlite.ok("deploy")
    (archive,) = (path.with_suffix("") for path in (on_sqlite.folder / "backups").glob("*.json"))
    out = on_sqlite.ok(
        "rollback", TWO, "--restore-backup", str(archive), "--confirm-database", "dev.db"
    )
    assert f"{TWO} is pending now" in out
    before.is_back()
    on_sqlite.ok("apply")
    made = json.loads(on_sqlite.ok("backup", "--output", "json"))["backup"]["path"]
    out = on_sqlite.refused(
        5, "rollback", TWO, "--restore-backup", made,
        "--confirm-database", "dev.db",
    )  # fmt: skip
    assert f"was made when {TWO} was applied already" in out


def test_restored_projects_can_go_on(on_sqlite):
    """After the restore the folder still holds the migration: status says pending."""
    seeded(on_sqlite)
    on_sqlite.add(TWO, GROW)
    on_sqlite.refused(1, "deploy", "--on-failure", "restore", *BROKEN)
    shutil.rmtree(on_sqlite.migrations / TWO)
    assert "up to date" in on_sqlite.ok("status")


class Terminal:
    """migralint at a terminal: what it shows is read, what is typed is written."""

    def __init__(self, project, *args, **environ):
        self.ours, theirs = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "migralint", *args],
            cwd=project.folder, env=project.environ(**environ),
            stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)

    def until(self, text):
        while text not in self.shown:
            self.shown += os.read(self.ours, 4096).decode()

    def end(self, typed):
        os.write(self.ours, f"{typed}\n".encode())
        with suppress(OSError):
            while data := os.read(self.ours, 4096):
                self.shown += data.decode()
        os.close(self.ours)
        return self.process.wait(300)


@pytest.mark.parametrize("typed", ["dev.db", "yes"])
def test_at_a_terminal_the_name_is_typed(typed, on_sqlite):
    seeded(on_sqlite)
    before = Before(on_sqlite)
    on_sqlite.add(TWO, GROW)
    terminal = Terminal(on_sqlite, "deploy", *BROKEN)
    terminal.until("Type 'dev.db' to go on: ")
    assert "ended with status 1" in terminal.shown and "It would lose" in terminal.shown
    assert f"Committed, and in the database: {TWO}." in terminal.shown
    assert terminal.end(typed) == 1
    if typed == "yes":
        assert "It was not restored." in terminal.shown
        assert on_sqlite.database.applied() == [ONE, TWO]
    else:
        assert "the backup is restored" in terminal.shown
        before.is_back()


def test_an_agent_at_a_terminal_is_nobody(on_sqlite):
    seeded(on_sqlite)
    on_sqlite.add(TWO, GROW)
    terminal = Terminal(on_sqlite, "deploy", *BROKEN, CLAUDECODE="1")
    assert terminal.end("dev.db") == 1
    assert "It was not restored." in terminal.shown


def test_without_a_backup_nothing_is_applied(on_postgres):
    """There is no place for it: the deploy ends there."""
    seeded(on_postgres)
    on_postgres.add(TWO, GROW)
    on_postgres.write("backups", "a file stands in its place\n")
    out = on_postgres.refused(4, "deploy")
    assert "backups" in out and "Nothing was applied." in out and "Traceback" not in out
    assert on_postgres.database.applied() == [ONE]


def test_the_log_of_a_deploy_that_failed_leaves_git_told(on_sqlite):
    """The folder of backups may be made by the log: what comes into it later is not for git."""
    on_sqlite.add("20240101000000_a", "NO SQL;\n")
    on_sqlite.refused(4, "deploy")  # there is no database yet
    assert (on_sqlite.folder / "backups/deploys.jsonl").exists()
    assert (on_sqlite.folder / "backups/.gitignore").read_text() == "*\n"


def test_a_restore_does_not_throw_others_out(on_postgres):
    seeded(on_postgres)
    on_postgres.add(TWO, GROW)
    with on_postgres.database.connect():
        out = on_postgres.refused(1, "deploy", "--on-failure", "restore", *BROKEN)
        assert "The restore failed" in out and "To restore it: migralint restore " in out
        assert on_postgres.database.applied() == [ONE, TWO]


def test_figures_are_escaped():
    from migralint.deploy.metrics import escaped

    assert escaped('a"b\\c\nd') == 'a\\"b\\\\c\\nd'


def test_the_counters_say_what_they_know(on_sqlite):
    from migralint.deploy.writes import Counters, since

    class Target:
        found = type("Found", (), {"url": parse(on_sqlite.database.url, "test")})

    on_sqlite.database.sql("CREATE TABLE a (x INTEGER)")
    assert since(Target, None).count is None
    before = Counters("transactions", {"file": 1})
    on_sqlite.database.sql("INSERT INTO a VALUES (1)")
    assert since(Target, before).said == (
        "1 transaction written since the backup, the migrations' own included"
    )
    on_sqlite.database.sql("PRAGMA journal_mode = WAL")
    on_sqlite.database.sql("INSERT INTO a VALUES (2)")
    assert since(Target, before).count is None
