"""Prediction against server: what agrees, what was left open, what differs, and in which way."""

from __future__ import annotations

from migralint.knowledge.locks import LOCKS
from migralint.model import UNKNOWN, Record
from migralint.trace import Difference
from migralint.trace.predicting import descendants, strength

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from migralint.model import Unknown
    from migralint.trace.measuring import Catalog
    from migralint.trace.predicting import Expected, Wanted

# What is weaker keeps nobody from reading or writing; only predicted relations are held to it.
COUNTS = "SHARE UPDATE EXCLUSIVE"
TABLES = ("r", "p", "m")


class Measured(Record):
    """One statement on the server: OIDs of relations that were there before the migration.

    `new` are the locks that it took and its transaction did not hold, `held` those held before it.
    `leaving` are relations that a concurrent statement dropped: nobody can use them any more;
    `empty` are tables without rows, as far as anybody has asked.
    """

    before: Catalog
    new: Mapping[int, frozenset[str]]
    held: Mapping[int, frozenset[str]]
    rewritten: frozenset[int]
    read: frozenset[int]
    leaving: frozenset[int] = frozenset()
    empty: frozenset[int] = frozenset()


class Compared(Record):
    differences: tuple[Difference, ...]
    assumed: tuple[str, ...]
    held: tuple[str, ...]


def compare(expected: Expected, found: Measured) -> Compared:
    held: list[str] = []
    stricter = list(_stricter(expected, found))
    looser = [d for w in expected.wanted if (d := _looser(w, found, held))]
    work = [*_work("rewrite", expected, found), *_work("scan", expected, found)]
    assumed = list(expected.open) + [str(d) for d in work if d.predicted == "unknown"]
    differences = [*stricter, *looser, *(d for d in work if d.predicted != "unknown")]
    if expected.open:
        assumed += [str(d) for d in differences]
        differences = []
    once = {str(difference): difference for difference in differences}
    return Compared(tuple(once.values()), tuple(dict.fromkeys(assumed)), tuple(dict.fromkeys(held)))


def _stricter(expected: Expected, found: Measured) -> Iterator[Difference]:
    named = {oid for wanted in expected.wanted for oid in wanted.oids}
    for oid, modes in found.new.items():
        relation = found.before.relations[oid]
        predicted = expected.strongest(oid)
        # what has the table has its indexes and sequences: nobody gets at them without it
        allowed = max(predicted, expected.strongest(relation.owner), key=strength)
        strongest = max(modes, key=strength)
        counts = strength(strongest) >= strength(COUNTS) or (oid in named and predicted != "")
        if strength(strongest) > strength(allowed) and counts and oid not in found.leaving:
            yield Difference(
                found.before.named(oid), "lock", "stricter", predicted or "no lock", strongest
            )


def _looser(wanted: Wanted, found: Measured, held: list[str]) -> Difference | None:
    if not wanted.least:
        return None
    best = ""
    for oid in wanted.oids:
        for mode in found.new.get(oid, ()):
            best = max(best, mode, key=strength)
    if strength(best) >= strength(wanted.least):
        return None
    for oid in wanted.oids:
        if any(strength(m) >= strength(wanted.least) for m in found.held.get(oid, ())):
            held.append(found.before.named(oid))
            return None
    name = ", ".join(found.before.named(oid) for oid in sorted(wanted.oids))
    return Difference(name, "lock", "looser", wanted.least, best or "no lock")


def _work(what: str, expected: Expected, found: Measured) -> Iterator[Difference]:
    """Rewrites and scans of the tables that the statement itself is about."""
    predictions = expected.rewrites if what == "rewrite" else expected.scans
    seen = found.rewritten if what == "rewrite" else found.read
    for oid, predicted in predictions.items():
        relation = found.before.relations.get(oid)
        if relation is None or relation.kind not in TABLES:
            continue
        parts = descendants(expected.parts.get(oid, (oid,)), found.before)
        done = bool(parts & seen)
        elsewhere = oid in expected.parts
        if predicted is True and not done and _cannot_tell(what, parts, found, elsewhere):
            continue
        if predicted is not done:
            way = "stricter" if done else "looser"
            name = found.before.named(oid)
            yield Difference(name, what, way, _said(what, predicted), _said(what, done))


def _cannot_tell(what: str, parts: Collection[int], found: Measured, elsewhere: bool) -> bool:
    """A scan of no rows is not counted; a foreign key may be checked through an index.

    `elsewhere`: one of the parts is read, the new partition or the default one.
    """
    relations = found.before.relations
    if not any(relations[oid].file for oid in parts):
        return True
    if what == "rewrite":
        return False
    through = any(relations[oid].owner in parts for oid in found.read)
    enough = all if elsewhere else any
    return through or not enough(oid not in found.empty for oid in parts if relations[oid].file)


def _said(what: str, does: bool | Unknown) -> str:
    if does is UNKNOWN:
        return "unknown"
    return what if does else f"no {what}"


def named_locks(found: Measured) -> dict[str, str]:
    """The strongest new lock on each relation, the strongest relations first."""
    strongest = {oid: max(modes, key=strength) for oid, modes in found.new.items()}
    order = sorted(strongest, key=lambda oid: (-LOCKS.index(strongest[oid]), oid))
    return {found.before.named(oid): strongest[oid] for oid in order}
