"""INSTANT, INPLACE or COPY: asked of MariaDB, and as MySQL's manual has it."""

from __future__ import annotations

import pytest

from migralint.built import measured
from migralint.knowledge.online_ddl import (
    _WORKED_OUT,
    ALGORITHMS,
    LOCKS,
    SCHEMA_FACTS,
    online,
    worst,
)
from migralint.model import UNKNOWN
from migralint.sql.operations import operations
from migralint.sql.statements import split
from migralint.sql.vocabulary import DERIVED, facts_of

TABLES = """
CREATE TABLE ref (id int PRIMARY KEY);
CREATE TABLE t (
    id int PRIMARY KEY, a int, b text, v10 varchar(10), v60 varchar(60), v100 varchar(100),
    l10 varchar(10) CHARACTER SET latin1, e enum('a', 'b'), st set('a', 'b'), nn int NOT NULL,
    d decimal(10, 2), dt datetime, rid int, ch char(10), u int, f float, KEY ia (a),
    UNIQUE KEY u (u), CONSTRAINT ck CHECK (a < 1000000),
    KEY irid (rid), CONSTRAINT fk FOREIGN KEY (rid) REFERENCES ref (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE gt (id int PRIMARY KEY, a int, b int, g int AS (a + 1) VIRTUAL,
    gs int AS (a + 1) STORED) ENGINE=InnoDB;
CREATE TABLE nk (a int NOT NULL, b int) ENGINE=InnoDB;
INSERT INTO ref VALUES (1);
INSERT INTO t (id, a, b, v10, nn, rid, u, e, st) VALUES (1, 1, 'b', 'v', 1, 1, 1, 'a', 'a');
INSERT INTO gt (id, a, b) VALUES (1, 1, 1);
INSERT INTO nk VALUES (1, 1);
"""
# What the columns of the tables above are, for MODIFY and CHANGE.
COLUMNS = {
    "a": "int", "b": "text", "v10": "varchar(10)", "v60": "varchar(60)", "v100": "varchar(100)",
    "l10": "varchar(10)", "e": "enum('a','b')", "st": "set('a','b')", "nn": "int",
    "d": "decimal(10,2)", "dt": "datetime", "ch": "char(10)", "id": "int", "f": "float",
}  # fmt: skip

# table, action, MariaDB 10.11, what the schema knows beyond the columns
MARIADB = [
    ("t", "ADD COLUMN x int", "INSTANT NONE"),
    ("t", "ADD COLUMN x int NOT NULL DEFAULT 5", "INSTANT NONE"),
    ("t", "ADD COLUMN x int FIRST", "INSTANT NONE"),
    ("t", "ADD COLUMN x int AFTER a", "INSTANT NONE"),
    ("gt", "ADD COLUMN x int FIRST", "COPY SHARED"),
    ("t", "ADD COLUMN x datetime DEFAULT CURRENT_TIMESTAMP", "INSTANT NONE"),
    ("t", "ADD COLUMN x varchar(36) DEFAULT (uuid())", "COPY SHARED"),
    ("t", "ADD COLUMN x varchar(36) DEFAULT uuid()", "COPY SHARED"),
    ("t", "ADD COLUMN x int NOT NULL AUTO_INCREMENT UNIQUE", "INPLACE SHARED"),
    ("t", "ADD COLUMN x int AS (a * 2) STORED", "COPY SHARED"),
    ("t", "ADD COLUMN x int AS (a * 2) VIRTUAL", "INSTANT NONE"),
    ("t", "ADD COLUMN x int UNIQUE", "INPLACE NONE"),
    ("t", "ADD COLUMN x int CHECK (x > 0)", "INSTANT NONE"),
    ("t", "ADD COLUMN x int REFERENCES ref (id)", "COPY SHARED"),
    ("nk", "ADD COLUMN x int PRIMARY KEY", "INPLACE NONE"),
    ("t", "DROP COLUMN b", "INSTANT NONE"),
    ("t", "DROP COLUMN a", "NOCOPY NONE", {"column_indexed": True}),
    ("t", "MODIFY a bigint", "COPY SHARED"),
    ("t", "MODIFY a int unsigned", "COPY SHARED"),
    ("t", "MODIFY d decimal(12,2)", "COPY SHARED"),
    ("t", "MODIFY f double", "COPY SHARED"),
    ("t", "MODIFY v10 varchar(20)", "INSTANT NONE"),
    (
        "t",
        "MODIFY v10 varchar(300)",
        "INSTANT NONE",
        {"charset": "utf8mb4", "old_charset": "utf8mb4"},
    ),
    (
        "t",
        "MODIFY v60 varchar(64)",
        "COPY SHARED",
        {"charset": "utf8mb4", "old_charset": "utf8mb4"},
    ),
    ("t", "MODIFY v100 varchar(50)", "COPY SHARED"),
    (
        "t",
        "MODIFY l10 varchar(255) CHARACTER SET latin1",
        "INSTANT NONE",
        {"old_charset": "latin1"},
    ),
    ("t", "MODIFY v10 varchar(10) CHARACTER SET latin1", "COPY SHARED", {"old_charset": "utf8mb4"}),
    ("t", "MODIFY v10 text", "COPY SHARED"),
    ("t", "MODIFY b mediumtext", "COPY SHARED"),
    ("t", "MODIFY ch char(20)", "COPY SHARED"),
    ("t", "MODIFY dt datetime(6)", "COPY SHARED"),
    ("t", "MODIFY a int NOT NULL", "INPLACE NONE", {"old_nullable": True}),
    ("t", "MODIFY nn int NULL", "INPLACE NONE", {"old_nullable": False}),
    ("t", "MODIFY a int DEFAULT 5", "INSTANT NONE"),
    ("t", "MODIFY a int COMMENT 'x'", "INSTANT NONE"),
    ("t", "MODIFY a int AFTER b", "INSTANT NONE"),
    ("t", "CHANGE a a2 bigint", "COPY SHARED"),
    ("t", "MODIFY e enum('a','b','c')", "INSTANT NONE"),
    ("t", "MODIFY e enum('a','c','b')", "COPY SHARED"),
    ("t", "MODIFY e enum('a')", "COPY SHARED"),
    ("t", "MODIFY e varchar(10)", "COPY SHARED"),
    ("t", "MODIFY st set('a','b','c')", "INSTANT NONE"),
    ("t", "MODIFY id int NOT NULL AUTO_INCREMENT", "COPY SHARED", {"old_nullable": False}),
    ("t", "ALTER COLUMN a SET DEFAULT 1", "INSTANT NONE"),
    ("t", "ALTER COLUMN a DROP DEFAULT", "INSTANT NONE"),
    ("t", "RENAME COLUMN a TO a2", "INSTANT NONE"),
    ("t", "RENAME TO t9", "INSTANT EXCLUSIVE"),
    ("t", "ADD INDEX ix (nn)", "NOCOPY NONE"),
    ("t", "ADD UNIQUE ix (nn)", "NOCOPY NONE"),
    ("t", "ADD FULLTEXT INDEX ix (b)", "INPLACE SHARED"),
    ("t", "DROP INDEX ia", "NOCOPY NONE"),
    ("t", "RENAME INDEX ia TO ia2", "INSTANT NONE"),
    ("nk", "ADD PRIMARY KEY (a)", "INPLACE NONE"),
    ("t", "DROP PRIMARY KEY", "COPY SHARED"),
    ("t", "ADD CONSTRAINT f2 FOREIGN KEY (nn) REFERENCES ref (id)", "COPY SHARED"),
    ("t", "DROP FOREIGN KEY fk", "INSTANT NONE"),
    ("t", "ADD CONSTRAINT c2 CHECK (nn > 0)", "COPY SHARED"),
    ("t", "DROP CONSTRAINT ck", "INSTANT NONE", {"constraint_type": "check"}),
    ("t", "DROP CONSTRAINT u", "NOCOPY NONE", {"constraint_type": "unique"}),
    ("t", "CONVERT TO CHARACTER SET latin1", "COPY SHARED"),
    ("t", "ENGINE=InnoDB", "INPLACE NONE", {"engine_changes": False}),
    ("t", "FORCE", "INPLACE NONE"),
    ("t", "ROW_FORMAT=COMPRESSED", "INPLACE NONE"),
    ("t", "AUTO_INCREMENT=100", "INSTANT NONE"),
    ("t", "COMMENT='x'", "INSTANT NONE"),
]
# action, MySQL version as configured, algorithm and lock by the manual
MYSQL = [
    ("ADD COLUMN x int", 84, "INSTANT NONE"),
    ("ADD COLUMN x int", 57, "INPLACE NONE"),
    ("ADD COLUMN x int", 80, "INPLACE NONE"),
    ("ADD COLUMN x int", 80012, "INSTANT NONE"),
    ("ADD COLUMN x int FIRST", 80028, "INPLACE NONE"),
    ("ADD COLUMN x int FIRST", 80029, "INSTANT NONE"),
    ("ADD COLUMN x varchar(36) DEFAULT (uuid())", 84, "COPY SHARED"),
    ("ADD COLUMN x int NOT NULL AUTO_INCREMENT", 84, "INPLACE SHARED"),
    ("ADD COLUMN x int AS (a * 2) STORED", 84, "COPY SHARED"),
    ("ADD COLUMN x int AS (a * 2) VIRTUAL", 84, "INSTANT NONE"),
    ("DROP COLUMN b", 84, "INSTANT NONE"),
    ("DROP COLUMN b", 80, "INPLACE NONE"),
    ("RENAME COLUMN a TO a2", 84, "INSTANT NONE"),
    ("MODIFY a bigint", 84, "COPY SHARED"),
    ("MODIFY v10 varchar(20)", 84, "INPLACE NONE"),
    ("MODIFY v60 varchar(64) CHARACTER SET utf8mb4", 84, "COPY SHARED"),
    ("MODIFY v10 varchar(300)", 84, "COPY SHARED"),
    ("MODIFY e enum('a','b','c')", 84, "INSTANT NONE"),
    ("MODIFY e enum('a')", 84, "COPY SHARED"),
    ("MODIFY a int DEFAULT 5", 84, "INSTANT NONE"),
    ("ADD INDEX ix (a)", 57, "INPLACE NONE"),
    ("ADD FULLTEXT INDEX ix (b)", 84, "INPLACE SHARED"),
    ("DROP PRIMARY KEY", 84, "COPY SHARED"),
    ("ADD CONSTRAINT f2 FOREIGN KEY (nn) REFERENCES ref (id)", 84, "COPY SHARED"),
    ("ADD CONSTRAINT c2 CHECK (nn > 0)", 84, "COPY SHARED"),
    ("ADD CONSTRAINT c2 CHECK (nn > 0)", 57, "INPLACE NONE"),
    ("CONVERT TO CHARACTER SET utf8mb4", 84, "COPY SHARED"),
    ("ALTER INDEX ia INVISIBLE", 84, "INPLACE NONE"),
    ("RENAME INDEX ia TO ia2", 57, "INPLACE NONE"),
]
ORDINARY = {
    "old_nullable": True,
    "old_auto_increment": False,
    "old_charset": "utf8mb4",
    "column_indexed": False,
    "foreign_key_checks": True,
}
EMPTY = {"bool": False, "text": "", "name": "", "names": ()}


def found(action, version, mariadb, table="t", **known):
    """What is told about the whole ALTER TABLE, the schema being known."""
    text = f"ALTER TABLE {table} {action};"
    parts = []
    for operation in (o for s in split(text, "mysql") for o in operations(s, "mysql")):
        facts = {**ORDINARY, "has_generated_columns": table == "gt", **operation.facts, **known}
        facts["old_type"] = COLUMNS.get(str(facts.get("column", "")), UNKNOWN)
        stated = facts_of(operation.kind)
        given = {name: EMPTY.get(form, 0) for name, form in stated.items()} | facts
        part = online(
            operation.kind, lambda name, given=given: given.get(name, UNKNOWN), version, mariadb
        )
        assert part is not UNKNOWN, operation.kind
        parts.append(part)
    return worst(*parts)


@pytest.mark.parametrize("case", MARIADB, ids=lambda case: f"{case[0]} {case[1]}")
def test_mariadb(case):
    table, action, expected, *known = case
    told = found(action, 1011, True, table, **(known[0] if known else {}))
    assert f"{told.algorithm} {told.lock}" == expected
    assert told.blocks_writes is (told.lock != "NONE")


@pytest.mark.parametrize("case", MYSQL, ids=lambda case: f"{case[0]} {case[1]}")
def test_mysql(case):
    action, version, expected = case
    told = found(action, version, False)
    assert f"{told.algorithm} {told.lock}" == expected


@pytest.fixture(scope="module")
def database(mysql_url):
    from urllib.parse import urlsplit

    pymysql = pytest.importorskip("pymysql")
    url = urlsplit(mysql_url)
    connection = pymysql.connect(
        host=url.hostname,
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        autocommit=True,
    )
    cursor = connection.cursor()
    cursor.execute("CREATE OR REPLACE DATABASE migralint_online CHARACTER SET utf8mb4")
    cursor.execute("USE migralint_online")
    yield cursor
    cursor.execute("DROP DATABASE migralint_online")
    connection.close()


@pytest.mark.parametrize("case", MARIADB, ids=lambda case: f"{case[0]} {case[1]}")
def test_the_server_at_hand_agrees(database, case):
    table, action, expected, *_ = case
    database.execute("SELECT version()")
    if "MariaDB" not in database.fetchone()[0]:
        pytest.skip("the table is MariaDB's")
    assert best(database, table, action) == expected


def best(cursor, table, action):
    import pymysql

    for algorithm in ALGORITHMS[1:]:
        for lock in LOCKS:
            for name in ("t", "t9", "gt", "nk", "ref"):
                cursor.execute(f"DROP TABLE IF EXISTS {name}")
            for statement in TABLES.strip().strip(";").split(";"):
                cursor.execute(statement)
            try:
                cursor.execute(f"ALTER TABLE {table} {action}, ALGORITHM={algorithm}, LOCK={lock}")
            except pymysql.err.MySQLError:
                continue
            return f"{algorithm} {lock}"
    return ""


def test_what_is_unknown_gives_the_worst_and_the_best():
    told = online("modify_column", lambda name: UNKNOWN, 84)
    assert (told.algorithm, told.at_best, told.rebuilds) == ("COPY", "INSTANT", UNKNOWN)
    told = online("add_column", lambda name: "", 80)
    assert (told.algorithm, told.at_best, told.blocks_writes) == ("INPLACE", "INSTANT", False)


def test_what_is_no_alter_table():
    assert online("create_table", lambda name: UNKNOWN, 84) is UNKNOWN


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
def test_the_table_is_whole(server):
    for kind, rows in measured("mysql-online")[server].items():
        known = {*facts_of(kind), *DERIVED, *SCHEMA_FACTS, *_WORKED_OUT}
        assert not {name for row in rows for name in row["when"]} - known, kind
        assert {row["algorithm"] for row in rows} <= set(ALGORITHMS)
        assert {row.get("lock", "NONE") for row in rows} <= set(LOCKS)
        assert rows[-1]["when"] == {} and "since" not in rows[-1], kind
