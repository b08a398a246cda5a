"""What the examples in the rule files become: migrations to lint, statements to run on a server."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from typing import Any

from migralint.checking import past
from migralint.config import Config, parse
from migralint.discover import decode, discover
from migralint.git import Changes
from migralint.lint import lint
from migralint.model import (
    UNKNOWN,
    Finding,
    Migration,
    Report,
    Script,
    Severity,
    Statement,
    replace,
)
from migralint.rules import Example, Rule, builtin_directory, load
from migralint.scripts import form_of
from migralint.sql.operations import operations
from migralint.sql.statements import split

PATHS = {"prisma": "prisma/migrations/20240102000000_example/migration.sql"}
TRANSACTION_WORDS = ("begin", "commit", "rollback", "savepoint")
TODAY = "2026-06-01"


@cache
def all_rules() -> tuple[Rule, ...]:
    return load([builtin_directory()])


def examples() -> Iterator[tuple[Rule, Example]]:
    return ((rule, example) for rule in all_rules() for example in rule.examples)


def name(rule: Rule, example: Example) -> str:
    return f"{rule.id}-{'bad' if example.bad else 'good'}-line{example.line}"


def config(example: Example, **changes: Any) -> Config:
    given = example.given
    return Config(
        dialect=example.dialect,
        preset="optional",
        server_version=given.get("server_version", 0),
        mariadb=given.get("mariadb", False),
        large_tables=given.get("table_rows"),
        prisma_version=str(given.get("prisma_version", "")),
        **{**given.get("config", {}), **changes},
    )


def migration(text: str, example: Example, number: int = 2, **changes: Any) -> Migration:
    layout = example.given.get("layout", "plain")
    path = PATHS.get(layout, f"migrations/{number:03}_example.sql")
    decoded, problem, line = decode(text.encode())
    made = Migration(
        path=example.given.get("path", path),
        text=decoded,
        problem=problem,
        problem_line=line,
        version=str(number),
        name="example",
        layout=layout,
        dialect=example.dialect,
        transaction=example.given.get("transaction", UNKNOWN),
        foreign_keys=example.given.get("foreign_keys", UNKNOWN),
    )
    return replace(made, **changes)


def earlier(example: Example) -> list[Migration]:
    text = example.given.get("earlier", "")
    applied = migration(text, example, 1, path="migrations/001_before.sql", pending=False)
    return [replace(applied, report=False)] if text else []


def is_sql(rule: Rule) -> bool:
    return not {"run_command", "unread_script"} & set(rule.kinds)


def findings(rule: Rule, example: Example) -> list[Finding]:
    """What the rule reports of the example, all other rules being on, too."""
    if "files" in example.given:
        report = history_report(example)
    elif is_sql(rule):
        migrations = [*earlier(example), migration(example.text, example)]
        report = lint(migrations, all_rules(), config(example), TODAY)
    else:
        path = example.given.get("path", "scripts/release.sh")
        script = Script(path, example.text, form_of(path, example.text.partition("\n")[0]))
        report = lint([], all_rules(), config(example), TODAY, [script])
    assert not report.errors, [str(error) for error in report.errors]
    return [finding for finding in report.findings if finding.rule == rule.id]


class Files:
    """Files in memory: a source like those of migralint/source.py."""

    root = "."
    closed = ()

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def list(self, folder: str) -> tuple[str, ...]:
        start = "" if folder == "." else folder.rstrip("/") + "/"
        below = (path[len(start) :] for path in self.files if path.startswith(start))
        return tuple(sorted({name + slash for name, slash, _ in (p.partition("/") for p in below)}))

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path].encode()

    def exists(self, path: str) -> bool:
        return path in self.files or bool(self.list(path))

    def close(self) -> None:
        pass


def history_report(example: Example) -> Report:
    """The files of the example, compared with those of the base where it gives one."""
    files, base = example.given["files"], example.given.get("base")
    settings = config(example)
    for name in (".migralint.yaml",) if ".migralint.yaml" in files else ():
        settings = replace(parse(files[name], name, "."), preset="optional")
    source, more, changes = Files(files), {}, None
    if base is not None:
        modified = tuple(path for path in files if path in base and files[path] != base[path])
        added, deleted = (
            tuple(p for p in a if p not in b) for a, b in ((files, base), (base, files))
        )
        changes = Changes(added, modified, deleted, "0123456789abcdef", "main")
        more = {"changes": changes, "old": Files(base)}
    found = discover([], settings, source, changes)
    project, remarks = past.settle(settings, found, source, TODAY, rules=all_rules, **more)
    return lint(project.migrations, all_rules(), settings, TODAY, project.scripts, remarks)


# -- the advice


def blocks(instead: str) -> list[str]:
    """The SQL to type: each run of indented lines is a migration; lines for the shell are none."""
    groups = re.findall(r"(?:^ {4}[^\n]*(?:\n|\Z))+", instead, re.MULTILINE)
    texts = [re.sub(r"^ {4}", "", group, flags=re.MULTILINE) for group in groups]
    return [text for text in texts if not text.startswith("$ ")]


def before(example: Example, finding: Finding) -> list[str]:
    """The statements of the example that stand before the one that was found."""
    texts = []
    for statement in split(example.text, example.dialect):
        if statement.line + statement.text.count("\n") >= finding.line:
            break
        kinds = {operation.kind for operation in operations(statement, example.dialect)}
        if not kinds & set(TRANSACTION_WORDS):
            texts.append(statement.text)
    return texts


def errors_in_advice(example: Example, finding: Finding) -> list[str]:
    """What the rules say of the advice at the severity error, table sizes unknown."""
    texts = blocks(finding.instead)
    context = ";\n".join(before(example, finding))
    own = {"path": "migrations/002_before.sql", "report": False}
    migrations = [*earlier(example), *([migration(context, example, 2, **own)] if context else [])]
    for number, text in enumerate(texts, 3):
        path = f"migrations/{number:03}_advice.sql"
        made = migration(text, example, number, path=path, transaction="statement", layout="plain")
        migrations.append(made)
    sizes = {"assume_large": True, "large_tables": None}
    report = lint(migrations, all_rules(), replace(config(example), **sizes))
    wrong = [f for f in report.findings if f.severity is Severity.ERROR]
    return [f"{f.rule}: {f.message}" for f in wrong] + [str(error) for error in report.errors]


# -- what a server is given


def statements(text: str, dialect: str) -> list[Statement]:
    return [statement for statement in split(text, dialect) if statement.form == "sql"]


def scripts(example: Example) -> list[str]:
    """The example as its runner sends it: whole, in a transaction, or statement by statement."""
    mode = example.given.get("transaction")
    if mode == "query":
        return [example.text]
    texts = [statement.text for statement in statements(example.text, example.dialect)]
    return ["BEGIN", *texts, "COMMIT"] if mode == "file" else texts


def run_sqlite(schema: str, texts: list[str]) -> str:
    """What SQLite answers, "" if nothing is wrong."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.executescript(schema)
        for text in texts:
            connection.execute(text)
    except sqlite3.Error as error:
        return str(error) or "failed"
    finally:
        connection.close()
    return ""
