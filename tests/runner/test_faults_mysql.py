"""What only MySQL and MariaDB have: no transactions around DDL, a lock that may not be had."""

from __future__ import annotations

import pytest
from test_faults import wait_for

TEN = "".join(
    f"CREATE TABLE t{number} (id INT PRIMARY KEY);\nDO sleep({{{number}}});\n"
    for number in range(10)
)


def ten(gate):
    """Ten statements, and a long one after the one numbered `gate`."""
    return TEN.format(*[60 if number == gate else 0 for number in range(10)])


@pytest.mark.parametrize("gate", range(10))
def test_killed_at_a_statement_boundary(on_mysql, gate):
    on_mysql.add("20240101000000_ten", ten(gate))
    process = on_mysql.start("apply")
    database = on_mysql.database
    find = "SELECT id FROM information_schema.processlist WHERE info = 'DO sleep(60)' AND db = database()"
    number = wait_for(lambda: database.sql(find))[0][0]
    process.kill()
    process.communicate()
    assert [database.has(f"t{n}") for n in (gate, min(gate + 1, 9))] == [True, gate == 9]
    told = on_mysql.refused(4, "apply", "--lock-wait", "0.5")
    assert f"connection {number}" in told  # the statement runs on, and holds the lock
    database.sql(f"KILL {number}")
    wait_for(lambda: not database.sql(find))
    told = on_mysql.refused(5, "apply")
    assert (
        f"{2 * gate + 1} of 20 statements are done; running the one at line {2 * gate + 2}" in told
    )
    assert "failed" in on_mysql.refused(1, "status")
    for table in range(gate + 1):
        database.sql(f"DROP TABLE t{table}")
    on_mysql.ok("resolve", "--rolled-back", "20240101000000_ten")
    on_mysql.add("20240101000000_ten", ten(99))
    on_mysql.ok("apply")
    assert database.applied() == ["20240101000000_ten"]


def test_the_connection_is_killed(on_mysql):
    on_mysql.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);\nDO sleep(60);\nDO 1;\n")
    process = on_mysql.start("apply")
    find = "SELECT id FROM information_schema.processlist WHERE info = 'DO sleep(60)' AND db = database()"
    number = wait_for(lambda: on_mysql.database.sql(find))[0][0]
    on_mysql.database.sql(f"KILL {number}")
    _out, err = process.communicate(timeout=300)
    assert process.returncode == 4, err
    assert "1 of 3 statements are in the database" in err
    assert "may have been carried out too" in err
    assert on_mysql.database.history()[0][1:3] == (False, False)


def test_procedures_and_delimiters(on_mysql):
    on_mysql.add(
        "20240101000000_a",
        "CREATE TABLE a (id INT PRIMARY KEY, x VARCHAR(20) DEFAULT 'a;b');\nDELIMITER //\n"
        "CREATE PROCEDURE p() BEGIN INSERT INTO a (id) VALUES (1); SELECT 1; END//\nDELIMITER ;\n"
        "CALL p();\n/*!40101 SET @x = 5 */;\n# a comment; with a semicolon\nINSERT INTO a VALUES (@x, '%s');\n",
    )
    on_mysql.ok("apply")
    assert on_mysql.database.sql("SELECT * FROM a ORDER BY id") == [(1, "a;b"), (5, "%s")]


def test_settings_do_not_leak(on_mysql):
    on_mysql.add("20240101000000_a", "SET sql_mode = 'ANSI_QUOTES';\nSET foreign_key_checks = 0;\n")
    on_mysql.add(
        "20240102000000_b", 'CREATE TABLE b (id INT PRIMARY KEY, x VARCHAR(9) DEFAULT "y");\n'
    )
    on_mysql.ok("apply")
    assert len(on_mysql.database.applied()) == 2


def test_a_replica_is_refused(on_mysql):
    on_mysql.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    on_mysql.database.sql("SET GLOBAL read_only = 1")
    try:
        assert "read-only" in on_mysql.refused(4, "apply")
    finally:
        on_mysql.database.sql("SET GLOBAL read_only = 0")
    on_mysql.ok("apply")


def test_the_definition_of_the_table(on_mysql):
    """Prisma's text for MySQL, as its engine's source has it (the engine from npm has no MySQL)."""
    on_mysql.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    on_mysql.ok("apply")
    (created,) = on_mysql.database.sql("SHOW CREATE TABLE _prisma_migrations")
    for line in (
        "`id` varchar(36) NOT NULL,",
        "`checksum` varchar(64) NOT NULL,",
        "`finished_at` datetime(3) DEFAULT NULL,",
        "`migration_name` varchar(255) NOT NULL,",
        "`logs` text DEFAULT NULL,",
        "`rolled_back_at` datetime(3) DEFAULT NULL,",
        "`started_at` datetime(3) NOT NULL DEFAULT current_timestamp(3),",
        "`applied_steps_count` int(10) unsigned NOT NULL DEFAULT 0,",
        "CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
    ):
        assert line in created[1]


def test_a_user_without_rights(on_mysql):
    on_mysql.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    database = on_mysql.database
    name = database.url.rpartition("/")[2]
    user = f"weak_{name[-12:]}"
    database.sql(f"CREATE USER {user}@'%' IDENTIFIED BY 'pw'")
    database.sql(f"GRANT SELECT ON {name}.* TO {user}@'%'")
    try:
        url = database.url.replace("root@", f"{user}:pw@")
        told = on_mysql.refused(4, "apply", DATABASE_URL=url)
        assert "denied" in told or "neither create tables" in told
        assert not database.has("_prisma_migrations")
    finally:
        database.sql(f"DROP USER {user}@'%'")
