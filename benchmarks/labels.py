"""Recall and precision on hand-checked findings in real migrations.

    python benchmarks/labels.py --labels LABELS.jsonl --rules RULES.json --corpora FOLDER [--alone] [-v]

LABELS.jsonl: one label a line with repo, path, line, stmt_line, end_line, category, object, expect
("must" or "may") and corpus. RULES.json: category -> the rules that may report it. FOLDER holds
<corpus>/sql/<path> for every labelled file. Each file is linted with default settings, its project's
earlier migrations being context (with --alone: without them).

A "must" is found where one of its rules reports on any line of its statement. A report of a rule that
RULES.json names and that no label of the file covers is a false alarm. Reports of other rules are
counted by rule.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
from typing import Any

from migralint import rules
from migralint.config import Config
from migralint.discover import discover
from migralint.lint import lint
from migralint.model import Finding, replace
from migralint.source import WorkTree


def main() -> int:
    options = arguments()
    with open(options.labels, encoding="utf-8") as file:
        labels = [json.loads(line) for line in file]
    with open(options.rules, encoding="utf-8") as file:
        allowed: dict[str, list[str]] = json.load(file)
    judged = {rule for names in allowed.values() for rule in names}
    files = {(label["corpus"], label["path"]): None for label in labels}
    if options.files:
        with open(options.files, encoding="utf-8") as file:
            files |= {(entry["corpus"], entry["path"]): None for entry in json.load(file)}
    found = found_must = reported = false_alarms = assumed = 0
    others: collections.Counter[str] = collections.Counter()
    loaded = rules.load([rules.builtin_directory()])
    for corpus, path in files:
        own = [label for label in labels if (label["corpus"], label["path"]) == (corpus, path)]
        findings = lint_file(
            os.path.join(options.corpora, corpus, "sql"), path, loaded, options.alone
        )
        for label in own:
            if label["expect"] != "must":
                continue
            found_must += 1
            hit = any(covers(label, finding, allowed) for finding in findings)
            found += hit
            if not hit:
                print(f"missed   {path}:{label['line']} {label['category']} {label['object']}")
        for finding in findings:
            assumed += bool(finding.assumed)
            if finding.rule not in judged:
                others[finding.rule] += 1
                continue
            reported += 1
            if not any(near(label, finding) for label in own):
                false_alarms += 1
                print(f"false    {path}:{finding.line} {finding.rule}: {finding.message}")
            elif options.verbose and not any(covers(label, finding, allowed) for label in own):
                print(f"other    {path}:{finding.line} {finding.rule}")
    print(f"files {len(files)}, must {found_must}, found {found}, recall {found / found_must:.4f}")
    print(
        f"reports of judged rules {reported}, outside the labels {false_alarms} ({false_alarms / reported:.2%})"
    )
    print(f"findings with an assumption {assumed}")
    print("other rules:", ", ".join(f"{rule} {count}" for rule, count in others.most_common()))
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", required=True)
    parser.add_argument("--rules", required=True)
    parser.add_argument("--corpora", required=True)
    parser.add_argument("--files", help="JSON list with corpus and path of every labelled file")
    parser.add_argument("--alone", action="store_true", help="lint each file without its project")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


def lint_file(root: str, path: str, loaded: Any, alone: bool) -> list[Finding]:
    config = Config(root=root)
    project = discover([os.path.join(root, path)], config, WorkTree(root))
    migrations = project.migrations
    if alone:
        migrations = tuple(m for m in migrations if m.report)
    return list(lint([replace(m, pending=m.report) for m in migrations], loaded, config).findings)


def near(label: dict[str, Any], finding: Finding) -> bool:
    """Whether the report is on a line of the label's statement."""
    return bool(label["stmt_line"] <= finding.line <= label["end_line"])


def covers(label: dict[str, Any], finding: Finding, allowed: dict[str, list[str]]) -> bool:
    return near(label, finding) and finding.rule in allowed.get(label["category"], ())


if __name__ == "__main__":
    raise SystemExit(main())
