"""What stands on a table of PostgreSQL: how it is made, dropped and changed.

A `change` that answers None means: drop it and make it again.
"""

from __future__ import annotations

from migralint.catalog.repair import impossible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migralint.catalog.names import Object

    Properties = Mapping[str, str]
    Make = Callable[[Object, Properties], list[str]]
    Change = Callable[[Object, Properties, Properties], list[str] | None]
    Handler = tuple[Make, Make, Change]

FIRING = {"disabled": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}


def anew(place: Object, wanted: Properties, present: Properties) -> None:
    """The change of what is dropped and made again."""


def setting(make: Make) -> Change:
    """The change of what is made over what was there."""
    return lambda place, wanted, present: make(place, wanted)


def _constraint(place: Object, wanted: Properties) -> list[str]:
    kind, on = ("DOMAIN", place.table[7:]) if _on_domain(place) else ("TABLE", place.table)
    return [f"ALTER {kind} {on} ADD CONSTRAINT {place.part} {wanted['definition']};"]


def _drop_constraint(place: Object, present: Properties) -> list[str]:
    kind, on = ("DOMAIN", place.table[7:]) if _on_domain(place) else ("TABLE", place.table)
    return [f"ALTER {kind} {on} DROP CONSTRAINT {place.part};"]


def _on_domain(place: Object) -> bool:
    return place.table.startswith("domain ")


def _change_constraint(place: Object, wanted: Properties, present: Properties) -> list[str] | None:
    kind, on = ("DOMAIN", place.table[7:]) if _on_domain(place) else ("TABLE", place.table)
    if present["definition"] == f"{wanted['definition']} NOT VALID":
        return [f"ALTER {kind} {on} VALIDATE CONSTRAINT {place.part};"]
    if present["definition"] != wanted["definition"]:
        return None
    if wanted.get("enforcement") != present.get("enforcement"):
        why = f"its triggers are {present.get('enforcement', 'enabled')}; what changes them "
        why += f"changes all of the table's: ALTER TABLE {on} ENABLE TRIGGER ALL"
        return [impossible(f"constraint {place.name}", why)]
    return None


def _index(place: Object, wanted: Properties) -> list[str]:
    """Concurrently, except on a partitioned table, where that cannot be."""
    sql = wanted["definition"]
    only = " ON ONLY "
    if only in sql:
        return [sql.replace(only, " ON ", 1) + ";"]
    return [sql.replace(" INDEX ", " INDEX CONCURRENTLY ", 1) + ";"]


def _drop_index(place: Object, present: Properties) -> list[str]:
    how = "" if " ON ONLY " in present["definition"] else "CONCURRENTLY "
    return [f"DROP INDEX {how}{place.name};"]


def _change_index(place: Object, wanted: Properties, present: Properties) -> list[str] | None:
    same = {n for n in {*wanted, *present} if wanted.get(n) != present.get(n)}
    if same == {"state"} and "state" in present and " ON ONLY " not in present["definition"]:
        return [f"REINDEX INDEX CONCURRENTLY {place.name};"]
    if same == {"tablespace"}:
        return [
            f"ALTER INDEX {place.name} SET TABLESPACE {wanted.get('tablespace', 'pg_default')};"
        ]
    return None


def _fired(kind: str, place: Object, wanted: Properties) -> str:
    how = FIRING.get(wanted.get("firing", ""), "ENABLE")
    return f"ALTER TABLE {place.table} {how} {kind} {place.part};"


def _firing(kind: str) -> Handler:
    def make(place: Object, wanted: Properties) -> list[str]:
        made = [wanted["definition"].rstrip(";") + ";"]
        return [*made, _fired(kind, place, wanted)] if "firing" in wanted else made

    def drop(place: Object, present: Properties) -> list[str]:
        return [f"DROP {kind} {place.part} ON {place.table};"]

    def change(place: Object, wanted: Properties, present: Properties) -> list[str] | None:
        same = wanted["definition"] == present["definition"]
        return [_fired(kind, place, wanted)] if same else None

    return make, drop, change


def _policy(place: Object, wanted: Properties) -> list[str]:
    return [f"{wanted['definition']};"]


def _drop_policy(place: Object, present: Properties) -> list[str]:
    return [f"DROP POLICY {place.part} ON {place.table};"]


def _row_security(place: Object, wanted: Properties) -> list[str]:
    states = wanted["state"].split(", ")
    verb = "ENABLE" if "enabled" in states else "DISABLE"
    no = "" if "forced" in states else "NO "
    return [
        f"ALTER TABLE {place.table} {verb} ROW LEVEL SECURITY;",
        f"ALTER TABLE {place.table} {no}FORCE ROW LEVEL SECURITY;",
    ]


def _no_row_security(place: Object, present: Properties) -> list[str]:
    return _row_security(place, {"state": ""})


def _identity(place: Object, wanted: Properties) -> list[str]:
    return [f"ALTER TABLE {place.table} REPLICA IDENTITY {wanted['identity']};"]


def _usual_identity(place: Object, present: Properties) -> list[str]:
    return [f"ALTER TABLE {place.table} REPLICA IDENTITY DEFAULT;"]


def _cluster(place: Object, wanted: Properties) -> list[str]:
    return [f"ALTER TABLE {place.table} CLUSTER ON {wanted['index']};"]


def _no_cluster(place: Object, present: Properties) -> list[str]:
    return [f"ALTER TABLE {place.table} SET WITHOUT CLUSTER;"]


def _parameter(place: Object, wanted: Properties) -> list[str]:
    return [f"ALTER TABLE {place.table} SET ({place.part} = {wanted['value']});"]


def _no_parameter(place: Object, present: Properties) -> list[str]:
    return [f"ALTER TABLE {place.table} RESET ({place.part});"]


def _attach(place: Object, wanted: Properties) -> list[str]:
    return [f"ALTER TABLE {wanted['parent']} ATTACH PARTITION {place.table} {wanted['bound']};"]


def _detach(place: Object, present: Properties) -> list[str]:
    return [f"ALTER TABLE {present['parent']} DETACH PARTITION {place.table};"]


def _inherit(place: Object, wanted: Properties) -> list[str]:
    return [f"ALTER TABLE {place.table} INHERIT {place.part};"]


def _disinherit(place: Object, present: Properties) -> list[str]:
    return [f"ALTER TABLE {place.table} NO INHERIT {place.part};"]


def _view_default(place: Object, wanted: Properties) -> list[str]:
    return [f"ALTER VIEW {place.table} ALTER COLUMN {place.part} SET DEFAULT {wanted['default']};"]


def _no_view_default(place: Object, present: Properties) -> list[str]:
    return [f"ALTER VIEW {place.table} ALTER COLUMN {place.part} DROP DEFAULT;"]


def _statistics(place: Object, wanted: Properties) -> list[str]:
    made = [f"{wanted['definition']};"]
    if "target" in wanted:
        made.append(f"ALTER STATISTICS {place.name} SET STATISTICS {wanted['target']};")
    return made


def _drop_statistics(place: Object, present: Properties) -> list[str]:
    return [f"DROP STATISTICS {place.name};"]


PARTS: dict[str, Handler] = {
    "constraint": (_constraint, _drop_constraint, _change_constraint),
    "index": (_index, _drop_index, _change_index),
    "trigger": _firing("TRIGGER"),
    "rule": _firing("RULE"),
    "policy": (_policy, _drop_policy, anew),
    "row level security of": (_row_security, _no_row_security, setting(_row_security)),
    "replica identity of": (_identity, _usual_identity, setting(_identity)),
    "clustering of": (_cluster, _no_cluster, setting(_cluster)),
    "storage parameter": (_parameter, _no_parameter, setting(_parameter)),
    "partition": (_attach, _detach, anew),
    "inheritance of": (_inherit, _disinherit, anew),
    "default of": (_view_default, _no_view_default, setting(_view_default)),
    "statistics": (_statistics, _drop_statistics, anew),
}
