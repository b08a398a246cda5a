"""The way back from data, rights, comments and what runs code of its own."""

from __future__ import annotations

import re

from migralint.rollback.grades import NOTHING, At, Undo, impossible, lossless, lossy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_GRANT = re.compile(
    r"(?is)^\s*grant\s+(.*?)\s+on\s+(.*?)\s+to\s+(.*?)\s*(with\s+grant\s+option.*)?$"
)
_REVOKE = re.compile(
    r"(?is)^\s*revoke\s+(?!grant\s+option)(.*?)\s+on\s+(.*?)\s+from\s+(.*?)(\s+cascade|\s+restrict)?\s*$"
)
_IS = re.compile(r"(?is)^(\s*comment\s+on\s+.{1,400}?\s+is\s+)")


def insert(at: At) -> Undo:
    if at["new_table"] is True:
        return NOTHING  # the table was made here, and goes with its rows
    return impossible("which of the rows it brought are not the users' own by now is not known")


def update(at: At) -> Undo:
    if at["new_column"] is True or at["new_table"] is True:
        return NOTHING  # what it filled was added here, and goes with that
    return impossible("the values of before are gone")


def delete(at: At) -> Undo:
    return NOTHING if at["new_table"] is True else impossible("the rows are gone")


def privileges(form: re.Pattern[str], other: str) -> Callable[[At], Undo]:
    """GRANT x ON y TO z and REVOKE x ON y FROM z are each other's way back."""

    def undo(at: At) -> Undo:
        found = form.match(at["statement"])
        if found is None:
            return impossible("the way back is not known")
        sql = other.format(found[1], found[2], found[3])
        return lossy(sql, reason="whether the right was there before is not known")

    return undo


def comment(at: At) -> Undo:
    head = _IS.match(at["statement"])
    if head is None:
        return impossible("the way back is not known")
    earlier = at.known.of("comment", at["object_type"], at["object"])
    if earlier:
        return lossless(earlier)
    sql = f"{head[1]}NULL"
    if not at.schema.certain(None):
        return lossy(sql, reason="the comment of before is not known")
    return lossless(sql)


def select(at: At) -> Undo:
    if not at["functions"]:
        return NOTHING
    return impossible(f"what {at['functions']} changed is not known")


def unread(at: At) -> Undo:
    return impossible("the statement could not be read")


def nothing(at: At) -> Undo:
    return NOTHING


INVERSE: dict[str, Callable[[At], Undo]] = {
    "insert": insert,
    "update": update,
    "delete": delete,
    "merge": lambda at: impossible("the values of before are gone"),
    "copy": insert,
    "call": lambda at: impossible("what the procedure changed is not known"),
    "grant": privileges(_GRANT, "REVOKE {} ON {} FROM {}"),
    "revoke": privileges(_REVOKE, "GRANT {} ON {} TO {}"),
    "comment": comment,
    "select": select,
    "dynamic_sql": unread,
    "unparsed": unread,
    "other": unread,
    **dict.fromkeys(
        (
            *("set", "reset", "begin", "commit", "rollback", "savepoint", "session", "pragma"),
            *("vacuum", "analyze", "cluster", "optimize_table", "lock_table", "do_block"),
            *("psql_command", "alter_online", "reindex", "migration", "suppression"),
        ),
        nothing,
    ),
}
