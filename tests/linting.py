"""Linting a text in a test: `found` gives what is reported, `operations_of` what the engine sees."""

from __future__ import annotations

from functools import cache
from typing import Any

from migralint.config import Config
from migralint.lint import lint
from migralint.model import UNKNOWN, Finding, Migration, Operation, Report
from migralint.rules import Rule, builtin_directory, load
from migralint.sql.operations import operations
from migralint.sql.statements import split


@cache
def all_rules() -> tuple[Rule, ...]:
    return load([builtin_directory()])


def migration(text: str, path: str = "migrations/002_b.sql", **changes: Any) -> Migration:
    facts: dict[str, Any] = {
        "path": path, "text": text, "version": path, "name": path, "layout": "plain",
        "dialect": "postgres", "transaction": UNKNOWN,
    }  # fmt: skip
    return Migration(**{**facts, **changes})


def report(
    text: str,
    *,
    earlier: str = "",
    config: Config | None = None,
    today: str = "2026-06-01",
    **changes: Any,
) -> Report:
    history = (
        [migration(earlier, "migrations/001_a.sql", report=False, pending=False)] if earlier else []
    )
    return lint([*history, migration(text, **changes)], all_rules(), config or Config(), today)


def found(text: str, **given: Any) -> list[Finding]:
    return list(report(text, **given).findings)


def rules_of(text: str, **given: Any) -> list[str]:
    """The ids of what is reported, in order."""
    return [finding.rule for finding in found(text, **given)]


def operations_of(text: str, dialect: str = "postgres") -> list[Operation]:
    return [operation for s in split(text, dialect) for operation in operations(s, dialect)]
