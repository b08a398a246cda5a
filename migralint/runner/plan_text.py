"""The plan in words, and as JSON."""

from __future__ import annotations

from migralint.runner import gate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.runner.plan import Effect, Plan, Planned
    from migralint.runner.target import Target


def text(target: Target, found: Plan) -> str:
    environment = found.environment
    where = f"{found.server}, {environment.name}: {environment.why}"
    lines = [f"{target.found.url.shown} ({where}), {target.folder}"]
    lines += [f"warning: {note}" for note in found.notes]
    if not found.planned:
        return "\n".join([*lines, "Nothing to apply: the database is up to date."])
    for planned in found.planned:
        lines += ["", *_lines(planned)]
    count = len(found.planned)
    closing = f"{count} pending {'migration' if count == 1 else 'migrations'}."
    if found.report is not None and found.refused:
        closing += f" `migralint apply` would refuse: {len(gate.refused(found.report))} errors."
    return "\n".join([*lines, "", closing])


def _lines(planned: Planned) -> list[str]:
    how = planned.mode
    said = "in one transaction" if how.transaction else f"without a transaction ({how.reason})"
    lines = [f"{planned.name}  {said}"]
    lines += [f"  line {effect.line}: {_said(effect)}" for effect in planned.effects]
    lines += [f"  {gate.said(finding)}" for finding in planned.findings]
    return lines


def _said(effect: Effect) -> str:
    parts = [f"{effect.operation} {effect.object}".strip()]
    if effect.lock:
        parts.append(effect.lock)
        parts.append(f"blocks {effect.blocks}")
    if effect.rewrites or effect.scans:
        parts.append("rewrites the table" if effect.rewrites else "reads the whole table")
    if effect.lock and effect.blocks != "nothing":
        parts.append(_duration(effect))
    return ", ".join(parts)


def _duration(effect: Effect) -> str:
    if effect.held is None:
        return "for a time that depends on the table's size, which is unknown"
    if effect.held < 0.1:
        return "for a moment"
    size = f" ({_bytes(effect.bytes)})" if effect.bytes else ""
    return f"for about {_time(effect.held)}{size}"


def _time(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _bytes(count: int) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count //= 1000
    return f"{count} {unit}"


def as_json(target: Target, found: Plan) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "database": target.found.url.shown,
        "server": found.server,
        "environment": found.environment.name,
        "refused": found.refused,
        "migrations": [_entry(planned) for planned in found.planned],
    }


def _entry(planned: Planned) -> dict[str, Any]:
    return {
        "name": planned.name,
        "path": planned.path,
        "transaction": planned.mode.transaction,
        "reason": planned.mode.reason,
        "operations": [
            {name: getattr(effect, name) for name in effect.__slots__}  # type: ignore[attr-defined]
            for effect in planned.effects
        ],
        "findings": [
            {
                "rule": finding.rule,
                "severity": str(finding.severity),
                "line": finding.line,
                "column": finding.column,
                "message": finding.message,
            }
            for finding in planned.findings
        ],
    }
