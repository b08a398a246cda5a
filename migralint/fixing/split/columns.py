"""A column that is filled in batches, and NOT NULL only then; one that goes in a later release."""

from __future__ import annotations

from migralint.fixing.split.indexes import not_null_pieces
from migralint.fixing.split.parts import Change, Found, Piece, cut, key_of, partitioned, quoted
from migralint.knowledge import safe_sql
from migralint.model import UNKNOWN
from migralint.sql.tokens import NAME, WORD, Token, placed, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Edit

SERIALS = {
    "serial": "integer", "serial4": "integer", "bigserial": "bigint", "serial8": "bigint",
    "smallserial": "smallint", "serial2": "smallint",
}  # fmt: skip
FILLS = "In batches that commit by themselves, so that no row stays locked for long."


def required(found: Found) -> Change | str:
    """NOT NULL without a default: nobody but the code's author knows the value of the old rows."""
    if found.view.fact("primary_key") is True:
        return "a new column that is the primary key has no values yet that could be its key"
    why = _refused(found)
    words = _not_null(found)
    if why or words is None:
        return why or "its NOT NULL has a name of its own"
    first, *rest = not_null_pieces(found, found.view.fact("column"), "contract")
    fill = safe_sql.updates(
        found.table, key_of(found), f"{found.column} = <value>", f"{found.column} IS NULL"
    )
    shown = "\n".join(f"    {line}" for line in f"{fill};".split("\n"))
    why = (
        f"Apply it once the code that writes {found.column} is deployed and the old rows are "
        f"filled. What they get, only you know; by psql, outside of a transaction:\n\n{shown}\n\n"
        f"From then on {found.column} must have a value; the old rows are checked next."
    )
    contract = Piece(first.way, first.sql, first.word, why)
    return Change(edits=(words,), later=(contract, *rest))


def _refused(found: Found) -> str:
    if found.version < 12:
        return "before PostgreSQL 12 nothing spares SET NOT NULL the reading of the whole table"
    if partitioned(found):
        return f"{found.table} has partitions or heirs, whose constraints are not certain"
    return ""


def _not_null(found: Found) -> Edit | None:
    """The words NOT NULL of the column cut out; None where they are a constraint with a name."""
    found_at = _words(found, "not", "null")
    if found_at is None or (found_at[0] and found_at[1] == "constraint"):
        return None
    start, _, end = found_at
    return cut(found, start, end)


def _words(found: Found, first: str, second: str) -> tuple[int, str, int] | None:
    """(start, the word two before, end) of two words outside of brackets."""
    depth, seen, last = 0, list[Token](), 0
    for token, start, end in placed(found.text, "postgres"):
        if token.symbol in ("(", ")"):
            depth += 1 if token.symbol == "(" else -1
        if not depth and seen and seen[-1].word == first and token.text == second:
            before = seen[-3].word if len(seen) > 2 else ""
            if not (len(seen) > 1 and seen[-2].text == "is"):
                return last, before, end
        seen.append(token)
        last = start
    return None


def fill_later(found: Found) -> Change | str:
    """A default that differs from row to row: for new rows at once, for the old ones in batches."""
    if found.view.fact("generated"):
        return "a generated column cannot be made of a plain one"
    if found.view.fact("identity") is True:
        return "an identity is made of a sequence whose numbers the old rows would miss"
    if found.view.fact("primary_key") is True:
        return "a new column that is the primary key has no values yet that could be its key"
    if found.view.fact("if_not_exists") is True:
        return "IF NOT EXISTS: a column that is there already may have another default"
    if found.view.fact("default_is_volatile") is not True and found.view.fact("serial") is not True:
        return f"the type {found.view.fact('type')} has a check, which every row has to pass"
    required = found.view.fact("nullable") is not True
    why = _refused(found) if required else ""
    if not why and partitioned(found):
        why = f"{found.table} has partitions or heirs"
    if why:
        return why
    return _serial(found) if found.view.fact("serial") is True else _default(found, required)


def _default(found: Found, required: bool) -> Change | str:
    default = str(found.view.fact("default"))
    if {token.word for token in tokens(default, "postgres")} & {"null", "nullif", "case"}:
        return f"{default} may be NULL, so a row that is filled cannot be told from another"
    at = _default_words(found, default)
    not_null = _not_null(found) if required else None
    if at is None or (required and not_null is None):
        return f"{found.text!r} cannot be taken apart"
    edits = (at, not_null) if not_null else (at,)
    here = f"ALTER TABLE {found.table} ALTER COLUMN {found.column} SET DEFAULT {default}"
    return Change(edits=edits, here=(here,), later=_filled(found, default, required))


def _default_words(found: Found, default: str) -> Edit | None:
    for token, start, end in placed(found.text, "postgres"):
        if token.word == "default":
            at = found.text.find(default, end)
            if at >= 0 and not found.text[end:at].strip():
                return cut(found, start, at + len(default))
    return None


def _filled(found: Found, value: str, required: bool) -> tuple[Piece, ...]:
    assignment, missing = f"{found.column} = {value}", f"{found.column} IS NULL"
    sql = safe_sql.updates(found.table, key_of(found), assignment, missing)
    like = f"UPDATE {found.table} SET {assignment} WHERE {missing}"
    fill = Piece("batches", (sql,), "backfill", FILLS, like)
    rest = not_null_pieces(found, found.view.fact("column")) if required else ()
    return (fill, *rest)


def _serial(found: Found) -> Change | str:
    """What serial stands for: a sequence that is the column's, its default, NOT NULL."""
    from migralint.knowledge.schema.names import joined

    type_name = str(found.view.fact("type")).lower()
    plain = SERIALS.get(type_name)
    name = found.view.fact("table")
    start = _type_words(found, type_name)
    if plain is None or start is None:
        return f"{found.text!r} cannot be taken apart"
    schema = f"{name.sql.rpartition('.')[0]}." if "." in name.sql and name.schema else ""
    sequence = schema + quoted(joined(name.name, found.view.fact("column").name, "seq"))
    edits = [start_edit(found, start, plain)]
    written = _not_null(found)
    edits += [written] if written else []
    value = f"nextval('{sequence.replace(chr(39), chr(39) * 2)}')"
    here = (
        f"ALTER TABLE {found.table} ALTER COLUMN {found.column} SET DEFAULT {value}",
        f"ALTER SEQUENCE {sequence} OWNED BY {found.table}.{found.column}",
    )
    return Change(
        edits=tuple(edits),
        before=(f"CREATE SEQUENCE {sequence} AS {plain}",),
        here=here,
        later=_filled(found, value, True),
    )


def start_edit(found: Found, words: tuple[int, int], text: str) -> Edit:
    return cut(found, words[0], words[1], text)


def _type_words(found: Found, type_name: str) -> tuple[int, int] | None:
    named = False
    for token, start, end in placed(found.text, "postgres"):
        if named and token.word == type_name:
            return start, end
        own = token.kind in (WORD, NAME) and token.text == found.view.fact("column").name
        named = named or own
    return None


def drop_column(found: Found) -> Change | str:
    """No sequence of statements makes it safe: the code has to be without the column first."""
    if found.operation.kind != "drop_column":
        return "an attribute of a type goes from every value at once"
    if found.view.fact("renamed_to") is not UNKNOWN and str(found.view.fact("renamed_to")):
        return (
            f"whether {found.column} was to be renamed, only you know; a rename is "
            "`ALTER TABLE ... RENAME COLUMN`, which --split can take apart"
        )
    if found.view.fact("recreated") is True:
        return f"{found.column} is made again in the same migration"
    table, column = found.known_table, found.view.fact("column")
    known = table.columns.get(column) if table else None
    key = table.primary_key if table else None
    if key and column in key.columns:
        return f"with it goes the key of {found.table}, in whose place another one may come"
    here: tuple[str, ...] = ()
    free = known and not known.nullable and not known.default and not known.generated
    if free:
        here = (f"ALTER TABLE {found.table} ALTER COLUMN {found.column} DROP NOT NULL",)
    why = (
        f"For a later release than the one before: apply it when no running code names "
        f"{found.column} any more. What the column holds is gone then."
    )
    piece = Piece("contract", (f"ALTER TABLE {found.table} {found.text}",), "contract", why)
    return Change(gone=True, here=here, later=(piece,))
