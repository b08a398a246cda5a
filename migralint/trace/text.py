"""What was traced, in words and as JSON."""

from __future__ import annotations

from migralint.amounts import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from migralint.trace import Traced
    from migralint.trace.running import Trace
    from migralint.trace.tracing import Traces

# More is seldom read; the JSON has it all.
MOST = 6


def text(found: Traces, verbose: bool = False) -> str:
    target = found.target
    rows = f", {found.rows} made-up rows in each table" if found.rows else ", empty tables"
    environment = target.environment
    where = f"{found.server}, {environment.name}: {environment.why}"
    lines = [f"{target.found.url.shown} ({where}), {target.folder}"]
    if not found.traces:
        return "\n".join([*lines, "Nothing to trace: the database is up to date."])
    lines += [f"Traced on a scratch copy of its schema{rows}."]
    lines += [f"note: {note}" for note in found.notes]
    for trace in found.traces:
        lines += ["", *_lines(trace, verbose)]
    return "\n".join([*lines, "", _closing(found)])


def _lines(trace: Trace, verbose: bool) -> list[str]:
    how = trace.mode
    said = "in one transaction" if how.transaction else f"without a transaction ({how.reason})"
    lines = [f"{trace.local.name}  {said}"]
    for one in trace.traced:
        lines.append(f"  line {one.line}: {_statement(one)}")
        lines += [f"    {line}" for line in _said(one, verbose)]
    if trace.error is not None:
        lines += [f"  {line}" for line in str(trace.error).split("\n")]
    return lines


def _statement(one: Traced) -> str:
    return one.statement if len(one.statement) <= 84 else f"{one.statement[:81]}..."


def _said(one: Traced, verbose: bool) -> list[str]:
    if one.state != "traced":
        return [f"{one.state}: {one.said}"]
    parts = [f"{lock} on {name}" for name, lock in one.locks.items()]
    if len(parts) > MOST and not verbose:
        parts[MOST:] = [f"{len(parts) - MOST} more"]
    parts += [f"rewrites {name}" for name in one.rewrites]
    parts += [f"reads all of {name}" for name in one.scans if name not in one.rewrites]
    took = f"{one.seconds * 1000:.1f} ms"
    if one.held and not parts:
        parts = [f"{', '.join(one.held)} locked already"]
    what = "; ".join(parts) or "no lock on what was there before"
    agrees = "" if one.differences else ", as predicted"
    lines = [f"{what} ({took}{agrees})"]
    lines += [f"left open: {sentence}" for sentence in one.assumed]
    return lines + [f"DIFFERS ({d.way}): {d}" for d in one.differences]


def _closing(found: Traces) -> str:
    statements = [one for trace in found.traces for one in trace.traced]
    different = [one for one in statements if one.differences]
    failed = [trace for trace in found.traces if trace.error]
    count = f"{counted(len(statements), 'statement')} of {counted(len(found.traces), 'migration')}"
    parts = [f"{count} traced"]
    for way, what in (("stricter", "stricter"), ("looser", "looser")):
        number = sum(any(d.way == way for d in one.differences) for one in different)
        parts += [f"{number} {what} than predicted"] * bool(number)
    parts += ["none differs from the prediction"] * (not different)
    parts += [f"{trace.local.name} failed" for trace in failed]
    return ", ".join(parts) + "."


def as_json(found: Traces) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "database": found.target.found.url.shown,
        "server": found.server,
        "environment": found.target.environment.name,
        "rows": found.rows,
        "notes": list(found.notes),
        "wrong": found.wrong,
        "migrations": [_entry(trace) for trace in found.traces],
    }


def _entry(trace: Trace) -> dict[str, Any]:
    return {
        "name": trace.local.name,
        "path": trace.local.migration.path,
        "transaction": trace.mode.transaction,
        "reason": trace.mode.reason,
        "error": str(trace.error) if trace.error else None,
        "statements": [_one(one) for one in trace.traced],
    }


def _one(one: Traced) -> dict[str, Any]:
    return {
        "line": one.line,
        "statement": one.statement,
        "state": one.state,
        "said": one.said,
        "seconds": round(one.seconds, 6),
        "locks": dict(one.locks),
        "rewrites": list(one.rewrites),
        "scans": list(one.scans),
        "predicted": {
            "locks": dict(one.predicted),
            "rewrites": list(one.predicted_rewrites),
            "scans": list(one.predicted_scans),
        },
        "held": list(one.held),
        "assumed": list(one.assumed),
        "differences": [
            {
                "relation": d.relation,
                "what": d.what,
                "way": d.way,
                "predicted": d.predicted,
                "found": d.found,
            }
            for d in one.differences
        ],
    }
