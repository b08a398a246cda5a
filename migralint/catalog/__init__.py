"""What a database holds, told by its own catalog: objects by readable name, and how two differ.

A definition is lines of `property: value`; a value's further lines are indented by two spaces.
Owners, sizes, counters and the order of columns are left out: they are no drift.
"""

from __future__ import annotations

from migralint.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migralint.runner.databases import Database, Session
    from migralint.runner.target import Target

OWN_SCHEMA = "migralint"  # on PostgreSQL: where the snapshot of the last apply is kept
HISTORIES = ("_prisma_migrations", "_migralint_migrations")


class Snapshot(Record):
    """`objects`: "column public.users.email" -> definition, sorted by name. `server`: its major
    version, as the facts use it (15, 1011, 84)."""

    dialect: str
    server: int
    objects: Mapping[str, str]


class Difference(Record):
    """`state` is missing, extra or different, as seen from what was expected."""

    object: str
    state: str
    expected: str
    found: str


def snapshot(db: Database, session: Session) -> Snapshot:
    """Read in one transaction that cannot write; the session stays as it was."""
    from importlib import import_module

    dialect = session.url.dialect
    module = import_module(f"migralint.catalog.{dialect}")
    objects: dict[str, str] = module.objects(db, session)
    return Snapshot(dialect, session.server.version, dict(sorted(objects.items())))


def differences(expected: Snapshot, found: Snapshot) -> tuple[Difference, ...]:
    """What is missing, extra or different in `found`, sorted by name."""
    wanted, present = expected.objects, found.objects
    return tuple(
        Difference(name, _state(name, wanted, present), wanted.get(name, ""), present.get(name, ""))
        for name in sorted({*wanted, *present})
        if wanted.get(name) != present.get(name)
    )


def _state(name: str, wanted: Mapping[str, str], present: Mapping[str, str]) -> str:
    if name not in present:
        return "missing"
    return "different" if name in wanted else "extra"


def remember(target: Target, session: Session) -> str:
    """Store what the database holds now, after an apply. The answer says why it could not be."""
    from migralint.catalog import store

    return store.remember(target, session)


def remembered(target: Target, session: Session) -> tuple[Snapshot, str] | None:
    """The snapshot of the last apply and when it was taken, None where there is none."""
    from migralint.catalog import store

    found = store.recall(target, session)
    return (found.snapshot, found.when) if found else None


def definition(properties: Iterable[tuple[str, object]]) -> str:
    """Lines of `property: value`; what is None or empty is left out."""
    return "\n".join(
        f"{name}: {str(value).replace(chr(10), chr(10) + '  ')}"
        for name, value in properties
        if value not in (None, "", False)
    )


def properties(text: str) -> dict[str, str]:
    """The other way round: a definition's properties."""
    found: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        if line.startswith("  ") and name:
            found[name] += "\n" + line[2:]
        elif line:
            name, _, found_value = line.partition(": ")
            found[name] = found_value
    return found
