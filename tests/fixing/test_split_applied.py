"""The steps are what runs: through `migralint apply`, and for Prisma's layout through its engine."""

from __future__ import annotations

import shutil

import pytest
from projects import administered
from splitting import SEEDED, Scratch, apply_original, same_schema, split, why
from test_split_proof import CASES, SCHEMA, SEED

from migralint.runner import databases
from migralint.runner.url import parse

TEXT = CASES["a migration of Prisma"].text.replace(',\nDROP COLUMN "bio"', "")
MORE = TEXT + "ALTER TABLE users RENAME COLUMN name TO full_name;\nDROP INDEX users_status_idx;\n"


def write(project, found):
    """As `lint --fix --split` leaves them; the paths of the new ones."""
    project.write(found.path, "")
    for file in found.files:
        project.write(file.path, file.text)
    return [file.path for file in found.files if file.title][1:]


def opened(database):
    db = databases.of("postgres")
    return Scratch(db, db.connect(parse(database.url.partition("?")[0]), ("5s", ""), True))


@pytest.fixture
def original(make_project, postgres_url):
    """A database on which the original has run, to compare with."""
    made = administered("postgres", postgres_url)
    one = opened(next(made))
    one.run(SCHEMA + SEED)
    apply_original(one, MORE)
    yield one
    one.db.close(one.session)
    next(made, None)


def compared(project, original, histories):
    """What differs, apart from the tables of the histories."""
    other = opened(project.database)
    try:
        found = same_schema(original, other)
        rows = {t: r for t, r in other.rows(("users.pid",)).items() if t not in histories}
        assert rows == original.rows(("users.pid",))
        return [d for d in found if not any(h in d for h in histories)]
    finally:
        other.db.close(other.session)


def test_prisma_files_by_migralint(on_postgres, original):
    found = split(SCHEMA, MORE)
    assert not found.refused, why(found)
    on_postgres.add("20240101000000_a", SCHEMA)
    on_postgres.ok("apply")
    on_postgres.database.sql(SEED)
    new = write(on_postgres, found)
    assert new and all(path.startswith("prisma/migrations/20260102") for path in new)
    on_postgres.ok("apply")
    assert compared(on_postgres, original, SEEDED) == []
    assert on_postgres.run("status").returncode == 0
    assert on_postgres.database.sql("SELECT count(*) FROM users WHERE pid IS NULL") == [(0,)]


@pytest.mark.parametrize(("transport", "mode"), [("whole", "query"), ("statements", "statement")])
def test_prisma_files_by_prismas_engine(transport, mode, on_postgres, original, judge):
    """Up to 7.3 a file is one query, and alone in it a statement is outside of a transaction; from
    7.4 on each statement is sent by itself."""
    judge.transport = transport
    found = split(SCHEMA, MORE, transaction=mode)
    on_postgres.add("20240101000000_a", SCHEMA)
    ask = lambda: judge.ask("deploy", on_postgres.database.url, on_postgres.migrations)  # noqa: E731
    assert "result" in ask()
    on_postgres.database.sql(SEED)
    new = write(on_postgres, found)
    answer = ask()
    assert len(answer["result"]["appliedMigrationNames"]) == len(new) + 1, answer
    assert compared(on_postgres, original, SEEDED) == []
    status = judge.ask("status", on_postgres.database.url, on_postgres.migrations)["result"]
    assert status["history"] is None and not status["failedMigrationNames"], status
    assert on_postgres.run("status").returncode == 0


LAYOUTS = {
    "goose": "-- +goose Up\n{}\n-- +goose Down\nDROP TABLE x;\n",
    "dbmate": "-- migrate:up\n{}\n-- migrate:down\nDROP TABLE x;\n",
    "flyway": "{}",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_other_layouts_by_migralint(layout, on_postgres, original):
    shutil.rmtree(on_postgres.folder / "prisma")
    on_postgres.write(".migralint.yaml", f"layout: {layout}\n")
    frame = LAYOUTS[layout]
    text = frame.format(MORE)
    forward = ((0, text.index("-- +goose Down")),) if layout == "goose" else None
    forward = ((0, text.index("-- migrate:down")),) if layout == "dbmate" else forward
    found = split(SCHEMA, text, layout, forward=forward)
    assert found.files and not found.refused, why(found)
    first = found.path.replace("00002_change", "00001_a").replace("V2__change", "V1__a")
    first = first.replace("000002_change", "000001_a").replace(
        "20240102000000_change", "20240101000000_a"
    )
    first = first.replace("002_change", "001_a")
    on_postgres.write(first, frame.format(SCHEMA))
    on_postgres.ok("apply")
    on_postgres.database.sql(SEED)
    write(on_postgres, found)
    on_postgres.ok("apply")
    assert compared(on_postgres, original, SEEDED) == []
    assert on_postgres.database.history("_migralint_migrations")[-1][1]
