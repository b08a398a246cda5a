"""new: names by layout, templates, and expand-contract migrations on a real server."""

from __future__ import annotations

import re

import pytest

from migralint.model import MigralintError
from migralint.runner import expand_contract, new

NOW = "20260102030405"


def local(path, layout="plain"):
    from migralint.layouts.folder import split_name
    from migralint.model import Migration
    from migralint.runner.history import Local

    name = path.rpartition("/")[2]
    version = re.sub(r"^V|__.*", "", name) if layout == "flyway" else split_name(name)[0]
    return Local(name, Migration(path, "", version, name, layout, "postgres"), b"")


@pytest.mark.parametrize(
    ("layout", "paths", "expected"),
    [
        ("prisma", [], "20260102030405_add_x/migration.sql"),
        ("prisma", ["20990101000000_later"], "20990101000001_add_x/migration.sql"),
        ("plain", ["001_a.sql", "002_b.sql"], "003_add_x.sql"),
        ("plain", ["9_a.sql"], "10_add_x.sql"),
        ("plain", [], "20260102030405_add_x.sql"),
        ("goose", ["00001_a.sql"], "00002_add_x.sql"),
        ("dbmate", [], "20260102030405_add_x.sql"),
        ("golang-migrate", ["000001_a.up.sql"], "000002_add_x.up.sql"),
        ("sqlx", ["20240101000000_a.up.sql"], "20260102030405_add_x.up.sql"),
        ("sqlx", ["20240101000000_a.sql"], "20260102030405_add_x.sql"),
        ("supabase", [], "20260102030405_add_x.sql"),
        ("flyway", ["V1__a.sql", "V7__b.sql"], "V8__add_x.sql"),
        ("diesel", [], "20260102030405_add_x/up.sql"),
        ("hasura", [], "20260102030405000_add_x/up.sql"),
    ],
)
def test_names(layout, paths, expected):
    found = new.one(layout, "postgres", "Add x!", [local(path, layout) for path in paths], NOW)
    assert found[0].path == expected


def test_what_gives_no_name():
    with pytest.raises(MigralintError):
        new.slug("¿?")
    with pytest.raises(MigralintError, match="journal"):
        new.one("drizzle", "postgres", "x", [], NOW)


def test_the_command(on_postgres):
    out = on_postgres.ok("new", "Add users' e-mail")
    path = on_postgres.folder / out.strip()
    assert re.fullmatch(r"prisma/migrations/\d{14}_add_users_e_mail/migration\.sql", out.strip())
    assert "migralint plan" in path.read_text()
    assert "1 migration applied" in on_postgres.ok("apply")
    on_postgres.add("20990101000000_later", "")
    second = on_postgres.ok("new", "Add users' e-mail").strip()
    assert "20990101000001_add_users_e_mail" in second


def test_a_name_that_is_no_column():
    for text in ("users=x", "users.a", "users.a=;drop", "users.a b=c", "u;.a=b"):
        with pytest.raises(MigralintError):
            expand_contract.parse("rename", text, "id")


USERS = "CREATE TABLE users (id SERIAL PRIMARY KEY, name VARCHAR(40), age INT);\n"


def start(project):
    project.add("20240101000000_users", USERS)
    project.ok("apply")
    project.database.sql(
        "INSERT INTO users (name, age) SELECT 'u' || n, n FROM generate_series(1, 25000) n"
    )


def made(project):
    return sorted(p.parent.name for p in project.migrations.glob("*/migration.sql"))[1:]


def test_a_rename_in_three_steps(on_postgres):
    start(on_postgres)
    sql = on_postgres.database.sql
    on_postgres.ok("new", "--expand-contract", "rename", "users.name=full_name")
    names = made(on_postgres)
    assert [name[15:] for name in names] == [
        "expand_users_name",
        "backfill_users_name",
        "contract_users_name",
    ]
    on_postgres.ok("apply", "--only-to", names[0])
    sql("INSERT INTO users (name) VALUES ('old code')")
    sql("INSERT INTO users (full_name) VALUES ('new code')")
    assert sql("SELECT count(*) FROM users WHERE id > 25000 AND name = full_name") == [(2,)]
    sql("UPDATE users SET full_name = 'changed by new' WHERE name = 'old code'")
    sql("UPDATE users SET name = 'changed by old' WHERE full_name = 'new code'")
    assert sql("SELECT count(*) FROM users WHERE id > 25000 AND name = full_name") == [(2,)]
    on_postgres.ok("apply", "--only-to", names[1])
    assert sql("SELECT count(*) FROM users WHERE full_name IS DISTINCT FROM name") == [(0,)]
    on_postgres.ok("apply", DATABASE_ENV="production")
    assert sql("SELECT count(full_name) FROM users") == [(25002,)]
    assert not on_postgres.database.has("(SELECT name FROM users) x")


def test_another_type_in_three_steps(on_postgres):
    start(on_postgres)
    sql = on_postgres.database.sql
    on_postgres.ok("new", "--expand-contract", "type", "users.age=bigint")
    names = made(on_postgres)
    on_postgres.ok("apply", "--only-to", names[1])
    sql("UPDATE users SET age = 7 WHERE id = 1")
    assert sql("SELECT count(*) FROM users WHERE age_new IS DISTINCT FROM age") == [(0,)]
    on_postgres.ok("apply", DATABASE_ENV="production")
    assert sql("SELECT data_type FROM information_schema.columns WHERE column_name = 'age'") == [
        ("bigint",)
    ]
    assert sql("SELECT age FROM users WHERE id = 1") == [(7,)]


def test_a_required_column_in_three_steps(on_postgres):
    start(on_postgres)
    on_postgres.database.sql("UPDATE users SET name = NULL WHERE id % 2 = 0")
    on_postgres.ok("new", "--expand-contract", "required", "users.name=''")
    names = made(on_postgres)
    on_postgres.ok("apply", "--only-to", names[0])
    on_postgres.database.sql("INSERT INTO users (age) VALUES (1)")
    on_postgres.ok("apply", DATABASE_ENV="production")
    found = on_postgres.database.sql("SELECT count(*) FROM users WHERE name = ''")
    assert found == [(12501,)]
    nullable = "SELECT is_nullable FROM information_schema.columns WHERE column_name = 'name' AND table_schema = 'public'"
    assert on_postgres.database.sql(nullable) == [("NO",)]


def test_a_column_that_is_not_there(on_postgres):
    start(on_postgres)
    told = on_postgres.refused(2, "new", "--expand-contract", "rename", "users.nam=x")
    assert "make no column nam" in told
