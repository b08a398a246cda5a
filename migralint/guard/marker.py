"""What a database says of itself: `ALTER DATABASE shop SET migralint.environment = 'production'`.

Read from PostgreSQL where its driver is installed and the address is one of libpq's; it takes no
extension and no table, and nothing is written.
"""

from __future__ import annotations

import re

SECONDS = 3


def marker(url: str) -> str:
    """The environment that the database names, "" where it names none or cannot be asked."""
    if not url.startswith(("postgres://", "postgresql://")):
        return ""
    try:
        import psycopg
    except ImportError:
        return ""
    try:
        with psycopg.connect(
            without_parameters(url), connect_timeout=SECONDS, autocommit=True
        ) as connection:
            row = connection.execute(
                "SELECT current_setting('migralint.environment', true)"
            ).fetchone()
    except (psycopg.Error, OSError, ValueError):
        return ""
    return str(row[0]) if row and row[0] else ""


def without_parameters(url: str) -> str:
    """libpq refuses Prisma's own parameters (`?schema=public`); it needs sslmode."""
    address, _, query = url.partition("?")
    kept = [part for part in query.split("&") if re.match(r"(sslmode|host|port)=", part)]
    return f"{address}?{'&'.join(kept)}" if kept else address
