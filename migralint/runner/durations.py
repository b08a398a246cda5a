"""`5s`, `200ms`, `2min`, `1h`, or milliseconds without a unit, as PostgreSQL's settings have it."""

from __future__ import annotations

import re

from migralint.model import MigralintError

UNITS = {"": 1, "ms": 1, "s": 1_000, "min": 60_000, "m": 60_000, "h": 3_600_000}


def milliseconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9})\s{0,3}(ms|s|min|m|h|)", text.strip() or "0")
    if found is None:
        raise MigralintError(
            f"{text!r} is no duration", hint="Write 500ms, 5s, 2min, or 0 for none."
        )
    return int(found[1]) * UNITS[found[2]]


def for_postgres(text: str) -> str:
    """The value for SET; `m` is no unit of PostgreSQL's."""
    return f"{milliseconds(text)}ms" if text else ""
