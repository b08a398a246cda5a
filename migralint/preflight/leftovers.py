"""What earlier changes have left behind: invalid indexes, constraints that were never validated."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.preflight.check import failed, passed, warned
from migralint.preflight.data import asking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from migralint.preflight.asked import Asked
    from migralint.preflight.check import Check

NAME = "leftovers"
SHOWN = 10
NOT_VALID = """
    SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT k.convalidated AND k.contype IN ('c', 'f', 'n')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""


def leftovers(asked: Asked) -> Iterable[Check]:
    if asked.dialect == "sqlite":
        yield from _sqlite(asked)
    elif asked.dialect == "postgres":
        yield from _postgres(asked)


def _postgres(asked: Asked) -> Iterable[Check]:
    indexes = asked.target.db.invalid_indexes(asked.session)
    broken = [f"{index} on {table}" for index, table, building in indexes if not building]
    building = [f"{index} on {table}" for index, table, now in indexes if now]
    if broken:
        hint = (
            "DROP INDEX CONCURRENTLY each of them; IF NOT EXISTS takes them for what they are not."
        )
        said = f"{counted(len(broken), 'invalid index', 'invalid indexes')} of builds that failed"
        yield warned(NAME, said, broken[:SHOWN], hint)
    if building:
        said = f"{counted(len(building), 'index', 'indexes')} are being built right now"
        yield warned(NAME, said, building[:SHOWN], "Wait until they are there.")
    pending = {
        operation.facts["constraint"].name
        for _, operation in asked.operations()
        if operation.kind in ("validate_constraint", "drop_constraint")
    }
    rows = [row for row in asked.query(NOT_VALID) if row[1] not in pending]
    if rows:
        lines = [f"{name} of {table}" for table, name in rows[:SHOWN]]
        said = f"{counted(len(rows), 'constraint')} never validated: old rows may break them"
        yield warned(NAME, said, lines, "ALTER TABLE ... VALIDATE CONSTRAINT ... checks them.")
    if not broken and not building and not rows:
        yield passed(NAME, "no invalid index, and every constraint is validated")


def _sqlite(asked: Asked) -> Iterable[Check]:
    """Whether the file is sound, and whether rows refer to nothing already."""
    limit = asked.options.data_timeout
    db, session = asked.target.db, asked.session
    answer = asking.ask(db, session, "PRAGMA quick_check(10)", limit) if limit else None
    if answer is None or answer.rows is None:
        yield warned("integrity", "the file was not checked in the time given",
                     ("PRAGMA quick_check;",))  # fmt: skip
    elif [row[0] for row in answer.rows] != ["ok"]:
        lines = [str(row[0])[:200] for row in answer.rows]
        yield failed("integrity", "the file is damaged", lines, "Restore a backup first.")
    else:
        mode = asked.query("PRAGMA journal_mode")[0][0]
        yield passed("integrity", f"the file is sound; its journal mode is {mode}")
    answer = asking.ask(db, session, "PRAGMA foreign_key_check", limit) if limit else None
    if answer is None or answer.rows is None:
        yield warned(
            "foreign keys", "not checked in the time given", ("PRAGMA foreign_key_check;",)
        )
        return
    count: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in answer.rows:
        count[table, parent] = count.get((table, parent), 0) + 1
    if count:
        lines = [f"{counted(n, 'row')} of {table} refer to nothing in {parent}"
                 for (table, parent), n in sorted(count.items())]  # fmt: skip
        yield warned("foreign keys", "rows refer to nothing", lines, "PRAGMA foreign_key_check;")
    else:
        yield passed("foreign keys", "every row refers to one that is there")
