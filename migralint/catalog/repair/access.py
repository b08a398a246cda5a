"""Privileges, comments, publications of PostgreSQL: made, dropped and changed."""

from __future__ import annotations

import re

from migralint.catalog.names import MEMBER
from migralint.catalog.repair.parts import anew, setting
from migralint.runner.databases.postgres.session import literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.catalog.names import Object
    from migralint.catalog.repair.parts import Handler, Properties

# What everybody may do where nobody has said anything.
PUBLIC = {"function": "EXECUTE", "procedure": "EXECUTE", "type": "USAGE"}
_GRANT = re.compile(
    r"(foreign server|\w+) (.+) to (its owner|PUBLIC|\"(?:[^\"]|\"\")+\"|\S+)", re.DOTALL
)
_DEFAULT = re.compile(r"(\"(?:[^\"]|\"\")+\"|\S+)( in schema .+)? on (\w+) to (.+)", re.DOTALL)


def _granted(privileges: str, what: str, who: str, column: str = "") -> list[str]:
    """Apart by whether they may be passed on."""
    made = []
    listed = [p for p in privileges.split(", ") if p and p != "nothing"]
    for tail in ("", " WITH GRANT OPTION"):
        some = [
            p.removesuffix(tail) + column
            for p in listed
            if p.endswith(" WITH GRANT OPTION") == bool(tail)
        ]
        if some:
            made.append(f"GRANT {', '.join(some)} ON {what} TO {who}{tail};")
    return made


def _grant(place: Object, wanted: Properties) -> list[str]:
    found = _GRANT.fullmatch(place.name)
    assert found is not None
    kind, name, who = found[1], found[2], found[3]
    if who == "its owner":
        who = "CURRENT_USER"
    column = ""
    if kind == "column":
        name, _, part = name.rpartition(".")
        kind, column = "table", f" ({part})"
    what = f"{kind.upper()} {name}"
    clear = f"REVOKE ALL{column} ON {what} FROM {who};"
    return [clear, *_granted(wanted["privileges"], what, who, column)]


def _usual_grant(place: Object, present: Properties) -> list[str]:
    kind = place.name.partition(" ")[0]
    usual = PUBLIC.get(kind, "nothing") if place.name.endswith(" to PUBLIC") else "nothing"
    if place.name.endswith(" to its owner"):
        usual = "ALL"
    return _grant(place, {"privileges": usual})


def _default_privileges(place: Object, wanted: Properties) -> list[str]:
    found = _DEFAULT.fullmatch(place.name)
    assert found is not None
    who = found[1] if found[4] == "its owner" else found[4]
    schema = f" IN SCHEMA {found[2].removeprefix(' in schema ')}" if found[2] else ""
    where = f"ALTER DEFAULT PRIVILEGES FOR ROLE {found[1]}{schema}"
    what = found[3].upper()
    made = [f"{where} REVOKE ALL ON {what} FROM {who};"]
    return made + [f"{where} {sql}" for sql in _granted(wanted["privileges"], what, who)]


def _usual_default_privileges(place: Object, present: Properties) -> list[str]:
    kind = place.name.rpartition(" to ")[0].rpartition(" ")[2].removesuffix("s")
    public = place.name.endswith(" to PUBLIC") and " in schema " not in place.name
    usual = PUBLIC.get(kind, "nothing") if public else "nothing"
    if place.name.endswith(" to its owner") and " in schema " not in place.name:
        usual = "ALL"
    return _default_privileges(place, {"privileges": usual})


def _comment(place: Object, wanted: Properties) -> list[str]:
    return [_commented(place, literal(wanted.get("text", "")))]


def _no_comment(place: Object, present: Properties) -> list[str]:
    return [_commented(place, "NULL")]


def _commented(place: Object, text: str) -> str:
    kinds = ("materialized view", "foreign table", "event trigger", "operator class",
             "operator family", "text search configuration", "text search dictionary",
             "domain constraint")  # fmt: skip
    kind = next((k for k in kinds if place.name.startswith(k)), place.name.partition(" ")[0])
    name = place.name[len(kind) + 1 :]
    if kind == "domain constraint":
        kind, name = "constraint", name.replace(" on ", " ON DOMAIN ", 1)
    return f"COMMENT ON {kind.upper()} {name} IS {text};"


def _publication(place: Object, wanted: Properties) -> list[str]:
    tables = " FOR ALL TABLES" if "tables" in wanted else ""
    return [f"CREATE PUBLICATION {place.name}{tables} WITH ({_published(wanted)});"]


def _published(wanted: Properties) -> str:
    root = ", publish_via_partition_root = true" if "via root" in wanted else ""
    return f"publish = '{wanted.get('publish', '')}'{root}"


def _drop_publication(place: Object, present: Properties) -> list[str]:
    return [f"DROP PUBLICATION {place.name};"]


def _change_publication(place: Object, wanted: Properties, present: Properties) -> list[str] | None:
    if wanted.get("tables") != present.get("tables"):
        return None
    return [f"ALTER PUBLICATION {place.name} SET ({_published(wanted)});"]


def _member(verb: str, place: Object, of: Properties) -> list[str]:
    found = MEMBER.fullmatch(place.name)
    assert found is not None
    what = f"TABLE {found[2]}" if found[1] == "table" else f"TABLES IN SCHEMA {found[2]}"
    columns = f" ({of['columns']})" if "columns" in of and verb == "ADD" else ""
    where = f" WHERE {of['where']}" if "where" in of and verb == "ADD" else ""
    return [f"ALTER PUBLICATION {found[3]} {verb} {what}{columns}{where};"]


ACCESS: dict[str, Handler] = {
    "grant on": (_grant, _usual_grant, setting(_grant)),
    "default privileges of": (
        _default_privileges,
        _usual_default_privileges,
        setting(_default_privileges),
    ),
    "comment on": (_comment, _no_comment, setting(_comment)),
    "publication": (_publication, _drop_publication, _change_publication),
    "publication member": (
        lambda place, wanted: _member("ADD", place, wanted),
        lambda place, present: _member("DROP", place, present),
        anew,
    ),
}
