"""Who blocks whom now: the sessions that wait, those in their way, and how to end the first ones.

Nothing is ended here. The pictures are made by blocked_postgres.py and blocked_mysql.py.
"""

from __future__ import annotations

from migralint.amounts import counted, duration
from migralint.model import MigralintError, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from migralint.runner.databases import Database, Session

QUERY = 160  # characters of a statement


class Person(Record):
    """A session, or a prepared transaction (which has no session any more).

    `transaction` is the age of its transaction in seconds and `since` how long it has been in its
    state, None where the server does not say. `end` is the SQL that ends it, `why` why that one.
    """

    id: str
    user: str = ""
    host: str = ""
    application: str = ""
    state: str = ""
    query: str = ""
    transaction: float | None = None
    since: float | None = None
    prepared: bool = False
    end: str = ""
    why: str = ""


class Wait(Record):
    """`waiter` wants the lock `wanted` on `object`; `held` is what each blocker has of it."""

    waiter: str
    blockers: tuple[str, ...]
    seconds: float
    object: str
    wanted: str = ""
    held: Mapping[str, str] = {}


class Picture(Record):
    """One moment. `notes` say what this server does not show."""

    database: str
    people: Mapping[str, Person]
    waits: tuple[Wait, ...]
    notes: tuple[str, ...] = ()


class Node(Record):
    """A session, what it waits for (None: nothing), and those that wait for it."""

    person: Person
    wait: Wait | None
    below: tuple[Node, ...]

    @property
    def longest(self) -> float:
        own = self.wait.seconds if self.wait else 0.0
        return max([own, *(node.longest for node in self.below)])


def look(db: Database, session: Session) -> Picture:
    from importlib import import_module

    dialect = session.url.dialect
    if dialect == "sqlite":
        raise MigralintError(
            "SQLite keeps no list of its locks: who has the file open and writes cannot be asked",
            hint="A writer locks the whole file; the others get SQLITE_BUSY and try again. "
            "`fuser FILE` or `lsof FILE` tells which processes have it open.",
        )
    module = import_module(f"migralint.trace.blocked_{dialect}")
    found: Picture = module.look(db, session)
    return found


def tree(picture: Picture) -> tuple[Node, ...]:
    """From those that wait for nobody, the one with the longest wait below it first.

    Who waits for several stands below the first of them; a circle (a deadlock that the server has
    not found yet) begins anywhere.
    """
    waits = {wait.waiter: wait for wait in picture.waits}
    below: dict[str, list[str]] = {}
    for wait in picture.waits:
        if wait.blockers:
            below.setdefault(wait.blockers[0], []).append(wait.waiter)
    seen: set[str] = set()

    def node(name: str) -> Node:
        seen.add(name)
        under = [node(other) for other in below.get(name, ()) if other not in seen]
        under.sort(key=lambda one: -one.longest)
        person = picture.people.get(name) or Person(name)
        return Node(person, waits.get(name), tuple(under))

    roots = [name for name in below if name not in waits]
    roots += [wait.waiter for wait in picture.waits if not wait.blockers]
    nodes = [node(name) for name in dict.fromkeys(roots)]
    nodes += [node(name) for name in waits if name not in seen]
    return tuple(sorted(nodes, key=lambda one: -one.longest))


def shortened(query: str | None) -> str:
    """A statement in a line, cut, without the passwords in it."""
    from migralint.findings import masked
    from migralint.formats.characters import one_line

    text = masked(one_line((query or "")[:4000]))
    return text if len(text) <= QUERY else f"{text[: QUERY - 3]}..."


def text(picture: Picture) -> str:
    lines = [picture.database]
    if not picture.waits:
        return "\n".join([*lines, "Nobody is blocked.", *_notes(picture)])
    nodes = tree(picture)
    for one in nodes:
        lines += ["", *_lines(one, "")]
    waiting = counted(len(picture.waits), "session waits", "sessions wait")
    longest = duration(max(wait.seconds for wait in picture.waits))
    return "\n".join([*lines, "", f"{waiting}, the longest for {longest}.", *_notes(picture)])


def _notes(picture: Picture) -> list[str]:
    return [f"note: {note}" for note in picture.notes]


def _lines(node: Node, indent: str) -> list[str]:
    person, wait = node.person, node.wait
    lines = [f"{indent}{_who(person)}"]
    if wait is not None:
        wanted = f"{wait.wanted} on {wait.object}" if wait.wanted else wait.object
        lines.append(f"{indent}  waits {duration(wait.seconds)} for {wanted}")
        if len(wait.blockers) > 1:
            lines.append(f"{indent}  blocked by {', '.join(wait.blockers)}")
    held = dict.fromkeys(
        f"{below.wait.held[person.id]} on {below.wait.object}"
        for below in node.below
        if below.wait and below.wait.held.get(person.id)
    )
    if held:
        lines.append(f"{indent}  holds {', '.join(held)}")
    if person.query:
        last = "its last statement: " if person.state.startswith("idle") else ""
        lines.append(f"{indent}  {last}{person.query}")
    if node.below and person.end and wait is None:
        lines.append(f"{indent}  to end it: {person.end}")
        lines.append(f"{indent}    {person.why}")
    for below in node.below:
        lines += _lines(below, f"{indent}    ")
    return lines


def _who(person: Person) -> str:
    if person.prepared:
        return f"prepared transaction {person.id}, by {person.user}{_age(person)}"
    named = person.application or "an application without a name"
    since = f" for {duration(person.since)}" if person.since is not None else ""
    place = f"{person.user}@{person.host}" if person.host else person.user
    return f"{person.id} ({named}, {place}), {person.state or 'active'}{since}{_age(person)}"


def _age(person: Person) -> str:
    if person.transaction is None:
        return ""
    return f", transaction open for {duration(person.transaction)}"


def as_json(picture: Picture) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "database": picture.database,
        "blocked": len(picture.waits),
        "notes": list(picture.notes),
        "tree": [_entry(node) for node in tree(picture)],
    }


def _entry(node: Node) -> dict[str, Any]:
    person, wait = node.person, node.wait
    return {
        **{name: getattr(person, name) for name in person.__slots__},  # type: ignore[attr-defined]
        "waits": wait
        and {
            "seconds": round(wait.seconds, 3),
            "object": wait.object,
            "wanted": wait.wanted,
            "blockers": list(wait.blockers),
            "held": dict(wait.held),
        },
        "blocks": [_entry(below) for below in node.below],
    }
