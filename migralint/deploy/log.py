"""The log of deploys beside the backups, a line of JSON for each: who skipped what stands there."""

from __future__ import annotations

import json
import os

from migralint.deploy import text
from migralint.model import MigralintError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.deploy.course import Course, Deployed

NAME = "deploys.jsonl"


def append(course: Course, found: Deployed) -> str:
    """Why it could not be written, "" if it was."""
    from migralint.backup import folder_of
    from migralint.backup.making import prepare

    folder = folder_of(course.target)
    path = os.path.join(folder, NAME)
    entry = {"by": _who(), **text.as_json(course, found)}
    line = json.dumps(entry, ensure_ascii=False) + "\n"
    try:
        prepare(folder, lambda _: None)  # a backup may come into it next: git is to ignore it
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "ab") as file:
            file.write(line.encode("utf-8", "backslashreplace"))
    except MigralintError as error:
        return f"the deploy is not in {path}: {error.message}"
    except OSError as error:
        return f"the deploy is not in {path}: {error.strerror}"
    return ""


def _who() -> str:
    import platform

    user = os.environ.get("LOGNAME") or os.environ.get("USER") or "somebody"
    return f"{user}@{platform.node()}"
