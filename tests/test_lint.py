"""The linter's invariants, the fine print that is easily got wrong, and suppressions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linting import all_rules, found, migration, operations_of, report, rules_of

from migralint.config import Allow, Config, Override
from migralint.findings import masked
from migralint.lint import lint
from migralint.model import Migration, Severity
from migralint.sql.statements import split
from migralint.sql.vocabulary import KINDS, facts_of

# Invariants


@pytest.mark.parametrize(
    "text", ["", ";", "-- nothing", "DORP TABLE x;", "SELECT 'open", "\0", "$$", "(((", "DO $$"]
)
def test_every_statement_yields_an_operation(text: str) -> None:
    for statement in split(text, "postgres"):
        assert operations_of(statement.text)


DATA = (Path(__file__).parent / "data/postgres_statements.sql").read_text(encoding="utf-8")
STATEMENTS = [statement.text for statement in split(DATA, "postgres")]


def test_no_statement_is_too_odd_to_be_judged() -> None:
    for statement in STATEMENTS:
        report(statement, config=Config(preset="optional"))


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A statement in which a word is missing, is there twice, or is another."""
    words = draw(st.sampled_from(STATEMENTS)).split(" ")
    at = draw(st.integers(0, len(words) - 1))
    words[at : at + 1] = draw(st.sampled_from([[], [words[at]] * 2, ["="], ["("], [")"], ["t"]]))
    return " ".join(words)


@given(st.lists(damaged(), max_size=8), st.sampled_from(["postgres", "mysql", "sqlite"]))
def test_no_damage_makes_it_raise(texts: list[str], dialect: str) -> None:
    report(";\n".join(texts), dialect=dialect, config=Config(preset="optional"))


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE t SET c = 1 WHERE b = ;",
        "DELETE FROM t WHERE b IN );",
        "DROP TABLE t; INSERT INTO a VALUES (1); INSERT INTO t SELECT * FROM b;",
        "INSERT INTO a VALUES (1); DROP TABLE t; INSERT INTO t SELECT * FROM b;",
        "ALTER MATERIALIZED VIEW ALL IN TABLESPACE slow SET TABLESPACE fast;",
    ],
)
@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
def test_what_has_made_it_raise(text: str, dialect: str) -> None:
    assert report(text, dialect=dialect).statements == text.count(";")


def test_one_statement_that_cannot_be_read_hides_no_other() -> None:
    rules = rules_of(
        "DORP TABLE x;\nDROP TABLE users;\nALTER TABLE t FROBNICATE, DROP COLUMN c;\nTRUNCATE orders;"
    )
    assert rules == [
        "unparsed-statement",
        "drop-table",
        "unparsed-statement",
        "drop-column",
        "truncate",
    ]


def test_operations_carry_only_facts_of_the_vocabulary() -> None:
    text = "CREATE TABLE a (id int PRIMARY KEY, b text UNIQUE REFERENCES c (d)); CREATE INDEX ON a (b) WHERE b > 0; DO $$ BEGIN DELETE FROM a; END $$;"
    extra = {"in_do", "guarded", "in_loop", "dynamic"}
    for operation in operations_of(text):
        assert operation.kind in KINDS
        assert set(operation.facts) <= {*facts_of(operation.kind), *extra}


@given(st.text(max_size=80))
def test_no_text_makes_it_raise(text: str) -> None:
    report(text)
    for dialect in ("mysql", "sqlite"):
        report(text, dialect=dialect)


WORDS = st.sampled_from(
    [
        "ALTER",
        "TABLE",
        "users",
        "ADD",
        "DROP",
        "COLUMN",
        "CONSTRAINT",
        "a",
        "b",
        "(",
        ")",
        ",",
        ";",
        "'x'",
        '"y"',
        "CREATE",
        "INDEX",
        "ON",
        "UPDATE",
        "SET",
        "=",
        "WHERE",
        "NOT",
        "NULL",
        "DEFAULT",
        "DELETE",
        "FROM",
        "TYPE",
        "USING",
        "$$",
        "DO",
        "BEGIN",
        "END",
        "CASE",
        "--",
        "/*",
        "*/",
        "\n",
        "1",
        "::",
        ".",
        "INSERT",
        "INTO",
        "VALUES",
        "SELECT",
        "WITH",
        "AS",
    ]
)


@given(st.lists(WORDS, max_size=25))
def test_no_words_make_it_raise(words: list[str]) -> None:
    report(" ".join(words))


# Names, new tables, transactions


def test_two_tables_dropped_are_two_findings() -> None:
    findings = found("DROP TABLE a, b;")
    assert [(f.rule, f.column) for f in findings] == [("drop-table", 12), ("drop-table", 15)]


@pytest.mark.parametrize("wrap", ["{}", "BEGIN; {} COMMIT;"])
def test_a_table_of_this_file_is_new(wrap: str) -> None:
    text = wrap.format(
        "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ADD COLUMN x int NOT NULL; CREATE INDEX i ON t (x); DROP TABLE t;"
    )
    assert not {"required-column-without-default", "blocking-index", "drop-table"} & set(
        rules_of(text)
    )


@pytest.mark.parametrize(
    ("made", "used", "same"),
    [
        ("users", "public.users", True),
        ("Users", "users", True),
        ("users", "USERS", True),
        ('"Users"', "users", False),
        ('"users"', "users", True),
        ("app.users", "users", False),
    ],
)
def test_names_are_folded(made: str, used: str, same: bool) -> None:
    rules = rules_of(f"CREATE TABLE {made} (id int PRIMARY KEY); DROP TABLE {used};")
    assert ("drop-table" not in rules) is same


def test_a_pending_migration_before_makes_the_table_new() -> None:
    first = migration("CREATE TABLE t (id int PRIMARY KEY);", "migrations/001.sql")
    second = migration("CREATE INDEX i ON t (id);", "migrations/002.sql")
    together = lint([first, second], all_rules(), Config())
    assert "blocking-index" not in {f.rule for f in together.findings}
    applied = lint(
        [migration(first.text, first.path, pending=False, report=False), second],
        all_rules(),
        Config(),
    )
    assert "blocking-index" in {f.rule for f in applied.findings}


@pytest.mark.parametrize(
    ("default", "rewrites"),
    [("now()", False), ("CURRENT_TIMESTAMP", False), ("'x'", False), ("gen_random_uuid()", True),
     ("clock_timestamp()", True), ("random()", True), ("nextval('s')", True)],
)  # fmt: skip
def test_volatile_defaults_rewrite_and_stable_ones_do_not(default: str, rewrites: bool) -> None:
    rules = rules_of(f"ALTER TABLE users ADD COLUMN x text DEFAULT {default};")
    assert ("rewriting-column" in rules) is rewrites


PROOF = "ALTER TABLE users ADD CONSTRAINT c CHECK (email IS NOT NULL) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT {};"


@pytest.mark.parametrize(
    ("validated", "version", "silent"), [("c", 12, True), ("c", 11, False), ("other", 14, False)]
)
def test_a_validated_check_proves_not_null(validated: str, version: int, silent: bool) -> None:
    text = f"{PROOF.format(validated)} ALTER TABLE users ALTER COLUMN email SET NOT NULL;"
    rules = rules_of(text, config=Config(server_version=version))
    assert ("blocking-not-null" not in rules) is silent


def test_advice_never_gives_unique_and_keys_a_not_valid() -> None:
    text = "ALTER TABLE users ADD UNIQUE (email); ALTER TABLE users ADD PRIMARY KEY (id); ALTER TABLE users ADD EXCLUDE USING gist (r WITH &&);"
    for finding in found(text):
        code = [line for line in finding.instead.splitlines() if line.startswith("    ")]
        assert not any("NOT VALID" in line and "CHECK" not in line for line in code), finding.rule


def test_advice_for_concurrently_says_how_to_leave_the_transaction() -> None:
    for transaction in ("file", "query", "statement"):
        (finding,) = [
            f
            for f in found("CREATE INDEX i ON users (email);", transaction=transaction)
            if f.rule == "blocking-index"
        ]
        assert "CONCURRENTLY" in finding.instead
        assert "transaction" in finding.instead


# Sizes


def test_an_unknown_size_makes_a_warning_of_the_error_and_says_so() -> None:
    (finding,) = [
        f for f in found("CREATE INDEX i ON users (email);") if f.rule == "blocking-index"
    ]
    assert finding.severity is Severity.WARNING
    assert finding.assumed == ("table_rows",)


def sized(**settings: object) -> list[Severity]:
    config = Config(**settings)  # type: ignore[arg-type]
    return [
        f.severity
        for f in found("CREATE INDEX i ON users (email);", config=config)
        if f.rule == "blocking-index"
    ]


def test_sizes_decide() -> None:
    assert sized(large_tables={"users": 20_000}) == [Severity.ERROR]
    assert sized(large_tables={"users": None}) == [Severity.ERROR]
    assert sized(large_tables={"users": 20}) == []
    assert sized(large_tables={"orders": 20_000}) == []
    assert sized(large_tables={"users": 500}, large_table_rows=100) == [Severity.ERROR]
    assert sized(assume_large=True) == [Severity.ERROR]


def test_nothing_is_missing_beside_migrations_that_are_programs() -> None:
    def missing(partial: bool) -> list[str]:
        texts = ["CREATE TABLE t (a int);", *[f"ALTER TABLE t ADD b{n} int;" for n in range(4)]]
        texts.append("ALTER TABLE t DROP COLUMN c;")
        migrations = [
            Migration(f"{n}.sql", text, str(n), "", "goose", "postgres", partial=partial)
            for n, text in enumerate(texts)
        ]
        report = lint(migrations, all_rules(), Config())
        return [f.path for f in report.findings if f.rule == "unknown-object"]

    assert missing(False) == ["5.sql"]
    assert missing(True) == []


def test_to_know_less_than_the_size_does_not_make_a_finding_graver() -> None:
    (finding,) = [
        f
        for f in found("ALTER TABLE users ALTER COLUMN x TYPE other;")
        if f.rule == "rewriting-type-change"
    ]
    assert set(finding.assumed) == {"table_rows", "widening"}
    assert finding.severity is Severity.WARNING


def test_a_column_without_its_default_fails_whatever_the_size() -> None:
    (finding,) = [
        f
        for f in found("ALTER TABLE users ADD COLUMN x int NOT NULL;")
        if f.rule == "required-column-without-default"
    ]
    assert finding.severity is Severity.ERROR


# One cause, one finding


def test_covered_rules_are_silent() -> None:
    assert "unbatched-backfill" not in rules_of("DELETE FROM users;")


# Suppressing


def test_a_comment_allows_the_statement_behind_it_or_before_it() -> None:
    before = report(
        "-- migralint: allow drop-table (unused since May)\nDROP TABLE users;\nDROP TABLE orders;"
    )
    assert [f.line for f in before.findings if f.rule == "drop-table"] == [3]
    assert [(s.finding.rule, s.reason) for s in before.suppressed] == [
        ("drop-table", "unused since May")
    ]
    behind = report("DROP TABLE users; -- migralint: allow drop-table (unused)\nDROP TABLE orders;")
    assert [f.line for f in behind.findings if f.rule == "drop-table"] == [2]


def test_allow_file_allows_all() -> None:
    assert (
        rules_of("-- migralint: allow-file drop-table (new project)\nDROP TABLE a;\nDROP TABLE b;")
        == []
    )


@pytest.mark.parametrize(
    ("comment", "reported"),
    [
        ("allow drop-table", "suppression-without-reason"),
        ("allow drop-table ()", "suppression-without-reason"),
        ("allow drop-tabel (typo)", "unknown-rule"),
        ("ignore drop-table", "unknown-rule"),
        ("allow drop-table until 2026-05-31 (over)", "expired-suppression"),
    ],
)
def test_a_suppression_that_does_not_hold_is_a_finding(comment: str, reported: str) -> None:
    rules = rules_of(f"-- migralint: {comment}\nDROP TABLE users;", today="2026-06-01")
    assert sorted(rules) == sorted(["drop-table", reported])


def test_a_suppression_counts_on_its_last_day() -> None:
    text = "-- migralint: allow drop-table until 2026-06-01 (still read)\nDROP TABLE users;"
    assert rules_of(text, today="2026-06-01") == []


def test_an_unused_suppression_is_a_finding() -> None:
    assert rules_of("-- migralint: allow drop-table (unused)\nSELECT 1;") == ["unused-suppression"]


def test_a_suppression_in_a_string_is_none() -> None:
    assert rules_of("SELECT '-- migralint: allow drop-table (x)'; DROP TABLE users;") == [
        "drop-table"
    ]


def allowing(**facts: str) -> Config:
    entry = {"path": "", "sha256": "", "reason": "agreed", **facts}
    return Config(path=".migralint.yaml", allow=(Allow("drop-table", line=7, **entry),))


def test_the_configuration_allows_by_path_and_by_hash() -> None:
    from hashlib import sha256

    text = "DROP TABLE users;"
    assert rules_of(text, config=allowing(path="migrations/**")) == []
    assert rules_of(text, config=allowing(path="other/**")) == ["drop-table"]
    assert rules_of(text, config=allowing(sha256=sha256(text.encode()).hexdigest())) == []
    assert rules_of(text + " ", config=allowing(sha256=sha256(text.encode()).hexdigest())) == [
        "drop-table"
    ]


def test_an_expired_entry_of_the_configuration_is_found_at_its_line() -> None:
    findings = found("DROP TABLE users;", config=allowing(path="migrations/**", until="2026-05-01"))
    assert [(f.rule, f.path, f.line) for f in findings] == [
        ("drop-table", "migrations/002_b.sql", 1), ("expired-suppression", ".migralint.yaml", 7)]  # fmt: skip


# Settings


def test_severities_overrides_and_presets() -> None:
    text = "DROP TABLE users;"
    assert rules_of(text, config=Config(rules={"drop-table": "off"})) == []
    assert found(text, config=Config(rules={"drop-table": "info"}))[0].severity is Severity.INFO
    override = Override(("migrations/002*",), {"drop-table": "off"}, line=3)
    assert rules_of(text, config=Config(overrides=(override,))) == []
    assert "missing-if-exists" in rules_of(text, config=Config(preset="strict"))


# Reports


def test_spans_and_excerpts() -> None:
    (finding,) = [
        f
        for f in found("ALTER TABLE t\n  ADD COLUMN a int,\n  DROP COLUMN ß;\n")
        if f.rule == "drop-column"
    ]
    assert (finding.line, finding.column, finding.end_line, finding.end_column) == (3, 3, 3, 16)
    assert finding.excerpt == ("  DROP COLUMN ß;",)


def test_fingerprints_survive_moved_lines_and_tell_equals_apart() -> None:
    once = [f.fingerprint for f in found("DROP TABLE users;")]
    moved = [f.fingerprint for f in found("-- a comment\n\n\nDROP TABLE users;")]
    twice = [f.fingerprint for f in found("DROP TABLE users; DROP TABLE users;")]
    assert once == moved
    assert twice[0] == once[0] != twice[1]


@pytest.mark.parametrize(
    "text",
    ["CREATE ROLE app LOGIN PASSWORD 'hunter2';", "ALTER USER app WITH PASSWORD E'hunter2';",
     "CREATE SUBSCRIPTION s CONNECTION 'postgres://app:hunter2@db/x' PUBLICATION p;"],
)  # fmt: skip
def test_a_password_is_found_and_never_shown(text: str) -> None:
    findings = found(text)
    assert "password-in-migration" in [f.rule for f in findings]
    assert all("hunter2" not in repr(finding) for finding in findings)
    assert "hunter2" not in masked(text)


def test_a_file_that_could_not_be_read_is_a_finding() -> None:
    assert rules_of("", problem="byte 0xff in line 3", problem_line=3) == ["undecodable-file"]


@pytest.mark.parametrize(
    ("problem", "instead"),
    [
        ("is not UTF-8 (byte 0xe9)", "iconv -f WINDOWS-1252 -t UTF-8"),
        ("is not UTF-16 (byte 0x61)", "Save the whole file as UTF-8"),
        ("holds a NUL character", "without NUL characters"),
        ("cannot be read: Permission denied", "Let whoever runs migralint read the file"),
        ("is a folder, not a file", "Put the SQL into a file"),
        ("is not there, or is a link that leads nowhere", "Put the file back"),
        ("is no journal: entries, each with idx and tag", "Mend it"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do_about_it(problem: str, instead: str) -> None:
    (finding,) = found("", problem=problem)
    assert finding.message == f"Nothing in this file has been checked: it {problem}."
    assert instead in " ".join(finding.instead.split())


def test_each_folder_has_a_schema_of_its_own() -> None:
    made = migration("CREATE TABLE users (id int PRIMARY KEY);", "a/1.sql", folder="a")
    other = migration("CREATE INDEX i ON users (id);", "b/1.sql", folder="b")
    assert "blocking-index" in {f.rule for f in lint([made, other], all_rules(), Config()).findings}


def test_one_cascade_is_one_finding() -> None:
    assert rules_of("DROP VIEW a, b, c CASCADE;") == ["drop-cascade"]


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        (
            "CREATE TABLE n (id int); INSERT INTO n (id) SELECT id FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;",
            False,
        ),
        (
            "ALTER TABLE t RENAME TO o; CREATE TABLE t (id int); INSERT INTO t (id) SELECT id FROM o; DROP TABLE o;",
            False,
        ),
        ("CREATE TABLE n (id int); DROP TABLE t; ALTER TABLE n RENAME TO t;", True),
        ("ALTER TABLE t RENAME TO o; CREATE TABLE t (id int); DROP TABLE o;", True),
    ],
)
def test_sqlite_rebuilds_drop_nothing(text: str, lost: bool) -> None:
    assert ("drop-table" in rules_of(text, dialect="sqlite")) is lost
    assert "drop-table" in rules_of(text)  # elsewhere ALTER TABLE does the work
