"""Schemas, extensions, types, sequences, views and functions: made, dropped and changed.

A `change` that answers None means: drop it and make it again.
"""

from __future__ import annotations

from migralint.catalog.repair import impossible, lossy
from migralint.catalog.repair.parts import anew, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.catalog.names import Object
    from migralint.catalog.repair.parts import Handler, Make, Properties

ENABLING = {"disabled": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}


def _defined(place: Object, wanted: Properties) -> list[str]:
    return [f"{wanted['definition']};"]


def _dropped(kind: str) -> Make:
    return lambda place, present: [f"DROP {kind} {place.name};"]


def _extension(place: Object, wanted: Properties) -> list[str]:
    schema = "" if wanted["schema"] == "pg_catalog" else f" WITH SCHEMA {wanted['schema']}"
    return [f"CREATE EXTENSION {place.name}{schema} VERSION '{wanted['version']}';"]


def _drop_extension(place: Object, present: Properties) -> list[str]:
    return [lossy(f"DROP EXTENSION {place.name};", "loses what the extension may keep in tables")]


def _change_extension(place: Object, wanted: Properties, present: Properties) -> list[str]:
    made = []
    if wanted["schema"] != present["schema"]:
        made.append(f"ALTER EXTENSION {place.name} SET SCHEMA {wanted['schema']};")
    if wanted["version"] != present["version"]:
        made.append(f"ALTER EXTENSION {place.name} UPDATE TO '{wanted['version']}';")
    return made


def _enum(place: Object, wanted: Properties) -> list[str]:
    return [f"CREATE TYPE {place.name} AS ENUM ({wanted.get('values', '')});"]


def _change_enum(place: Object, wanted: Properties, present: Properties) -> list[str]:
    """Values can be added, at their places; they cannot be taken away or moved."""
    order, there = _values(wanted), _values(present)
    if [value for value in order if value in there] != there:
        gone = ", ".join(value for value in there if value not in order) or "the order"
        why = f"{gone} cannot be removed or moved; it takes a new type and columns changed to it"
        return [impossible(f"enum {place.name}", why)]
    made = []
    for index, value in enumerate(order):
        if value not in there:
            before = (
                f" AFTER {order[index - 1]}" if index else f" BEFORE {there[0]}" if there else ""
            )
            made.append(f"ALTER TYPE {place.name} ADD VALUE {value}{before};")
    return made


def _values(of: Properties) -> list[str]:
    import re

    return re.findall(r"'(?:[^']|'')*'", of.get("values", ""))


def _domain(place: Object, wanted: Properties) -> list[str]:
    collation = f" COLLATE {wanted['collation']}" if "collation" in wanted else ""
    default = f" DEFAULT {wanted['default']}" if "default" in wanted else ""
    null = " NOT NULL" if wanted["nullable"] == "no" else ""
    return [f"CREATE DOMAIN {place.name} AS {wanted['type']}{collation}{default}{null};"]


def _change_domain(place: Object, wanted: Properties, present: Properties) -> list[str]:
    made = []
    if any(wanted.get(n) != present.get(n) for n in ("type", "collation")):
        why = "the type under a domain cannot be changed; a new domain is needed"
        made.append(impossible(f"domain {place.name}", why))
    if wanted.get("default") != present.get("default"):
        how = f"SET DEFAULT {wanted['default']}" if "default" in wanted else "DROP DEFAULT"
        made.append(f"ALTER DOMAIN {place.name} {how};")
    if wanted["nullable"] != present["nullable"]:
        how = "SET" if wanted["nullable"] == "no" else "DROP"
        made.append(f"ALTER DOMAIN {place.name} {how} NOT NULL;")
    return made


def _change_type(place: Object, wanted: Properties, present: Properties) -> list[str]:
    why = "its attributes differ; ALTER TYPE ... ADD, DROP or ALTER ATTRIBUTE, column by column"
    return [impossible(f"type {place.name}", why)]


def _range(place: Object, wanted: Properties) -> list[str]:
    names = {"multirange": "multirange_type_name"}
    parts = (f"{names.get(name, name)} = {value}" for name, value in wanted.items())
    return [f"CREATE TYPE {place.name} AS RANGE ({', '.join(parts)});"]


def _options(wanted: Properties) -> str:
    words = [f"AS {wanted['type']}", f"START {wanted['start']}", f"INCREMENT {wanted['increment']}"]
    words += [f"MINVALUE {wanted['minimum']}", f"MAXVALUE {wanted['maximum']}"]
    words += [f"CACHE {wanted['cache']}", "CYCLE" if "cycle" in wanted else "NO CYCLE"]
    return " ".join(words)


def _sequence(place: Object, wanted: Properties) -> list[str]:
    """OWNED BY is said apart: its column comes later. That of an identity comes with the column."""
    if "identity of" in wanted:
        return (
            ["", f"ALTER SEQUENCE {place.name} {_options(wanted)};"] if _is_unusual(wanted) else []
        )
    unlogged = "UNLOGGED " * ("persistence" in wanted)
    made = f"CREATE {unlogged}SEQUENCE {place.name} {_options(wanted)};"
    if "owned by" not in wanted:
        return [made]
    return [made, f"ALTER SEQUENCE {place.name} OWNED BY {wanted['owned by']};"]


def _is_unusual(wanted: Properties) -> bool:
    usual = wanted["start"] == wanted["minimum"] == wanted["increment"] == wanted["cache"] == "1"
    return not usual or "cycle" in wanted


def _drop_sequence(place: Object, present: Properties) -> list[str]:
    if "identity of" in present:
        return []
    return [lossy(f"DROP SEQUENCE {place.name};", "loses how far it has counted")]


def _change_sequence(place: Object, wanted: Properties, present: Properties) -> list[str]:
    made = []
    rest = {"owned by", "persistence", "identity of"}
    if any(wanted.get(n) != present.get(n) for n in {*wanted, *present} - rest):
        made.append(f"ALTER SEQUENCE {place.name} {_options(wanted)};")
    if wanted.get("owned by") != present.get("owned by"):
        made.append(f"ALTER SEQUENCE {place.name} OWNED BY {wanted.get('owned by', 'NONE')};")
    if wanted.get("persistence") != present.get("persistence"):
        made.append(f"ALTER SEQUENCE {place.name} SET {'UN' * ('persistence' in wanted)}LOGGED;")
    if wanted.get("identity of") != present.get("identity of"):
        made.append(impossible(f"sequence {place.name}", "it comes and goes with its column"))
    return made


def _change_view(place: Object, wanted: Properties, present: Properties) -> list[str] | None:
    """A view may be replaced by one that has its columns and perhaps more behind them."""
    if not wanted.get("columns", "").startswith(present.get("columns", "")):
        return None
    return [wanted["definition"].replace("CREATE ", "CREATE OR REPLACE ", 1) + ";"]


def _change_function(place: Object, wanted: Properties, present: Properties) -> list[str] | None:
    """CREATE OR REPLACE takes neither other names of parameters nor another result."""
    heads = [of["definition"].partition("\n LANGUAGE ")[0] for of in (wanted, present)]
    return _defined(place, wanted) if heads[0] == heads[1] else None


def _aggregate(place: Object, wanted: Properties) -> list[str]:
    if "kind" in wanted:
        return [impossible(f"aggregate {place.name}", "no SQL is given for ordered-set aggregates")]
    quoted = {"initcond": lambda v: "'" + v.replace("'", "''") + "'"}
    parts = [f"{n} = {quoted.get(n, str)(v)}" for n, v in wanted.items() if n != "parallel"]
    if "parallel" in wanted:
        parts.append(f"parallel = {'safe' if wanted['parallel'] == 's' else 'restricted'}")
    return [f"CREATE AGGREGATE {place.name} ({', '.join(parts)});"]


def _event_trigger(place: Object, wanted: Properties) -> list[str]:
    made = _defined(place, wanted)
    return [*made, _enabled(place, wanted)] if "firing" in wanted else made


def _enabled(place: Object, wanted: Properties) -> str:
    return f"ALTER EVENT TRIGGER {place.name} {ENABLING.get(wanted.get('firing', ''), 'ENABLE')};"


def _change_event_trigger(
    place: Object, wanted: Properties, present: Properties
) -> list[str] | None:
    same = wanted["definition"] == present["definition"]
    return [_enabled(place, wanted)] if same else None


TYPES: dict[str, Handler] = {
    "schema": (_defined, _dropped("SCHEMA"), anew),
    "extension": (_extension, _drop_extension, _change_extension),
    "enum": (_enum, _dropped("TYPE"), _change_enum),
    "domain": (_domain, _dropped("DOMAIN"), _change_domain),
    "type": (_defined, _dropped("TYPE"), _change_type),
    "range": (_range, _dropped("TYPE"), anew),
    "sequence": (_sequence, _drop_sequence, _change_sequence),
    "view": (_defined, _dropped("VIEW"), _change_view),
    "materialized view": (_defined, _dropped("MATERIALIZED VIEW"), anew),
    "function": (_defined, _dropped("FUNCTION"), _change_function),
    "procedure": (_defined, _dropped("PROCEDURE"), setting(_defined)),
    "aggregate": (_aggregate, _dropped("AGGREGATE"), anew),
    "event trigger": (_event_trigger, _dropped("EVENT TRIGGER"), _change_event_trigger),
}
