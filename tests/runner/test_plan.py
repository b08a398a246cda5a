"""plan: what apply would do, on a live server, with locks and times; nothing is written."""

from __future__ import annotations

import json


def start(project, rows=0):
    project.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY, x INT, note TEXT);\n")
    project.ok("apply")
    if rows:
        project.database.sql(
            f"INSERT INTO a SELECT n, n, repeat('x', 100) FROM generate_series(1, {rows}) n"
        )
        project.database.sql("ANALYZE a")


def found(project, *args):
    done = project.run("plan", "--output", "json", *args)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_a_small_table_and_a_large_one(on_postgres):
    """The server's own sizes decide: what is no matter on 100 rows is refused on 50,000."""
    start(on_postgres, 100)
    on_postgres.add("20240102000000_b", "CREATE INDEX a_x ON a (x);\n")
    assert not found(on_postgres)["refused"]
    on_postgres.database.sql("INSERT INTO a SELECT n, n FROM generate_series(101, 50000) n")
    on_postgres.database.sql("ANALYZE a")
    plan = found(on_postgres)
    assert plan["refused"]
    (migration,) = plan["migrations"]
    assert migration["transaction"] is True
    (operation,) = migration["operations"]
    assert (operation["lock"], operation["blocks"], operation["scans"]) == ("SHARE", "writes", True)
    assert operation["bytes"] > 1_000_000 and operation["seconds"] > 0
    assert [f["rule"] for f in migration["findings"] if f["severity"] == "error"] == [
        "blocking-index"
    ]
    assert "blocking-index" in on_postgres.refused(5, "apply")
    assert on_postgres.refused(1, "plan") == on_postgres.refused(1, "apply", "--dry-run")
    assert len(on_postgres.database.history()) == 1


def test_what_concurrently_needs_is_said(on_postgres):
    start(on_postgres, 50_000)
    on_postgres.add("20240102000000_b", "CREATE INDEX CONCURRENTLY a_x ON a (x);\n")
    plan = found(on_postgres)
    assert not plan["refused"]
    assert plan["migrations"][0]["transaction"] is False
    assert "CREATE INDEX" in plan["migrations"][0]["reason"]


def test_a_lock_is_held_to_the_end_of_the_transaction(on_postgres):
    start(on_postgres, 200_000)
    on_postgres.add(
        "20240102000000_b",
        "ALTER TABLE a ADD COLUMN y INT;\nALTER TABLE a ALTER COLUMN x TYPE BIGINT;\n",
    )
    first, second = found(on_postgres)["migrations"][0]["operations"]
    assert first["seconds"] == 0 and second["rewrites"]
    assert first["held"] == second["seconds"] > 0


def test_a_validated_constraint_on_the_server_counts(on_postgres):
    """The schema is the server's own: a check that somebody made by hand proves the NOT NULL."""
    start(on_postgres, 50_000)
    on_postgres.add("20240102000000_b", "ALTER TABLE a ALTER COLUMN x SET NOT NULL;\n")
    assert found(on_postgres)["refused"]
    on_postgres.database.sql("ALTER TABLE a ADD CONSTRAINT x_there CHECK (x IS NOT NULL) NOT VALID")
    assert found(on_postgres)["refused"]
    on_postgres.database.sql("ALTER TABLE a VALIDATE CONSTRAINT x_there")
    assert not found(on_postgres)["refused"]


LOGS = """\
CREATE TABLE logs (id INT NOT NULL, size INT) PARTITION BY RANGE (id);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (1000);
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (1000) TO (2000);
INSERT INTO logs SELECT n, n FROM generate_series(0, 1999) n;
ALTER TABLE logs ADD CONSTRAINT sized CHECK (size >= 0) NOT VALID;
ALTER TABLE logs_1 VALIDATE CONSTRAINT sized;
"""


def test_a_constraint_that_all_partitions_have_validated_reads_nothing(on_postgres):
    """The plan, and the server on a copy of the schema."""
    on_postgres.add("20240101000000_a", LOGS)
    on_postgres.ok("apply")
    on_postgres.add("20240102000000_b", "ALTER TABLE logs VALIDATE CONSTRAINT sized;\n")
    assert [o["scans"] for o in found(on_postgres)["migrations"][0]["operations"]] == [True]
    on_postgres.database.sql("ALTER TABLE logs_2 VALIDATE CONSTRAINT sized")
    assert [o["scans"] for o in found(on_postgres)["migrations"][0]["operations"]] == [False]
    assert "none differs from the prediction" in on_postgres.ok("trace")


def test_what_apply_puts_up_with_plan_does_too(on_sqlite):
    start(on_sqlite)
    on_sqlite.add("20230101000000_late", "CREATE TABLE late (id INT PRIMARY KEY);\n")
    production = {"DATABASE_ENV": "production"}
    assert "`--allow out-of-order`" in on_sqlite.refused(5, "plan", **production)
    out = on_sqlite.ok("plan", "--allow", "out-of-order", **production)
    assert "warning: earlier than what is applied already: 20230101000000_late" in out
    assert out == on_sqlite.ok("apply", "--dry-run", "--allow", "out-of-order", **production)


def test_up_to_date(project):
    start(project)
    assert "up to date" in project.ok("plan")
    project.add("20240102000000_b", "CREATE TABLE b (id INT PRIMARY KEY);\n")
    out = project.ok("plan")
    assert "1 pending migration." in out and "create_table b" in out
    project.refused(1, "plan", "--exit-code")


def test_the_version_of_the_server_counts(on_postgres):
    """ADD COLUMN with a default rewrites the table before PostgreSQL 11 only."""
    start(on_postgres, 50_000)
    on_postgres.write(".migralint.yaml", "server_version: 10\n")
    on_postgres.add("20240102000000_b", "ALTER TABLE a ADD COLUMN y INT NOT NULL DEFAULT 7;\n")
    operation = found(on_postgres)["migrations"][0]["operations"][0]
    assert operation["rewrites"] is False


def test_a_table_of_a_pending_migration_blocks_nobody(on_postgres):
    start(on_postgres, 50_000)
    on_postgres.add("20240102000000_b", "CREATE TABLE b (id INT PRIMARY KEY, x INT);\n")
    on_postgres.add("20240103000000_c", "CREATE INDEX b_x ON b (x);\n")
    operation = found(on_postgres)["migrations"][1]["operations"][0]
    assert (operation["blocks"], operation["held"]) == ("nothing", 0)


def test_the_plan_says_what_the_report_says(on_postgres):
    """One model of how long a lock stays: for the linter's report, explain and the plan."""
    from migralint.knowledge import estimates

    start(on_postgres, 50_000)
    on_postgres.add("20240102000000_b", "ALTER TABLE a ALTER COLUMN x TYPE BIGINT;\n")
    operation = found(on_postgres)["migrations"][0]["operations"][0]
    assert operation["work"] == "rewrite"
    assert operation["seconds"] == estimates.seconds("rewrite", operation["bytes"])
    size = on_postgres.database.sql("SELECT pg_relation_size('a')")[0][0]
    assert operation["bytes"] == size
    assert estimates.assumption("rewrite") in on_postgres.run("plan").stdout
