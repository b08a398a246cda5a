"""A fixed file in the place of the old one: whole or not at all, with its mode, behind its link."""

from __future__ import annotations

import os
from contextlib import suppress

from migralint.model import MigralintError


def write(path: str, before: bytes, after: bytes) -> None:
    """Replace the file, which must still hold `before`. A link stays a link to the file."""
    target = os.path.realpath(path)
    beside = f"{target}.{os.getpid()}.tmp"
    try:
        with open(target, "rb") as file:
            if file.read() != before:
                raise MigralintError("has changed while it was checked; run it again", path=path)
            status = os.fstat(file.fileno())
        try:
            with open(beside, "xb") as made:
                _own(made.fileno(), status)
                made.write(after)
                made.flush()
                os.fsync(made.fileno())
            os.replace(beside, target)
        finally:
            if os.path.exists(beside):
                os.unlink(beside)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MigralintError(f"cannot be written: {reason}", path=path, status=4) from error


def _own(file: int, like: os.stat_result) -> None:
    """The mode and, where we may, the owner of the old file."""
    made = os.fstat(file)
    if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
        with suppress(OSError):
            os.fchown(file, like.st_uid, like.st_gid)
    os.fchmod(file, like.st_mode & 0o7777)
