"""How the cost of a run grows with its input: time and memory, and the exponent between two sizes.

    python benchmarks/growth.py [--migralint PROGRAM] [--only NAME] [--large]

An exponent of 1 is linear, 2 quadratic. It is taken between the last two sizes, of CPU over a bare
Python. Where squawk is found, it is given the same files, and a minute for each.
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
PATIENCE = "60"  # seconds for squawk


def repeated(line: str) -> Make:
    """The line once for each number, which stands for `#`."""
    return lambda count: "".join(line.replace("#", str(number)) for number in range(count))


def listed(head: str, part: str, tail: str) -> Make:
    return lambda count: (
        head + ",\n".join(part.replace("#", str(number)) for number in range(count)) + tail
    )


def one_line(count: int) -> str:
    numbers = ", ".join(str(number) for number in range(count // 8))
    return f"INSERT INTO t VALUES ({numbers});\nDROP TABLE t;\n"


# What is made, the sizes, and those of --large.
SIZES: dict[str, tuple[Make, tuple[int, ...], tuple[int, ...]]] = {
    "statements in a file": (
        repeated("ALTER TABLE t# ADD COLUMN c text;\n"),
        (10, 1_000, 10_000),
        (100_000,),
    ),
    "findings in a file": (
        repeated("DROP TABLE t#;\n"),
        (0, 1_000, 10_000),
        (50_000,),
    ),
    "findings on one line": (repeated("DROP TABLE t#;"), (1_000, 5_000, 15_000), (50_000,)),
    "findings on one table": (
        repeated("CREATE INDEX i# ON users (email);\n"),
        (1_000, 5_000, 15_000),
        (50_000,),
    ),
    "tables with indexes and foreign keys": (
        repeated(
            "CREATE TABLE t# (id bigint PRIMARY KEY, a bigint REFERENCES users (id));\n"
            "CREATE INDEX i# ON t# (a);\n"
        ),
        (500, 2_000, 6_000),
        (20_000,),
    ),
    "transactions": (
        repeated("BEGIN;\nALTER TABLE t# ADD COLUMN a int;\nCOMMIT;\n"),
        (1_000, 5_000),
        (30_000,),
    ),
    "bytes of one line": (one_line, (1_000_000, 3_000_000), (10_000_000,)),
    "bytes of one string": (
        lambda count: f"COMMENT ON TABLE t IS '{'x' * count}';\nDROP TABLE t;\n",
        (1_000_000, 3_000_000),
        (10_000_000,),
    ),
    "operators of one line": (
        lambda count: f"SELECT 1 {'+' * count} 1;\nDROP TABLE t;\n",
        (1_000_000, 3_000_000),
        (10_000_000,),
    ),
    "statements of one block": (
        lambda count: f"DO $$ BEGIN {'PERFORM 1; ' * count} DROP TABLE t; END $$;\n",
        (1_000, 10_000),
        (100_000,),
    ),
    "views, and columns that are dropped": (
        lambda count: (
            listed("CREATE TABLE t (id int, ", "c# int", ");\n")(count)
            + repeated("CREATE VIEW v# AS SELECT c# FROM t;\n")(count)
            + repeated("ALTER TABLE t DROP COLUMN c#;\n")(count)
        ),
        (500, 2_000),
        (10_000,),
    ),
    "constraints of one table": (
        lambda count: (
            listed("CREATE TABLE t (id int, ", "c# int UNIQUE", ");\n")(count)
            + repeated("ALTER TABLE t ADD CONSTRAINT k# CHECK (c# IS NOT NULL);\n")(count)
            + repeated("ALTER TABLE t ALTER COLUMN c# SET NOT NULL;\n")(count)
        ),
        (500, 2_000),
        (10_000,),
    ),
    "rows in one IN list": (
        listed("DELETE FROM t WHERE id IN (", "#", ");\nDROP TABLE t;\n"),
        (10_000, 100_000),
        (1_000_000,),
    ),
    "nested brackets": (
        lambda count: f"SELECT {'(' * count}1{')' * count};\nDROP TABLE t;\n",
        (1, 1_000, 10_000),
        (100_000,),
    ),
    "nested conditions": (
        lambda count: f"DELETE FROM t WHERE {'(' * count}1=1{')' * count};\nDROP TABLE t;\n",
        (1, 1_000, 10_000),
        (100_000,),
    ),
    "nested blocks": (
        lambda count: f"DO $$ BEGIN {'BEGIN ' * count} DROP TABLE t; {'END; ' * count} END $$;\n",
        (1, 1_000, 10_000),
        (100_000,),
    ),
    "actions of one ALTER TABLE": (
        listed("ALTER TABLE t\n", "ADD COLUMN c# int NOT NULL", ";\n"),
        (500, 2_000, 6_000),
        (20_000,),
    ),
    "suppressions": (
        repeated("-- migralint: allow drop-table (unused)\nDROP TABLE t#;\n"),
        (1_000, 4_000),
        (20_000,),
    ),
    "empty statements": (lambda count: ";" * count, (100_000, 1_000_000), ()),
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
        line = f"  {size:>10,}  {shown(cpu, wall, memory)}"
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
        cpu, wall, memory = measured(["timeout", PATIENCE, squawk, "001_a.sql"], folder)
    except SystemExit as ended:
        late = "ended with 124" in str(ended)
        return f"stopped after {PATIENCE} s" if late else str(ended)
    return shown(cpu, wall, memory)


def shown(cpu: float, wall: float, memory: float) -> str:
    return f"cpu {cpu:8.2f} s  wall {wall:8.2f} s  {memory:8.1f} MiB"


def exponent(costs: list[tuple[int, float]]) -> float:
    (small, before), (large, after) = costs[-2:]
    return math.log(max(after, 1e-9) / max(before, 1e-9)) / math.log(large / small)


if __name__ == "__main__":
    raise SystemExit(main())
