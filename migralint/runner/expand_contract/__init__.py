"""Expand, backfill, contract: a change that running code does not notice, as three migrations.

Expand adds what is new beside what is old and keeps the two alike by a trigger; backfill fills it
in batches; contract, once no running code uses the old column, takes it away.
https://martinfowler.com/bliki/ParallelChange.html
"""

from __future__ import annotations

from importlib import import_module

from migralint.runner.choosing import WITHHOLD
from migralint.runner.expand_contract.change import CHANGES, Change, known, parse

__all__ = ["CHANGES", "Change", "known", "parse", "steps"]


def steps(change: Change, dialect: str) -> list[tuple[str, str, str]]:
    """(name, title, SQL) of the migrations, in order."""
    module = import_module(f"migralint.runner.expand_contract.{dialect}")
    *others, (name, title, sql) = module.steps(change)
    return [*others, (name, title, WITHHOLD + sql)]
