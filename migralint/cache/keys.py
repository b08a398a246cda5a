"""What a result depends on, as digests.

The history of a folder is a chain: the key of a migration holds that of the one before it. A change
in the middle gives every later migration another key, and no earlier one.
"""

from __future__ import annotations

import sys

from migralint import __version__
from migralint.cache.files import digest
from migralint.model import Record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from migralint.config import Config
    from migralint.model import Migration


class Keys(Record):
    """Of one migration: `history` decides the schema behind it, `result` what is found in it."""

    history: str
    result: str


def base(rules: str, config: Config) -> str:
    """What all results of a run depend on; `rules` tells this set of rules from any other."""
    own = (__version__, sys.version_info[:3], rules)
    return digest(repr((own, replace(config, root="", origin={}))).encode("utf-8", "replace"))


def of(
    migrations: Sequence[Migration],
    remarks: Mapping[str, Mapping[str, Any]],
    base: str,
    today: str,
    expiring: bool,
) -> list[Keys | None]:
    """The keys in the order of the migrations; None in a folder that is for several databases.

    `expiring`: the configuration has suppressions that end on a day.
    """
    dialects: dict[str, set[str]] = {}
    for migration in migrations:
        dialects.setdefault(migration.folder, set()).add(migration.dialect)
    chains: dict[str, str] = {}
    fresh: dict[str, tuple[bool, str]] = {}  # whether the last one is, and where that changed
    found: list[Keys | None] = []
    for m in migrations:
        if len(dialects[m.folder]) > 1:
            found.append(None)
            continue
        own = (m.path, m.version, m.layout, m.dialect, m.forward, m.problem, m.partial)
        chain = chains[m.folder] = _digest(chains.get(m.folder, m.folder), own, text=m.text)
        pending, changes = fresh.get(m.folder, (False, ""))
        runs = (str(m.transaction), m.opt_out, str(m.foreign_keys))
        more = (m.name, *runs, m.problem_line, m.pending)
        day = today if expiring or "until" in m.text else ""
        found.append(Keys(chain, _digest(base, chain, changes, more, remarks.get(m.path), day)))
        if pending != (m.pending and not m.problem):
            fresh[m.folder] = (not pending, _digest(changes, m.path))
    return found


def _digest(*parts: object, text: str = "") -> str:
    return digest((repr(parts) + text).encode("utf-8", "surrogatepass"))
