"""GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/."""

from __future__ import annotations

from itertools import chain

from migralint.formats import Options
from migralint.formats.json_ import dumped
from migralint.formats.summary import assumption, shown_path
from migralint.model import Finding, MigralintError, Report, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def pieces(report: Report, options: Options) -> Iterator[str]:
    issues = (_finding(finding, options) for finding in report.findings)
    return dumped(chain(issues, (_error(error, options) for error in report.errors)))


def _finding(finding: Finding, options: Options) -> dict[str, Any]:
    assumed = f" ({assumption(finding)})" if finding.assumed else ""
    return {
        # the rule stands in the description too, because the merge request does not show check_name
        "description": f"{finding.rule}: {finding.message}{assumed}",
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": shown_path(finding.path, options),
            "lines": {"begin": finding.line, "end": finding.end_line},
        },
    }


def _error(error: MigralintError, options: Options) -> dict[str, Any]:
    from hashlib import sha256

    text = f"{error.path}\n{error.message}"
    return {
        "description": f"migralint: {error.message}",
        "check_name": "migralint",
        "fingerprint": sha256(text.encode("utf-8", "replace")).hexdigest(),
        "severity": "blocker",
        "location": {
            "path": shown_path(error.path, options) or ".",
            "lines": {"begin": error.line or 1},
        },
    }
