"""A finding says its texts when they are asked for, and as if they had always stood in it."""

from __future__ import annotations

import copy
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from migralint import api, rules
from migralint.cache.results import packed, unpacked
from migralint.config import Config
from migralint.findings import Found, found, masked
from migralint.judging import Result
from migralint.lint import lint
from migralint.model import Edit, Finding, Migration, Report, Severity, replace

OURS = rules.load([rules.builtin_directory()])
BY_ID = {rule.id: rule for rule in OURS}
PATH = "migrations/2_b.sql"


def of(text: str, layout: str = "plain") -> Migration:
    return Migration(PATH, text, "2", "b", layout, "postgres", folder="migrations")


def report(text: str) -> Report:
    return lint([of(text)], OURS, Config(preset="optional"), "2026-01-01")


def said(finding: Finding) -> dict[str, object]:
    return {name: getattr(finding, name) for name in Finding.__match_args__}


TEXT = (
    'CREATE INDEX i ON "Users" (email);\nDROP TABLE a,\n  b;\n'
    "DO $$ BEGIN\n  ALTER TABLE c DROP COLUMN d;\nEND $$;\nALTER TABLE c ADD e int;\n"
)


def test_it_has_all_that_a_finding_has() -> None:
    for finding in report(TEXT).findings:
        plain = Finding(**said(finding))
        assert isinstance(finding, api.Finding) and said(plain) == said(finding)
        assert plain.message and plain.excerpt and plain.allow and len(plain.fingerprint) == 64
        assert not hasattr(finding, "no_such_attribute")


def test_a_changed_one_keeps_the_rest() -> None:
    [finding, *_] = report(TEXT).findings
    other = replace(finding, why="Because.", severity=Severity.INFO)
    assert said(other) == {**said(finding), "why": "Because.", "severity": Severity.INFO}
    assert other != finding and replace(other, **said(finding)) == finding
    assert said(copy.deepcopy(finding)) == said(finding)


def test_what_is_fixed_is_shown_where_it_is() -> None:
    fixed = [finding for finding in report(TEXT).findings if finding.fix]
    [index, column] = [f for f in fixed if f.operation in ("create_index", "add_column")]
    assert index.mended == ('CREATE INDEX IF NOT EXISTS i ON "Users" (email);',)
    assert column.mended == ("ALTER TABLE c ADD IF NOT EXISTS e int;",)
    assert replace(index, fix=(), mended=()).mended == ()


def test_no_password_is_in_what_is_kept() -> None:
    text = (
        "ALTER ROLE app PASSWORD 'hunter2';\nALTER TABLE t ADD COLUMN c text NOT NULL "
        "DEFAULT 'postgres://app:hunter2@db/x';\nCREATE USER u PASSWORD 'hunter2';\n"
    )
    found = report(text).findings
    assert {"add_column", "alter_role"} & {finding.operation for finding in found}
    for finding in found:
        assert "hunter2" not in repr(finding) and "hunter2" not in repr(said(finding))
    assert b"hunter2" not in packed(Result(3, found))


def test_a_suppressed_one_has_a_fingerprint_of_its_own() -> None:
    text = "DROP TABLE t;\n-- migralint: allow drop-table (it is empty)\nDROP TABLE t;\n"
    before, after = report("DROP TABLE t;\nDROP TABLE t;\n"), report(text)
    prints = [f.fingerprint for f in after.findings if f.rule == "drop-table"]
    silenced = [entry.finding.fingerprint for entry in after.suppressed]
    assert [*prints, *silenced] == [
        f.fingerprint for f in before.findings if f.rule == "drop-table"
    ]


def test_a_kept_result_says_the_same() -> None:
    made = report(TEXT)
    result = Result(4, made.findings)
    again = unpacked(packed(result), of(TEXT), BY_ID)
    assert again == result
    assert [said(finding) for finding in again.findings] == [said(f) for f in made.findings]


PIECES = st.lists(st.sampled_from(["a", "é", "\n", "\r\n", " ", "x" * 1999, "\r"]), max_size=30)


@given(PIECES, PIECES, PIECES)
def test_the_excerpt_is_of_the_lines_where_it_stands(before, own, after) -> None:
    """As one would cut the whole text into lines; where it stands is asked of the text too."""
    head, body = "".join(before), "".join(own)
    text = head + body + "".join(after)
    line, column = head.count("\n") + 1, len(head) - head.rfind("\n")
    place = (line, column, len(head), len(body), 0, len(body))
    made = found(OURS[0], -1, Severity.INFO, of(text), "x", place, "statement", ("o",))
    end_line = line + body.count("\n")
    assert (made.end_line, made.end_column) == (
        end_line,
        len(body) - body.rfind("\n") if "\n" in body else column + len(body),
    )
    rows = text.split("\n")[line - 1 : min(end_line, line + 5)] if text else []
    assert made.excerpt == tuple(row.rstrip("\r")[:2000] for row in rows)
    at = len(head)
    if body and not head.endswith("\r") and column < 1900:
        made = found(
            OURS[0], -1, Severity.INFO, of(text), "x", place, "statement", ("o",),
            fix=(Edit(at, at, "FIX"),),
        )  # fmt: skip
        rows[0] = rows[0][: column - 1] + "FIX" + rows[0][column - 1 :]
        assert made.mended[0] == rows[0].rstrip("\r")[:2000]
    assert made.__class__ is Found


def test_a_secret_is_masked_in_every_text(tmp_path: Path) -> None:
    assert masked("x PASSWORD 'a''b' y postgres://u:p@h") == "x PASSWORD '***' y postgres://u:***@h"
