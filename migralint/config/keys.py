"""The keys of `.migralint.yaml`: one table for the validator, the JSON Schema and the docs.

A scalar is read from its text, whether it stands in the file, in a variable or on the command
line, so that `off`, `010` and dates keep what was written.
"""

from __future__ import annotations

from migralint.model import Record
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

DIALECTS = ("postgres", "mysql", "mariadb", "sqlite")
LAYOUT_NAMES = (
    "prisma",
    "drizzle",
    "supabase",
    "flyway",
    "goose",
    "dbmate",
    "golang-migrate",
    "diesel",
    "sqlx",
    "atlas",
    "hasura",
    "plain",
)
PRESETS = ("recommended", "strict", "optional")
SEVERITIES = ("info", "warning", "error")
LEVELS = ("off", *SEVERITIES)
DURATION = pattern(r"(\d{1,9}) {0,3}(ms|s|min|m|h|)\Z")
UNITS = {"": 1, "ms": 1, "s": 1_000, "min": 60_000, "m": 60_000, "h": 3_600_000}
OPTIONS = {"pg": "server_version"}  # keys whose option of the command line is called otherwise


class Key(Record):
    """`form` names how the value is written: a scalar of SCALARS, or a shape of config/reading.py.

    `rebased` says that the value holds paths, relative to the folder of the file.
    """

    form: str
    meaning: str
    choices: tuple[str, ...] = ()
    rebased: bool = False


KEYS: Mapping[str, Key] = {
    "dialect": Key("choice", "the database; found from the layout where that says it", DIALECTS),
    "server_version": Key(
        "version",
        'the oldest server in use: 14 (PostgreSQL), "8.0" (MySQL), "10.11" (MariaDB); '
        "unset, the oldest that is still supported",
    ),
    "layout": Key("choice", "how the migrations are laid out; found from the files", LAYOUT_NAMES),
    "paths": Key("texts", "the folders of migrations; unset, they are looked for", rebased=True),
    "exclude": Key("texts", "files and folders that are not looked at (globs)", rebased=True),
    "prisma_version": Key(
        "text", "decides how Prisma runs a file; read from package.json or the lock file"
    ),
    "preset": Key("choice", "which rules are on", PRESETS),
    "rules": Key("rules", "severity by rule: off, info, warning, error"),
    "overrides": Key("overrides", "other severities, or another dialect, for some files"),
    "allow": Key("allow", "findings that are accepted, each with its reason"),
    "migration_name": Key(
        "name",
        "how new migrations are called: YYYY MM DD HH SS N (digits) snake_case kebab-case name, "
        "[optional]; such as YYYYMMDDHHMMSS_snake_case",
    ),
    "since": Key("text", "migrations with an earlier version are context and are not reported"),
    "fail_on": Key("choice", "the severity from which the exit status is 1", SEVERITIES),
    "rules_dir": Key("text", "a folder with rules of your own", rebased=True),
    "large_tables": Key(
        "tables", "names, or rows by name; once set, the tables that it does not list are small"
    ),
    "large_table_rows": Key("count", "from how many rows a table is large"),
    "url": Key("text", "the database of status, plan and apply, where no variable names one"),
    "lock_timeout": Key("duration", "how long a statement of apply waits for a lock (5s)"),
    "statement_timeout": Key("duration", "how long a statement of apply may run (no limit)"),
    "backup_folder": Key("text", "the folder of backups (backups)", rebased=True),
    "backup_keep": Key("count", "how many backups are kept, however old (10)"),
    "backup_keep_days": Key("count", "for how many days every backup is kept (30)"),
    "backup_max_age": Key("duration", "how old the newest backup may be (24h)"),
    "no_staging": Key("text", "there is no staging before production; the value says why"),
    "assume_large": Key("bool", "an error stays one where the size of the table is unknown"),
    "commands": Key(
        "commands", "commands of your own that destroy data, push a schema, bypass a guard"
    ),
    "guard": Key("guard", "what `migralint guard` does by environment: allow, ask or refuse"),
    "hosts": Key(
        "hosts",
        "the environment of database hosts (names or globs), which counts as production else",
    ),
}


def _choice(text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        wanted = ", ".join(choices[:-1])
        raise ValueError(f"is one of {wanted} or {choices[-1]}, not {text!r}{near(text, choices)}")
    return text


def _bool(text: str, choices: tuple[str, ...]) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"is true or false, not {text!r}")
    return text == "true"


def _count(text: str, choices: tuple[str, ...]) -> int:
    digits = text.replace("_", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise ValueError(f"is a whole number, not {text!r}")
    return int(digits)


def _text(text: str, choices: tuple[str, ...]) -> str:
    if not text:
        raise ValueError("has no value")
    return text


def _version(text: str, choices: tuple[str, ...]) -> tuple[int, int]:
    """(major, minor); `server_version` makes one number of it when the dialect is known."""
    parts = text.split(".")
    numeric = all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts)
    if not numeric or len(parts) > 3:
        raise ValueError(f"is a version such as 14 or 8.0, not {text!r}")
    return int(parts[0]), int(parts[1]) if len(parts) > 1 else 0


def milliseconds(text: str) -> int:
    """`5s`, `200ms`, `2min`, `1h`, or milliseconds without a unit, as PostgreSQL has them."""
    found = DURATION.match(text.strip())
    if found is None:
        raise ValueError(f"is a duration such as 500ms, 5s or 2min, not {text!r}")
    return int(found[1]) * UNITS[found[2]]


def _duration(text: str, choices: tuple[str, ...]) -> str:
    milliseconds(text)
    return text


def _name(text: str, choices: tuple[str, ...]) -> str:
    """The form of a name: see history/folders.py and runner/naming.py."""
    if "YYYY" not in text and "N" not in text:
        raise ValueError(f"has neither YYYY nor N, so nothing orders the migrations: {text!r}")
    depth = 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            break
    if depth:
        raise ValueError(f"has a bracket without the other: {text!r}")
    return text


SCALARS: Mapping[str, Callable[[str, tuple[str, ...]], Any]] = {
    "choice": _choice,
    "bool": _bool,
    "count": _count,
    "text": _text,
    "version": _version,
    "duration": _duration,
    "name": _name,
}


def server_version(version: tuple[int, int], dialect: str) -> int:
    """The number that the facts use: 14; 57, 80, 84, 90 for MySQL; 1011 for MariaDB 10.11."""
    major, minor = version
    if dialect == "mariadb":
        if major < 10:
            raise ValueError(f'is a MariaDB version such as "10.11", not {major}.{minor}')
        return major * 100 + minor
    if dialect == "sqlite":
        return major
    if dialect == "mysql" or (not dialect and major in (5, 8)):
        if (major, minor) != (5, 7) and major not in (8, 9):
            raise ValueError(f'is a MySQL version such as "8.0", not {major}.{minor}')
        return 90 if major == 9 else 84 if (major, minor) >= (8, 1) else major * 10 + minor
    if major < 10:
        raise ValueError(f"{major}.{minor} needs `dialect:` beside it (or a PostgreSQL from 10 on)")
    return major


def version_number(text: str, dialect: str) -> int:
    """The same from the version as it is written."""
    return server_version(_version(text, ()), dialect)


def misnamed(variables: Iterable[str]) -> Iterator[str]:
    """What is wrong with variables that begin as ours do and say nothing.

    Those that are like no key belong to somebody else: our action, the project's own workflow.
    """
    from difflib import get_close_matches

    scalars = [name for name, key in KEYS.items() if key.form in SCALARS]
    for variable in variables:
        word = variable.removeprefix("MIGRALINT_").lower()
        meant = get_close_matches(OPTIONS.get(word, word), scalars, 1, 0.8)
        if word in scalars:
            continue
        if word in KEYS:
            yield f"{variable}: `{word}` is for the configuration file, not for a variable"
        elif meant:
            yield f"{variable} is no setting (did you mean MIGRALINT_{meant[0].upper()}?)"


def near(word: str, words: tuple[str, ...]) -> str:
    """` (did you mean ...?)`, or nothing. difflib is imported here because only errors need it."""
    from difflib import get_close_matches

    close = get_close_matches(word[:80].lower().replace("-", "_"), words, 1) or get_close_matches(
        word[:80].lower(), words, 1
    )
    return f" (did you mean {close[0]}?)" if close else ""
