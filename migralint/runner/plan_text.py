"""The plan in words, and as JSON."""

from __future__ import annotations

from migralint.amounts import counted
from migralint.knowledge.effects import said
from migralint.runner import gate
from migralint.runner.apply_json import finding_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.runner.plan import Plan, Planned
    from migralint.runner.target import Target

FIELDS = ("operation", "object", "line", "lock", "blocks", "work", "bytes", "seconds", "held")


def text(target: Target, found: Plan) -> str:
    environment = found.environment
    where = f"{found.server}, {environment.name}: {environment.why}"
    lines = [f"{target.found.url.shown} ({where}), {target.folder}"]
    lines += [f"warning: {note}" for note in found.notes]
    if not found.planned:
        nothing = "Nothing to apply" + ": the database is up to date" * (not found.withheld)
        return "\n".join([*lines, f"{nothing}."])
    for planned in found.planned:
        lines += ["", *lines_of(planned)]
    closing = f"{counted(len(found.planned), 'pending migration')}."
    if found.report is not None and found.refused:
        errors = counted(len(gate.refused(found.report)), "error")
        closing += f" `migralint apply` would refuse: {errors}."
    return "\n".join([*lines, "", closing])


def lines_of(planned: Planned) -> list[str]:
    how = planned.mode
    way = "in one transaction" if how.transaction else f"without a transaction ({how.reason})"
    lines = [f"{planned.name}  {way}"]
    lines += [f"  line {effect.line}: {said(effect)}" for effect in planned.effects]
    lines += [f"  {gate.said(finding)}" for finding in planned.findings]
    return lines


def as_json(target: Target, found: Plan) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "database": target.found.url.shown,
        "server": found.server,
        "environment": found.environment.name,
        "refused": found.refused,
        "withheld": list(found.withheld),
        "notes": list(found.notes),
        "migrations": [entry(planned) for planned in found.planned],
    }


def entry(planned: Planned) -> dict[str, Any]:
    return {
        "name": planned.name,
        "path": planned.path,
        "transaction": planned.mode.transaction,
        "reason": planned.mode.reason,
        "operations": [
            {
                **{name: getattr(effect, name) for name in FIELDS},
                "rewrites": effect.rewrites,
                "scans": effect.scans,
            }
            for effect in planned.effects
        ],
        "findings": [finding_entry(finding) for finding in planned.findings],
    }
