"""Text -> statements: nasty inputs, PostgreSQL's own splitter, and whatever hypothesis makes."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pglast.parser import ParseError
from pglast.parser import split as server_split

from migralint.model import Statement
from migralint.sql.operations import operations
from migralint.sql.statements import split
from migralint.sql.tokens import tokens

_DIALECTS = ("postgres", "mysql", "sqlite")


def _texts(text: str, dialect: str = "postgres") -> list[str]:
    return [statement.text for statement in split(text, dialect)]


# Inputs that a widely used parser reads wrongly or loses without a word, among others.
# § stands for a `;` that separates.
_POSTGRES: dict[str, str | tuple[str, list[str]]] = {
    "empty": ("", []),
    "only separators": (";;\n ; ", []),
    "only a comment": ("-- nothing\n/* here */", []),
    "no last separator": "SELECT 1§ SELECT 2",
    "byte order mark": ("\ufeffDROP TABLE a;\ufeff DROP TABLE b", ["DROP TABLE a", "DROP TABLE b"]),
    "carriage returns": (
        "DROP TABLE a;\r\n\r\nDROP TABLE b\r\n;",
        ["DROP TABLE a", "DROP TABLE b"],
    ),
    "strings": "SELECT ';', 'it''s;', E'\\';', U&'\\003B;'§X",
    "a backslash ends no plain string": "SELECT '\\'§ DROP TABLE a",
    "a type before a string": "SELECT date';'§ X",
    "quoted names": 'SELECT "a;b""c;"§ X',
    "dollar quotes": "SELECT $$;$$, $a$;$$;$b$;$a$§ X",
    "a unicode tag": "SELECT $größe$;$größe$§ X",
    "parameters": "SELECT f($1,$2)§ DROP TABLE a§ SELECT f($1,$2)",
    "parameters behind CALL": "CALL f($1+$2)§ DROP TABLE a§ CALL f($1+$2)",
    "dollar in a name": "SELECT a$b$§ X§ SELECT c$b$",
    "nested comments": ("/* a /* ; */ ; */ DROP TABLE a; X", ["DROP TABLE a", "X"]),
    "comments closed together": ("/*/**/*/DROP TABLE a", ["DROP TABLE a"]),
    "comment in a statement": "DROP /* ; */ TABLE -- ;\n a§ X",
    "comment markers in strings": ("SELECT '--', '/*'; X -- '", ["SELECT '--', '/*'", "X"]),
    "array literals": "SELECT '{{1,},{1},}'::text[]§ SELECT '{{a}}'",
    "a missing bracket": "SELECT (1§ DROP TABLE a",
    "BEGIN ATOMIC": (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; "
        "DELETE FROM b; END§ X"
    ),
    "BEGIN ATOMIC at the end": "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ;;SELECT 'end;';; END",
    "a rule's statements": "CREATE RULE r AS ON DELETE TO t DO (DELETE FROM a; INSERT INTO b VALUES (')'))§ X",
    "BEGIN is no body": ("BEGIN; DROP TABLE a; END;", ["BEGIN", "DROP TABLE a", "END"]),
    "COPY data": (
        "COPY t FROM stdin;\n1\tit's\n;\n$$\n\\.\nDROP TABLE a;",
        ["COPY t FROM stdin", "DROP TABLE a"],
    ),
    "COPY without data": "COPY t FROM stdin§ DROP TABLE a",
    "a breakpoint separates": (
        "A\n--> statement-breakpoint\nB;--> statement-breakpoint\nC",
        ["A", "B", "C"],
    ),
    "psql lines": (
        "\\set x 'a\n\\c shop\nDROP TABLE a;\nSELECT 1 \\gset\nB;",
        ["\\set x 'a", "\\c shop", "DROP TABLE a", "SELECT 1", "\\gset", "B"],
    ),
    "psql variables": "DELETE FROM :t WHERE a = :'v;' AND :\"n;\" = 1§ X",
    "templates": "CREATE TABLE {{ .Name ; }} (a int)§ DROP TABLE ${a;}b§ X",
    "a template in quotes": 'DROP TABLE "{{ index .O "N;" }}".a§ X',
    "template blocks": (
        "{% if a %}DROP TABLE a;{% endif %}{{ if b }}X{{ end }}",
        ["DROP TABLE a", "X"],
    ),
    "template comments": (
        "{{- /* of t; */ -}}\nDROP TABLE t;{{/* x */}}DROP TABLE u;",
        ["DROP TABLE t", "DROP TABLE u"],
    ),
    "an open brace": "SELECT {{ 1§ DROP TABLE a",
}
_MYSQL: dict[str, str | tuple[str, list[str]]] = {
    "backticks": "DROP TABLE `a;b``c`§ X",
    "backslashes": "SELECT '\\';', \"\\\";\"§ X",
    "hash comments": ("# ;\nDROP TABLE a; # ;", ["DROP TABLE a"]),
    "two dashes need a space": ("SELECT 1--1; X -- ;", ["SELECT 1--1", "X"]),
    "an executable comment": "/*!50000 DROP TABLE t */§ X",
    "comments do not nest": ("/* /* */ DROP TABLE a", ["DROP TABLE a"]),
    "a breakpoint without a space": ("A;\n--> statement-breakpoint\nB", ["A", "B"]),
    "DELIMITER": (
        (
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN DROP TABLE a; -- http://x\n "
            "END//\ndelimiter ;\nX;"
        ),
        [
            "DELIMITER //",
            "CREATE PROCEDURE p() BEGIN DROP TABLE a; -- http://x\n END",
            "delimiter ;",
            "X",
        ],
    ),
    "DELIMITER and the line after it, as Flyway reads it": (
        "DELIMITER\n$$\nCREATE PROCEDURE p() BEGIN DROP TABLE a; END\n$$\nDELIMITER ;\nX;",
        [
            "DELIMITER\n$$",
            "CREATE PROCEDURE p() BEGIN DROP TABLE a; END",
            "DELIMITER ;",
            "X",
        ],
    ),
    "DELIMITER in a line": (
        "SELECT 1 delimiter // ; X; /* */ DELIMITER $$\n; Y",
        ["SELECT 1 delimiter //", "X", "DELIMITER $$", "Y"],
    ),
    "a word that separates": (
        "DELIMITER go\n;\nSELECT 'go;' go; X;go\n DELIMITER ;\nSELECT 1; Y",
        ["DELIMITER go", "SELECT 'go;'", "X;", "DELIMITER ;", "SELECT 1", "Y"],
    ),
    "DELIMITER in a string": (
        "DELIMITER $$\nSELECT '$$;'$$ X$$",
        ["DELIMITER $$", "SELECT '$$;'", "X"],
    ),
    "a body": (
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN IF b THEN SET c = 1; END IF; END§ X"
    ),
    "a body with CASE": (
        "CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN SELECT 1; END CASE; WHILE b DO "
        "X; END WHILE; END§ X"
    ),
}
_SQLITE: dict[str, str | tuple[str, list[str]]] = {
    "square brackets": "DROP TABLE [a;b]§ X",
    "a trigger": (
        "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; "
        "DELETE FROM b; END§ X"
    ),
    "a trigger at the end": "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END",
    "quotes of all kinds": "SELECT ';', \"a;\", `b;`§ X",
}


def _marked(case: str | tuple[str, list[str]]) -> tuple[str, list[str]]:
    if isinstance(case, tuple):
        return case
    return case.replace("§", ";"), [piece.strip() for piece in case.split("§")]


_CASES = [
    pytest.param(dialect, *_marked(case), id=f"{dialect}: {name}")
    for dialect, cases in zip(_DIALECTS, (_POSTGRES, _MYSQL, _SQLITE), strict=True)
    for name, case in cases.items()
]


@pytest.mark.parametrize(("dialect", "text", "wanted"), _CASES)
def test_statements_of(dialect: str, text: str, wanted: list[str]) -> None:
    assert _texts(text, dialect) == wanted


@pytest.mark.parametrize("case", _POSTGRES.values(), ids=list(_POSTGRES))
def test_the_server_splits_alike(case: str | tuple[str, list[str]]) -> None:
    """Where libpg_query can read the text at all (no templates, psql lines or broken SQL)."""
    text, _ = _marked(case)
    try:
        theirs = [text[piece] for piece in server_split(text, only_slices=True)]
    except ParseError:
        return
    ours = [
        statement for statement in split(text, "postgres") if tokens(statement.text, "postgres")
    ]
    assert len(ours) == len([piece for piece in theirs if tokens(piece, "postgres")])
    assert all(our.text in their for our, their in zip(ours, theirs, strict=False))


def test_what_is_never_closed_has_a_problem_and_hides_nothing_before_it() -> None:
    for text, problem in (
        ("DROP TABLE a; SELECT 'x; DROP TABLE b", "the string that begins here is never closed"),
        ('DROP TABLE a; SELECT "x; y', "the quoted name that begins here is never closed"),
        ("DROP TABLE a; DO $x$ y; z", "the dollar quote $x$ that begins here is never closed"),
        ("DROP TABLE a; /* x /* */ ; y", "the comment that begins here is never closed"),
    ):
        first, second = split(text, "postgres")
        assert (first.text, first.problem) == ("DROP TABLE a", "")
        assert second.problem == problem
        assert [one.kind for one in operations(second, "postgres")] == ["unparsed"]


def test_a_body_without_end_hides_nothing_behind_it() -> None:
    text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; -- x\nDROP TABLE b; DROP TABLE c"
    first, *others = split(text, "sqlite")
    assert first.problem == "the body of this statement has no END"
    assert [other.text for other in others] == ["DROP TABLE b", "DROP TABLE c"]
    assert [comment.text for comment in first.comments] == ["-- x"]


def test_nul_is_left_to_the_reader_of_the_statement() -> None:
    nul, drop = split("DROP TABLE a\0b; DROP TABLE c", "postgres")
    assert [one.kind for one in operations(nul, "postgres")] == ["unparsed"]
    assert [one.kind for one in operations(drop, "postgres")] == ["drop_table"]


def test_lines_and_columns_count_code_points_from_one() -> None:
    text = "-- é\n  DROP TABLE a; ALTER TABLE b\n ADD COLUMN é int,\n\n  DROP COLUMN d; X"
    places = [
        (one.kind, one.line, one.column)
        for s in split(text, "postgres")
        for one in operations(s, "postgres")
    ]
    assert places == [
        ("drop_table", 2, 3),
        ("add_column", 3, 2),
        ("drop_column", 5, 3),
        ("unparsed", 5, 18),
    ]


def test_comments_belong_to_the_statement_before_which_or_behind_which_they_stand() -> None:
    text = "-- a\nA; -- behind a\n\n-- b\n/* b2 */ B -- in b\n; -- behind b\n-- rest"
    first, second = split(text, "postgres")
    assert [comment.text for comment in first.comments] == ["-- a", "-- behind a"]
    assert [c.text for c in second.comments] == ["-- b", "/* b2 */", "-- in b"]
    assert second.text == "B"
    assert [comment.line for comment in second.comments] == [4, 5, 5]


def test_forms_tell_what_is_no_sql() -> None:
    assert [s.form for s in split("\\c x\nSELECT 1;", "postgres")] == ["psql", "sql"]
    assert [s.form for s in split("DELIMITER $$\nSELECT 1$$", "mysql")] == ["delimiter", "sql"]
    assert [s.executable_comment for s in split("/*! X */; Y", "mysql")] == [True, False]


def test_only_the_forward_part_is_read() -> None:
    text = "CREATE TABLE a (b int);\n-- down\nDROP TABLE a;"
    (statement,) = split(text, "postgres", [(0, text.index("-- down"))])
    assert statement.text == "CREATE TABLE a (b int)"
    (down,) = split(text, "postgres", [(text.index("-- down"), len(text))])
    assert (down.text, down.line) == ("DROP TABLE a", 3)


_WORDS = (
    "SELECT",
    "a",
    "DROP TABLE",
    "BEGIN",
    "ATOMIC",
    "END",
    "CASE",
    "CREATE FUNCTION f()",
    "CREATE RULE r",
    "CREATE TRIGGER t",
    "COPY t FROM stdin",
    "DELIMITER $$",
    "$$",
    "$a$",
    "'",
    '"',
    "`",
    "[",
    "]",
    ";",
    "\n",
    "\r\n",
    " ",
    "--",
    "--> statement-breakpoint",
    "#",
    "/*",
    "*/",
    "/*!50000",
    "\\",
    "\\.",
    "E'",
    "{{",
    "}}",
    "{%",
    "%}",
    "${",
    "}",
    "(",
    ")",
    ",",
    "1",
    "é",
    "\ufeff",
    "\0",
    ":'v'",
    "$1",
    "%",
    "=",
    "-",
)
_SQL = st.one_of(st.lists(st.sampled_from(_WORDS), max_size=40).map("".join), st.text(max_size=60))


def _check(text: str, statements: list[Statement], dialect: str) -> None:
    position = 0
    for statement in statements:
        assert position <= statement.start < statement.end <= len(text)
        assert text[statement.start : statement.end] == statement.text
        assert statement.line == text.count("\n", 0, statement.start) + 1
        assert statement.column == statement.start - text.rfind("\n", 0, statement.start)
        position = statement.end


@given(_SQL, st.sampled_from(_DIALECTS))
def test_any_text_round_trips(text: str, dialect: str) -> None:
    statements = split(text, dialect)
    _check(text, statements, dialect)
    for statement in statements:
        found = operations(statement, dialect)
        assert found
        assert all(0 <= one.start <= one.end <= len(text) for one in found)


@given(
    st.lists(
        st.sampled_from(
            _STATEMENTS := (
                "DROP TABLE a",
                "SELECT ';'",
                "SELECT $$;$$",
                "INSERT INTO t VALUES ('it''s')",
                'SELECT "a;"',
                "CREATE RULE r AS ON DELETE TO t DO (DELETE FROM a; DELETE FROM b)",
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
            )
        ),
        max_size=12,
    ),
    st.sampled_from((";", " ;\n", "; -- ;\n", ";/* ; */", "\n--> statement-breakpoint\n")),
)
def test_joined_statements_come_apart_again(statements: list[str], separator: str) -> None:
    assert _texts(separator.join(statements)) == statements


@given(_SQL)
def test_what_lies_between_statements_is_no_code(text: str) -> None:
    """Between spans there are only separators, space, comments and templates."""
    if "statement-breakpoint" in text:
        return
    position = 0
    for statement in [*split(text, "sqlite"), None]:
        between = text[position : statement.start if statement else len(text)]
        found = tokens(between, "sqlite")
        assert {token.text for token in found} <= {";"} or "{" in between
        position = statement.end if statement else position


_LARGE = {
    "100,000 statements": ("postgres", "ALTER TABLE t ADD COLUMN a int;\n" * 100_000, 100_000),
    "on one line": ("postgres", "DROP TABLE a; " * 20_000, 20_000),
    "10,000 brackets": ("postgres", f"SELECT {'(' * 10_000}1{')' * 10_000}; DROP TABLE a", 2),
    "open brackets": ("postgres", f"DELETE FROM t WHERE {'(' * 10_000}; DROP TABLE a", 2),
    "nested WITH": (
        "postgres",
        "WITH a AS (" * 2_000 + "SELECT 1" + ") SELECT 1" * 2_000 + "; DROP TABLE a",
        2,
    ),
    "one line of a megabyte": ("postgres", f"SELECT '{'x' * 1_000_000}'; DROP TABLE a", 2),
    "a list of literals": (
        "postgres",
        f"DELETE FROM t WHERE a IN ({'1,' * 300_000}1); DROP TABLE a",
        2,
    ),
    "a dump": ("postgres", f"INSERT INTO t (a) VALUES {'(1),' * 500_000}(1); DROP TABLE a", 2),
    "many words": ("postgres", f"SELECT {'a ' * 600_000}; DROP TABLE a", 2),
    "separators": ("postgres", ";" * 300_000 + "DROP TABLE a", 1),
    "open dollar quotes": ("postgres", "$a " * 100_000 + "; DROP TABLE a", 2),
    "open templates": ("postgres", "SELECT " + "{{" * 100_000 + "; DROP TABLE a", 2),
    "backslashes": ("postgres", "SELECT a " + "\\ a " * 100_000 + "; DROP TABLE a", 2),
    "nested comments": ("postgres", "/*" * 50_000 + "*/" * 50_000 + "DROP TABLE a", 1),
    "comments": ("postgres", "/* a */ -- b\n" * 20_000 + "DROP TABLE a", 1),
    "bodies without END": (
        "sqlite",
        "CREATE TRIGGER a AFTER INSERT ON t BEGIN X;\n" * 5_000 + "DROP TABLE a",
        5_001,
    ),
    "a long body": (
        "sqlite",
        "CREATE TRIGGER a AFTER INSERT ON t BEGIN " + "X('a');" * 20_000 + "END; DROP TABLE a",
        2,
    ),
    "delimiters": (
        "mysql",
        "DELIMITER ;;\nDROP TABLE a;;\nDELIMITER ;\n" * 5_000 + "DROP TABLE a",
        15_001,
    ),
    "many actions": (
        "postgres",
        "ALTER TABLE t " + ",\n".join(["ADD COLUMN a int"] * 10_000) + "; DROP TABLE a",
        2,
    ),
}


@pytest.mark.parametrize(("dialect", "text", "count"), _LARGE.values(), ids=list(_LARGE))
def test_nothing_is_hidden_in_a_large_file(dialect: str, text: str, count: int) -> None:
    """Each takes under a second here; what is quadratic takes minutes (see test_growth.py)."""
    statements = split(text, dialect)
    kinds = [one.kind for statement in statements for one in operations(statement, dialect)]
    assert len(statements) == count
    assert kinds[-1] == "drop_table" or count == 100_000


def test_memory_is_bounded() -> None:
    text = f"DELETE FROM t WHERE a IN ({'1,' * 550_000}1)"
    statement = Statement(text, 0, len(text), 1, 1)
    tracemalloc.start()
    operations(statement, "postgres")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_statement_beyond_all_measure_is_said_to_be_unread() -> None:
    (statement,) = split(f"SELECT {'a ' * 600_000}", "postgres")
    (found,) = operations(statement, "postgres")
    assert (found.kind, found.facts["problem"]) == ("unparsed", "it is too long")
