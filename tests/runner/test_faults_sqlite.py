"""What only SQLite has: PRAGMA foreign_keys, statements outside a transaction, a file."""

from __future__ import annotations

import os
import signal
import sqlite3

import pytest
from test_faults import wait_for

PARENTS = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);\n"
    "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL "
    "REFERENCES parent (id) ON DELETE CASCADE);\n"
    "INSERT INTO parent VALUES (1, 'a');\nINSERT INTO child VALUES (1, 1);\n"
)
# as Prisma writes it
REDEFINE = (
    "PRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\n"
    'CREATE TABLE "new_parent" (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n'
    'INSERT INTO "new_parent" (id, name) SELECT id, name FROM parent;\n'
    'DROP TABLE parent;\nALTER TABLE "new_parent" RENAME TO parent;\n'
    "PRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n"
)


def start(project):
    project.add("20240101000000_a", PARENTS)
    project.ok("apply")


def allowed(project, name, text):
    """The text with every rule that stops it allowed: the rules are not what is tested."""
    import re

    project.add(name, text)
    done = project.run("apply", "--dry-run")
    rules = sorted(set(re.findall(r"error\[([a-z-]+)\]", done.stdout + done.stderr)))
    project.add(
        name, "".join(f"-- migralint: allow-file {rule} (a test)\n" for rule in rules) + text
    )


def test_a_redefined_table_keeps_its_children(on_sqlite):
    start(on_sqlite)
    allowed(on_sqlite, "20240102000000_b", REDEFINE)
    on_sqlite.ok("apply")
    assert on_sqlite.database.sql("SELECT * FROM child") == [(1, 1)]
    assert on_sqlite.database.sql("PRAGMA foreign_key_check") == []


def test_a_redefinition_that_fails_leaves_all_as_it_was(on_sqlite):
    start(on_sqlite)
    allowed(on_sqlite, "20240102000000_b", REDEFINE + "SELECT nothing;\n")
    told = on_sqlite.refused(1, "apply")
    assert "nothing of it is in the database" in told
    assert on_sqlite.database.sql("SELECT * FROM child") == [(1, 1)]
    assert on_sqlite.database.sql("SELECT * FROM parent") == [(1, "a")]
    assert not on_sqlite.database.has("new_parent")


def test_rows_without_a_parent_are_found_before_the_commit(on_sqlite):
    start(on_sqlite)
    allowed(
        on_sqlite, "20240102000000_b", REDEFINE.replace("FROM parent;", "FROM parent WHERE id > 1;")
    )
    told = on_sqlite.refused(1, "apply")
    assert "1 rows of child refer to rows of parent that are not there" in told
    assert on_sqlite.database.sql("SELECT * FROM parent") == [(1, "a")]


def test_foreign_keys_that_a_part_relies_on(on_sqlite):
    """One part deletes with cascades, another turns them off: no transaction can have both."""
    start(on_sqlite)
    allowed(on_sqlite, "20240102000000_b", REDEFINE + "DELETE FROM parent WHERE id = 1;\n")
    assert "without a transaction" in on_sqlite.ok("apply")
    assert on_sqlite.database.sql("SELECT * FROM child") == []


def test_foreign_keys_are_on(on_sqlite):
    start(on_sqlite)
    on_sqlite.add("20240102000000_b", "INSERT INTO child VALUES (2, 99);\n")
    assert "FOREIGN KEY constraint failed" in on_sqlite.refused(1, "apply")


@pytest.mark.parametrize(
    "statement", ["VACUUM", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF"]
)
def test_what_cannot_run_in_a_transaction(on_sqlite, statement):
    start(on_sqlite)
    on_sqlite.add("20240102000000_b", f"CREATE TABLE b (id INTEGER PRIMARY KEY);\n{statement};\n")
    assert "without a transaction" in on_sqlite.ok("apply")
    assert len(on_sqlite.database.applied()) == 2


def test_the_file_is_full(on_sqlite):
    start(on_sqlite)
    text = "CREATE TABLE b (x TEXT);\nPRAGMA max_page_count = 20;\nINSERT INTO b SELECT hex(zeroblob(100000));\n"
    allowed(on_sqlite, "20240102000000_b", text)
    told = on_sqlite.refused(1, "apply")
    assert "database or disk is full" in told and "nothing of it is in the database" in told
    assert not on_sqlite.database.has("b")
    assert "1 pending" in on_sqlite.ok("status")


def test_a_trigger_is_one_statement(on_sqlite):
    start(on_sqlite)
    on_sqlite.add(
        "20240102000000_b",
        "CREATE TABLE log (x TEXT);\nCREATE TRIGGER t AFTER INSERT ON parent BEGIN INSERT INTO log VALUES ('a;b');"
        " SELECT CASE WHEN 1 THEN 2 END; END;\nINSERT INTO parent VALUES (7, 'x');\n",
    )
    on_sqlite.ok("apply")
    assert on_sqlite.database.sql("SELECT * FROM log") == [("a;b",)]


def test_killed_with_a_journal(on_sqlite):
    """The journal of a killed writer is rolled back by whoever comes next."""
    start(on_sqlite)
    on_sqlite.add(
        "20240102000000_b",
        "CREATE TABLE b (x TEXT);\nINSERT INTO b WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "
        "WHERE n < 30000000) SELECT hex(randomblob(50)) FROM c;\n",
    )
    process = on_sqlite.start("apply")
    path = on_sqlite.database.url[5:]
    wait_for(lambda: os.path.exists(f"{path}-journal") and os.path.getsize(path) > 3_000_000)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert "1 pending" in on_sqlite.ok("status")
    assert on_sqlite.database.sql("PRAGMA integrity_check") == [("ok",)]
    assert not on_sqlite.database.has("b")
    on_sqlite.add("20240102000000_b", "CREATE TABLE b (x TEXT);\n")
    on_sqlite.ok("apply")


def test_a_live_file_in_wal_mode(on_sqlite):
    start(on_sqlite)
    reader = sqlite3.connect(on_sqlite.database.url[5:], isolation_level=None)
    reader.execute("PRAGMA journal_mode = WAL")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM parent").fetchall()
    on_sqlite.add("20240102000000_b", "CREATE TABLE b (id INTEGER PRIMARY KEY);\n")
    on_sqlite.ok("apply")
    reader.execute("ROLLBACK")
    reader.close()
    assert "up to date" in on_sqlite.ok("status")


def test_paths_that_hold_no_database(on_sqlite, tmp_path):
    on_sqlite.add("20240101000000_a", PARENTS)
    assert "is a folder" in on_sqlite.refused(4, "apply", DATABASE_URL=f"file:{tmp_path}")
    assert "no folder" in on_sqlite.refused(4, "apply", DATABASE_URL=f"file:{tmp_path}/none/dev.db")
    (tmp_path / "text.db").write_text("this is no database, whatever it is called" * 100)
    told = on_sqlite.refused(4, "apply", DATABASE_URL=f"file:{tmp_path}/text.db")
    assert "not a database" in told
