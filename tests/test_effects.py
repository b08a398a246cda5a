"""What an operation does while it runs, said in a line: `explain SQL` and `plan` print it."""

from __future__ import annotations

from pathlib import Path

import pytest
from linting import migration, operations_of

from migralint.config import Config
from migralint.knowledge.effects import effect, held_together, is_own, said
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline, View


def views(text: str, version: int = 14, rows: int | None = None) -> list[View]:
    config = Config(server_version=version, large_tables={"t": rows} if rows else None)
    timeline = Timeline(
        migration(text), operations_of(text), Schema(), config, frozenset({"migrations/002_b.sql"})
    )
    return [view for view in timeline.views if is_own(view)]


@pytest.mark.parametrize(
    ("text", "version", "line"),
    [
        (
            "ALTER TABLE t ADD COLUMN x int DEFAULT 1",
            14,
            "add_column t.x, ACCESS EXCLUSIVE, blocks reads and writes, for a moment",
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON t (a)",
            14,
            "create_index i, SHARE UPDATE EXCLUSIVE, blocks nothing, builds an index",
        ),
        ("COMMENT ON TABLE t IS 'x'", 14, "comment t, SHARE UPDATE EXCLUSIVE, blocks nothing"),
        (
            "ALTER TABLE p DETACH PARTITION q CONCURRENTLY",
            14,
            "detach_partition p, SHARE UPDATE EXCLUSIVE, blocks nothing",
        ),
    ],
)
def test_the_line_for_a_statement(text: str, version: int, line: str) -> None:
    (view,) = views(text, version)
    assert said(effect(view)) == line


def test_the_size_gives_the_time_and_the_assumption() -> None:
    text = "ALTER TABLE t ADD COLUMN x float DEFAULT random()"
    (unknown,) = views(text)
    assert said(effect(unknown)).endswith("which is not known")
    (known,) = views(text, rows=5_000_000)
    assert "rewrites the table, for about 50 s (assumed: writing 20 MB a second" in said(
        effect(known)
    )


def test_a_new_table_blocks_nobody() -> None:
    made, indexed = views("CREATE TABLE t (id int); CREATE INDEX i ON t (id);")
    assert (effect(made).blocks, effect(indexed).blocks, effect(indexed).seconds) == (
        "nothing",
        "nothing",
        0.0,
    )


def test_a_lock_is_held_until_the_commit() -> None:
    first, second = views("ALTER TABLE t ADD COLUMN a int; UPDATE t SET a = 1;", rows=500_000)
    held = list(held_together([effect(first), effect(second)]))
    assert [one.held for one in held] == [1.0, 1.0]


def test_plan_offline_prints_them_for_named_migrations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from migralint.cli import main

    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "001_a.sql").write_text("CREATE TABLE t (id int);\n")
    (folder / "002_b.sql").write_text("ALTER TABLE t ADD COLUMN a int;\nCREATE INDEX i ON t (a);\n")
    assert main(["plan", "--offline", str(folder / "002_b.sql")]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  line 1: add_column t.a, ACCESS EXCLUSIVE, blocks reads and writes, for a moment",
        "  line 2: create_index i, SHARE, blocks writes, builds an index, for a time that depends on the table's size, which is not known",
    ]
