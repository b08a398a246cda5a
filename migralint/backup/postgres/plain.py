"""A dump of PostgreSQL as SQL, made by somebody else: whole, and writing to one database only.

psql restores a file that was cut inside COPY with exit status 0 (measured), so what counts is the
marker at its end. Its backslash commands can connect elsewhere or run a program.
"""

from __future__ import annotations

from migralint.backup.rooms import Content

MARKER = b"-- PostgreSQL database dump complete"
HARMLESS = (b"\\restrict", b"\\unrestrict")


def read(path: str) -> Content:
    copying, complete, start = False, False, b""
    with open(path, "rb") as file:
        for line in file:
            start = start or line.strip()
            if copying:
                copying = line.rstrip(b"\r\n") != b"\\."
            elif line.startswith(b"\\") and not line.startswith(HARMLESS):
                shown = line[:60].decode("utf-8", "replace").strip()
                return Content(f"it holds a command of psql, which could leave it: {shown}")
            elif line.startswith(b"COPY ") and line.rstrip().endswith(b"FROM stdin;"):
                copying, complete = True, False
            elif line.startswith(MARKER):
                complete = True
    if not start:
        return Content("it is empty")
    if not start.startswith((b"--", b"\\restrict")):
        return Content("it is no dump of PostgreSQL")
    return Content("" if complete else "it ends before the dump was complete")
