"""Write a configuration, .migralint.yaml, for what is found here.

What may stand in it is explained there. A configuration that exists is never overwritten.
"""

from __future__ import annotations

import os
import posixpath

from migralint import config
from migralint.commands import terminal
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from migralint.discover import Project

TEMPLATE = """\
# Settings of migralint. Every key may be left out; `migralint config` shows what is in force.

# The folders of migrations{layouts}.
{paths}

{dialect}
# The oldest server in use: 14 for PostgreSQL, "8.0" for MySQL, "10.11" for MariaDB.
# Locks, rewrites and the advice depend on it.
# server_version: 14

# Which tables are large, by name or by rows. Once set, all others count as small; unset, every
# table may be large, and what depends on it is a warning.
# large_tables:
#   users: 2_000_000
#   orders: 40_000_000

# Migrations before this version are read as context and not reported (the newest here has it).
# since: {since}

# off, info, warning or error for a rule; `migralint rules` lists them.
# rules:
#   drop-column: warning

# Other settings for some files.
# overrides:
#   - files: ["{folder}/*_seed/**"]
#     rules: {{unbatched-backfill: off}}

# Findings that are accepted. Unlike a comment in the file this leaves its checksum alone, so it is
# the way for a migration that a database has already.
# allow:
#   - rule: drop-table
#     path: {example}
#     reason: replaced by accounts in March; backup of 2 May
#     until: 2027-01-31
"""
NONE_YET = "; unset, they are looked for"


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(args: Namespace) -> int:
    from migralint.discover import NothingFound, Project, discover
    from migralint.source import WorkTree

    here = os.getcwd()
    root = config.root_of(here)
    existing = config.find(here)
    if existing:
        raise MigralintError(f"there is {existing} already", hint="`migralint config` shows it.")
    try:
        found = discover([], config.load(None, root), WorkTree(root))
    except NothingFound:
        found = Project()
    path = os.path.join(root, config.NAMES[0])
    try:
        with open(path, "x", encoding="utf-8", newline="\n") as file:
            file.write(proposal(found))
    except OSError as error:
        raise MigralintError(f"cannot write {path}: {error.strerror or error}", status=4) from error
    wrote = f"Wrote {os.path.relpath(path, here)}."
    if not found.migrations:
        terminal.say(f"{wrote} No migrations are here yet; they are looked for in each run.")
        return 0
    terminal.say(f"{wrote} Next: migralint lint")
    terminal.say("On a project with a past: migralint baseline exempts what is here already.")
    return 0


def proposal(found: Project) -> str:
    """The text of the configuration; what stands in it without # is what was found."""
    folders = sorted({_folder(migration.path) for migration in found.migrations}) or ["migrations"]
    versions = [migration.version for migration in found.migrations if migration.version]
    mark, layouts = ("", f" ({', '.join(found.layouts)})") if found.migrations else ("# ", NONE_YET)
    return TEMPLATE.format(
        layouts=layouts,
        paths="\n".join(
            f"{mark}{line}" for line in ["paths:", *(f"  - {_quoted(one)}" for one in folders)]
        ),
        dialect=_dialect(found),
        since=_quoted(versions[-1] if versions else "20260101000000"),
        folder=folders[0],
        example=found.migrations[-1].path if found.migrations else f"{folders[0]}/...",
    )


def _folder(path: str) -> str:
    """The folder of a layout; for version folders the one above them."""
    folder, name = posixpath.split(path)
    if name in ("migration.sql", "up.sql"):
        folder = posixpath.dirname(folder)
    return folder or "."


def _dialect(found: Project) -> str:
    dialects = list(dict.fromkeys(migration.dialect for migration in found.migrations))
    if len(dialects) != 1:
        return "# The database: postgres, mysql, mariadb or sqlite; found folder by folder.\n"
    guessed = any(": read as " in note for note in found.notes)
    why = "guessed from the SQL: check it" if guessed else "told by the layout"
    return f"# The database ({why}).\n{'' if guessed else '# '}dialect: {dialects[0]}\n"


def _quoted(text: str) -> str:
    """A YAML scalar; JSON's strings are YAML's."""
    import json

    plain = all(c.isalnum() or c in "/._-" for c in text) and text[0].isalpha()
    return text if plain else json.dumps(text)
