"""Columns of PostgreSQL: made, and changed property by property."""

from __future__ import annotations

from migralint.catalog.repair import impossible, lossy
from migralint.model import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STRINGS = ("text", "character varying", "character")
EXTENDED = ("numeric", "main"), ("text", "extended")


def statements(
    table: str, name: str, wanted: Mapping[str, str], present: Mapping[str, str], server: int
) -> list[str]:
    if not present:
        return _added(table, name, wanted)
    if not wanted:
        drop = f"ALTER TABLE {table} DROP COLUMN {name};"
        return [lossy(drop, "loses what is in the column")]
    return list(
        _changed(f"ALTER TABLE {table} ALTER COLUMN {name}", table, name, wanted, present, server)
    )


def definition(name: str, wanted: Mapping[str, str], sequence: str = "") -> str:
    """As it stands in CREATE TABLE and ADD COLUMN; `sequence` is that of an identity column."""
    parts = [name, wanted["type"]]
    if "collation" in wanted:
        parts.append(f"COLLATE {wanted['collation']}")
    if "default" in wanted:
        parts.append(f"DEFAULT {wanted['default']}")
    for kind in ("stored", "virtual"):
        if f"generated {kind}" in wanted:
            parts.append(f"GENERATED ALWAYS AS ({wanted[f'generated {kind}']}) {kind.upper()}")
    if "identity" in wanted:
        parts.append(f"GENERATED {wanted['identity'].upper()} AS IDENTITY")
        if sequence:
            parts.append(f"(SEQUENCE NAME {sequence})")
    if wanted["nullable"] == "no":
        parts.append("NOT NULL")
    return " ".join(parts)


def _added(table: str, name: str, wanted: Mapping[str, str]) -> list[str]:
    sql = f"ALTER TABLE {table} ADD COLUMN {definition(name, wanted)};"
    filled = {"default", "identity", "generated stored", "generated virtual"} & wanted.keys()
    if wanted["nullable"] == "no" and not filled:
        note = f"-- Refused while {table} has rows: then add it without NOT NULL and fill it first."
        sql = f"{note}\n{sql}"
    return [sql, *details(table, name, wanted)]


def details(table: str, name: str, wanted: Mapping[str, str]) -> list[str]:
    """What ADD COLUMN and CREATE TABLE do not say of a column."""
    return list(_details(f"ALTER TABLE {table} ALTER COLUMN {name}", wanted, {}, wanted["type"], 0))


def _changed(
    alter: str,
    table: str,
    name: str,
    wanted: Mapping[str, str],
    present: Mapping[str, str],
    server: int,
) -> Iterator[str]:
    changed = {n for n in {*wanted, *present} if wanted.get(n) != present.get(n)}
    generated = {"generated stored", "generated virtual"} & changed
    if generated:
        yield from _generated(alter, table, name, wanted, present, server)
        return
    if "identity" in changed and "identity" not in wanted:
        yield f"{alter} DROP IDENTITY;"
    typed = bool({"type", "collation"} & changed)
    if "default" in present and ("default" in changed or typed):
        yield f"{alter} DROP DEFAULT;"
    if typed:
        yield _typed(alter, wanted, present)
    if "default" in wanted and ("default" in changed or typed):
        yield f"{alter} SET DEFAULT {wanted['default']};"
    if "nullable" in changed:
        yield f"{alter} {'SET' if wanted['nullable'] == 'no' else 'DROP'} NOT NULL;"
    if "identity" in changed and "identity" in wanted:
        verb = "SET" if "identity" in present else "ADD"
        tail = " AS IDENTITY" if verb == "ADD" else ""
        yield f"{alter} {verb} GENERATED {wanted['identity'].upper()}{tail};"
    yield from _details(alter, wanted, present, wanted["type"], server)


def _typed(alter: str, wanted: Mapping[str, str], present: Mapping[str, str]) -> str:
    """Without USING the server refuses what has no assignment cast, and a string that is too long;
    but it rounds numbers and times in silence."""
    from migralint.knowledge.type_changes import narrowing

    collation = f" COLLATE {wanted['collation']}" if "collation" in wanted else ""
    sql = f"{alter} TYPE {wanted['type']}{collation};"
    both = [any(t["type"].startswith(s) for s in STRINGS) for t in (wanted, present)]
    loses = narrowing(present["type"], wanted["type"])
    if all(both) or (loses is not UNKNOWN and not loses):
        return sql
    return lossy(sql, "may lose a part of the values, or needs a USING that only you know")


def _generated(
    alter: str,
    table: str,
    name: str,
    wanted: Mapping[str, str],
    present: Mapping[str, str],
    server: int,
) -> Iterator[str]:
    """An expression can be dropped, and from 17 on changed; an ordinary column gets none."""
    kind = next((k for k in ("generated stored", "generated virtual") if k in wanted), "")
    if kind and kind in present and server >= 17:
        yield f"{alter} SET EXPRESSION AS ({wanted[kind]});"
    elif not kind and "generated stored" in present:
        yield f"{alter} DROP EXPRESSION;"
    else:
        anew = f"ALTER TABLE {table} DROP COLUMN {name};\n"
        anew += f"ALTER TABLE {table} ADD COLUMN {definition(name, wanted)};"
        yield lossy(anew, "makes the column anew, with the indexes and views on it")


def _details(
    alter: str, wanted: Mapping[str, str], present: Mapping[str, str], kind: str, server: int
) -> Iterator[str]:
    if wanted.get("storage") != present.get("storage"):
        yield f"{alter} SET STORAGE {wanted.get('storage') or _usual_storage(kind, server)};"
    if wanted.get("compression") != present.get("compression"):
        yield f"{alter} SET COMPRESSION {wanted.get('compression', 'default')};"
    if wanted.get("statistics") != present.get("statistics"):
        yield f"{alter} SET STATISTICS {wanted.get('statistics', '-1')};"
    if wanted.get("options") != present.get("options"):
        gone = _names(present.get("options", "")) - _names(wanted.get("options", ""))
        if gone:
            yield f"{alter} RESET ({', '.join(sorted(gone))});"
        if wanted.get("options"):
            yield f"{alter} SET ({wanted['options']});"
    if wanted.get("foreign options") != present.get("foreign options"):
        yield impossible(alter, "the options of a foreign column are not repaired here")


def _names(options: str) -> set[str]:
    return {option.partition("=")[0] for option in options.split(", ") if option}


def _usual_storage(kind: str, server: int) -> str:
    if server >= 16:
        return "DEFAULT"
    return "main" if kind.startswith("numeric") and not kind.endswith("[]") else "extended"
