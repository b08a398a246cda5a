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


@pytest.mark.parametrize(
    ("form", "layout", "paths", "expected"),
    [
        ("YYYYMMDDHHMMSS_kebab-case", "prisma", [], "20260102030405_add-x/migration.sql"),
        ("YYYY-MM-DD-HHMM_snake_case", "plain", [], "2026-01-02-0304_add_x.sql"),
        ("YYYYMMDD[HHMMSS]_snake_case", "prisma", [], "20260102030405_add_x/migration.sql"),
        ("NNNN_name", "plain", ["0007_a.sql", "0012_b.sql"], "0013_add_x.sql"),
        ("N_name", "plain", ["9_a.sql"], "10_add_x.sql"),
        ("VYYYYMMDDHHMM__snake_case", "flyway", ["V3__a.sql"], "V202601020304__add_x.sql"),
        (
            "YYYYMMDDHHMMSS_name",
            "prisma",
            ["20260102030459_x"],
            "20260102030500_add_x/migration.sql",
        ),
        ("YYYYMMDD_name", "plain", ["20260102_x.sql"], "20260102_add_x.sql"),
    ],
)
def test_the_form_that_the_configuration_gives(form, layout, paths, expected):
    """`migration_name`, as the rule badly-named-migration reads it."""
    from migralint.history.folders import form_of

    locals_ = [local(path, layout) for path in paths]
    found = new.one(layout, "postgres", "Add x!", locals_, NOW, form)
    assert found[0].path == expected
    assert form_of(form).match(re.sub(r"(/migration)?\.sql$", "", found[0].path))


@pytest.mark.parametrize(
    "form", ["YYYYMMDDHHMMSS_name", "YYYYMMDDHHMM_name", "YYYYMMDD_name", "NN_name"]
)
def test_several_at_once_stay_in_order(form):
    steps = [("expand_x", "", ""), ("backfill_x", "", ""), ("contract_x", "", "")]
    paths = [
        file.path for file in new.several("plain", "postgres", [], "20260131235959", steps, form)
    ]
    assert paths == sorted(paths) and len({path.split("_")[0] for path in paths}) == 3


def test_the_command_follows_the_configuration(on_postgres):
    on_postgres.write(".migralint.yaml", "migration_name: YYYYMMDDHHMMSS_kebab-case\n")
    on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    out = on_postgres.ok("new", "Add users")
    assert re.fullmatch(r"prisma/migrations/\d{14}_add-users/migration\.sql", out.strip())
    assert "badly-named-migration" not in on_postgres.run("lint", "--output", "concise").stdout


def test_the_address_says_the_dialect(project):
    """Files without marks are read as those of the database; Prisma's lock file says it itself."""
    import shutil

    shutil.rmtree(project.folder / "prisma")
    project.write(
        "migrations/001_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, a INT);\n"
    )
    project.ok("apply")
    project.ok("new", "--expand-contract", "rename", "users.a=b")
    names = sorted(path.stem for path in (project.folder / "migrations").glob("*.sql"))
    assert names[1:] == ["002_expand_users_a", "003_backfill_users_a", "004_contract_users_a"]
    project.ok("apply", "--only-to", "003")
    project.database.sql("INSERT INTO users (id, b) VALUES (1, 7)")
    assert project.database.sql("SELECT a FROM users") == [(7,)]
    project.ok("apply", "--only-to", names[2], DATABASE_ENV="production")


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


def test_the_layout_is_for_a_folder_that_is_empty(on_postgres):
    on_postgres.add("20240101000000_a", "CREATE TABLE a (id INT PRIMARY KEY);\n")
    done = on_postgres.run("new", "x", "--layout", "goose")
    assert done.returncode == 2 and "is laid out for prisma, not goose" in done.stderr
    done = on_postgres.run("new", "x", "--layout", "nosuch")
    assert done.returncode == 2 and "--layout is one of supabase, prisma" in done.stderr
    assert on_postgres.ok("new", "x", "--layout", "prisma").endswith("_x/migration.sql\n")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MigralintError, match=r"cannot write file/001_x\.sql: ") as caught:
        new.write(str(tmp_path), "file", [new.Written("001_x.sql", "")])
    assert caught.value.status == 4


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
    on_postgres.ok("apply", "--only-to", names[2], DATABASE_ENV="production")
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
    on_postgres.ok("apply", "--only-to", names[2], DATABASE_ENV="production")
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
    on_postgres.ok("apply", "--only-to", names[2], DATABASE_ENV="production")
    found = on_postgres.database.sql("SELECT count(*) FROM users WHERE name = ''")
    assert found == [(12501,)]
    nullable = "SELECT is_nullable FROM information_schema.columns WHERE column_name = 'name' AND table_schema = 'public'"
    assert on_postgres.database.sql(nullable) == [("NO",)]


# -- the same on MySQL and SQLite, where a statement or a file is the unit

OTHERS = pytest.mark.parametrize("database", ["mysql", "sqlite"], indirect=True)


def fill(project, name="VARCHAR(40)", count=2500):
    """25,000 rows for MySQL, which goes in batches of 10,000."""
    if project.database.dialect == "mysql":
        key, count = "id INT AUTO_INCREMENT PRIMARY KEY", 25_000
        numbers = f"SELECT seq AS n FROM seq_1_to_{count}"
        value = "concat('u', n)"
    else:
        key = "id INTEGER PRIMARY KEY"
        numbers = f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c"
        value = "'u' || n"
    project.add("20240101000000_users", f"CREATE TABLE users ({key}, name {name}, age INT);\n")
    project.ok("apply")
    project.database.sql(
        f"INSERT INTO users (name, age) SELECT {value}, n FROM ({numbers}) AS numbers"
    )
    return count


@OTHERS
def test_a_rename_on_other_databases(project):
    count = fill(project)
    sql = project.database.sql
    project.ok("new", "--expand-contract", "rename", "users.name=full_name")
    names = made(project)
    project.ok("apply", "--only-to", names[0])
    sql("INSERT INTO users (name) VALUES ('old code')")
    sql("INSERT INTO users (full_name) VALUES ('new code')")
    alike = f"SELECT count(*) FROM users WHERE id > {count} AND name = full_name"
    assert sql(alike) == [(2,)]
    sql("UPDATE users SET full_name = 'changed by new' WHERE name = 'old code'")
    sql("UPDATE users SET name = 'changed by old' WHERE full_name = 'new code'")
    assert sql(alike) == [(2,)]
    assert sorted(sql(f"SELECT name FROM users WHERE id > {count}")) == [
        ("changed by new",),
        ("changed by old",),
    ]
    sql("UPDATE users SET age = 5 WHERE id = 3")  # what is not filled yet stays alike too
    project.ok("apply", "--only-to", names[1])
    assert sql("SELECT count(*) FROM users WHERE full_name = name") == [(count + 2,)]
    project.ok("apply", "--only-to", names[2], DATABASE_ENV="production")
    assert sql("SELECT count(full_name) FROM users") == [(count + 2,)]
    assert not project.database.has("(SELECT name FROM users) x")
    sql("INSERT INTO users (full_name) VALUES ('afterwards')")


@OTHERS
def test_another_type_on_other_databases(project):
    fill(project)
    sql = project.database.sql
    project.ok("new", "--expand-contract", "type", "users.age=BIGINT")
    names = made(project)
    project.ok("apply", "--only-to", names[0])
    sql("INSERT INTO users (age) VALUES (70000)")
    project.ok("apply", "--only-to", names[1])
    sql("UPDATE users SET age = 7 WHERE id = 1")
    assert sql("SELECT count(*) FROM users WHERE age_new <> age OR age_new IS NULL") == [(0,)]
    project.ok("apply", "--only-to", names[2], DATABASE_ENV="production")
    assert sql("SELECT age FROM users WHERE id = 1 OR age = 70000 ORDER BY id") == [(7,), (70000,)]
    text = str(sql("SHOW CREATE TABLE users" if project.database.dialect == "mysql" else
                   "SELECT sql FROM sqlite_master WHERE name = 'users'"))  # fmt: skip
    assert re.search(r"(?i)age\W+bigint", text) and "age_new" not in text


@OTHERS
def test_a_required_column_on_other_databases(project):
    count = fill(project)
    sql = project.database.sql
    sql("UPDATE users SET name = NULL WHERE id % 2 = 0")
    project.ok("new", "--expand-contract", "required", "users.name='?'")
    names = made(project)
    project.ok("apply", "--only-to", names[0])
    sql("INSERT INTO users (age) VALUES (1)")
    project.ok("apply", "--only-to", names[2], DATABASE_ENV="production")
    assert sql("SELECT count(*) FROM users WHERE name = '?'") == [(count // 2 + 1,)]
    with pytest.raises(Exception, match=r"(?i)null"):
        sql("INSERT INTO users (name) VALUES (NULL)")


def test_a_name_in_quotes(project):
    """Names that need quotes, and one that would be too long for what is made from it."""
    mark = "`" if project.database.dialect == "mysql" else '"'
    long = "c" * 55
    project.add(
        "20240101000000_users",
        f"CREATE TABLE {mark}User{mark} (id INT PRIMARY KEY, {mark}{long}{mark} INT);\n",
    )
    project.ok("apply")
    change = f"{mark}User{mark}.{mark}{long}{mark}={mark}shortName{mark}"
    project.ok("new", "--expand-contract", "rename", change)
    project.ok("apply", "--only-to", made(project)[2], DATABASE_ENV="production")
    assert project.database.sql(f"SELECT {mark}shortName{mark} FROM {mark}User{mark}") == []


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
def test_braces_are_only_text(dialect):
    for kind, text in (("required", "users.tags='{}'"), ("rename", 'users."a{b}"="c{d}"')):
        change = expand_contract.parse(kind, text, "id")
        written = "".join(sql for _, _, sql in expand_contract.steps(change, dialect))
        assert text.partition("=")[2] in written


def test_a_column_that_is_not_there(on_postgres):
    start(on_postgres)
    told = on_postgres.refused(2, "new", "--expand-contract", "rename", "users.nam=x")
    assert "make no column nam" in told
