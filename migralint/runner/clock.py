"""Times as they are written down and shown: UTC, ISO 8601, with a Z."""

from __future__ import annotations

from datetime import UTC, datetime


def now(timespec: str = "seconds") -> str:
    """`2026-03-01T12:00:00Z`."""
    return _written(datetime.now(UTC), timespec)


def today() -> str:
    return now()[:10]


def at(seconds: float, timespec: str = "seconds") -> str:
    """That of a file, say: seconds since 1970."""
    return _written(datetime.fromtimestamp(seconds, UTC), timespec)


def _written(moment: datetime, timespec: str) -> str:
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")
