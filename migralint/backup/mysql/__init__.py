"""MySQL and MariaDB: mysqldump's SQL, restored into a new database whose tables then move over.

There is no rename of a database: the tables change places in one RENAME TABLE, and what cannot be
moved (views, triggers, routines, events) is made anew from its own definitions.
https://dev.mysql.com/doc/refman/8.4/en/mysqldump.html
"""

from __future__ import annotations

from migralint.backup.mysql.archive import read
from migralint.backup.mysql.dump import SUFFIX, count, dump
from migralint.backup.mysql.scratch import create, discard, load, others
from migralint.backup.mysql.swap import swap

__all__ = ["SUFFIX", "count", "create", "discard", "dump", "load", "others", "read", "swap"]
