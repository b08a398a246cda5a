"""What of a migration must not be replayed: it reaches beyond the database that it runs in.

Roles, tablespaces, settings of the server and files are one for all databases of a server, so a
replay beside production would change production: ALTER ROLE ... PASSWORD sets the old one again.
"""

from __future__ import annotations

import re

from migralint.model import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Operation
    from migralint.runner.modes import Step
    from migralint.runner.url import Url

KINDS = frozenset(
    [
        "create_database", "drop_database", "alter_database", "alter_system", "create_role",
        "alter_role", "drop_role", "create_tablespace", "drop_tablespace", "create_subscription",
        "drop_owned", "reassign_owned",
    ]
)  # fmt: skip
SHARED = ("subscription", "role", "user", "group", "tablespace", "database")
VERBS = ("use", "attach")


def is_beyond(step: Step, origin: Url) -> bool:
    """`origin` is the database that is replayed: MySQL's migrations may name it, and mean it."""
    if origin.dialect == "mysql":
        named = rf"(?<![\w`.])(`?){re.escape(origin.database)}\1\s{{0,9}}\."
        if re.search(named, step.statement.text, re.IGNORECASE):
            return True
    return any(_reaches(operation, step, origin) for operation in step.operations)


def _reaches(operation: Operation, step: Step, origin: Url) -> bool:
    facts = operation.facts
    if facts.get("in_routine") is True:
        return False  # it is not run, only written down
    if operation.kind in KINDS or facts.get("role_grant") is True:
        return True
    if operation.kind == "copy" and step.data is None:
        return True  # a file or a program of the server
    if operation.kind == "session" and facts.get("verb") in VERBS:
        return True
    if origin.dialect == "mysql" and any(isinstance(v, Name) and v.schema for v in facts.values()):
        return True
    return str(facts.get("object_type", "")) in SHARED
