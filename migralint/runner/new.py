"""A new migration: named as its layout has it, a commented template, never over a file."""

from __future__ import annotations

import os
import re

from migralint.model import MigralintError, record

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
FOLDERS = {"prisma": "migration.sql", "diesel": "up.sql", "hasura": "up.sql"}


@record
class Written:
    """A file to write: its path below the folder of migrations, and its text."""

    path: str
    text: str


def slug(name: str) -> str:
    """`Add users' e-mail` -> add_users_e_mail."""
    found = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not found:
        raise MigralintError(f"{name!r} gives no name for a file", hint="Use letters and digits.")
    return found[:100].strip("_")


def stamp() -> str:
    """The time in UTC, as Prisma and most others write it."""
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y%m%d%H%M%S")


def version(layout: str, locals_: Sequence[Local], now: str, step: int = 0) -> str:
    """A version after all others, in the form that the folder has: a time, or the next number."""
    known = [local.migration.version for local in locals_]
    digits = [re.match(r"\d*", version)[0] for version in known]  # type: ignore[index]
    numbers = [text for text in digits if text]
    if layout == "hasura":
        return str(max([int(text) for text in numbers] + [int(now) * 1000]) + step)
    if numbers and max(map(len, numbers)) < 10:
        widest = max(len(text) for text in numbers)
        return str(max(map(int, numbers)) + 1 + step).zfill(widest)
    if layout == "flyway" and not numbers:
        return str(1 + step)
    last = max([now, *(text[:14] for text in numbers)])
    return last if last == now and not step else str(int(last) + (last != now) + step)


def file_for(layout: str, version: str, name: str, locals_: Sequence[Local]) -> str:
    """The path of the new file, relative to the folder of migrations."""
    if layout in FOLDERS:
        return f"{version}_{name}/{FOLDERS[layout]}"
    if layout == "drizzle":
        raise MigralintError(
            "Drizzle keeps a journal of its migrations",
            hint=f"drizzle-kit generate --custom --name={name}",
        )
    if layout == "flyway":
        return f"V{version}__{name}.sql"
    ends = {"golang-migrate": ".up.sql"}
    pairs = layout == "sqlx" and any(local.migration.path.endswith(".up.sql") for local in locals_)
    return f"{version}_{name}{'.up.sql' if pairs else ends.get(layout, '.sql')}"


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
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "x", encoding="utf-8", newline="\n") as stream:
            stream.write(file.text)
    return places


def one(layout: str, dialect: str, title: str, locals_: Sequence[Local], now: str) -> list[Written]:
    path = file_for(layout, version(layout, locals_, now), slug(title), locals_)
    return [Written(path, content(layout, dialect, title))]


def several(
    layout: str,
    dialect: str,
    locals_: Sequence[Local],
    now: str,
    steps: Sequence[tuple[str, str, str]],
) -> list[Written]:
    """One file for each (name, title, SQL)."""
    made = []
    for index, (name, title, sql) in enumerate(steps):
        path = file_for(layout, version(layout, locals_, now, index), slug(name), locals_)
        made.append(Written(path, content(layout, dialect, title, sql)))
    return made
