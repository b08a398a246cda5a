"""The snapshot of an SQLite file: pragmas, and for what they do not tell, the CREATE text.

The text is compared without comments, line ends and needless quotes, so that a table which was
written by hand and the same one after a rename do not differ.
https://www.sqlite.org/pragma.html#pragma_table_xinfo
"""

from __future__ import annotations

import re

from migralint.catalog import HISTORIES, definition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migralint.runner.databases import Database, Session

MASTER = """SELECT type, name, tbl_name, sql FROM sqlite_master
    WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@'"""
TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|\s+|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]"""
    r"""|[\w$]+|<=|>=|<>|!=|==|\|\||.""",
    re.DOTALL,
)
SPACE = ("--", "/*")
# Words that cannot stand for a name without quotes: https://www.sqlite.org/lang_keywords.html
RESERVED = frozenset(
    ["add", "all", "alter", "and", "as", "autoincrement", "between", "case", "check", "collate",
     "commit", "constraint", "create", "default", "deferrable", "delete", "distinct", "drop",
     "else", "escape", "except", "exists", "foreign", "from", "group", "having", "in", "index",
     "insert", "intersect", "into", "is", "isnull", "join", "limit", "not", "notnull", "null",
     "on", "or", "order", "primary", "references", "returning", "select", "set", "table",
     "then", "to", "transaction", "union", "unique", "update", "using", "values", "when",
     "where"]
)  # fmt: skip
PLAIN = re.compile(r"[A-Za-z_]\w*")
# What no pragma tells of a column or a table, and how many words or groups belong to it.
CLAUSES = {"check": 1, "collate": 1, "autoincrement": 0, "conflict": 1, "deferrable": 0,
           "initially": 1, "as": 1, "stored": 0, "virtual": 0}  # fmt: skip
TABLE_PARTS = frozenset(["constraint", "primary", "unique", "check", "foreign"])
HIDDEN = {2: "virtual", 3: "stored"}


def objects(db: Database, session: Session) -> dict[str, str]:
    inside = db.state(session) == "open"
    if not inside:
        db.query(session, "BEGIN")
    try:
        return dict(_read(db, session))
    finally:
        if not inside:
            db.rollback(session)


def _read(db: Database, session: Session) -> Iterator[tuple[str, str]]:
    shadows = [row[1] for row in db.query(session, "PRAGMA table_list") if row[2] == "shadow"]
    for kind, name, table, sql in db.query(session, MASTER):
        if table in (*HISTORIES, *shadows):
            continue
        if kind == "table":
            yield from _table(db, session, name, tokens(sql or ""))
        elif sql:  # without one it belongs to a constraint
            shown = f"{kind} {quoted(name)}"
            # in a view or a trigger "x" may be a string, and stays as it is
            line = text(tokens(sql), plain=kind == "index")
            yield shown, definition([("definition", line), ("table", quoted(table))])


def _table(
    db: Database, session: Session, name: str, words: Sequence[str]
) -> Iterator[tuple[str, str]]:
    shown = quoted(name)
    if "virtual" in [w.lower() for w in words[:3]]:
        yield f"table {shown}", definition([("kind", "virtual"), ("definition", text(words))])
        return
    elements, tail = body(words)
    options = " ".join(word.upper() for word in tail if word != ",")
    yield f"table {shown}", definition([("kind", "table"), ("options", options)])
    more = {unquoted(e[0]).lower(): clauses(e[1:]) for e in elements if not _is_part(e)}
    for _, column, kind, not_null, default, key, hidden in db.query(
        session, f"PRAGMA table_xinfo({shown_literal(name)})"
    ):
        values = [
            ("type", kind.upper() or "none"),
            ("nullable", "no" if not_null else "yes"),
            ("default", default),
            ("primary key", key or None),
            ("generated", HIDDEN.get(hidden)),
            ("more", more.get(column.lower())),
        ]
        yield f"column {shown}.{quoted(column)}", definition(values)
    for element in elements:
        check = clauses(element) if _is_part(element) else ""
        if check.startswith("CHECK"):
            yield f"check on {shown} {check[6:]}", definition([("definition", check)])
    yield from _keys(db, session, name, elements)


def _keys(
    db: Database, session: Session, name: str, elements: Sequence[Sequence[str]]
) -> Iterator[tuple[str, str]]:
    shown, given = quoted(name), shown_literal(name)
    for _, index, unique, origin, _ in db.query(session, f"PRAGMA index_list({given})"):
        if origin == "u" and unique:
            found = db.query(session, f"PRAGMA index_info({shown_literal(index)})")
            columns = ", ".join(quoted(row[2]) for row in found)
            yield (
                f"unique on {shown} ({columns})",
                definition([("definition", f"UNIQUE ({columns})")]),
            )
    keys: dict[int, list[tuple[str, ...]]] = {}
    for row in db.query(session, f"PRAGMA foreign_key_list({given})"):
        keys.setdefault(row[0], []).append(row)
    for rows in keys.values():
        own = ", ".join(quoted(row[3]) for row in rows)
        theirs = ", ".join(quoted(row[4]) for row in rows if row[4])
        where = f"{quoted(rows[0][2])}" + (f" ({theirs})" if theirs else "")
        acts = f"ON UPDATE {rows[0][5]} ON DELETE {rows[0][6]}"
        wait = next((clauses(e) for e in elements if f"FOREIGN KEY ({own})" in _head(e)), "")
        key = f"FOREIGN KEY ({own}) REFERENCES {where} {acts} {wait}".rstrip()
        yield f"foreign key on {shown} ({own}) to {where}", definition([("definition", key)])


def tokens(sql: str) -> list[str]:
    found = (match[0] for match in TOKEN.finditer(sql))
    return [word for word in found if not word.isspace() and not word.startswith(SPACE)]


def text(words: Sequence[str], plain: bool = True) -> str:
    """The tokens as one line: quotes only where a name needs them, blanks as people set them."""
    line = " ".join(_plain(word) if plain else word for word in words)
    line = re.sub(r" ([,;.)])", r"\1", line)
    return re.sub(r"([(.]) ", r"\1", line)


def _plain(word: str) -> str:
    return quoted(unquoted(word)) if word[0] in '"`[' else word


def unquoted(word: str) -> str:
    if word[0] in '"`':
        return word[1:-1].replace(word[0] * 2, word[0])
    return word[1:-1] if word[0] == "[" else word


def quoted(name: str) -> str:
    """With quotes only where SQL needs them."""
    plain = PLAIN.fullmatch(name) and name.lower() not in RESERVED
    return name if plain else '"' + name.replace('"', '""') + '"'


def shown_literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def body(words: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """The elements between the parentheses of CREATE TABLE, and what stands behind them."""
    if "(" not in words:
        return [], []
    elements: list[list[str]] = [[]]
    depth = 0
    for position, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if word == ")" and depth == 0:
            return elements, list(words[position + 1 :])
        if word == "," and depth == 1:
            elements.append([])
        elif depth and not (word == "(" and depth == 1):
            elements[-1].append(word)
    return elements, []


def _is_part(element: Sequence[str]) -> bool:
    return bool(element) and element[0].lower() in TABLE_PARTS


def clauses(words: Sequence[str]) -> str:
    """CHECK (...), COLLATE x, AS (...) and their like, in the order in which they stand."""
    kept: list[str] = []
    position = 0
    while position < len(words):
        word = words[position].lower()
        position += 1
        if word not in CLAUSES:
            continue
        kept.append(word.upper())
        if CLAUSES[word] and position < len(words):
            end = _group_end(words, position)
            kept.append(text(words[position:end]))
            position = end
    return " ".join(kept)


def _head(element: Sequence[str]) -> str:
    """A table constraint with its first two words in capitals."""
    words = list(element[2:] if element and element[0].lower() == "constraint" else element)
    return text([*(word.upper() for word in words[:2]), *words[2:]])


def _group_end(words: Sequence[str], start: int) -> int:
    depth = 0
    for position in range(start, len(words)):
        depth += (words[position] == "(") - (words[position] == ")")
        if depth == 0:
            return position + 1
    return len(words)
