"""PostgreSQL: pg_dump's custom format, restored into a new database that takes the old one's name.

https://www.postgresql.org/docs/current/app-pgdump.html
"""

from __future__ import annotations

from migralint.backup.postgres.dump import SUFFIX, count, dump, read
from migralint.backup.postgres.scratch import create, discard, load, others
from migralint.backup.postgres.swap import swap

__all__ = ["SUFFIX", "count", "create", "discard", "dump", "load", "others", "read", "swap"]
