"""migralint beside squawk and sqlfluff on the same files: CPU, wall and peak memory, as ratios.

    python benchmarks/compare.py [--migralint PROGRAM] [--files 1,100,1000] [--runs 5]
                                 [--sqlfluff-at-most 100]

Makes a Prisma project of so many synthetic migrations (about 8 statements, 1 kB each), runs the three tools
in turn, and prints the median of each figure and its ratio to squawk's of the same run. PROGRAM is the
installed `migralint` (a wheel: a checkout reads its rules from YAML). squawk and sqlfluff are looked for on the PATH and beside this Python; what is missing is left out and said.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEMPLATES = (
    '-- CreateTable\nCREATE TABLE "{t}" (\n    "id" TEXT NOT NULL,\n    "name" TEXT NOT NULL,\n'
    '    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    "ownerId" INTEGER,\n\n'
    '    CONSTRAINT "{t}_pkey" PRIMARY KEY ("id")\n);\n',
    '-- CreateIndex\nCREATE INDEX "{t}_{c}_idx" ON "{o}"("{c}");\n',
    '-- CreateIndex\nCREATE UNIQUE INDEX "{t}_{c}_key" ON "{o}"("{c}");\n',
    '-- AlterTable\nALTER TABLE "{o}" ADD COLUMN     "{c}" TEXT,\nADD COLUMN     "{c}At" TIMESTAMP(3);\n',
    '-- AlterTable\nALTER TABLE "{o}" ADD COLUMN     "{c}" BOOLEAN NOT NULL DEFAULT false;\n',
    '-- AlterTable\nALTER TABLE "{o}" DROP COLUMN "{c}";\n',
    '-- AddForeignKey\nALTER TABLE "{o}" ADD CONSTRAINT "{o}_{c}_fkey" FOREIGN KEY ("{c}") REFERENCES "{t}"("id") '
    "ON DELETE CASCADE ON UPDATE CASCADE;\n",
    "-- AlterEnum\nALTER TYPE \"Status{n}\" ADD VALUE 'VALUE_{n}';\n",
    'UPDATE "{o}" SET "{c}" = \'x\' WHERE "{c}" IS NULL;\n',
)


def project(folder: Path, files: int) -> list[str]:
    """A Prisma migrations folder with so many migrations; always the same ones."""
    chance = random.Random(files)
    migrations = folder / "prisma" / "migrations"
    paths = []
    for number in range(files):
        names = {
            "t": f"Table{number}",
            "o": f"Table{chance.randrange(max(number, 1))}",
            "n": number,
        }
        picked = [chance.choice(TEMPLATES) for _ in range(8)]
        text = "\n".join(t.format(c=f"column{chance.randrange(1000)}", **names) for t in picked)
        path = migrations / f"{20240101000000 + number}_change_{number}" / "migration.sql"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        paths.append(str(path))
    (migrations / "migration_lock.toml").write_text('provider = "postgresql"\n')
    return paths


def measured(command: list[str], cwd: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak MiB of one run; findings are no failure."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1, 123):  # 123: what xargs makes of a 1
        raise SystemExit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def tools(migralint: str, paths: list[str], sqlfluff_at_most: int) -> dict[str, list[str]]:
    beside = os.path.dirname(sys.executable)
    lint = ["lint", "--output", "concise", "--no-cache", "prisma/migrations"]
    found = {"migralint": [migralint, *lint]}
    for name, arguments in (
        ("squawk", []),
        ("sqlfluff", ["lint", "--dialect", "postgres", "--disable-progress-bar"]),
    ):
        program = shutil.which(name) or shutil.which(name, path=beside)
        if program is None:
            print(f"{name} is not installed: left out")
        elif name == "squawk" or len(paths) <= sqlfluff_at_most:
            found[name] = [program, *arguments, *(paths if name == "squawk" else ["prisma"])]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", default="1,100,1000")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sqlfluff-at-most", type=int, default=100)
    beside = os.path.dirname(sys.executable)
    parser.add_argument("--migralint", default=os.path.join(beside, "migralint"))
    options = parser.parse_args()
    os.environ.pop("PYTHONPATH", None)  # the installed program is meant, not a checkout
    print(
        f"{'files':>6}  {'tool':10} {'cpu s':>8} {'wall s':>8} {'MiB':>7}   ratio to squawk: cpu, wall, memory"
    )
    for files in map(int, options.files.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            paths = project(Path(folder), files)
            commands = tools(options.migralint, paths, options.sqlfluff_at_most)
            runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
            for turn in range(options.runs + 1):
                for name, command in commands.items():
                    if name == "sqlfluff" and turn > 1:
                        continue  # it takes minutes, and its figure does not hang on a tenth
                    result = measured(command, Path(folder))
                    if turn or name == "sqlfluff":
                        runs[name].append(result)
            show(files, runs)
    return 0


def show(files: int, runs: dict[str, list[tuple[float, float, float]]]) -> None:
    medians = {
        name: [statistics.median(column) for column in zip(*some, strict=True)]
        for name, some in runs.items()
    }
    base = medians.get("squawk")
    for name, (cpu, wall, memory) in medians.items():
        ratio = ""
        if base:
            ratio = "  ".join(
                f"{value / other:6.2f}x"
                for value, other in zip((cpu, wall, memory), base, strict=True)
            )
        print(f"{files:6}  {name:10} {cpu:8.3f} {wall:8.3f} {memory:7.1f}   {ratio}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
