"""What a run costs beside its peers: a hook's start, a whole repository, with and without the cache.

    python benchmarks/speed.py [--migralint PROGRAM] [--runs 7] [--files 1000,10000] [--commit]

PROGRAM is the installed `migralint` (default: the one beside this Python); install a wheel, because
a checkout reads its rules from YAML. Commands are run in turn and the medians compared: CPU where
the question is what a process costs, wall where it is what a person waits for. squawk is looked for
on the PATH and beside this Python. `--commit` times `git commit` through pre-commit too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from compare import measured, project

NEW = 'ALTER TABLE "Table1" ADD COLUMN "note" TEXT;\n\nDROP INDEX "Table1_x_idx";\n'
STRUCTURE = 'DELETE FROM "Table1" WHERE coalesce("x", 1) = 1 OR 1 = 1;\n'
HOOKS = {
    # squawk's own: what its .pre-commit-hooks.yaml says, with the Node that is installed
    "squawk's own hook": """repos:
  - repo: local
    hooks:
      - id: squawk
        name: squawk
        entry: squawk
        language: node
        language_version: system
        types: [text]
        additional_dependencies: [squawk-cli]
""",
    "squawk's binary alone": """repos:
  - repo: local
    hooks:
      - {{id: squawk, name: squawk, entry: {squawk}, language: system, types: [text]}}
""",
    "migralint's own hook": """repos:
  - repo: {checkout}
    rev: {commit}
    hooks:
      - id: migralint
""",
}

Turn = tuple[str, list[str], Callable[[], None]]


def nothing() -> None:
    pass


def compared(title: str, folder: Path, turns: list[Turn], runs: int, by: int) -> None:
    """The median of each command, and its ratio to the first; `by` is 0 for CPU and 1 for wall."""
    figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name, _, _ in turns}
    for turn in range(runs + 1):
        for name, command, prepare in turns:
            prepare()
            result = measured(command, folder)
            if turn:
                figures[name].append(result)
    medians = {
        name: [statistics.median(column) for column in zip(*some, strict=True)]
        for name, some in figures.items()
    }
    print(f"{title} ({'wall' if by else 'CPU'})")
    base = next(iter(medians.values()))
    for name, (cpu, wall, memory) in medians.items():
        ratio = medians[name][by] / base[by]
        print(
            f"  {name:34} cpu {cpu * 1000:9.1f} ms  wall {wall * 1000:9.1f} ms  {memory:7.1f} MiB  {ratio:6.2f}x",
            flush=True,
        )


def one_migration(program: str, python: str, runs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder, 20)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        lint = [program, "lint", "--output", "concise"]
        subprocess.run(lint, cwd=folder, stdout=subprocess.DEVNULL, check=False)
        shutil.move(folder / ".migralint_cache", folder / "kept")

        def known() -> None:
            shutil.rmtree(folder / ".migralint_cache", ignore_errors=True)
            shutil.copytree(folder / "kept", folder / ".migralint_cache")

        plain, structure = (added(folder, n, text) for n, text in ((90, NEW), (91, STRUCTURE)))
        bare: Turn = ("python -c pass", [python, "-c", "pass"], nothing)
        parser: Turn = (
            "import sqlglot.dialects.postgres",
            [python, "-c", "import sqlglot.dialects.postgres"],
            nothing,
        )
        new: Turn = ("one, no structure, 20 known", [*lint, plain], known)
        seen: Turn = ("one seen before", [*lint, plain], nothing)  # by the turn before
        cold: Turn = ("one, no structure, cold", [*lint, "--no-cache", plain], nothing)
        asked: Turn = ("one with a condition, cold", [*lint, "--no-cache", structure], nothing)
        compared("one migration behind 20", folder, [bare, new, seen, cold, asked, parser], runs, 0)
        compared("the same, against the parser", folder, [parser, cold, asked], runs, 0)


def added(folder: Path, number: int, text: str) -> str:
    path = folder / "prisma" / "migrations" / f"20250101{number:06}_new" / "migration.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def whole(program: str, squawk: str, files: int, runs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = project(folder, files)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        lint = [program, "lint", "--output", "concise", "prisma/migrations"]
        cache, new = folder / ".migralint_cache", folder / "prisma/migrations/20250101000090_new"
        kept = folder / "kept"

        def cold() -> None:
            shutil.rmtree(cache, ignore_errors=True)
            shutil.rmtree(new, ignore_errors=True)

        def warm() -> None:
            cold()
            subprocess.run(lint, cwd=folder, stdout=subprocess.DEVNULL, check=False)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(cache, kept)

        def one_new() -> None:
            cold()
            shutil.copytree(kept, cache)
            added(folder, 90, NEW)

        def unchanged() -> None:
            cold()
            shutil.copytree(kept, cache)

        warm()
        peer: Turn = ("squawk", [squawk, *paths], nothing)
        if files > 2_000:  # more than a command line may hold
            listed = folder / "paths"
            listed.write_text("\n".join(paths))
            peer = ("squawk", ["xargs", "-s", "2000000", "-a", str(listed), squawk], nothing)
        alone = [*lint[:-1], "--no-cache", lint[-1]]
        compared(
            f"{files} migrations",
            folder,
            [
                peer,
                ("cold, nothing kept", alone, cold),
                ("cold, results kept", lint, cold),
                ("unchanged", lint, unchanged),
                ("one new", lint, one_new),
            ],
            runs,
            1,
        )


def commit(squawk: str, runs: int) -> None:
    """`git commit` of one migration through pre-commit, with each linter as its only hook."""
    checkout = str(Path(__file__).resolve().parent.parent)
    head = ["git", "-C", checkout, "rev-parse", "HEAD"]
    found = subprocess.run(head, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder, 20)
        pre_commit = str(Path(sys.executable).parent / "pre-commit")
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run(["git", "add", "."], cwd=folder, check=True)
        subprocess.run([*git, "commit", "-qm", "all"], cwd=folder, check=True)
        turns: list[Turn] = []
        number = iter(range(1, 10_000))
        hook = folder / ".git" / "hooks" / "pre-commit"
        for place, (title, text) in enumerate(HOOKS.items()):
            config = folder / f".git/{place}.yaml"
            config.write_text(text.format(squawk=squawk, checkout=checkout, commit=found))
            install = [pre_commit, "install-hooks", "--config", str(config)]
            subprocess.run(install, cwd=folder, check=True, stdout=subprocess.DEVNULL)

            def prepare(config: Path = config) -> None:
                column = 'ALTER TABLE "Table1" ADD COLUMN IF NOT EXISTS a TEXT;\n'
                added(folder, next(number), column)
                subprocess.run(["git", "add", "."], cwd=folder, check=True)
                hook.write_text(f"#!/bin/sh\nexec {pre_commit} run --config {config}\n")
                hook.chmod(0o755)

            turns.append((title, [*git, "commit", "-qm", "x"], prepare))
        compared("git commit through pre-commit", folder, turns, runs, 1)


def main() -> int:
    beside = os.path.dirname(sys.executable)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--migralint", default=os.path.join(beside, "migralint"))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--files", default="1000")
    parser.add_argument("--commit", action="store_true")
    options = parser.parse_args()
    os.environ.pop("PYTHONPATH", None)  # the installed program is meant, not a checkout
    squawk = shutil.which("squawk") or shutil.which("squawk", path=beside)
    python = os.path.join(os.path.dirname(options.migralint), "python")
    one_migration(options.migralint, python, options.runs)
    if squawk is None:
        print("squawk is not installed: nothing to compare a whole repository with")
        return 1
    for files in map(int, options.files.split(",")) if options.files else ():
        whole(options.migralint, squawk, files, options.runs)
    if options.commit:
        commit(squawk, options.runs)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
