"""What a run costs grows with its input and not with the square of it: calls are counted, not time.

Each file is linted at one size and at twice that: at most 2.3 times the calls.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from migralint.config import Config
from migralint.formats import FORMATS, Options, render
from migralint.knowledge.timeline import View
from migralint.lint import lint
from migralint.model import Migration, Operation, Report
from migralint.rules import builtin_directory, load
from migralint.sql.operations import operations
from migralint.sql.statements import split

Make = Callable[[int], str]
RULES = load([builtin_directory()])
COUNT = 150
MOST = 2.3  # twice is linear; what is read before the first statement makes it less


def calls(work: Callable[[], object]) -> int:
    """How often a function, a generator or a built-in one was entered."""
    count = 0

    def entered(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    re.purge()
    before = sys.getprofile()
    sys.setprofile(entered)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def growth(work: Callable[[int], Callable[[], object]], count: int = COUNT) -> float:
    """The calls for twice as much, over those for `count`; what comes once is made before."""
    calls(work(2))
    return calls(work(2 * count)) / calls(work(count))


def report(text: str, steps: bool = False, dialect: str = "postgres") -> Report:
    migration = Migration(
        "1_a.sql", text, "1", "a", "plain", dialect, transaction="file", folder="."
    )
    return lint([migration], RULES, Config(preset="strict"), "2026-01-01", steps=steps)


def repeated(line: str) -> Make:
    """The line once for each number, which stands for `#`."""
    return lambda count: "".join(line.replace("#", str(number)) for number in range(count))


def listed(head: str, part: str, tail: str = ";\n") -> Make:
    return lambda count: (
        head + ",\n".join(part.replace("#", str(number)) for number in range(count)) + tail
    )


def columns(count: int) -> str:
    """The table t with so many columns."""
    return listed("CREATE TABLE t (id int, ", "c# int", ");\n")(count)


def after(first: Make, line: str) -> Make:
    """The line for each number behind what is made first."""
    return lambda count: first(count) + repeated(line)(count)


VIEWS = after(columns, "CREATE VIEW v# AS SELECT c# FROM t;\n")
CHECKS = after(columns, "ALTER TABLE t ADD CONSTRAINT k# CHECK (c# > 0);\n")
KEYS = after(columns, "ALTER TABLE t ADD CONSTRAINT k# UNIQUE (c#);\n")
FILES: dict[str, Make] = {
    "statements": repeated("ALTER TABLE t# ADD COLUMN c text;\n"),
    "statements of one line": repeated("DROP TABLE t#;"),
    "findings with a fix": repeated("DROP TABLE t#;\n"),
    "findings on one table": repeated("CREATE INDEX i# ON users (email);\n"),
    "actions of one statement": listed("ALTER TABLE t ", "ADD COLUMN c# int NOT NULL"),
    "actions with a fix": listed("ALTER TABLE t ", "DROP COLUMN c#"),
    "allowed": repeated("-- migralint: allow drop-table (unused)\nDROP TABLE t#;\n"),
    "tables and their indexes": repeated(
        "CREATE TABLE t# (id bigint PRIMARY KEY, a text);\nCREATE INDEX i# ON t# (a);\n"
    ),
    "foreign keys": repeated(
        "CREATE TABLE t# (id bigint PRIMARY KEY, a bigint REFERENCES users (id));\n"
        "CREATE INDEX i# ON t# (a);\n"
    ),
    "validated constraints": repeated(
        "ALTER TABLE t# ADD CONSTRAINT c# CHECK (a > 0) NOT VALID;\n"
        "ALTER TABLE t# VALIDATE CONSTRAINT c#;\n"
    ),
    "unnamed constraints": repeated(
        "ALTER TABLE t# ADD CHECK (a > 0) NOT VALID;\nALTER TABLE t# VALIDATE CONSTRAINT c#;\n"
    ),
    "dropped and made again": repeated(
        "DROP TABLE t#;\nCREATE TABLE t# (id bigint PRIMARY KEY);\n"
    ),
    "made, then dropped": lambda count: (
        repeated("CREATE TABLE t# (id bigint PRIMARY KEY);\n")(count)
        + repeated("DROP TABLE t#;\n")(count)
    ),
    "rebuilt": repeated(
        "CREATE TABLE n# (id int);\nINSERT INTO n# (id) SELECT id FROM t#;\nDROP TABLE t#;\n"
        "ALTER TABLE n# RENAME TO t#;\n"
    ),
    "unnamed constraints of one table": repeated("ALTER TABLE t ADD CHECK (a > #);\n"),
    "unnamed indexes of one column": repeated("CREATE INDEX ON t (a);\n"),
    "indexes of one table": lambda count: (
        columns(count) + repeated("CREATE INDEX i# ON t (c#);\n")(count)
    ),
    "unique indexes of one table": lambda count: (
        columns(count) + repeated("CREATE UNIQUE INDEX i# ON t (c#);\n")(count)
    ),
    "indexed columns, dropped": lambda count: (
        columns(count)
        + repeated("CREATE INDEX i# ON t (c#);\n")(count)
        + repeated("ALTER TABLE t DROP COLUMN c#;\n")(count)
    ),
    "indexed columns, renamed": lambda count: (
        columns(count)
        + repeated("CREATE INDEX i# ON t (c#);\n")(count)
        + repeated("ALTER TABLE t RENAME COLUMN c# TO d#;\n")(count)
    ),
    "indexed columns with another type": lambda count: (
        columns(count)
        + repeated("CREATE INDEX i# ON t (c#);\n")(count)
        + repeated("ALTER TABLE t ALTER COLUMN c# TYPE bigint;\n")(count)
    ),
    "foreign keys from one table to itself": repeated(
        "ALTER TABLE t ADD CONSTRAINT f# FOREIGN KEY (a#) REFERENCES t (id);\n"
    ),
    "types, dropped": lambda count: (
        repeated("CREATE TYPE e# AS ENUM ('a', 'b');\n")(count) + repeated("DROP TYPE e#;\n")(count)
    ),
    "columns of one table, dropped": lambda count: (
        listed("CREATE TABLE t (id int, ", "c# int", ");\n")(count)
        + repeated("ALTER TABLE t DROP COLUMN c#;\n")(count)
    ),
    "transactions": repeated("BEGIN;\nALTER TABLE t# ADD COLUMN a int;\nCOMMIT;\n"),
    "settings": repeated("SET lock_timeout = '#s';\nALTER TABLE t# ADD COLUMN a int;\n"),
    "values of an enum": lambda count: (
        repeated("ALTER TYPE e ADD VALUE 'v#';\n")(count)
        + repeated("UPDATE t# SET a = 'w#' WHERE id = 1;\n")(count)
    ),
    "policies": repeated(
        "CREATE POLICY p# ON t# USING (true);\nALTER TABLE t# ENABLE ROW LEVEL SECURITY;\n"
    ),
    "filled columns": repeated(
        "ALTER TABLE t ADD COLUMN c# int;\nUPDATE t SET c# = 1;\n"
        "ALTER TABLE t ALTER COLUMN c# SET NOT NULL;\n"
    ),
    "partitions": repeated("CREATE TABLE p# PARTITION OF p FOR VALUES FROM (#) TO (#);\n"),
    "views, then columns dropped": after(VIEWS, "ALTER TABLE t DROP COLUMN c#;\n"),
    "views, dropped with their columns": after(VIEWS, "ALTER TABLE t DROP COLUMN c# CASCADE;\n"),
    "the same view in many schemas": after(
        repeated("CREATE TABLE s#.t (a int, b int);\nCREATE VIEW s#.v AS SELECT a FROM s#.t;\n"),
        "ALTER TABLE s#.t DROP COLUMN b;\n",
    ),
    "checks, then columns dropped": after(CHECKS, "ALTER TABLE t DROP COLUMN c#;\n"),
    "checks, then columns renamed": after(CHECKS, "ALTER TABLE t RENAME COLUMN c# TO d#;\n"),
    "checks, then columns not null": after(CHECKS, "ALTER TABLE t ALTER COLUMN c# SET NOT NULL;\n"),
    "checks, validated, then not null": after(
        after(columns, "ALTER TABLE t ADD CONSTRAINT k# CHECK (c# IS NOT NULL) NOT VALID;\n"),
        "ALTER TABLE t VALIDATE CONSTRAINT k#;\nALTER TABLE t ALTER COLUMN c# SET NOT NULL;\n",
    ),
    "unique columns": listed("CREATE TABLE t (id int, ", "c# int UNIQUE", ");\n"),
    "keys, dropped and made again": after(
        KEYS,
        "ALTER TABLE t DROP CONSTRAINT k#;\nALTER TABLE t ADD CONSTRAINT k# UNIQUE (c#);\n",
    ),
    "rows by keys": after(KEYS, "DELETE FROM t WHERE c# = 5;\n"),
    "conditional indexes, then columns dropped": after(
        after(columns, "CREATE INDEX i# ON t (c#) WHERE c# > 0;\n"),
        "ALTER TABLE t DROP COLUMN c#;\n",
    ),
    "indexed expressions, then columns renamed": after(
        after(columns, "CREATE INDEX i# ON t (lower(c#));\n"),
        "ALTER TABLE t RENAME COLUMN c# TO d#;\n",
    ),
    "columns dropped and others added": after(
        columns, "ALTER TABLE t DROP COLUMN c#;\nALTER TABLE t ADD COLUMN d# int;\n"
    ),
    "tables of types": after(
        repeated("CREATE TYPE y# AS (a int);\nCREATE TABLE t# OF y#;\n"),
        "ALTER TYPE y# ADD ATTRIBUTE b int;\n",
    ),
    "a value of many enums": after(
        repeated("ALTER TYPE e# ADD VALUE 'v';\n"), "UPDATE t# SET a = 'v' WHERE id = 1;\n"
    ),
    "nested conditions": lambda count: f"DELETE FROM t WHERE {'(' * count}1=1{')' * count};\n",
    "negations": lambda count: f"DELETE FROM t WHERE {'NOT ' * count}a = 1;\n",
    "nested blocks": lambda count: (
        f"DO $$ BEGIN {'IF a THEN ' * count} DROP TABLE t; {'END IF; ' * count} END $$;\n"
    ),
}
OTHERS: dict[str, tuple[str, Make]] = {
    "tables copied away and back": (
        "sqlite",
        repeated(
            "CREATE TABLE x# AS SELECT * FROM t#;\nDROP TABLE t#;\nCREATE TABLE t# (id int);\n"
            "INSERT INTO t# SELECT id FROM x#;\n"
        ),
    ),
    "columns of one table": ("mysql", after(columns, "ALTER TABLE t MODIFY c# bigint NOT NULL;\n")),
    "indexes of one table": (
        "mysql",
        after(
            after(columns, "CREATE INDEX i# ON t (c#, id);\n"), "ALTER TABLE t DROP COLUMN c#;\n"
        ),
    ),
    "indexes without a name": ("mysql", repeated("ALTER TABLE t ADD INDEX (a);\n")),
    "foreign keys of one table": (
        "mysql",
        after(
            after(columns, "ALTER TABLE t ADD FOREIGN KEY (c#) REFERENCES u (id);\n"),
            "CREATE INDEX i# ON t (c#);\n",
        ),
    ),
}


@pytest.mark.parametrize("make", FILES.values(), ids=list(FILES))
def test_a_file(make: Make) -> None:
    assert growth(lambda count: partial(report, make(count))) < MOST


@pytest.mark.parametrize(("dialect", "make"), OTHERS.values(), ids=list(OTHERS))
def test_a_file_for_another_server(dialect: str, make: Make) -> None:
    assert growth(lambda count: partial(report, make(count), dialect=dialect)) < MOST


@pytest.mark.parametrize("name", FORMATS)
def test_a_format(name: str) -> None:
    def work(count: int) -> Callable[[], object]:
        found = report(FILES["findings with a fix"](count), steps=name == "html")
        return lambda: render(name, found, Options())

    assert growth(work) < MOST


def test_the_steps_of_a_deploy() -> None:
    make = FILES["findings with a fix"]
    assert growth(lambda count: partial(report, make(count), steps=True)) < MOST


def test_files() -> None:
    """As many migrations as there are, each with a table of its own."""

    def work(count: int) -> Callable[[], object]:
        text = "CREATE TABLE t{0} (id bigint PRIMARY KEY);\nDROP TABLE u{0};\n"
        migrations = [
            Migration(f"m/{n}_a.sql", text.format(n), str(n), "a", "plain", "postgres", folder="m")
            for n in range(count)
        ]
        return lambda: lint(migrations, RULES, Config(), "2026-01-01")

    assert growth(work) < MOST


def test_what_a_migration_was_read_into_goes_without_a_search_for_garbage() -> None:
    sql = columns(3) + "ALTER TABLE t ADD CHECK (c1 > 0);\nDELETE FROM t;\nDROP TABLE t;\n"
    migrations = [
        Migration(f"{n}.sql", sql, str(n), "a", "plain", "postgres") for n in range(COUNT)
    ]

    def left() -> int:
        return sum(thing.__class__ in (View, Operation) for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = left()
        report = lint(migrations, RULES, Config())
        assert len(report.findings) >= COUNT
        assert left() - before < COUNT / 10
    finally:
        gc.enable()


def test_a_program_nested_deeper_than_calls_can_be() -> None:
    count = 5_000
    text = f"DO $$ BEGIN {'BEGIN ' * count} DROP TABLE t; {'END; ' * count} END $$;"
    found = [o.kind for one in split(text, "postgres") for o in operations(one, "postgres")]
    assert "drop_table" in found


@pytest.mark.parametrize(
    ("first", "link", "last"),
    [
        (
            "CREATE VIEW v0 AS SELECT 1;\n",
            "CREATE VIEW v{1} AS SELECT a FROM v{0};\n",
            "DROP VIEW v0 CASCADE;",
        ),
        (
            "CREATE TABLE t0 (a int);\n",
            "CREATE TABLE t{1} () INHERITS (t{0});\n",
            "ALTER TABLE t0 ADD CONSTRAINT k CHECK (a > 0) NOT VALID;\n"
            "ALTER TABLE t0 VALIDATE CONSTRAINT k;\nALTER TABLE t0 DROP CONSTRAINT k;\n",
        ),
        (
            "CREATE TABLE t0 (a int) PARTITION BY RANGE (a);\n",
            "CREATE TABLE t{1} PARTITION OF t{0} DEFAULT PARTITION BY RANGE (a);\n",
            "CREATE INDEX i ON t0 (a);\nALTER TABLE t0 ADD CONSTRAINT k CHECK (a > 0) NOT VALID;\n"
            "ALTER TABLE t0 VALIDATE CONSTRAINT k;\nDROP INDEX i;\nDROP TABLE t0;\n",
        ),
    ],
)
def test_a_chain_longer_than_calls_can_be(first: str, link: str, last: str) -> None:
    chain = "".join(link.format(number, number + 1) for number in range(1_500))
    assert report(first + chain + last).statements > 1_500
