"""A new migration: named as its layout has it, a commented template, never over a file."""

from __future__ import annotations

import os

from migralint.model import MigralintError, Record
from migralint.runner.naming import path_for, slug, stamp, stem_for

__all__ = ["Written", "content", "one", "several", "slug", "stamp", "write"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.runner.history import Local

TEMPLATE = """\
-- {title}
--
-- `migralint lint` says what is dangerous here and what to write instead,
-- `migralint plan` what it locks.
"""
POSTGRES = """\
-- It runs in one transaction with a lock_timeout; CREATE INDEX CONCURRENTLY belongs in a
-- migration of its own.
"""
CONTENT = {
    "goose": "-- +goose Up\n{up}\n-- +goose Down\n-- migralint applies only what is above.\n",
    "dbmate": "-- migrate:up\n{up}\n-- migrate:down\n",
}


class Written(Record):
    """A file to write: its path below the folder of migrations, and its text."""

    path: str
    text: str


def content(layout: str, dialect: str, title: str, sql: str = "") -> str:
    head = TEMPLATE.format(title=title.replace("\n", " "))
    head += POSTGRES if dialect == "postgres" else ""
    up = f"{head}\n{sql}" if sql else head
    return CONTENT[layout].format(up=up) if layout in CONTENT else up


def write(root: str, folder: str, files: Sequence[Written]) -> list[str]:
    """All of them or none; the paths, relative to the root."""
    places = [os.path.join(folder, file.path) for file in files]
    for place in places:
        if os.path.lexists(os.path.join(root, place)):
            raise MigralintError(f"{place} is there already")
    for place, file in zip(places, files, strict=True):
        whole = os.path.join(root, place)
        try:
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "x", encoding="utf-8", newline="\n") as stream:
                stream.write(file.text)
        except OSError as error:
            raise MigralintError(f"cannot write {place}: {error.strerror}", status=4) from error
    return places


def one(
    layout: str, dialect: str, title: str, locals_: Sequence[Local], now: str, form: str = ""
) -> list[Written]:
    """`form` is the configuration's `migration_name`."""
    stem = stem_for(layout, form, title, locals_, now)
    return [Written(path_for(layout, stem, locals_), content(layout, dialect, title))]


def several(
    layout: str,
    dialect: str,
    locals_: Sequence[Local],
    now: str,
    steps: Sequence[tuple[str, str, str]],
    form: str = "",
) -> list[Written]:
    """One file for each (name, title, SQL)."""
    made = []
    for index, (name, title, sql) in enumerate(steps):
        stem = stem_for(layout, form, name, locals_, now, index)
        path = path_for(layout, stem, locals_)
        made.append(Written(path, content(layout, dialect, title, sql)))
    return made
