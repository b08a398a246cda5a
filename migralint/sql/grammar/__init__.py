"""The token grammar: one function a statement form, from tokens to what the statement does.

Every function takes a `Reader` that stands behind the words that led to it and yields `Found`s.
What it cannot read it says by raising `Unread`; outline.py turns that into `unparsed`. A module is
imported when the first statement has a form of it: most runs need three of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.sql.grammar import (
        alter_column,
        alter_table,
        data,
        indexes,
        maintenance,
        mysql,
        objects,
        privileges,
        queries,
        routines,
        schemas,
        session,
        tables,
        types,
    )

    __all__ = [
        "alter_column",
        "alter_table",
        "data",
        "indexes",
        "maintenance",
        "mysql",
        "objects",
        "privileges",
        "queries",
        "routines",
        "schemas",
        "session",
        "tables",
        "types",
    ]
else:

    def __getattr__(name):
        try:
            return __import__(f"{__name__}.{name}", fromlist=["__name__"])
        except ModuleNotFoundError:
            raise AttributeError(name) from None
