"""Which database the SQL of a folder is written for."""

from __future__ import annotations

from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from migralint.config import Config
    from migralint.layouts import Folder

DIALECTS = ("postgres", "mysql", "sqlite")
# Words of a folder's name; the last ones are databases that migralint does not read.
WORDS = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "cockroach": "postgres",
    "cockroachdb": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "clickhouse": "clickhouse",
    "sqlserver": "sqlserver",
    "mssql": "sqlserver",
    "hsqldb": "hsqldb",  # not "oracle" or "snowflake", which name other things too
    "h2": "h2",
    "db2": "db2",
}
LOOKED_AT = 200_000
SEPARATOR = pattern(r"[/._-]")
NOT_SQL = pattern(r"--[^\n]*+|/\*(?!!)(?:[^*]++|\*(?!/))*+(?:\*/|\Z)|'[^'\n]*+'")
MARKS = (
    (
        "clickhouse",
        pattern(r"(?i)\bENGINE\s*=\s*\w*MergeTree\b|\bLowCardinality\(|\btoStartOf[A-Z]\w+\("),
    ),
    ("sqlserver", pattern(r"(?i)\[dbo\]\.")),
    ("oracle", pattern(r"(?i)\bN?VARCHAR2\s*\(")),
    ("sqlite", pattern(r"(?im)\bAUTOINCREMENT\b|^[ \t]*PRAGMA\b|\bWITHOUT\s+ROWID\b")),
    (
        "mysql",
        pattern(
            r"(?im)`\w|\bAUTO_INCREMENT\b|\bENGINE\s*=\s*\w+|/\*!\d{5}|^DELIMITER\b"
            r"|\bUNIX_TIMESTAMP\(|\bUUID_SHORT\("
        ),
    ),
)


def find_dialect(folder: Folder, known: str, texts: Sequence[str]) -> tuple[str, list[str]]:
    """(the dialect, notes): told by the command line, the layout, the configuration, the folder's
    name, or guessed from the SQL, which is noted. It may be one that migralint does not read."""
    config = folder.config
    commanded = config.origin.get("dialect", "").startswith(("--", "MIGRALINT_"))
    told = config.dialect if commanded else known or config.dialect
    if not told:
        words = SEPARATOR.split(folder.path.lower())
        told = next((WORDS[word] for word in reversed(words) if word in WORDS), "")
    if told:
        return told, []
    if not texts:
        return "postgres", []
    dialect, why = _guess(texts)
    how = "`dialect:` in .migralint.yaml, or --dialect, says it"
    return dialect, [f"{folder.path}: read as {dialect}, because {why}; {how}"]


def dialect_of_file(config: Config, path: str) -> str:
    """What an override (the last one wins) or a name like `1_a.mysql.up.sql` says, else ""."""
    words = path.rpartition("/")[2].split(".")[1:-1]
    named = next((WORDS[word] for word in words if word in WORDS), "")
    if not any(override.dialect for override in config.overrides):
        return named
    from migralint.config.patterns import matches

    for override in reversed(config.overrides):
        if override.dialect and any(matches(pattern, path) for pattern in override.files):
            return override.dialect
    return named


def _guess(texts: Sequence[str]) -> tuple[str, str]:
    for text in texts:
        sql = NOT_SQL.sub(" ", text[:LOOKED_AT])
        for dialect, form in MARKS:
            mark = form.search(sql)
            if mark:
                shown = "a name in backticks" if mark.group()[0] == "`" else mark.group().strip()
                return dialect, f"{shown} stands in it"
    return "postgres", "nothing in it is of another database"
