"""What the lock table says of a statement, put on the relations of the scratch database.

The table speaks of roles ("the referenced table"); here they become OIDs, by what the statement
names and, where it names nothing, by the catalog.
"""

from __future__ import annotations

from migralint.knowledge.locks import LOCKS
from migralint.model import UNKNOWN, Name, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from migralint.knowledge.timeline import View
    from migralint.model import Unknown
    from migralint.trace.measuring import Catalog

# Rows are read or written by these as far as the data goes: the table says nothing of that.
DATA = frozenset(("insert", "update", "delete", "merge", "select", "copy", "call"))
# VACUUM and ANALYZE count their reads elsewhere; REFRESH reads other relations than its own.
UNCOUNTED = frozenset((*DATA, "vacuum", "analyze", "refresh_view", "create_table", "create_view"))
OF_ITSELF = ("view", "sequence", "target", "object")
LONGEST = 63  # bytes of a name that the server keeps
STRENGTH = {lock: number for number, lock in enumerate(("", *LOCKS))}


class Wanted(Record):
    """A lock on one of `oids` (any of them meets it); at least `least` where that is not ""."""

    oids: frozenset[int]
    lock: str
    least: str = ""


class Expected(Record):
    """Rewrites and scans by table; `parts` are the tables in whose rows the work
    can be seen, where those are others.

    `open`: sentences on what is not known; then nothing that is found is a difference.
    """

    wanted: tuple[Wanted, ...] = ()
    rewrites: Mapping[int, bool | Unknown] = {}
    scans: Mapping[int, bool | Unknown] = {}
    parts: Mapping[int, frozenset[int]] = {}
    open: tuple[str, ...] = ()

    def strongest(self, oid: int) -> str:
        return max((w.lock for w in self.wanted if oid in w.oids), key=strength, default="")


def strength(lock: str) -> int:
    return STRENGTH[lock]


def expected(views: Sequence[View], catalog: Catalog, existing: frozenset[int]) -> Expected:
    """For the operations of one statement, and the relations that were there before."""
    views = [view for view in views if view.fact("in_routine") is not True]
    if any(_finds_its_table(view, catalog) for view in views):
        return Expected()
    wanted: list[Wanted] = []
    rewrites: dict[int, bool | Unknown] = {}
    scans: dict[int, bool | Unknown] = {}
    parts: dict[int, frozenset[int]] = {}
    unknown: list[str] = []
    for view in views:
        effect = view.fact("effect")
        if effect is UNKNOWN:
            unknown.append(f"nothing is known of what {view.operation.kind} locks")
            continue
        sure = view.fact("in_do") is not True and not _in_vain(view)
        own = _own(view, catalog)
        for one in _wanted(view, effect, own, catalog, sure):
            if one.oids & existing:
                wanted.append(Wanted(one.oids & existing, one.lock, one.least))
        kind = view.operation.kind
        for oid in own & existing:
            if kind != "truncate":  # which gives the table a new file, and has no work with it
                found = effect.rewrites if sure or effect.rewrites is False else UNKNOWN
                rewrites[oid] = _either(rewrites.get(oid, False), found)
            if kind not in UNCOUNTED or (kind == "vacuum" and view.fact("full") is True):
                found = effect.scans if sure or effect.scans is False else UNKNOWN
                scans[oid] = _either(scans.get(oid, False), found)
            if view.operation.kind == "attach_partition":
                roles = ("partition", "default partition")
                parts[oid] = frozenset().union(*(_in_role(r, view, own, catalog) for r in roles))
    return Expected(tuple(wanted), rewrites, scans, parts, tuple(dict.fromkeys(unknown)))


def _either(one: bool | Unknown, other: bool | Unknown) -> bool | Unknown:
    return True if True in (one, other) else UNKNOWN if UNKNOWN in (one, other) else False


def _finds_its_table(view: View, catalog: Catalog) -> bool:
    """CREATE TABLE IF NOT EXISTS of a table that is there does nothing at all."""
    facts = view.operation.facts
    existing = view.operation.kind == "create_table" and facts.get("if_not_exists") is True
    return existing and resolved(facts["table"], catalog) is not None


def _in_vain(view: View) -> bool:
    """Where there is no such trigger, IF EXISTS takes no lock on the table that it names."""
    kinds = ("drop_trigger", "drop_policy", "drop_rule")
    return view.operation.kind in kinds and view.operation.facts.get("if_exists") is True


def _wanted(
    view: View, effect: Any, own: frozenset[int], catalog: Catalog, sure: bool
) -> list[Wanted]:
    found, facts = [], view.operation.facts
    if effect.lock and own:
        # several relations of their own: those of a VACUUM without a table, say
        found = [
            Wanted(frozenset((oid,)), effect.lock, effect.least if sure else "") for oid in own
        ]
    for role, lock in effect.others:
        oids = _in_role(role, view, own, catalog)
        exact = role in ("referenced table", "partition parent") or "partition" in facts
        exact = exact and sure
        found.append(Wanted(oids, lock, lock if exact else ""))
    found += [Wanted(_in_role(role, view, own, catalog), lock) for role, lock in effect.perhaps]
    return [w for w in found if w.oids]


def resolved(name: Name, catalog: Catalog) -> int | None:
    """The relation that the name means on the search path of the session."""
    if not name.name:
        return None
    schemas = (name.schema,) if name.schema else (*catalog.path, "public")
    kept = name.name.encode()[:LONGEST].decode("utf-8", "ignore")
    for schema in schemas:
        for oid, relation in catalog.relations.items():
            if relation.name == kept and relation.schema == schema:
                return oid
    return None


def _own(view: View, catalog: Catalog) -> frozenset[int]:
    """The relation that the operation's lock is on; the table where an index is named."""
    facts, kind = view.operation.facts, view.operation.kind
    table = facts.get("table") or view.known.get("table")
    if isinstance(table, Name) and table.name:
        return _set(resolved(table, catalog))
    if kind == "comment" and facts.get("object_type") == "column":
        name = facts["object"]
        return _set(resolved(Name(*reversed(_qualifier(name))), catalog))
    index = facts.get("index")
    if index is None and str(facts.get("target_type", "")) == "index":
        index = facts["target"]
    if isinstance(index, Name):
        oid = resolved(index, catalog)
        return _set(catalog.relations[oid].owner if oid else None)
    for fact in OF_ITSELF:
        name = facts.get(fact)
        if isinstance(name, Name) and name.name and facts.get("target_type") != "schema":
            return _set(resolved(name, catalog))
    if kind in ("cluster", "vacuum", "analyze", "reindex"):
        return frozenset(oid for oid, r in catalog.relations.items() if r.kind in ("r", "m"))
    return frozenset()


def _qualifier(name: Name) -> tuple[str, str]:
    """(schema, table) of `schema.table.column`."""
    schema, _, table = name.schema.rpartition(".")
    return schema.strip('"'), table.strip('"')


def _set(oid: int | None) -> frozenset[int]:
    return frozenset((oid,)) if oid else frozenset()


def _in_role(role: str, view: View, own: frozenset[int], catalog: Catalog) -> frozenset[int]:
    facts = view.operation.facts
    if role == "index":
        return _indexes(view, own, catalog)
    if role == "referenced table":
        return _referenced(view, own, catalog)
    if role == "referencing table":
        return frozenset(a for a, b, _ in catalog.references if b in own)
    if role == "partition":
        named = facts.get("partition")
        return _set(resolved(named, catalog)) if named else descendants(own, catalog) - own
    parents = (
        own | _set(resolved(facts["partition_of"], catalog)) if "partition_of" in facts else own
    )
    if role == "partition parent":
        return parents - own or frozenset(b for a, b, _ in catalog.inherits if a in own)
    if role == "default partition":
        return frozenset(a for a, b, how in catalog.inherits if b in parents and how == "default")
    return frozenset(catalog.relations)  # "table": those that the operation does not name


def _indexes(view: View, own: frozenset[int], catalog: Catalog) -> frozenset[int]:
    facts = view.operation.facts
    for fact in ("index", "using_index", "target", "object"):
        name = facts.get(fact)
        oid = resolved(name, catalog) if isinstance(name, Name) else None
        if oid is not None and catalog.relations[oid].kind in ("i", "I"):
            return frozenset((oid,))
    return frozenset(
        oid for oid, r in catalog.relations.items() if r.owner in own and r.kind in ("i", "I")
    )


def _referenced(view: View, own: frozenset[int], catalog: Catalog) -> frozenset[int]:
    facts = view.operation.facts
    named = facts.get("references")
    if isinstance(named, Name) and named.name:
        return _set(resolved(named, catalog))
    constraint = facts.get("constraint")
    return frozenset(
        b
        for a, b, name in catalog.references
        if a in own and (not isinstance(constraint, Name) or constraint.name == name)
    )


def descendants(oids: Iterable[int], catalog: Catalog) -> frozenset[int]:
    """The relations with their partitions and children, theirs too."""
    found = set(oids)
    while more := {a for a, b, _ in catalog.inherits if b in found} - found:
        found |= more
    return frozenset(found)
