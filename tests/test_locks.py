"""The lock table against what was measured on eight servers, and against the server at hand."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from migralint.built import MEASURED as MEASURED_IN
from migralint.built import measured
from migralint.knowledge import locks
from migralint.knowledge.locks import LOCKS, SCHEMA_FACTS, conflicts, effect
from migralint.knowledge.types import read
from migralint.model import UNKNOWN
from migralint.sql.operations import operations
from migralint.sql.statements import split
from migralint.sql.vocabulary import DERIVED, KINDS, facts_of

MEASURED = measured("postgres-measured")
OPERATIONS = [*MEASURED["operations"], *MEASURED["later"]]
EMPTY = {"bool": False, "text": "", "name": "", "names": ()}
ORDINARY = {
    "partitioned_table": False,
    "is_partition": False,
    "already_validated": False,
    "is_referenced": False,
    "column_in_expression_index": False,
    "old_nullable": True,
}


def facts_of_case(case):
    """What is given, nothing for what the statement does not say, UNKNOWN for the rest."""
    stated = facts_of(case["kind"])

    def fact(name):
        if name in case["facts"]:
            return case["facts"][name]
        return EMPTY[stated[name]] if name in stated else ORDINARY.get(name, UNKNOWN)

    return fact


def told(case):
    """Lock, rewrite, scan and the other locks of a measured case, read as `effect` tells them."""
    case = {**case, **case.get("corrected", {})}
    others = [
        (case["roles"][name], lock) for name, lock in case["locks"].items() if name != case["own"]
    ]
    own = case["locks"].get(case["own"], "")
    return own, case["own"] in case.get("rewrites", ()), case.get("scans", False), sorted(others)


@pytest.mark.parametrize("case", OPERATIONS, ids=lambda case: f"{case['op']}, {case['pg'][0]}")
def test_the_table_says_what_was_measured(case):
    for version in range(case["pg"][0], case["pg"][1] + 1):
        found = effect(case["kind"], facts_of_case(case), version)
        assert found is not UNKNOWN
        assert bool(found.fails) == ("fails" in case)
        if "fails" not in case:
            assert (found.lock, found.rewrites, found.scans, sorted(found.others)) == told(case)


@pytest.mark.parametrize("case", MEASURED["transaction"], ids=lambda case: case["op"])
def test_what_a_transaction_forbids(case):
    for version in range(case["pg"][0], case["pg"][1] + 1):
        assert effect(case["kind"], facts_of_case(case), version).transaction == case["transaction"]


@pytest.mark.parametrize("case", OPERATIONS, ids=lambda case: f"{case['op']}, {case['pg'][0]}")
def test_the_facts_are_those_that_the_statement_states(case):
    found = [o for s in split(case["sql"], "postgres") for o in operations(s, "postgres")]
    found = [o for o in found if o.kind == case["kind"]]
    assert found, [
        o.kind for s in split(case["sql"], "postgres") for o in operations(s, "postgres")
    ]
    stated = facts_of(case["kind"])
    for name, value in case["facts"].items():
        if name in stated and name not in SCHEMA_FACTS:
            assert _plain(name, found[-1].facts.get(name, EMPTY[stated[name]])) == _plain(
                name, value
            ), name


def _plain(name, value):
    if name == "type":
        return read(str(value))
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else str(value)


def test_the_table_asks_for_nothing_but_facts_that_exist():
    data = measured("postgres-locks")
    for kind, rows in [*data["rows"].items(), *data["also"].items()]:
        known = {*facts_of(kind), *DERIVED, *SCHEMA_FACTS, *locks._WORKED_OUT}
        assert not {name for row in rows for name in row["when"]} - known, kind
        assert {row["lock"] for row in rows} <= {"", *LOCKS}


def test_every_kind_has_a_last_row_that_always_holds():
    for kind, rows in measured("postgres-locks")["rows"].items():
        if kind != "select":
            assert rows[-1]["when"] == {} and "pg" not in rows[-1], kind


# What PostgreSQL does not have, and what has no effect of its own.
ELSEWHERE = """
    modify_column alter_partition convert_charset set_engine alter_online optimize_table pragma
    call dynamic_sql run_command unread_script migration file suppression other unparsed
"""


def test_every_kind_of_postgres_has_rows():
    assert set(KINDS) - set(measured("postgres-locks")["rows"]) <= set(ELSEWHERE.split())
    assert effect("unparsed", lambda name: UNKNOWN, 15) is UNKNOWN
    assert effect("select", {"functions": "f"}.get, 15) is UNKNOWN


def test_what_is_unknown_makes_the_answer_unknown_and_never_false():
    def fact(name):
        return {"has_default": True, "type": "int", "nullable": True, "inline": False}.get(
            name, UNKNOWN
        )

    found = effect("add_column", fact, 15)
    assert (found.lock, found.rewrites, found.scans) == ("ACCESS EXCLUSIVE", UNKNOWN, UNKNOWN)
    found = effect("drop_table", lambda name: UNKNOWN, 15)
    assert ("referenced table", "ACCESS EXCLUSIVE") in found.perhaps and not found.others


def test_a_version_that_was_not_measured():
    def fact(name):
        return name == "has_default" or {"type": "int"}.get(name, False)

    assert effect("add_column", fact, 10).rewrites is True
    assert effect("add_column", fact, 11).rewrites is False
    assert effect("add_column", fact, 0) == effect("add_column", fact, 11)
    assert effect("add_column", fact, 23) == effect("add_column", fact, 18)


def test_conflicts_are_mutual_and_as_in_the_manual():
    for one in LOCKS:
        for other in LOCKS:
            assert conflicts(one, other) == conflicts(other, one)
    self_conflicting = {lock for lock in LOCKS if conflicts(lock, lock)}
    assert self_conflicting == {
        "SHARE UPDATE EXCLUSIVE",
        "SHARE ROW EXCLUSIVE",
        "EXCLUSIVE",
        "ACCESS EXCLUSIVE",
    }
    assert not conflicts("", "ACCESS EXCLUSIVE")


# The same operations on the server at hand.

SCHEMA = """
CREATE TYPE en AS ENUM ('a', 'b');
CREATE TABLE ref (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, a int, b text, v50 varchar(50), v100 varchar(100), ch char(10),
    n numeric(10,2), ts timestamp, tz3 timestamptz(3), c cidr, e en, iv varchar(50), txt text,
    nn int NOT NULL, rid int DEFAULT 1);
CREATE INDEX t_iv ON t (iv);
CREATE INDEX t_txt ON t (txt);
CREATE TABLE t2 (a int, k int NOT NULL);
CREATE SEQUENCE s;
CREATE SCHEMA s2;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE p (id int, k int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE pn (id int, k int);
INSERT INTO ref VALUES (1), (2);
INSERT INTO t SELECT g, g, 'b', 'v', 'v', 'c', 1, now(), now(), '10.0.0.0/8', 'a', 'i', 't', g, 1
    FROM generate_series(1, 20) g;
INSERT INTO t2 SELECT g, g FROM generate_series(1, 20) g;
INSERT INTO p SELECT g, g FROM generate_series(1, 20) g;
INSERT INTO pn SELECT g, g FROM generate_series(101, 120) g;
"""
DOMAIN = "CREATE DOMAIN d AS int CHECK (value > 0)"
USED_DOMAIN = "CREATE DOMAIN d AS int; ALTER TABLE t ADD COLUMN dd d"
FOREIGN_KEY = "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (rid) REFERENCES ref (id)"
CHECK = "ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0)"
VIEW = "CREATE VIEW vw AS SELECT id, a FROM t"
MATERIALIZED = (
    "CREATE MATERIALIZED VIEW mv AS SELECT * FROM t; CREATE UNIQUE INDEX mv_id ON mv (id)"
)
TRIGGER = "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE tf()"
DEFAULT_PARTITION = "CREATE TABLE pd PARTITION OF p DEFAULT"
IDENTITY = "ALTER TABLE t ALTER COLUMN nn ADD GENERATED BY DEFAULT AS IDENTITY"
GENERATED = "ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a * 2) STORED"
PN_CHECK = "ALTER TABLE pn ADD CHECK (id IS NOT NULL AND id >= 100 AND id < 200)"
BEFORE = {
    "ADD COLUMN of constrained domain, no default": DOMAIN,
    "ADD COLUMN of constrained domain DEFAULT const": DOMAIN,
    "RENAME TABLE": "DROP TABLE t2",
    "RENAME CONSTRAINT": CHECK,
    "TYPE timestamp->timestamptz, TimeZone=UTC": "SET timezone = 'UTC'",
    "TYPE timestamp->timestamptz, TimeZone=Europe/Berlin": "SET timezone = 'Europe/Berlin'",
    "TYPE timestamp->timestamptz(3), TimeZone=UTC": "SET timezone = 'UTC'",
    "TYPE int->unconstrained domain": "CREATE DOMAIN d AS int",
    "TYPE int->constrained domain": DOMAIN,
    "TYPE widening, column has CHECK": "ALTER TABLE t ADD CHECK (v50 <> '')",
    "TYPE widening (varchar), column has FK": (
        "ALTER TABLE t ADD UNIQUE (v50, id);"
        "CREATE TABLE r2 (v varchar(50), id int, FOREIGN KEY (v, id) REFERENCES t (v50, id))"
    ),
    "SET NOT NULL, valid CHECK (a IS NOT NULL) present": "ALTER TABLE t ADD CHECK (a IS NOT NULL)",
    "SET NOT NULL, NOT VALID CHECK present": "ALTER TABLE t ADD CHECK (a IS NOT NULL) NOT VALID",
    "VALIDATE CHECK": CHECK + " NOT VALID",
    "VALIDATE FOREIGN KEY": FOREIGN_KEY + " NOT VALID",
    "VALIDATE NOT NULL constraint (PG18)": "ALTER TABLE t ADD CONSTRAINT nn1 NOT NULL a NOT VALID",
    "DROP FOREIGN KEY": FOREIGN_KEY,
    "DROP CHECK": CHECK,
    "ALTER CONSTRAINT FK DEFERRABLE": FOREIGN_KEY,
    "ADD UNIQUE USING INDEX": "CREATE UNIQUE INDEX ui ON t (a)",
    "ADD PRIMARY KEY USING INDEX (nullable column)": "CREATE UNIQUE INDEX u2 ON t2 (a)",
    "ADD PRIMARY KEY USING INDEX (NOT NULL column)": "CREATE UNIQUE INDEX u2 ON t2 (k)",
    "SET LOGGED": "ALTER TABLE t2 SET UNLOGGED",
    "DROP TABLE child with FK to ref": FOREIGN_KEY,
    "TRUNCATE CASCADE (referenced)": FOREIGN_KEY,
    "DROP TABLE ref CASCADE (referenced)": FOREIGN_KEY,
    "DROP TRIGGER": TRIGGER,
    "DISABLE TRIGGER": TRIGGER,
    "ENABLE TRIGGER": TRIGGER + "; ALTER TABLE t DISABLE TRIGGER tr",
    "CREATE OR REPLACE VIEW": VIEW,
    "DROP VIEW": VIEW,
    "ALTER VIEW SET": VIEW,
    "OWNER TO of a view": VIEW,
    "REFRESH MATERIALIZED VIEW": MATERIALIZED,
    "REFRESH MATERIALIZED VIEW CONCURRENTLY": MATERIALIZED,
    "ALTER DOMAIN ADD CONSTRAINT": USED_DOMAIN,
    "ALTER DOMAIN ADD CONSTRAINT NOT VALID": USED_DOMAIN,
    "ALTER DOMAIN SET NOT NULL": USED_DOMAIN + " DEFAULT 1",
    "ALTER DOMAIN VALIDATE CONSTRAINT": (
        USED_DOMAIN + "; ALTER DOMAIN d ADD CONSTRAINT dc CHECK (value > 0) NOT VALID"
    ),
    "ATTACH PARTITION, matching CHECK": PN_CHECK,
    "ATTACH PARTITION, DEFAULT partition exists": f"{DEFAULT_PARTITION}; {PN_CHECK}",
    "CREATE TABLE PARTITION OF, DEFAULT exists": DEFAULT_PARTITION,
    "ADD FOREIGN KEY on partitioned table": (
        "CREATE TABLE r3 AS SELECT id FROM p; ALTER TABLE r3 ADD PRIMARY KEY (id)"
    ),
    "ADD FOREIGN KEY NOT VALID on partitioned table": (
        "INSERT INTO ref SELECT generate_series(3, 20)"
    ),
    "ALTER COLUMN DROP EXPRESSION": GENERATED,
    "ALTER COLUMN SET EXPRESSION": GENERATED,
    "ALTER COLUMN SET GENERATED": IDENTITY,
    "ALTER COLUMN DROP IDENTITY": IDENTITY,
    "ALTER POLICY": "CREATE POLICY po ON t USING (true)",
    "DROP POLICY": "CREATE POLICY po ON t USING (true)",
    "DROP RULE": "CREATE RULE ru AS ON DELETE TO t DO NOTHING",
    "NO INHERIT": "CREATE TABLE child () INHERITS (t)",
    "INHERIT": "CREATE TABLE child (LIKE t INCLUDING ALL)",
    "DETACH PARTITION, DEFAULT partition exists": DEFAULT_PARTITION,
    "ALTER TYPE ADD ATTRIBUTE CASCADE": "CREATE TYPE co AS (x int); CREATE TABLE typed OF co",
    "DROP COLUMN with a foreign key": FOREIGN_KEY,
    "DROP VIEW CASCADE": f"{VIEW}; CREATE MATERIALIZED VIEW mv AS SELECT * FROM vw",
    "TYPE of a column with a foreign key": FOREIGN_KEY,
    "TYPE int->oid of an indexed column": "CREATE INDEX u2 ON t (a)",
    "TYPE varchar->text, the column in a partial index": "CREATE INDEX u2 ON t (v50) WHERE a > 0",
}
# They need another tablespace, or a second session's data.
NOT_HERE = {"SET TABLESPACE", "ADD PRIMARY KEY (NOT NULL column)", "CREATE PUBLICATION FOR TABLE"}
OUTSIDE = ("VACUUM", "CONCURRENTLY", "DETACH PARTITION CONCURRENTLY")
WATCHED = [
    "ref", "r2", "r3", "t", "t2", "t_iv", "t_txt", "u2", "s",
    "p", "p1", "pn", "pd", "vw", "mv", "child", "typed",
]  # fmt: skip


@pytest.fixture(scope="module")
def database(postgres_url):
    psycopg = pytest.importorskip("psycopg")
    name = "migralint_locks"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield psycopg.conninfo.make_conninfo(postgres_url, dbname=name)
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture()
def session(database):
    import psycopg

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "RESET ALL; DROP SCHEMA IF EXISTS public, s2 CASCADE; CREATE SCHEMA public"
        )
        connection.execute(SCHEMA)
        yield connection


def seen(session, sql):
    """Locks by relation and the relations with another file, for a statement in a transaction."""
    oids, files = _files(session)
    session.execute("BEGIN")
    try:
        session.execute(sql)
        held: dict[str, str] = {}
        query = "SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation <> 0"
        for relation, mode in session.execute(query).fetchall():
            name = oids.get(relation)
            if name and LOCKS.index(_words(mode)) >= LOCKS.index(held.get(name, LOCKS[0])):
                held[name] = _words(mode)
        query = "SELECT oid, relfilenode FROM pg_class WHERE oid = ANY(%s)"
        after = dict(session.execute(query, [list(oids)]).fetchall())
        return held, [
            name for oid, name in oids.items() if after.get(oid, files[oid]) != files[oid]
        ]
    finally:
        session.execute("ROLLBACK")


def _files(session):
    query = "SELECT oid, relname, relfilenode FROM pg_class WHERE relname = ANY(%s)"
    rows = session.execute(query, [WATCHED]).fetchall()
    return {oid: name for oid, name, _ in rows}, {oid: file for oid, _, file in rows}


def _words(mode):
    """AccessExclusiveLock -> ACCESS EXCLUSIVE"""
    return "".join(f" {c}" if c.isupper() else c for c in mode.removesuffix("Lock")).strip().upper()


def asked_for(database, session, sql, table):
    """The lock on the table for which a statement waits that cannot run in a transaction."""
    import psycopg

    with psycopg.connect(database, autocommit=True) as other, psycopg.connect(database) as holder:
        holder.execute(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE")
        thread = threading.Thread(target=other.execute, args=[sql])
        thread.start()
        query = (
            "SELECT mode FROM pg_locks WHERE pid = %s AND NOT granted AND relation = %s::regclass"
        )
        try:
            for _ in range(6000):
                if row := session.execute(query, [other.info.backend_pid, table]).fetchone():
                    return _words(row[0])
                time.sleep(0.01)
        finally:
            holder.rollback()
            thread.join()
    return ""


@pytest.mark.parametrize(
    "case",
    [case for case in OPERATIONS if case["op"] not in NOT_HERE],
    ids=lambda case: f"{case['op']}, {case['pg'][0]}",
)
def test_the_server_at_hand_agrees(database, session, case):
    import psycopg

    version = session.info.server_version // 10000
    if not case["pg"][0] <= version <= case["pg"][1]:
        pytest.skip(f"measured on {case['pg']}, the server is {version}")
    session.execute(BEFORE.get(case["op"], ""))
    found = effect(case["kind"], facts_of_case(case), version)
    if found.fails:
        with pytest.raises(psycopg.Error, match=case["fails"].split('"')[0]):
            session.execute(case["sql"])
    elif found.transaction == "forbidden":
        with pytest.raises(psycopg.Error, match="cannot run inside a transaction block"):
            seen(session, case["sql"])
        assert asked_for(database, session, case["sql"], case["own"]) == found.lock
    else:
        held, rewritten = seen(session, case["sql"])
        if case["own"] in WATCHED:
            assert held.get(case["own"], "") == found.lock
        others = {
            (case["roles"][name], lock)
            for name, lock in held.items()
            if name in case.get("roles", {})
        }
        assert others == {*found.others}
        if not _new_file_without_rows(case):
            assert (case["own"] in rewritten) == found.rewrites


def _new_file_without_rows(case):
    return "rewrites" in case.get("corrected", {})


def test_a_locked_index_blocks_every_query_on_its_table(database, session):
    import psycopg

    with psycopg.connect(database) as holder:
        holder.execute("REINDEX INDEX t_iv")
        session.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            session.execute("SELECT a FROM t WHERE id = 1")
    case = next(case for case in OPERATIONS if case["op"] == "REINDEX INDEX")
    assert effect("reindex", facts_of_case(case), 15).blocks_reads is True


@pytest.mark.parametrize(("column", "reads"), [("bigint", False), ("bigint DEFAULT 1", True)])
def test_a_new_key_is_compared_where_it_has_values(session, column, reads):
    """work-under-lock leaves out the new column whose rows are all NULL."""
    session.execute("CREATE TABLE parents (id bigint PRIMARY KEY); INSERT INTO parents VALUES (1)")
    session.execute("CREATE TABLE heirs (id bigint); INSERT INTO heirs VALUES (1), (2)")
    with session.transaction():
        session.execute(f"ALTER TABLE heirs ADD COLUMN parent {column} REFERENCES parents (id)")
        query = "SELECT sum(seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname = 'heirs'"
        assert (session.execute(query).fetchone()[0] > 0) == reads


def test_the_data_is_small_enough_to_be_read_by_every_run():
    path = Path(MEASURED_IN) / "postgres-locks.json"
    assert path.stat().st_size < 40_000  # three milliseconds
