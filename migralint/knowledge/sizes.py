"""How large a table is: from the configuration's `large_tables`."""

from __future__ import annotations

from migralint.model import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from migralint.knowledge.timeline import View
    from migralint.model import Name, Unknown


def _listed(view: View, name: Name) -> tuple[bool, int | None]:
    """Whether `large_tables` lists the table, and with how many rows (None: it does not say)."""
    listed = view.timeline.config.large_tables or {}
    wanted = (f"{name.schema}.{name.name}", f"{name.schema or 'public'}.{name.name}")
    for key, rows in listed.items():
        plain = key.replace('"', "")
        if plain in wanted or (plain == name.name and not name.schema):
            return True, rows
    return False, None


def table_rows(view: View) -> int | Unknown:
    if view.fact("new_table") is True:
        return 0
    name = view.fact("table")
    if name is UNKNOWN or not name.name or view.timeline.config.large_tables is None:
        return UNKNOWN
    _, rows = _listed(view, name)
    return UNKNOWN if rows is None else rows


def large_table(view: View) -> bool | Unknown:
    """Once `large_tables` is set, a table that it does not list is small."""
    if view.fact("new_table") is True:
        return False
    name, config = view.fact("table"), view.timeline.config
    if name is UNKNOWN or not name.name or config.large_tables is None:
        return UNKNOWN
    listed, rows = _listed(view, name)
    if not listed:
        return False
    return rows is None or rows >= config.large_table_rows


DERIVE: dict[str, Callable[[View], Any]] = {
    "table_rows": table_rows,
    "known_empty": lambda view: view.fact("table_rows") == 0,
    "table_bytes": lambda view: UNKNOWN,
    "large_table": large_table,
}
