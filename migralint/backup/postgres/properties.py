"""What belongs to a database and is in none of its dumps: comment, settings, grants, limit."""

from __future__ import annotations

import re

from migralint.model import MigralintError
from migralint.runner.databases.postgres.session import literal, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.runner.databases import Database, Session

COMMENT = (
    "SELECT shobj_description(oid, 'pg_database'), datconnlimit FROM pg_database WHERE datname = ?"
)
SETTINGS = """
    SELECT coalesce(r.rolname, ''), c.setting FROM pg_db_role_setting s
    JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole,
    unnest(s.setconfig) WITH ORDINALITY AS c (setting, place)
    WHERE d.datname = ? ORDER BY 1, c.place
"""
GRANTS = """
    SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
           a.privilege_type, a.is_grantable, quote_ident(pg_get_userbyid(d.datdba))
    FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = ? ORDER BY 1, 2, 3
"""
LABELS = """
    SELECT l.provider, l.label FROM pg_shseclabel l JOIN pg_database d ON d.oid = l.objoid
    AND l.classoid = 'pg_database'::regclass WHERE d.datname = ?
"""
# Their values are lists of names, each of which is quoted by itself.
LISTS = frozenset(
    [
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    ]
)
ITEM = re.compile(r'\s*("(?:[^"]|"")*"|[^",\s]+)\s*(?:,|$)')


def carry_over(db: Database, session: Session, old: str, new: str) -> None:
    """From one database to the other, and then a look whether both have the same."""
    comment, limit = db.query(session, COMMENT, (old,))[0]
    if comment is not None:
        db.query(session, f"COMMENT ON DATABASE {quoted(new)} IS {literal(comment)}")
    db.query(session, f"ALTER DATABASE {quoted(new)} CONNECTION LIMIT {int(limit)}")
    copy_settings(db, session, old, new)
    _grants(db, session, old, new)
    for provider, label in db.query(session, LABELS, (old,)):
        sql = f"SECURITY LABEL FOR {quoted(provider)} ON DATABASE {quoted(new)} IS {literal(label)}"
        db.query(session, sql)
    for what, sql in {"comment": COMMENT, "settings": SETTINGS, "grants": GRANTS}.items():
        if sorted(db.query(session, sql, (old,))) != sorted(db.query(session, sql, (new,))):
            raise MigralintError(
                f"the {what} of the database could not be carried over whole",
                hint="The database is as it was, under its own name.",
                status=1,
            )


def copy_settings(db: Database, session: Session, old: str, new: str, but: str = "") -> None:
    """ALTER DATABASE ... SET and ALTER ROLE ... IN DATABASE, `but` that one."""
    for role, setting in db.query(session, SETTINGS, (old,)):
        if setting.partition("=")[0] != but:
            db.query(session, setting_sql(new, role, setting))


def setting_sql(database: str, role: str, setting: str) -> str:
    name, _, value = setting.partition("=")
    whose = f"ALTER ROLE {quoted(role)} IN DATABASE" if role else "ALTER DATABASE"
    shown = ", ".join(map(literal, items(value))) if name.lower() in LISTS else literal(value)
    parts = ".".join(map(quoted, name.split(".")))
    return f"{whose} {quoted(database)} SET {parts} TO {shown}"


def items(value: str) -> list[str]:
    """The names of a list such as `"$user", public`."""
    return [
        text[1:-1].replace('""', '"') if text.startswith('"') else text
        for text in ITEM.findall(value)
    ]


def _grants(db: Database, session: Session, old: str, new: str) -> None:
    """Where nothing was ever granted or revoked there is no list, and the defaults hold."""
    grants = db.query(session, GRANTS, (old,))
    explicit = db.query(
        session, "SELECT datacl IS NOT NULL FROM pg_database WHERE datname = ?", (old,)
    )
    if not explicit[0][0]:
        return
    owner = db.query(
        session,
        "SELECT quote_ident(pg_get_userbyid(datdba)) FROM pg_database WHERE datname = ?",
        (old,),
    )
    db.query(session, f"REVOKE ALL ON DATABASE {quoted(new)} FROM PUBLIC, {owner[0][0]}")
    for grantee, privilege, grantable, _ in grants:
        also = " WITH GRANT OPTION" if grantable else ""
        db.query(session, f"GRANT {privilege} ON DATABASE {quoted(new)} TO {grantee}{also}")


def slots(db: Database, session: Session, name: str) -> list[str]:
    """Logical replication slots are of the database, not of its name."""
    found = db.query(
        session, "SELECT slot_name FROM pg_replication_slots WHERE database = ? ORDER BY 1", (name,)
    )
    if not found:
        return []
    shown = ", ".join(slot for (slot,) in found)
    return [f"the replication slots {shown} stay with the old database; make them anew"]
