"""Statement -> what it does, by our own token grammar; sqlglot is not asked.

Every statement yields at least one `Found`: a verb that is not known, and a form that the grammar
could not finish, give `unparsed` with the dangerous words that the statement mentions.
"""

from __future__ import annotations

from migralint.regex import pattern
from migralint.sql import grammar
from migralint.sql.grammar.forms import dispatch
from migralint.sql.grammar.reader import Found, Reader, Unread, reader_of
from migralint.sql.tokens import MOST_TOKENS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Statement

# The values of a longer INSERT are not read: 50 MB of rows say nothing that a rule asks for.
_LONG_INSERT = 4000
_ROWS = pattern(r"(?i)\bvalues\s*\(")
_UPSERT = pattern(r"(?i)\bon\s+(?:conflict|duplicate\s+key)\b")
# Two words that begin a statement and stand outside brackets in no other, but for those below.
_BEGINNINGS = {
    "alter": ("table",), "drop": ("table",), "truncate": ("table",), "delete": ("from",),
    "insert": ("into",), "create": ("table", "index", "unique", "type", "view"),
}  # fmt: skip
_CARRIES = frozenset(("with", "explain", "prepare", "execute", "desc", "describe"))
_HOLDS = frozenset(("rule", "trigger", "schema", "event", "publication", "extension"))
_DANGEROUS = frozenset(("drop", "truncate", "delete", "update", "alter", "rename", "reset"))


def outline(statement: Statement, dialect: str) -> list[Found]:
    """What the statement does, as the token grammar reads it; never empty, never raises."""
    text = statement.text
    if statement.form != "sql":
        return [_of_a_client(text, statement.form)]
    if len(text) > _LONG_INSERT and text[:7].lower() in ("insert ", "replace", "insert\n"):
        rows = _ROWS.search(text, 0, 16 * _LONG_INSERT)
        if rows is not None and not statement.problem:
            return _long_insert(text, rows.end(), dialect)
    reader = reader_of(text, dialect)
    problem = statement.problem or ("it is too long" if reader.stop == MOST_TOKENS else "")
    if problem:
        return [_unparsed(reader, problem)]
    if not reader.tokens:
        return [Found("session", {"verb": "comment"}, 0, len(text))]
    return read(reader)


def _of_a_client(text: str, form: str) -> Found:
    if form == "psql":
        return grammar.session.psql(text)
    return Found("session", {"verb": "delimiter"}, 0, len(text))


def read(reader: Reader) -> list[Found]:
    """The operations of the statement that the reader holds; a missing `;` is said."""
    start = reader.at
    glued = _glued(reader)
    if glued > 0:
        return [*read(reader.within(start, glued)), _behind(reader, glued)]
    try:
        found = list(dispatch(reader))
        reader.finish()
        if not found:
            raise Unread("nothing stands behind its first word")
    except Unread as problem:
        reader.at = start
        return [_unparsed(reader, str(problem))]
    except RecursionError:
        reader.at = start
        return [_unparsed(reader, "it is nested too deeply")]
    return found


def _long_insert(text: str, head: int, dialect: str) -> list[Found]:
    """An INSERT of which only the head is read, and the tail for what becomes of conflicts."""
    found = read(reader_of(text, dialect, head))
    upsert = bool(_UPSERT.search(text, max(head, len(text) - _LONG_INSERT)))
    return [
        Found(one.kind, {**one.facts, "on_conflict": upsert}, 0, len(text))
        if one.kind == "insert"
        else Found(one.kind, one.facts, one.start, len(text))
        for one in found
    ]


def _glued(reader: Reader) -> int:
    """The index of a second statement that no `;` keeps apart from the first; 0 for none."""
    behind = [token.word for token in reader.tokens[reader.at + 1 : reader.stop]]
    found = _BEGINNINGS.keys() & behind
    if found:
        for index, word in enumerate(behind[:-1]):
            if (
                word in found
                and behind[index + 1] in _BEGINNINGS[word]
                and not _may_hold(reader, reader.at + 1 + index)
            ):
                return reader.at + 1 + index
    return 0


def _may_hold(reader: Reader, index: int) -> bool:
    """Whether the statement's form lets another begin at `index`: in brackets, or in a body."""
    before = reader.tokens[reader.at : index]
    head = {token.text for token in before[1:4]}
    if before[0].text in _CARRIES or (before[0].text in ("create", "alter") and head & _HOLDS):
        return True
    body = "atomic" if reader.dialect == "postgres" else "begin"
    if before[0].text == "create" and any(token.text == body for token in before):
        return True
    symbols = [token.symbol for token in before]
    return symbols.count("(") != symbols.count(")")


def _behind(reader: Reader, index: int) -> Found:
    rest = reader.within(index, reader.stop)
    found = _unparsed(rest, f"a ; is missing before {rest.near()}")
    return Found(found.kind, found.facts, reader.start(index), len(reader.text))


def _unparsed(reader: Reader, problem: str) -> Found:
    words = {token.word for token in reader.tokens[reader.at : reader.stop]}
    mentions = " ".join(sorted(words & _DANGEROUS))
    return Found("unparsed", {"problem": problem, "mentions": mentions}, 0, len(reader.text))
