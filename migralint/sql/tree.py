"""What sqlglot's tree says of a condition. Imported, and asked, only on demand."""

from __future__ import annotations

import sys
from types import ModuleType

from migralint.model import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.model import Unknown

_METADATA = "importlib.metadata"


def always_true(condition: str, dialect: str) -> bool | Unknown:
    """Whether the condition holds for every row; UNKNOWN where sqlglot cannot read it."""
    tree = _parse(condition, dialect)
    return UNKNOWN if tree is None else _truth(tree) is True


def _parse(condition: str, dialect: str) -> Any:
    """The tree of a condition, None where sqlglot cannot read it."""
    import logging

    _import_sqlglot()
    import sqlglot
    from sqlglot import expressions
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        tree = sqlglot.parse_one(f"SELECT 1 WHERE {condition}", dialect=dialect)
    except (SqlglotError, RecursionError, TypeError):
        return None
    where = tree.args.get("where") if isinstance(tree, expressions.Select) else None
    return where.this if where is not None else None


class _StandIn(ModuleType):
    """For importlib.metadata; whoever asks it for anything gets what the true one has."""

    def entry_points(self, **group: str) -> Any:
        return self.__getattr__("entry_points")(**group)

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":  # `from ... import` asks whether it is a package
            raise AttributeError(name)
        if sys.modules.get(_METADATA) is self:
            del sys.modules[_METADATA]
        return getattr(__import__(_METADATA, fromlist=[name]), name)


def _import_sqlglot() -> None:
    """Without importlib.metadata, by which it looks for plug-ins: with it come readers of e-mail,
    zip files and addresses, a fifth of the whole."""
    if "sqlglot" in sys.modules or _METADATA in sys.modules:
        return
    stand_in = sys.modules[_METADATA] = _StandIn(_METADATA)
    try:
        import sqlglot  # noqa: F401
    finally:
        if sys.modules.get(_METADATA) is stand_in:
            del sys.modules[_METADATA]


def _truth(node: Any) -> bool | None:
    """The value of a constant condition, None where it depends on the row."""
    from sqlglot import expressions as e

    if isinstance(node, e.Paren):
        return _truth(node.this)
    if isinstance(node, e.Boolean):
        return bool(node.this)
    if isinstance(node, e.Literal) and not node.is_string:
        return str(node.this) not in ("0", "0.0")
    if isinstance(node, e.Not):
        inner = _truth(node.this)
        return None if inner is None else not inner
    if isinstance(node, e.And | e.Or):
        values = _truth(node.this), _truth(node.expression)
        decisive = isinstance(node, e.Or)
        if decisive in values:
            return decisive
        return None if None in values else not decisive
    if isinstance(node, e.EQ | e.GTE | e.LTE | e.NullSafeEQ):
        return _compared(node)
    return None


def _compared(node: Any) -> bool | None:
    from sqlglot import expressions as e

    left, right = node.this, node.expression
    if left == right and isinstance(left, e.Column | e.Literal | e.Boolean):
        return True  # `a = a` leaves out only NULL
    if isinstance(left, e.Literal) and isinstance(right, e.Literal) and isinstance(node, e.EQ):
        return False
    return None
