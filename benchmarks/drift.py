"""Is there drift where there can be none? What `apply` makes against what `verify --replay` makes.

    python benchmarks/drift.py --url postgresql://postgres@localhost/postgres FOLDER [FOLDER ...] [-v]

Each FOLDER of migrations is applied with migralint's runner to a database of its own, which is
dropped afterwards; then `verify` compares it with the snapshot of that apply, and with a replay in a
scratch database. Every difference is a false report. The time is that of one snapshot. A folder that
the server refuses is said to be so and not counted; with --up-to-error it is compared up to the
migration before. --before runs SQL first, in both databases
(roles, schemas, extensions that a platform provides). --psql applies the files with psql instead, as
`prisma migrate deploy` would: then the replay is the only thing that migralint has made itself.
--rebuild takes an empty database for one that has lost everything, runs the SQL that repairs it, and
counts what still differs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time

import psycopg

from migralint import catalog
from migralint.catalog import scratch
from migralint.catalog.repair import repair
from migralint.config import Config
from migralint.model import MigralintError, Migration
from migralint.runner import databases, environment, history, target
from migralint.runner.databases import Session
from migralint.runner.signals import Received, watched
from migralint.runner.url import parse

DATABASE = f"migralint_drift_{os.getpid()}"


def main() -> int:
    options = arguments()
    folders = objects = wrong = 0
    for folder in options.folders:
        found = compare(os.path.abspath(folder), options)
        if found is not None:
            folders, objects, wrong = folders + 1, objects + found[0], wrong + found[1]
    print(f"{folders} folders, {objects} objects, {wrong} differences")
    return 1 if wrong else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", required=True, help="a server of which you are the superuser")
    parser.add_argument("--before", default="", help="SQL to run first")
    parser.add_argument("--up-to-error", action="store_true")
    parser.add_argument("--psql", action="store_true", help="apply the files with psql")
    parser.add_argument("--rebuild", action="store_true", help="repair an empty database too")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every difference")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    return parser.parse_args()


def compare(folder: str, options: argparse.Namespace) -> tuple[int, int] | None:
    """(objects, differences) of a folder that applies."""
    base = options.url.rpartition("/")[0]
    with psycopg.connect(options.url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
        try:
            about = target_of(folder, f"{base}/{DATABASE}")
            return _compared(folder, about, options)
        except MigralintError as error:
            print(f"{folder}: not applied: {' '.join(str(error).split())[:160]}")
            return None
        finally:
            server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def target_of(folder: str, url: str) -> target.Target:
    config = Config(root=os.path.dirname(folder), dialect="postgres")
    place, layout, locals_, _ = target.migrations(config, folder)
    found = environment.Found(parse(url), "--url")
    judged = environment.Environment("development", "a benchmark")
    db = databases.of("postgres")
    return target.Target(config, place, layout, locals_, found, judged, db)


def _compared(folder: str, about: target.Target, options: argparse.Namespace) -> tuple[int, int]:
    db = about.db
    session = db.connect(about.found.url, ("5s", ""), True)
    with watched() as received:
        try:
            _prepare(about, session, options)
            done, session = applied(about, session, received, options)
            note = catalog.remember(about, session)
            started = time.perf_counter()
            made = catalog.snapshot(db, session)
            took = time.perf_counter() - started
            kept = catalog.remembered(about, session)
            assert kept is not None, note
            with scratch.scratch(about) as other:
                _prepare(about, other, options, table=True)
                other = scratch.apply_all(about, other, about.locals[:done], received)
                replayed = catalog.snapshot(db, other)
            rebuilt = rebuild(about, made) if options.rebuild else []
        finally:
            db.close(session)
    found = [*catalog.differences(kept[0], made), *catalog.differences(replayed, made)]
    print(
        f"{folder}: {done} of {len(about.locals)} migrations, {len(made.objects)} objects, "
        f"{len(found)} differences, snapshot {took * 1000:.0f} ms"
        + (f", rebuilt with {len(rebuilt)} left" if options.rebuild else ""),
        flush=True,
    )
    found += rebuilt
    for d in found if options.verbose else ():
        print(f"    {d.state} {d.object}\n{d.expected}\n{d.found}")
    return len(made.objects), len(found)


def rebuild(about: target.Target, made: catalog.Snapshot) -> list[catalog.Difference]:
    with scratch.scratch(about) as empty:
        found = catalog.snapshot(about.db, empty)
        for sql in repair(catalog.differences(made, found), made, found):
            try:
                about.db.run(empty, sql)
            except databases.ServerError as error:
                print(f"    {error}\n        {sql[:200]}")
        return list(catalog.differences(made, catalog.snapshot(about.db, empty)))


def applied(
    about: target.Target, session: Session, received: Received, options: argparse.Namespace
) -> tuple[int, Session]:
    """How many of the migrations were applied, and the session to go on with."""
    for number, local in enumerate(about.locals):
        try:
            if options.psql:
                psql(about, local.migration)
            else:
                session = scratch.apply_all(about, session, [local], received)
        except MigralintError as error:
            if not options.up_to_error or not number:
                raise
            print(f"{local.migration.path}: {error.message[:160]}")
            return number, session
    return len(about.locals), session


def _prepare(
    about: target.Target, session: Session, options: argparse.Namespace, table: bool = False
) -> None:
    if options.before:
        session.connection.execute(options.before)
    if table or not options.psql:
        history.create(about.db, session, about.table)


def psql(about: target.Target, migration: Migration) -> None:
    text = migration.text
    if migration.forward is not None:
        text = "\n".join(text[start:end] for start, end in migration.forward)
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", about.found.url.shown, "-f", "-"]
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise MigralintError(done.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
