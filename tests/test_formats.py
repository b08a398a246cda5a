"""The formats: valid by their schemas, readable by people, without control characters."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import migralint
from migralint.formats import FORMATS, Options, pieces, render
from migralint.formats.characters import fold, visible, width
from migralint.formats.json_ import dump
from migralint.model import Edit, Finding, MigralintError, Report, Severity, Suppressed, replace

HERE = os.path.dirname(__file__)
PATH = "prisma/migrations/20260101000000_init/migration.sql"
LINE = 'CREATE INDEX "User_email_idx" ON "User"("email");'
FINDING = Finding(
    rule="blocking-index",
    severity=Severity.ERROR,
    path=PATH,
    line=3,
    column=1,
    end_line=3,
    end_column=len(LINE),
    message='Building "User_email_idx" blocks every write to "User" until it is done.',
    why="CREATE INDEX takes a SHARE lock.",
    instead="Build it concurrently:\n\n    CREATE INDEX CONCURRENTLY i ON t (c);\n\nThat is all.\n",
    operation="create_index",
    object='"User"',
    assumed=("table_rows",),
    fingerprint="0f" * 32,
    references=("https://www.postgresql.org/docs/current/sql-createindex.html",),
    excerpt=(LINE,),
    allow="-- migralint: allow blocking-index (why this is safe)",
)
WARNING = replace(
    FINDING, rule="drop-type", severity=Severity.WARNING, line=9, end_line=9, fingerprint="1f" * 32
)
REPORT = Report(
    findings=(FINDING, WARNING),
    suppressed=(
        Suppressed(replace(FINDING, line=20, end_line=20), "tables are empty", f"{PATH}:19"),
        Suppressed(replace(FINDING, line=30, end_line=30), "see #12", ".migralint.yaml:4"),
    ),
    errors=(MigralintError("not UTF-8", path="bad.sql", line=2, hint="Save it as UTF-8."),),
    files=3,
    statements=40,
    notes=("The dialect is postgres.",),
    paths=(PATH, "clean.sql", "bad.sql"),
)


def schema_of(path: str) -> object:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def check_schema(document: object, path: str) -> None:
    from jsonschema import Draft202012Validator

    errors = [
        error.message for error in Draft202012Validator(schema_of(path)).iter_errors(document)
    ]
    assert not errors


# text


def test_markdown_gives_a_reason_once() -> None:
    found = (replace(FINDING, why="Because."), replace(FINDING, why="Because.", line=90))
    text = render("markdown", Report(found, files=1))
    assert text.count("Because") == 1
    assert f"Why: as for <code>{FINDING.path}:{FINDING.line}</code>" in text


def test_markdown_shows_a_fix_as_a_diff() -> None:
    fix = (Edit(12, 12, " IF NOT EXISTS"),)
    fixed = replace(
        FINDING,
        fix=fix,
        excerpt=("CREATE TABLE a (", "x"),
        mended=("CREATE TABLE IF NOT EXISTS a (", "x"),
    )
    text = render("markdown", Report((fixed,), files=1))
    assert "```diff\n- CREATE TABLE a (\n+ CREATE TABLE IF NOT EXISTS a (\n  x\n```" in text
    assert "`migralint lint --fix`" in text
    assert "diff" not in render("markdown", Report((replace(fixed, mended=()),), files=1))


def test_text_shows_source_why_instead_and_how_to_allow() -> None:
    text = render("text", replace(REPORT, findings=(FINDING,), suppressed=(), errors=()))
    assert text == (
        'error[blocking-index]: Building "User_email_idx" blocks every write to "User" '
        "until it is done.\n"
        f" --> {PATH}:3:1\n"
        "  |\n"
        f"3 | {LINE}\n"
        f"  | {'^' * (len(LINE) - 1)}\n"
        "  = assumed, because unknown: table_rows\n"
        "  why: CREATE INDEX takes a SHARE lock.\n"
        "  instead: Build it concurrently:\n"
        "\n"
        "        CREATE INDEX CONCURRENTLY i ON t (c);\n"
        "\n"
        "    That is all.\n"
        "  to allow it: -- migralint: allow blocking-index (why this is safe)\n"
        "\n"
        "note: The dialect is postgres.\n"
        "1 error in 1 file (3 files, 40 statements read).\n"
    )


def test_text_explains_a_rule_once_in_a_file() -> None:
    other = replace(FINDING, line=7, end_line=7, message="Building b blocks t.")
    text = render("text", Report((FINDING, other), files=1))
    assert text.count("SHARE lock") == text.count("CONCURRENTLY") == text.count("to allow it") == 1
    assert "Building b blocks t." in text and f"{PATH}:7:1" in text
    assert "as for line 3" in text
    elsewhere = replace(other, path="b.sql")
    assert render("text", Report((FINDING, elsewhere), files=2)).count("SHARE lock") == 2
    differs = replace(other, instead="Another way.")
    text = render("text", Report((FINDING, differs), files=1))
    assert "Another way." in text and "CONCURRENTLY" in text


def test_text_keeps_what_is_to_be_pasted() -> None:
    statement = "ALTER TABLE t ADD CONSTRAINT c CHECK (x IS NOT NULL) NOT VALID; -- " + "long " * 30
    allow = "In .migralint.yaml:\n\n    allow:\n      - rule: drop-table\n        path: a.sql\n"
    finding = replace(FINDING, instead=f"Type:\n\n    {statement}", allow=allow)
    text = render("text", Report((finding,), files=1), Options(width=60))
    assert f"        {statement.rstrip()}\n" in text
    assert "        allow:\n          - rule: drop-table\n            path: a.sql\n" in text


def test_text_marks_several_lines() -> None:
    source = ("CREATE TABLE x (", "\tid int,", ");")
    finding = replace(FINDING, line=9, end_line=11, end_column=2, excerpt=source)
    text = render("text", Report((finding,), files=1))
    marked = " 9 | / CREATE TABLE x (\n10 | |     id int,\n11 | | );\n   | |_^\n"
    assert marked in text
    more = replace(finding, end_line=40)
    assert "11 | | );\n   | | …\n" in render("text", Report((more,), files=1))


@pytest.mark.parametrize("room", [40, 57, 80, 120])
def test_text_cuts_long_lines_around_the_span(room: int) -> None:
    line = "A" * 200 + "DROP TABLE" + "B" * 10_000_000
    finding = replace(FINDING, column=201, end_column=211, excerpt=(line,))
    text = render("text", Report((finding,), files=1), Options(width=room))
    shown = text.split("\n")
    at = next(number for number, row in enumerate(shown) if "^" in row)
    source, mark = shown[at - 1 : at + 1]
    assert source.startswith("3 | …A") and source.endswith("B…")
    assert len(source) <= room
    start, end = mark.index("^"), mark.rindex("^") + 1
    assert source[start:end] == "DROP TABLE"


def test_text_aligns_the_mark_under_tabs_and_wide_characters() -> None:
    line = "\tDROP TABLE 名前, b;"
    finding = replace(FINDING, column=line.index("b") + 1, end_column=len(line), excerpt=(line,))
    source, mark = render("text", Report((finding,), files=1)).split("\n")[3:5]
    assert source == "3 |     DROP TABLE 名前, b;"
    before = (
        len("3 |     DROP TABLE ") + 4 + len(", ")
    )  # each of the two characters is two columns wide
    assert mark == " " * 2 + "|" + " " * (before - 3) + "^"


def test_text_falls_back_to_what_the_stream_can_print() -> None:
    line = "DROP TABLE 名前; -- é" + "x" * 300
    finding = replace(FINDING, column=12, end_column=14, excerpt=(line,), message="é 名")
    for encoding in ("ascii", "cp1252", "utf-8"):
        text = render("text", Report((finding,), files=1), Options(encoding=encoding))
        text.encode(encoding)
    ascii_text = render("text", Report((finding,), files=1), Options(encoding="ascii"))
    source, mark = ascii_text.split("\n")[3:5]
    assert source.startswith("3 | DROP TABLE \\u540d\\u524d; -- \\xe9xxx") and source.endswith(
        "..."
    )
    assert source[mark.index("^") : mark.rindex("^") + 1] == "\\u540d\\u524d"


def test_text_has_colour_only_when_asked() -> None:
    assert "\x1b" not in render("text", REPORT)
    assert "\x1b[1;31merror[blocking-index]\x1b[0m" in render("text", REPORT, Options(color=True))


def test_text_shows_paths_from_where_the_reader_stands() -> None:
    below = Options(root="/p/q", here="/p/q/prisma/migrations")
    text = render("text", Report((FINDING,), files=1), below)
    assert "--> 20260101000000_init/migration.sql:3:1\n" in text
    outside = render("concise", Report((FINDING,), files=1), Options(root="/p/q", here="/p/r"))
    assert outside.startswith(f"../q/{PATH}:3:1: error[blocking-index] ")


def test_text_says_what_was_not_looked_at() -> None:
    assert "Nothing was looked at" in render("text", Report(()))
    assert render("text", Report((), files=2, statements=1)) == (
        "No findings (2 files, 1 statement read).\n"
    )
    shown = render("text", REPORT)
    assert "error: bad.sql:2: not UTF-8\n  Save it as UTF-8.\n" in shown
    assert "2 suppressed; 1 problem, see above." in shown
    assert "tables are empty" not in shown
    assert "tables are empty" in render("text", REPORT, Options(verbose=True))
    assert "note:" not in render("text", REPORT, Options(quiet=True))


def test_statistics_count_by_rule() -> None:
    text = render("text", Report((FINDING, WARNING, FINDING), files=1), Options(statistics=True))
    assert text.startswith("2  error    blocking-index\n1  warning  drop-type\n\n")


def test_concise_is_one_line_a_finding() -> None:
    finding = replace(FINDING, message="two\nlines", assumed=())
    first, *_ = render("concise", replace(REPORT, findings=(finding,))).split("\n")
    assert first == f"{PATH}:3:1: error[blocking-index] two lines"


# json, sarif, gitlab, junit


def test_json_is_as_its_schema_says() -> None:
    fixed = replace(FINDING, fix=(Edit(13, 13, "IF NOT EXISTS "),))
    document = json.loads(render("json", replace(REPORT, findings=(fixed, WARNING))))
    folder = os.path.dirname(migralint.__file__)
    check_schema(document, os.path.join(folder, "schemas", "report.schema.json"))
    assert set(document) == {
        *("schema_version", "tool", "files", "statements", "findings", "suppressed", "errors"),
    }
    assert document["findings"][0] == {
        "rule": "blocking-index",
        "severity": "error",
        "path": PATH,
        "line": 3,
        "column": 1,
        "end_line": 3,
        "end_column": len(LINE),
        "message": FINDING.message,
        "why": FINDING.why,
        "instead": FINDING.instead,
        "operation": "create_index",
        "object": '"User"',
        "assumed": ["table_rows"],
        "fix": {"edits": [{"start": 13, "end": 13, "text": "IF NOT EXISTS "}]},
        "fingerprint": "0f" * 32,
    }
    assert [item["reason"] for item in document["suppressed"]] == ["tables are empty", "see #12"]
    assert document["errors"][0]["path"] == "bad.sql"


def test_the_schema_of_sarif_is_the_official_one() -> None:
    with open(os.path.join(HERE, "schemas", "sarif-2.1.0.json"), "rb") as file:
        found = hashlib.sha256(file.read()).hexdigest()
    with open(os.path.join(HERE, "schemas", "README.md"), encoding="utf-8") as file:
        assert found in file.read()


def test_sarif_is_valid_and_has_what_github_requires() -> None:
    fixed = replace(FINDING, fix=(Edit(13, 13, "IF NOT EXISTS "),), path="a b/é%#?.sql")
    document = json.loads(render("sarif", replace(REPORT, findings=(WARNING, fixed))))
    check_schema(document, os.path.join(HERE, "schemas", "sarif-2.1.0.json"))
    run = document["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"]
        assert rule["help"]["text"] and len(rule["properties"]["tags"]) <= 20
    first, *_ = run["results"]
    assert first["level"] == "error", "GitHub shows the first 5,000: the most severe come first"
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert set(location["physicalLocation"]["region"]) == {
            *("startLine", "startColumn", "endLine", "endColumn"),
        }
        assert result["partialFingerprints"]["primaryLocationLineHash"]
    uri = first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%C3%A9%25%23%3F.sql"
    suppressions = [r["suppressions"][0] for r in run["results"] if "suppressions" in r]
    assert [(s["kind"], s["justification"]) for s in suppressions] == [
        ("inSource", "tables are empty"),
        ("external", "see #12"),
    ]
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "not UTF-8" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_has_no_more_results_than_github_takes() -> None:
    many = (WARNING,) * 25_010 + (FINDING,)
    run = json.loads(render("sarif", Report(many, files=1)))["runs"][0]
    assert len(run["results"]) == 25_000
    assert run["results"][0]["ruleId"] == FINDING.rule
    notifications = run["invocations"][0]["toolExecutionNotifications"]
    assert notifications[0]["message"]["text"].startswith("11 findings more")


def test_gitlab_has_what_code_quality_requires() -> None:
    issues = json.loads(render("gitlab", REPORT))
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("/", "./"))
    assert issues[0]["description"].startswith("blocking-index: ")
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_junit_has_a_suite_a_file() -> None:
    root = ElementTree.fromstring(render("junit", REPORT))
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {PATH, "clean.sql", "bad.sql", "migralint"}
    found = [[child.tag for child in case] for case in suites[PATH]]
    assert found == [["failure"], ["system-out"]], "a warning does not fail the run"
    assert [len(case) for case in suites["clean.sql"]] == [0]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "1")
    strict = ElementTree.fromstring(render("junit", REPORT, Options(fail_on=Severity.WARNING)))
    assert strict.get("failures") == "2"


# github, markdown


def test_github_escapes_and_leaves_columns_out_of_several_lines() -> None:
    message = "50% of a::b,\r\n::error::c"
    finding = replace(FINDING, path="a,b:c.sql", message=message, instead="", assumed=())
    (line,) = render("github", Report((finding,), files=1)).splitlines()
    assert line == (
        "::error title=migralint%3A blocking-index,file=a%2Cb%3Ac.sql,line=3,endLine=3,col=1,"
        f"endColumn={len(LINE)}::50%25 of a::b,%0A::error::c"
    )
    several = replace(finding, end_line=5)
    assert ",line=3,endLine=5::" in render("github", Report((several,), files=1))


def test_github_shows_the_most_severe_and_counts_the_others() -> None:
    info = replace(FINDING, severity=Severity.INFO)
    findings = (info,) * 12 + (WARNING,) * 12 + (FINDING,) * 12
    shown = render("github", Report(findings, files=1)).splitlines()
    levels = [line.split(" ")[0] for line in shown]
    assert levels == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 10
    assert "2 errors, 2 warnings, 3 info more" in shown[-1]


def test_markdown_stays_under_the_limit_and_counts_the_others() -> None:
    many = Report((WARNING,) * 300 + (FINDING,) * 2, files=1)
    text = render("markdown", many)
    assert len(text.encode()) <= 65_536
    assert text.startswith("<!-- migralint -->\n")
    shown = text.count("<details>")
    assert f"... and {302 - shown} findings more." in text
    assert text.index("blocking-index") < text.index("drop-type")
    assert text.count("<details>") == text.count("</details>")


def test_markdown_escapes_and_calls_nobody() -> None:
    message = "<img src=x> `a` [b](c) @everyone | #1"
    finding = replace(FINDING, message=message, why=message, excerpt=("SELECT '````';",))
    text = render("markdown", Report((finding,), files=1))
    assert "<img" not in text
    assert "@everyone" not in text
    assert "\\`a\\` \\[b\\]\\(c\\)" in text
    assert "`````sql\nSELECT '````';\n`````" in text
    assert "```sql\nCREATE INDEX CONCURRENTLY i ON t (c);\n```" in text


def test_markdown_shows_a_reviewer_what_is_suppressed() -> None:
    text = render("markdown", REPORT)
    assert "2 suppressed" in text and "tables are empty" in text and "not UTF-8" in text


# characters

NASTY = st.one_of(
    st.text(max_size=60),
    st.text(
        st.sampled_from(
            "\x00\x07\x1b\x9b\x85\r\n\t\u202e\u2066\u200b\u2028\ufeff\ud800\ufffe 名é`<&\"']>a:"
        ),
        max_size=40,
    ),
)
LINES = st.lists(NASTY, max_size=3).map(tuple)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    line, column = draw(st.integers(1, 10**6)), draw(st.integers(1, 80))
    several = draw(st.integers(0, 3))
    return Finding(
        rule=draw(st.sampled_from(["drop-table", "blocking-index"])),
        severity=draw(st.sampled_from(list(Severity))),
        path=draw(NASTY),
        line=line,
        column=column,
        end_line=line + several,
        end_column=column + draw(st.integers(0, 80)),
        message=draw(NASTY),
        why=draw(NASTY),
        instead=draw(NASTY),
        object=draw(NASTY),
        assumed=draw(LINES),
        fingerprint="ab",
        excerpt=draw(LINES),
        allow=draw(NASTY),
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    found = tuple(draw(st.lists(findings(), max_size=3)))
    allowed = tuple(Suppressed(f, draw(NASTY), draw(NASTY)) for f in found[:1])
    error = MigralintError(draw(NASTY), path=draw(NASTY), line=draw(st.integers(0, 9)))
    paths = tuple(f.path for f in found)
    return Report(found, allowed, (error,), 3, 4, (draw(NASTY),), paths)


def is_hidden(character: str) -> bool:
    """A control, a format character (a bidirectional mark, say), a surrogate, or a line end."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


@settings(max_examples=150, deadline=None)
@given(reports(), st.integers(40, 120), st.sampled_from(["utf-8", "ascii", "cp1252"]))
def test_no_format_lets_a_control_character_through(
    report: Report, room: int, encoding: str
) -> None:
    options = Options(width=room, encoding=encoding, verbose=True)
    for name in FORMATS:
        text = render(name, report, options)
        hidden = {character for character in text if is_hidden(character)} - {"\n"}
        assert not hidden, (name, hidden)
        if name in ("json", "sarif", "gitlab"):
            json.loads(text.encode("utf-8"))
        elif name == "junit":
            ElementTree.fromstring(text)
        elif name == "github":
            assert all(re.match(r"::(error|warning|notice) \w", line) for line in text.splitlines())
        elif name in ("text", "concise"):
            text.encode(encoding)
    document = json.loads(render("sarif", report, options))
    check_schema(document, os.path.join(HERE, "schemas", "sarif-2.1.0.json"))


@settings(deadline=None)
@given(reports(), st.integers(40, 120))
def test_the_excerpt_fits_the_terminal(report: Report, room: int) -> None:
    text = render("text", report, Options(width=room))
    for line in text.split("\n"):
        if re.match(r" *\d* \| ", line):
            assert width(line) <= room


@given(NASTY, st.integers(10, 60), st.integers(0, 9))
def test_fold_keeps_every_word(text: str, room: int, taken: int) -> None:
    folded = fold(visible(text), room, taken)
    assert " ".join(folded).split() == visible(text).split()
    assert all(width(line) <= room or " " not in line for line in folded)


# pieces

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=9,
)


@given(JSONS)
def test_json_is_written_as_others_write_it(document: object) -> None:
    assert dump(document) == json.dumps(document, indent=2) + "\n"


@pytest.mark.parametrize("name", ["text", "concise", "json", "gitlab"])
def test_a_long_report_comes_in_pieces(name: str) -> None:
    long = replace(REPORT, findings=tuple(replace(FINDING, line=n) for n in range(3_000)))
    found = list(pieces(name, long, Options()))
    assert len(found) > 3 and max(map(len, found)) < 100_000
    assert "".join(found) == render(name, long)
