"""Names as they are typed: those that the server gave have no quotes of their own yet."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Name


def bare(name: Name, dialect: str) -> str:
    """The name without its schema; in quotes where PostgreSQL would fold what it is."""
    last = name.sql.rpartition(".")[2] if '"' not in name.sql else name.sql
    if '"' in last:
        return last[last.index('"') :] if last.count('"') == 2 else last
    if dialect == "postgres" and name.name != name.name.lower():
        return f'"{name.name}"'
    return last
