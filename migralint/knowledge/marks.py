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
_BREAKPOINT = "--> statement-breakpoint"
_OF_TOOLS = pattern(
    r"(?i)--\s*(?:\+?goose\b|migrate:|statement-breakpoint|atlas:|migralint:"
    r"|This is an empty migration)|-->|^#!",
)


def generated_statements(migration: Migration, statements: Sequence[Statement]) -> set[int]:
    """The offsets of the statements that the layout's tool wrote."""
    # drizzle-kit puts a breakpoint between any two statements, and writes no comments of its own
    own_words = any(
        text.startswith("--") and not _OF_TOOLS.match(text) for text in _comments(statements)
    )
    by_kit = migration.layout == "drizzle" and len(statements) < 2 and not own_words
    if by_kit or _BREAKPOINT in migration.text:
        return {statement.start for statement in statements}
    found: set[int] = set()
    covered = False
    for statement in statements:
        before = [
            c.text
            for c in statement.comments
            if c.start < statement.start and c.text.startswith("--")
        ]
        marks = [text for text in before if _MARK.match(text)]
        if marks:
            found.add(statement.start)
            covered = bool(_SEVERAL.match(marks[-1]))
        elif covered and not before:
            found.add(statement.start)
        else:
            covered = False
    return found


def explained(statements: Sequence[Statement]) -> bool:
    """Whether somebody's own words stand in a comment."""
    return any(
        not _MARK.match(text) and not _OF_TOOLS.match(text) and len(text.strip("-/* \n")) > 2
        for text in _comments(statements)
    )


def _comments(statements: Sequence[Statement]) -> list[str]:
    return [comment.text for statement in statements for comment in statement.comments]
