"""Backups: archives that were read whole before they count, and the way back from them.

`make` and `check` are in making.py, what a folder holds in manifest.py, the way back in
restoring.py; postgres/, mysql/ and sqlite.py are rooms of the same functions for each database.
"""

from __future__ import annotations

from migralint.backup.making import check, make
from migralint.backup.manifest import Backup, age, folder_of, found, newest, prune
from migralint.backup.restoring import Restored, restore

__all__ = [
    "Backup",
    "Restored",
    "age",
    "check",
    "folder_of",
    "found",
    "make",
    "newest",
    "prune",
    "restore",
]
