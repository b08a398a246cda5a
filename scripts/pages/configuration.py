"""docs/configuration.md: the table of keys, each with an example that tests/test_docs.py loads."""

from __future__ import annotations

from typing import Any

from migralint.config import Config
from migralint.config.keys import KEYS, Key
from scripts.pages import MADE, page, table

FORMS = {
    "text": "text",
    "bool": "true or false",
    "count": "a whole number",
    "version": "a version",
    "texts": "a list of texts",
    "rules": "rule: severity",
    "tables": "a list, or name: rows",
}
EXAMPLES = {
    "dialect": "dialect: postgres",
    "server_version": "server_version: 14              # the oldest one that is in use",
    "layout": "layout: prisma",
    "paths": "paths: [prisma/migrations]",
    "exclude": 'exclude: ["**/fixtures/**"]',
    "prisma_version": 'prisma_version: "7.4"',
    "preset": "preset: strict",
    "rules": "rules:\n  drop-column: warning\n  serial-column: off",
    "overrides": (
        'overrides:\n  - files: ["prisma/migrations/2023*/**"]\n    rules: {blocking-index: off}'
    ),
    "allow": (
        "allow:\n"
        "  - rule: drop-table\n"
        "    path: prisma/migrations/20260301120000_drop_sessions/migration.sql\n"
        "    reason: unused since the move to JWT, backup of 1 March\n"
        "    until: 2027-01-31             # its last day; then it is reported again"
    ),
    "migration_name": "migration_name: YYYYMMDDHHMMSS_snake_case",
    "since": 'since: "20260101000000"',
    "fail_on": "fail_on: warning",
    "rules_dir": "rules_dir: tools/migration-rules",
    "large_tables": "large_tables:\n  users: 5_000_000\n  events:        # large, rows unknown",
    "large_table_rows": "large_table_rows: 100_000",
    "assume_large": "assume_large: true",
    "commands": (
        "commands:\n  - command: make wipe\n    effect: destroys\n    does: empties every table"
    ),
    "guard": "guard:\n  staging: refuse  # allow, ask or refuse; production is always refuse",
    "url": "url: sqlite:data/app.db",
    "lock_timeout": "lock_timeout: 3s",
    "statement_timeout": "statement_timeout: 30min",
    "backup_folder": "backup_folder: var/backups",
    "backup_keep": "backup_keep: 20",
    "backup_keep_days": "backup_keep_days: 14",
    "backup_max_age": "backup_max_age: 12h",
    "no_staging": "no_staging: one customer, one database; each migration is traced first",
    "hosts": 'hosts:\n  "*.rds.amazonaws.com": production',
}
START = """\
`.migralint.yaml` (or `.yml`) is looked for in the folder of what is linted and above it, up to
git's root. Everything has a default, so a project can do without. `migralint init` writes one
for what it finds, `migralint config` shows every value and where it came from, and `migralint
schema >migralint.schema.json` prints a JSON Schema; with the line `# yaml-language-server:
$schema=migralint.schema.json` on top, editors complete and check the file.

The command line comes first, then variables (`MIGRALINT_FAIL_ON=warning`; scalars only), the
file, and the default. A key that does not exist, a value of the wrong kind and a rule that
nobody knows are errors with their line, all in one run."""


def configuration_page() -> str:
    lines = ["# Configuration", "", MADE, "", START, ""]
    rows = [
        (f"[`{name}`](#{name})", form(key), default(name), key.meaning)
        for name, key in KEYS.items()
    ]
    lines += table(("key", "value", "default", "means"), rows)
    for name, key in KEYS.items():
        lines += [f"## {name}", "", f"{key.meaning[0].upper()}{key.meaning[1:]}.", ""]
        if name in EXAMPLES:
            lines += ["```yaml", EXAMPLES[name], "```", ""]
    return page(lines)


def form(key: Key) -> str:
    return ", ".join(key.choices) if key.choices else FORMS.get(key.form, "see below")


def default(name: str) -> str:
    value: Any = getattr(Config(), name)
    return (
        "" if value in ("", (), {}, None, 0) and value is not False else f"`{str(value).lower()}`"
    )
