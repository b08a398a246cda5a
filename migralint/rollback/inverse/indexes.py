"""The way back from what is done to indexes."""

from __future__ import annotations

import re

from migralint.rollback.grades import NOTHING, At, Undo, impossible, lossless
from migralint.rollback.inverse.names import bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from migralint.knowledge.schema import Index
    from migralint.rollback.definitions import Piece

_ON = re.compile(
    r"(?is)\bon\s+(?:only\s+)?((?:\"[^\"]+\"|`[^`]+`|[^\s\"`(.]+)"
    r"(?:\.(?:\"[^\"]+\"|`[^`]+`|[^\s\"`(.]+))?)\s*(?=\(|using\b)"
)


def create_index(at: At) -> Undo:
    if at["inline"]:
        return NOTHING
    if not at.made:
        return NOTHING if at["if_not_exists"] else impossible("its name is not known")
    return lossless(drop_index_sql(at, at.made[0], bool(at["concurrently"])))


def drop_index_sql(at: At, index: Index, concurrently: bool) -> str:
    if at.dialect == "mysql":
        return f"DROP INDEX {index.name} ON {index.table.name}"
    word = "CONCURRENTLY " if concurrently else ""
    return f"DROP INDEX {word}{_with_schema(index, at.dialect)}"


def _with_schema(index: Index, dialect: str) -> str:
    """An index lies in the schema of its table, whatever CREATE INDEX called it."""
    schema = index.table.name.schema
    name = bare(index.name, dialect)
    return f"{schema}.{name}" if schema else name


def create_index_sql(at: At, index: Index, concurrently: bool = False) -> str:
    """As it was written, "" where that is not known."""
    piece = at.known.piece(index)
    rest = _rest(piece) if piece is not None else ""
    if not rest:
        return ""
    unique = "UNIQUE " if index.unique else ""
    word = "CONCURRENTLY " if concurrently else ""
    name = bare(index.name, at.dialect)
    variety = f"{index.variety.upper()} " if index.variety in ("fulltext", "spatial") else ""
    return f"CREATE {unique}{variety}INDEX {word}{name} ON {index.table.name} {rest}"


def _rest(piece: Piece) -> str:
    """What follows the table: method, keys, INCLUDE, WITH, WHERE."""
    on = _ON.search(piece.text)
    if on:
        return piece.text[on.end() :].strip()
    bracket = piece.text.find("(")  # MySQL: KEY k (a) inside of a table
    return piece.text[bracket:].strip() if bracket >= 0 else ""


def drop_index(at: At) -> Undo:
    index = at.schema.index(at["index"], at.view.operation.facts.get("table"))
    if index is None and at["if_exists"] and at.schema.certain(None):
        return NOTHING
    if index is not None and index.constraint is not None:  # MySQL: a unique key
        from migralint.rollback.inverse.keys import add_constraint_sql

        text = add_constraint_sql(at, index.constraint)
    else:
        text = create_index_sql(at, index, bool(at["concurrently"])) if index else ""
    if not text:
        return impossible("how the index was defined is not known")
    return lossless(text)


def rename_index(at: At) -> Undo:
    if at["if_exists"] and at.schema.index(at["index"], None) is None:
        if at.schema.certain(None):
            return NOTHING
        return impossible("IF EXISTS: it is not known whether there was one to rename")
    if at.dialect == "mysql":
        return lossless(f"ALTER TABLE {at['table']} RENAME INDEX {at['new_name']} TO {at['index']}")
    return lossless(f"ALTER INDEX {at['new_name']} RENAME TO {at['index'].sql.rpartition('.')[2]}")


INVERSE: dict[str, Callable[[At], Undo]] = {
    "create_index": create_index,
    "drop_index": drop_index,
    "rename_index": rename_index,
    "alter_index": lambda at: impossible("how the index was set before is not known"),
    "reindex": lambda at: NOTHING,
}
