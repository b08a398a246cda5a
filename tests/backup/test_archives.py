"""Archives as text: what a dump of MySQL says of its rows, what one of PostgreSQL may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from migralint.backup import proof, tools
from migralint.backup.mysql import archive
from migralint.backup.postgres import plain, properties

HEAD = "-- MariaDB dump 10.19\n"
END = "-- Dump completed on 2026-11-21 14:40:50\n"


def escaped(text: str) -> str:
    """As mysqldump writes a string."""
    pairs = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\x1a": "\\Z"}
    return "'" + "".join(pairs.get(character, character) for character in text) + "'"


@given(some.lists(some.tuples(some.integers(), some.text()), min_size=1, max_size=8))
@pytest.mark.parametrize("between", [",", ",\n"])
def test_rows_are_counted_whatever_is_in_them(tmp_path_factory, between, rows):
    path = tmp_path_factory.getbasetemp() / "dump"
    values = between.join(f"({number},{escaped(text)},NULL,0xFF)" for number, text in rows)
    start = "\n" if between == ",\n" else " "
    text = f"{HEAD}CREATE TABLE `a``b` (\n) x;\nINSERT INTO `a``b` VALUES{start}{values};\n{END}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert archive.read(str(path)).tables == {"a`b": len(rows)}
    assert archive.read(str(path)).problem == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("\n\n", "it is empty"),
        ("hello\n", "it is no dump of MySQL"),
        (HEAD + "CREATE TABLE `a` (\n", "it ends before the dump was complete"),
        (HEAD + END + "INSERT INTO `a` VALUES (1);\n", "it ends before the dump was complete"),
        (HEAD + "USE `other`;\n" + END, "it goes to a database of its own choice: USE `other`;"),
        (
            HEAD + "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `x`;\n" + END,
            "it goes to a database of its own choice: "
            "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `x`;",
        ),
    ],
)
def test_dumps_of_mysql_that_are_none(tmp_path, text, problem):
    (tmp_path / "dump").write_text(text)
    assert archive.read(str(tmp_path / "dump")).problem == problem


def test_columns_of_an_insert_and_several_inserts(tmp_path):
    text = "INSERT INTO `a` (`x`, `y)`) VALUES (1,2),(3,4);\nINSERT INTO `a` VALUES (1,2);\n"
    (tmp_path / "dump").write_text(f"{HEAD}{text}{END}")
    assert archive.read(str(tmp_path / "dump")).tables == {"a": 3}


def test_events_are_told_from_the_rest():
    dump = [b"a\n", b"-- Dumping events for database 'x'\n", b"e\n"]
    dump += [b"-- Dumping routines for database 'x'\n", b"-- Dumping events for database 'y'\n"]
    assert list(archive.lines(dump, events=True)) == dump[1:3]
    assert list(archive.lines(dump, events=False)) == [dump[0], *dump[3:]]


COPY = "COPY public.a (b) FROM stdin;\n1\n\\N\n\\connect is data here\n\\.\n"
DUMP = "--\n-- PostgreSQL database dump\n--\n"
DONE = "\n--\n-- PostgreSQL database dump complete\n--\n\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (DUMP + COPY + DONE, ""),
        (DUMP + "\\restrict abc\n" + COPY + DONE + "\\unrestrict abc\n", ""),
        (DUMP + COPY[:-3] + DONE, "it ends before the dump was complete"),
        (DUMP + COPY, "it ends before the dump was complete"),
        (DUMP + DONE + COPY[:40], "it ends before the dump was complete"),
        (
            DUMP + "\\! rm -rf /\n" + DONE,
            "it holds a command of psql, which could leave it: \\! rm -rf /",
        ),
        ("", "it is empty"),
        ("SELECT 1;\n" + DONE, "it is no dump of PostgreSQL"),
    ],
)
def test_plain_dumps_of_postgres(tmp_path, text, problem):
    (tmp_path / "dump").write_text(text)
    assert plain.read(str(tmp_path / "dump")).problem == problem


@pytest.mark.parametrize(
    ("said", "version", "mariadb"),
    [
        ("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", (15, 18), False),
        ("pg_dump (PostgreSQL) 17beta1", (17, 0), False),
        ("mysqldump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian", (10, 11), True),
        ("mariadb-dump from 11.4.2-MariaDB, client 10.19 for Linux", (11, 4), True),
        ("mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community)", (8, 0), False),
        ("mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64)", (5, 7), False),
    ],
)
def test_versions_of_programs(tmp_path, said, version, mariadb):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    found = tools.described(str(program))
    assert found is not None and (found.version, found.mariadb) == (version, mariadb)


def test_what_says_nothing_is_no_program(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    assert tools.described(str(program)) is None


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ('"$user", public', ["$user", "public"]),
        ('""', [""]),
        ('a, "B c", """q"""', ["a", "B c", '"q"']),
    ],
)
def test_lists_of_names_in_settings(value, items):
    assert properties.items(value) == items


def test_expressions_that_the_server_writes_anew_are_the_same():
    before = "CHECK (((status)::text = ANY ((ARRAY['new'::character varying])::text[])))"
    after = "CHECK (((status)::text = ANY (ARRAY[('new'::character varying)::text])))"
    assert proof.loosely(before) == proof.loosely(after)
    assert proof.loosely(before) != proof.loosely(after.replace("new", "old"))
    none, null = "type: date\nnullable: no", "type: date\nnullable: no\ndefault: NULL::date"
    assert proof.loosely(none) == proof.loosely(null) != proof.loosely(f"{none}\ndefault: now()")
