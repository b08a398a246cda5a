"""What a check says: pass, warn or fail, a sentence, and what belongs to it."""

from __future__ import annotations

from migralint.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

OUTCOMES = ("pass", "warn", "fail")


class Check(Record):
    """`outcome` is of OUTCOMES; what could not be found out is a warn, never a pass.

    `said` is one sentence, `lines` belong to it (one thing each; SQL to run by hand among them),
    `hint` is what to do.
    """

    name: str
    outcome: str
    said: str
    lines: tuple[str, ...] = ()
    hint: str = ""


def passed(name: str, said: str) -> Check:
    return Check(name, "pass", said)


def warned(name: str, said: str, lines: Iterable[str] = (), hint: str = "") -> Check:
    return Check(name, "warn", said, tuple(lines), hint)


def failed(name: str, said: str, lines: Iterable[str] = (), hint: str = "") -> Check:
    return Check(name, "fail", said, tuple(lines), hint)


def worst(checks: Iterable[Check]) -> str:
    """The outcome of all of them together."""
    return max((check.outcome for check in checks), key=OUTCOMES.index, default="pass")
