"""How quiet: the migrations that the last 100 commits with migrations added, as the hook saw them.

    python benchmarks/replay.py --mirror REPO.git --files FOLDER --migrations prisma/migrations [--commits 100]

REPO.git is a clone of the project, FOLDER holds its files, --migrations is the folder of migrations in
both. For each commit the migrations that it added are pending and the older ones are context. Printed are
the shares of new migrations with an error, with warnings only, and with nothing: without sizes, and with
sizes (every table is small but the ones named by --large); beside them squawk's, where it is installed.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys

from migralint import rules
from migralint.config import Config
from migralint.discover import discover
from migralint.lint import lint
from migralint.model import Severity
from migralint.source import WorkTree


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirror", required=True)
    parser.add_argument("--files", required=True)
    parser.add_argument("--migrations", required=True)
    parser.add_argument("--large", default="", help="tables that are large, with commas")
    parser.add_argument("--commits", type=int, default=100)
    options = parser.parse_args()
    commits = added(options.mirror, options.migrations, options.commits)
    root = os.path.abspath(options.files)
    commits = [[p for p in paths if os.path.isfile(os.path.join(root, p))] for paths in commits]
    new = [path for paths in commits for path in paths]
    print(f"{len(commits)} commits, {len(new)} new migrations that are still there")
    large = {name: 1_000_000 for name in options.large.split(",") if name}
    for title, sizes in (("without sizes", None), ("with sizes", large)):
        worst: dict[str, Severity] = {}
        by_rule: collections.Counter[str] = collections.Counter()
        for paths in commits:
            for finding in findings(root, paths, sizes) if paths else ():
                worst[finding.path] = max(worst.get(finding.path, Severity.INFO), finding.severity)
                by_rule[finding.rule] += 1
        counts = collections.Counter(worst.values())
        shares = {name: counts[Severity[name]] / (len(new) or 1) for name in ("ERROR", "WARNING")}
        nothing = 1 - len([1 for s in worst.values() if s > Severity.INFO]) / (len(new) or 1)
        print(
            f"{title}: error {shares['ERROR']:.0%}, warning {shares['WARNING']:.0%}, nothing {nothing:.0%}"
        )
        print("  " + ", ".join(f"{rule} {count}" for rule, count in by_rule.most_common(10)))
    squawk(root, new)
    return 0


def added(mirror: str, migrations: str, count: int) -> list[list[str]]:
    """The .sql files that each of the last commits added, the oldest commit first."""
    command = [
        "git",
        f"--git-dir={mirror}",
        "log",
        "--no-merges",
        "--diff-filter=A",
        "--name-only",
        "-z",
    ]
    command += ["--format=%x01", f"-n{count}", "HEAD", "--", f":(glob){migrations}/**/*.sql"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = [
        [p.strip("\n") for p in part.split("\0") if p.strip("\n")] for part in log.split("\x01")
    ]
    return [paths for paths in reversed(found) if paths]


def findings(root: str, paths: list[str], sizes: dict[str, int] | None):  # type: ignore[no-untyped-def]
    config = Config(root=root, large_tables=sizes)
    project = discover([os.path.join(root, p) for p in paths], config, WorkTree(root), added=paths)
    return lint(project.migrations, RULES, config).findings


def squawk(root: str, new: list[str]) -> None:
    program = shutil.which("squawk") or shutil.which("squawk", path=os.path.dirname(sys.executable))
    if program is None:
        print("squawk is not installed: left out")
        return
    paths = [os.path.join(root, path) for path in new]
    done = subprocess.run([program, "--reporter", "json", *paths], capture_output=True, text=True)
    reported = json.loads(done.stdout or "[]")
    files = {entry["file"] for entry in reported}
    rules_ = collections.Counter(entry["rule_name"] for entry in reported)
    print(f"squawk: something to say of {len(files) / (len(new) or 1):.0%}")
    print("  " + ", ".join(f"{rule} {count}" for rule, count in rules_.most_common(6)))


RULES = rules.load([rules.builtin_directory()])

if __name__ == "__main__":
    raise SystemExit(main())
