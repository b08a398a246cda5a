"""Reading the schema may have to wait: the server opens each table to write down its defaults and
checks, and somebody may hold it. So that is tried again, and who is in the way is named.
"""

from __future__ import annotations

import io

from migralint.model import MigralintError
from migralint.runner.databases import ServerError
from migralint.runner.outcome import LONGEST_PAUSE
from migralint.runner.progress import Progress, Watch, pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from migralint.runner.databases import Database, Session

    T = TypeVar("T")


def patiently(
    db: Database, session: Session, retries: int, note: Callable[[str], None], read: Callable[[], T]
) -> T:
    """What `read` gives; MigralintError with status 4 where it met a lock each time."""
    watch = Watch(db, session, Progress(io.StringIO(), quiet=True))
    attempt = 0
    try:
        while True:
            attempt += 1
            watch.started()
            try:
                return read()
            except ServerError as error:
                if not error.busy:
                    raise
                who = f"; in the way: {watch.blockers[0]}" if watch.blockers else ""
                said = f"reading the schema: {error.message}{who}"
                if attempt > retries:
                    hint = "Nothing was applied; run it again when that session has ended."
                    raise MigralintError(said, hint=hint, status=4) from None
                note(f"{said}; trying again")
            finally:
                watch.stopped()
            pause(min(2.0 ** (attempt - 1), LONGEST_PAUSE))
    finally:
        watch.close()
