"""What `verify` found, in words and as JSON."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.catalog import properties
from migralint.catalog.names import taken_apart
from migralint.findings import masked
from migralint.runner import status as statuses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migralint.catalog import Difference
    from migralint.catalog.verify import Verified
    from migralint.runner.target import Target

    Parts = dict[tuple[str, str], list[str]]

SIGNS = {"missing": "-", "extra": "+"}


def text(target: Target, found: Verified) -> str:
    lines = [_history(line, found) for line in statuses.text(target, found.status).split("\n")]
    lines += [f"note: {note}" for note in found.notes]
    if found.unchecked:
        lines.append(f"Drift was NOT checked: {found.unchecked}.")
    elif not found.differences:
        lines.append(f"No drift: the database is what {found.against} has.")
    else:
        lines += _drift(found)
    return "\n".join(lines)


def _history(line: str, found: Verified) -> str:
    """`status` says "up to date" of the history; here that would promise too much."""
    if not line.startswith(statuses.UP_TO_DATE):
        return line
    return f"The history has no pending migration ({len(found.status.of('applied'))} applied)."


def _drift(found: Verified) -> list[str]:
    count = counted(len(found.differences), "difference")
    lines = ["", f"Drift: {count} from {found.against}.", ""]
    parts = _parts(found.differences)
    for difference in found.differences:
        if _is_part(difference, parts):
            continue  # shown with its table
        with_ = _listed(parts.get((difference.object, difference.state), []))
        lines.append(f"  {difference.state:<9} {difference.object}{with_}")
        lines += [f"      {masked(line)}" for line in changed_lines(difference)]
    lines += ["", "This would repair it. Nothing of it was executed; read it before you do."]
    if any(" CONCURRENTLY " in sql for sql in found.repairs):
        lines.append("Run it statement by statement: CONCURRENTLY wants no transaction around it.")
    lines.append("")
    lines += [f"    {masked(line)}" for sql in found.repairs for line in sql.split("\n")]
    return lines


def _parts(differences: Sequence[Difference]) -> Parts:
    """What is missing or extra together with its table: the kinds, by the table and the state."""
    found: Parts = {
        (d.object, d.state): []
        for d in differences
        if d.object.startswith("table ") and d.state != "different"
    }
    for difference in differences:
        if _is_part(difference, found):
            kind = taken_apart(difference.object).kind.removesuffix(" on").removesuffix(" of")
            found[_table_of(difference), difference.state].append(kind)
    return found


def _is_part(difference: Difference, parts: Parts) -> bool:
    return (_table_of(difference), difference.state) in parts


def _table_of(difference: Difference) -> str:
    """The table that an object is a part of, as the snapshot names it."""
    of = properties(difference.expected or difference.found)
    return f"table {taken_apart(difference.object).table or of.get('table', '')}"


def _listed(kinds: Sequence[str]) -> str:
    each = {kind: kinds.count(kind) for kind in kinds}
    parts = [counted(count, kind, _plural(kind)) for kind, count in each.items()]
    return f" (with {', '.join(parts)})" if parts else ""


def _plural(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies" if kind != "foreign key" else "foreign keys"
    return f"{kind}es" if kind.endswith("x") else f"{kind}s"


def changed_lines(difference: Difference) -> list[str]:
    """`-` is what was expected, `+` what is there."""
    expected, found = difference.expected.split("\n"), difference.found.split("\n")
    if difference.state in SIGNS:
        lines = expected if difference.state == "missing" else found
        return [f"{SIGNS[difference.state]} {line}" for line in lines if _tells(line)]
    import difflib

    lines = list(difflib.unified_diff(expected, found, n=0, lineterm=""))[2:]
    return [f"{line[0]} {line[1:]}" for line in lines if not line.startswith("@@")]


def _tells(line: str) -> bool:
    return bool(line) and not line.startswith("table: ")


def as_json(target: Target, found: Verified) -> dict[str, Any]:
    return {
        **statuses.as_json(target, found.status),
        "clean": not (found.wrong or found.unchecked),
        "drift": {
            "checked": not found.unchecked,
            "unchecked_because": found.unchecked or None,
            "against": found.against or None,
            "notes": list(found.notes),
            "differences": [
                {"object": d.object, "state": d.state, "expected": d.expected, "found": d.found}
                for d in found.differences
            ],
            "repair": list(found.repairs),
        },
    }
