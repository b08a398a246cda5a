"""How the cost of a run grows with its input: time and memory, and the exponent between two sizes.

    python benchmarks/growth.py [--migralint PROGRAM] [--only NAME] [--large]

An exponent of 1 is linear, 2 quadratic. It is taken between the last two sizes, of CPU over a bare
Python. Where squawk is found, it is given the same files.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from compare import measured, project

Make = Callable[[int], str]
SIZES: dict[str, tuple[Make, tuple[int, ...], tuple[int, ...]]] = {
    "statements in a file": (
        lambda n: "".join(f"ALTER TABLE t{i % 97} ADD COLUMN c{i} text;\n" for i in range(n)),
        (1_000, 10_000, 30_000),
        (100_000,),
    ),
    "findings in a file": (
        lambda n: "".join(f"DROP TABLE t{i};\n" for i in range(n)),
        (1_000, 5_000, 15_000),
        (50_000, 100_000),
    ),
    "findings on one table": (
        lambda n: "".join(f"CREATE INDEX i{i} ON users (email);\n" for i in range(n)),
        (1_000, 5_000, 15_000),
        (50_000,),
    ),
    "bytes of one line": (
        lambda n: (
            f"INSERT INTO t VALUES ({', '.join(str(i) for i in range(n // 8))});\nDROP TABLE t;\n"
        ),
        (1_000_000, 3_000_000),
        (10_000_000,),
    ),
    "bytes of one string": (
        lambda n: f"COMMENT ON TABLE t IS '{'x' * n}';\nDROP TABLE t;\n",
        (1_000_000, 3_000_000),
        (10_000_000,),
    ),
    "rows in one IN list": (
        lambda n: (
            f"DELETE FROM t WHERE id IN ({', '.join(str(i) for i in range(n))});\nDROP TABLE t;\n"
        ),
        (10_000, 100_000),
        (1_000_000,),
    ),
    "nested brackets": (
        lambda n: f"SELECT {'(' * n}1{')' * n};\nDROP TABLE t;\n",
        (1_000, 10_000),
        (100_000,),
    ),
    "nested conditions": (
        lambda n: f"DELETE FROM t WHERE {'(' * n}1=1{')' * n};\nDROP TABLE t;\n",
        (100, 1_000, 10_000),
        (100_000,),
    ),
    "actions of one ALTER TABLE": (
        lambda n: (
            "ALTER TABLE t\n"
            + ",\n".join(f"ADD COLUMN c{i} int NOT NULL" for i in range(n))
            + ";\n"
        ),
        (500, 2_000, 6_000),
        (20_000,),
    ),
    "suppressions": (
        lambda n: "".join(
            f"-- migralint: allow drop-table (unused)\nDROP TABLE t{i};\n" for i in range(n)
        ),
        (1_000, 4_000),
        (20_000,),
    ),
    "empty statements": (lambda n: ";" * n, (100_000, 1_000_000), ()),
}


def main() -> int:
    beside = os.path.dirname(sys.executable)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--migralint", default=os.path.join(beside, "migralint"))
    parser.add_argument("--only", default="")
    parser.add_argument("--large", action="store_true", help="the largest sizes too")
    options = parser.parse_args()
    os.environ.pop("PYTHONPATH", None)
    squawk = shutil.which("squawk") or shutil.which("squawk", path=beside) or ""
    python = os.path.join(os.path.dirname(options.migralint), "python")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = min(measured([python, "-c", "pass"], folder)[0] for _ in range(5))
        for what, (make, sizes, large) in SIZES.items():
            if options.only in what:
                all_sizes = (*sizes, *(large if options.large else ()))
                grown(what, make, all_sizes, options.migralint, squawk, folder, bare)
    if not options.only:
        files(options.migralint, squawk, bare, (100, 1_000, *((10_000,) if options.large else ())))
    return 0


def grown(
    what: str,
    make: Make,
    sizes: tuple[int, ...],
    program: str,
    squawk: str,
    folder: Path,
    bare: float,
) -> None:
    print(what)
    costs: list[tuple[int, float]] = []
    for size in sizes:
        (folder / "001_a.sql").write_text(make(size))
        command = [program, "lint", "--no-cache", "--dialect", "postgres", "001_a.sql"]
        cpu, wall, memory = measured(command, folder)
        costs.append((size, cpu - bare))
        line = f"  {size:>10,}  cpu {cpu:8.2f} s  wall {wall:8.2f} s  {memory:8.1f} MiB"
        if squawk:
            line += f"   squawk {beside_it(squawk, folder)}"
        print(line, flush=True)
    print(f"  exponent {exponent(costs):.2f}", flush=True)


def files(program: str, squawk: str, bare: float, sizes: tuple[int, ...]) -> None:
    print("files")
    costs = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            project(Path(name), size)
            command = [program, "lint", "--no-cache", "--output", "concise", "prisma/migrations"]
            cpu, wall, memory = measured(command, Path(name))
            costs.append((size, cpu - bare))
            print(
                f"  {size:>10,}  cpu {cpu:8.2f} s  wall {wall:8.2f} s  {memory:8.1f} MiB",
                flush=True,
            )
    print(f"  exponent {exponent(costs):.2f}", flush=True)


def beside_it(squawk: str, folder: Path) -> str:
    """squawk's figures, or how it ended."""
    try:
        cpu, wall, memory = measured([squawk, "001_a.sql"], folder)
    except SystemExit as ended:
        return str(ended)
    return f"cpu {cpu:8.2f} s  wall {wall:8.2f} s  {memory:8.1f} MiB"


def exponent(costs: list[tuple[int, float]]) -> float:
    (small, before), (large, after) = costs[-2:]
    return math.log(max(after, 1e-9) / max(before, 1e-9)) / math.log(large / small)


if __name__ == "__main__":
    raise SystemExit(main())
