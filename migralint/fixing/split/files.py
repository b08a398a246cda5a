"""Steps -> files: their names in the layout's own way, its marks, and what a reader wants to know.

How a layout's tool is told to use no transaction is in layouts/; here it is written.
"""

from __future__ import annotations

import re
import textwrap

from migralint.fixing.split.parts import WAYS
from migralint.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.fixing.split.parts import Piece
    from migralint.model import Migration

OUTSIDE = {WAYS[1], WAYS[2]}
# What the tool does not let out of its transaction, and why.
NEVER = {
    "hasura": "Hasura sends every migration in a transaction",
    "drizzle": "Drizzle keeps a journal of its migrations and runs all that are pending in one "
    "transaction",
}
# CONCURRENTLY gets through, a COMMIT does not.
NO_BATCHES = {
    "supabase": "Supabase's CLI sends a file as one batch, in which nothing can be committed: "
    "do it by psql"
}
# The mode in which the tool runs a file with its mark (see layouts/).
MODES = {
    "goose": "statement", "flyway": "statement", "atlas": "statement", "dbmate": "query",
    "sqlx": "query", "diesel": "query",
}  # fmt: skip
MARK = re.compile(r"(?i)--[ \t]*(?:\+goose\b|migrate:|atlas:txmode\b|no-transaction\b)")
DOWN = "Nothing is taken back here: the first step's way back undoes the whole change."


class File(Record):
    """A file to write: its path from the root, its text, and what it is for, in words."""

    path: str
    text: str
    title: str = ""
    way: str = "together"


def transaction(migration: Migration, way: str) -> object:
    """How the layout's runner will execute a step."""
    if migration.layout in MODES:
        return MODES[migration.layout] if way in OUTSIDE else "file"
    return migration.transaction


def piece(one: Piece, bare: bool, lead: str = "", silent: bool = False) -> str:
    """`bare`: nobody opens a transaction for it; `silent`: the reason stands above already."""
    sql = "".join(f"{text};\n" for text in one.sql)
    sql = f"BEGIN;\n{sql}COMMIT;\n" if one.atomic and bare else sql
    return lead + ("" if silent else comment(one.why)) + sql


def comment(text: str) -> str:
    """A comment of lines that are short enough; indented lines stay as they are."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if paragraph.startswith("    ") or not paragraph:
            lines.append(paragraph)
        else:
            lines += textwrap.wrap(paragraph, 94)
    return "".join(f"-- {line}".rstrip() + "\n" for line in lines) if text else ""


def text(layout: str, way: str, head: str, up: str, down: str = "") -> str:
    """A whole file: the layout's marks around what is applied."""
    outside = way in OUTSIDE
    if layout == "goose":
        if way == "batches":  # goose ends a statement at every semicolon
            up = f"-- +goose StatementBegin\n{up}-- +goose StatementEnd\n"
        mark = "-- +goose NO TRANSACTION\n" if outside else ""
        back = down or f"-- +goose Down\n-- {DOWN}\n"
        return f"{mark}-- +goose Up\n{head}{up}\n{back}"
    if layout == "dbmate":
        mark = " transaction:false" if outside else ""
        back = down or f"-- migrate:down\n-- {DOWN}\n"
        return f"-- migrate:up{mark}\n{head}{up}\n{back}"
    marks = {"sqlx": "-- no-transaction\n", "atlas": "-- atlas:txmode none\n\n"}
    return f"{marks.get(layout, '') if outside else ''}{head}{up}{down}"


def beside(layout: str, path: str, way: str, paths: Sequence[str]) -> list[File]:
    """The files that go with a migration: a mark that stands in no SQL, and a way back that the
    tool asks for (the other migrations have one)."""
    made = []
    folder, _, name = path.rpartition("/")
    if way in OUTSIDE and layout == "flyway":
        made.append(File(f"{path}.conf", "executeInTransaction=false\n"))
    if way in OUTSIDE and layout == "diesel":
        made.append(File(f"{folder}/metadata.toml", "run_in_transaction = false\n"))
    back = f"-- {DOWN}\nSELECT 1;\n"
    if layout in ("diesel", "hasura"):
        made.append(File(f"{folder}/down.sql", back))
    elif name.endswith(".up.sql") and (layout == "golang-migrate" or _paired(paths)):
        made.append(File(f"{path.removesuffix('.up.sql')}.down.sql", back))
    return made


def _paired(paths: Sequence[str]) -> bool:
    return any(path.endswith(".up.sql") for path in paths)
