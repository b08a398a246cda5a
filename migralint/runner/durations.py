"""`5s`, `200ms`, `2min`, `1h`, or milliseconds without a unit, as PostgreSQL's settings have it."""

from __future__ import annotations

from migralint.config import keys
from migralint.model import MigralintError


def milliseconds(text: str) -> int:
    try:
        return keys.milliseconds(text or "0")
    except ValueError:
        hint = "Write 500ms, 5s, 2min, or 0 for none."
        raise MigralintError(f"{text!r} is no duration", hint=hint) from None


def for_postgres(text: str) -> str:
    """The value for SET; `m` is no unit of PostgreSQL's."""
    return f"{milliseconds(text)}ms" if text else ""
