"""How much of real migrations is read: the share of statements that become typed operations.

    python benchmarks/coverage.py [--dialect postgres] FOLDER ...

For every .sql file below the folders: statements, how many give `unparsed`, how many only `other`, and
what sqlglot alone makes of the same statements (typed, an opaque Command, an error). What could not be
read is listed.
"""

from __future__ import annotations

import argparse
import collections
import logging
import sys
from pathlib import Path

import sqlglot
from sqlglot import expressions
from sqlglot.errors import SqlglotError

from migralint.sql.operations import operations
from migralint.sql.statements import split


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--dialect", default="postgres", choices=("postgres", "mysql", "sqlite"))
    options = parser.parse_args()
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    ours: collections.Counter[str] = collections.Counter()
    theirs: collections.Counter[str] = collections.Counter()
    for folder in options.folders:
        for path in sorted(p for p in folder.rglob("*.sql") if p.is_file()):
            text = path.read_text(encoding="utf-8", errors="replace")
            for statement in split(text, options.dialect):
                kinds = {operation.kind for operation in operations(statement, options.dialect)}
                ours["statements"] += 1
                ours["unparsed"] += "unparsed" in kinds
                ours["other"] += kinds == {"other"}
                theirs[alone(statement.text, options.dialect)] += 1
                if "unparsed" in kinds:
                    print(f"unread  {path}:{statement.line}", file=sys.stderr)
    total = ours["statements"] or 1
    typed = total - ours["unparsed"] - ours["other"]
    print(f"statements {total}")
    print(
        f"migralint: typed {typed / total:.3%}, unparsed {ours['unparsed']}, other {ours['other']}"
    )
    shares = ", ".join(f"{name} {count / total:.2%}" for name, count in theirs.most_common())
    print(f"sqlglot alone, statement by statement: {shares}")
    return 0


def alone(text: str, dialect: str) -> str:
    """What sqlglot makes of one statement."""
    if len(text) > 200_000:
        return "not asked (too long)"
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except (SqlglotError, RecursionError, TypeError):
        return "error"
    if isinstance(tree, expressions.Command):
        return "command"
    known = (
        expressions.DDL | expressions.DML | expressions.Query | expressions.Alter | expressions.Drop
    )
    statement = isinstance(
        tree, known | expressions.Set | expressions.Transaction | expressions.Commit
    )
    plain = (
        expressions.Comment | expressions.TruncateTable | expressions.Rollback | expressions.Grant
    )
    return "typed" if statement or isinstance(tree, plain | expressions.Pragma) else "expression"


if __name__ == "__main__":
    raise SystemExit(main())
