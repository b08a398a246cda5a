"""What the tools write into the SQL that they generate."""

from __future__ import annotations

from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.model import Migration, Statement

# Prisma: `-- CreateTable`; Atlas: `-- create "users" table`, `-- create index "i" to table: "t"`.
_MARK = pattern(
    r"--\s*(?:(?:Create|Alter|Drop|Add|Rename|Redefine)(?:Table|Index|Enum|ForeignKey|PrimaryKey|View"
    r"|Schema|Extension|Type|Sequence)s?"
    r"|(?i:create|modify|drop|add|rename|reverse:) [^\"`]{0,60}[\"`][^\"`]{1,200}[\"`].{0,60})\s*$"
)
# These marks stand before several statements that belong together.
_SEVERAL = pattern(r"--\s*(?:RedefineTables|AlterEnum|RedefineIndex)\s*$")
_MOST_MARKS = 500
_marks: dict[str, str] = {}  # a tool writes the same few
_BREAKPOINT = "--> statement-breakpoint"
# `supabase db diff` writes lower case and quotes every name, and indexes as the server shows them.
_DIFFED = pattern(r'(?:create (?:table|type|sequence|schema) |alter table )"')
_SHOWN = pattern(r"CREATE (?:UNIQUE )?INDEX \S{1,200} ON \S{1,200} USING \w")
_OF_TOOLS = pattern(
    r"(?i)--\s*(?:\+?goose\b|migrate:|statement-breakpoint|atlas:|migralint:"
    r"|This is an empty migration)|-->|^#!",
)


def generated_statements(migration: Migration, statements: Sequence[Statement]) -> set[int]:
    """The offsets of the statements that the layout's tool wrote."""
    # drizzle-kit puts a breakpoint between any two statements, and writes no comments of its own
    by_kit = migration.layout == "drizzle" and len(statements) < 2 and not _own_words(statements)
    if by_kit or _BREAKPOINT in migration.text:
        return {statement.start for statement in statements}
    found = _diffed(statements) if migration.layout == "supabase" else set()
    covered = False
    for statement in statements:
        before = [
            _mark(c.text)
            for c in statement.comments
            if c.start < statement.start and c.text.startswith("--")
        ]
        marks = [mark for mark in before if mark]
        if marks:
            found.add(statement.start)
            covered = marks[-1] == "several"
        elif covered and not before:
            found.add(statement.start)
        else:
            covered = False
    return found


def _diffed(statements: Sequence[Statement]) -> set[int]:
    written = {s.start for s in statements if _DIFFED.match(s.text)}
    return written | {s.start for s in statements if written and _SHOWN.match(s.text)}


def _own_words(statements: Sequence[Statement]) -> bool:
    return any(
        text.startswith("--") and not _OF_TOOLS.match(text) for text in _comments(statements)
    )


def _mark(text: str) -> str:
    """Whether the comment marks what a tool wrote: "one" statement, "several", or "" for none."""
    known = _marks.get(text)
    if known is None:
        if len(_marks) >= _MOST_MARKS:
            _marks.clear()
        several = "several" if _SEVERAL.match(text) else "one"
        known = _marks[text] = several if _MARK.match(text) else ""
    return known


def explained(statements: Sequence[Statement]) -> bool:
    """Whether somebody's own words stand in a comment."""
    return any(
        not _MARK.match(text) and not _OF_TOOLS.match(text) and len(text.strip("-/* \n")) > 2
        for text in _comments(statements)
    )


def _comments(statements: Sequence[Statement]) -> list[str]:
    return [comment.text for statement in statements for comment in statement.comments]
