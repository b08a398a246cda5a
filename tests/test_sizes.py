"""Table sizes: taken from real servers, written, read back, used by lint, and how old they are."""

from __future__ import annotations

import os
import sqlite3
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linting import found

from migralint import cli
from migralint.config import Config
from migralint.knowledge import estimates, sizes
from migralint.model import MigralintError, Severity, Sizes

INDEX = "CREATE INDEX users_email_idx ON users (email);"
TAKEN = "2026-05-01"


def snapshot(dialect="postgres", **tables):
    return Sizes(TAKEN, dialect, "", tables, sizes.SNAPSHOT)


# the file


def test_what_is_written_is_read_back():
    tables = {"users": (5, 8192), "app.a": (None, 0), 'Öd "x"': (7, None), "A b": (1, 2)}
    made = Sizes(TAKEN, "mariadb", "10.11", tables, sizes.SNAPSHOT)
    assert sizes.read(sizes.written(made), sizes.SNAPSHOT) == made


@given(
    st.dictionaries(st.text(min_size=1, max_size=60), st.tuples(st.integers(0, 10**15), st.none()))
)
def test_any_name_is_read_back(tables):
    text = sizes.written(Sizes(TAKEN, "postgres", "15", tables))
    assert sizes.read(text, "x").tables == tables


def test_it_is_yaml():
    import yaml

    text = sizes.written(snapshot(users=(5, 10), Post=(None, 0)))
    assert yaml.safe_load(text)["tables"] == {
        "users": {"rows": 5, "bytes": 10},
        "Post": {"rows": "unknown", "bytes": 0},
    }
    assert yaml.safe_load(sizes.written(snapshot()))["tables"] == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"taken: {TAKEN}\nusers: 5\n", 2),
        (f"taken: {TAKEN}\ntables:\n  users: 5\n", 3),
        (f"taken: {TAKEN}\ntables:\n  users: {{rows: -1}}\n", 3),
        (f"taken: {TAKEN}\ntables: &a [*a]\n", 2),
        ("tables:\n", 1),
        ("taken: yesterday\n", 1),
    ],
)
def test_a_line_that_is_none_of_ours_is_an_error(text, line):
    with pytest.raises(MigralintError) as caught:
        sizes.read(text, sizes.SNAPSHOT)
    assert (caught.value.path, caught.value.line) == (sizes.SNAPSHOT, line)
    assert "migralint sizes" in caught.value.hint


def test_a_person_may_write_it_too():
    text = f"taken: {TAKEN}  # before the sale\ntables:\n\n  users: {{rows: 5}}  # small\n"
    assert sizes.read(text, "x").tables == {"users": (5, None)}


# what lint makes of it


def severities(config, text=INDEX, **more):
    return [f.severity for f in found(text, config=config, **more) if f.rule == "blocking-index"]


def test_a_large_table_is_an_error_a_small_one_silent_an_unknown_one_assumed():
    assert severities(Config(sizes=snapshot(users=(2_000_000, 0)))) == [Severity.ERROR]
    assert severities(Config(sizes=snapshot(users=(20, 0)))) == []
    assert severities(Config(sizes=snapshot(orders=(20, 0)))) == [Severity.WARNING]
    assert severities(Config(sizes=snapshot(users=(None, 0)))) == [Severity.WARNING]


def test_the_configuration_comes_first():
    small = snapshot(users=(20, 0))
    assert severities(Config(sizes=small, large_tables={"users": None})) == [Severity.ERROR]
    assert severities(Config(sizes=small, large_tables={"users": 10**6})) == [Severity.ERROR]
    large = snapshot(users=(10**6, 0))
    assert severities(Config(sizes=large, large_tables={"users": 20})) == []
    assert severities(Config(sizes=large, large_tables={"orders": None})) == []


def test_names_are_found_as_migrations_write_them():
    for written in ("users", "public.users", '"users"'):
        text = f"CREATE INDEX i ON {written} (email);"
        assert severities(Config(sizes=snapshot(users=(20, 0))), text) == [], written
    tables = {"app.users": (20, 0), "users": (10**6, 0), "Post": (20, 0)}
    config = Config(sizes=snapshot(**tables))
    assert severities(config, "CREATE INDEX i ON app.users (email);") == []
    assert severities(config, 'CREATE INDEX i ON "Post" (email);') == []
    assert severities(config, "CREATE INDEX i ON Post (email);") == [Severity.WARNING]


def test_a_snapshot_of_another_database_says_nothing():
    assert severities(Config(sizes=snapshot("mysql", users=(20, 0)))) == [Severity.WARNING]


def test_an_estimate_of_no_rows_does_not_prove_a_table_empty():
    text = "ALTER TABLE users ADD COLUMN a int NOT NULL;"
    rules = {f.rule for f in found(text, config=Config(sizes=snapshot(users=(0, 0))))}
    assert "required-column-without-default" in rules


@pytest.mark.parametrize(
    ("today", "words", "again"),
    [("2026-05-01", "today", False), ("2026-05-02", "yesterday", False), ("2026-05-31", "30 days ago", False),
     ("2026-12-01", "214 days ago", True), ("", TAKEN, False)],
)  # fmt: skip
def test_how_old_it_is(today, words, again):
    said = sizes.note(snapshot(), today)
    assert words in said and ("migralint sizes" in said) is again


# the estimates


def test_an_estimate_says_what_it_assumes():
    assert estimates.seconds("scan", 10**10) == 100
    assert estimates.seconds("rewrite", 10**9) > estimates.seconds("scan", 10**9)
    for work in estimates.RATES:
        assert "MB" in estimates.assumption(work) and estimates.assumption(work).startswith(
            "assumed"
        )
    shown = [estimates.shown(t) for t in (0.2, 3.4, 240, 20_000)]
    assert shown == ["less than a second", "3 s", "4 min", "6 h"]
    assert estimates.work_of("create_index", False, True) == "index"
    assert estimates.work_of("alter_column_type", True, True) == "rewrite"
    assert estimates.work_of("drop_table", False, False) == ""


# real servers


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("GIT_", "MIGRALINT_", "DATABASE_", "DIRECT_")):
            monkeypatch.delenv(name)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/001_a.sql").write_text(INDEX)
    return tmp_path


def taken(capsys, url):
    assert cli.main(["sizes", "--url", url]) == 0
    return sizes.read(capsys.readouterr().out, "x")


def test_postgres(project, capsys, postgres_url):
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS migralint_sizes")
        server.execute("CREATE DATABASE migralint_sizes")
        url = postgres_url.rpartition("/")[0] + "/migralint_sizes"
        try:
            with psycopg.connect(url, autocommit=True) as made:
                made.execute(
                    """
                    CREATE TABLE users (id int); INSERT INTO users SELECT generate_series(1, 20000);
                    ANALYZE users;
                    CREATE TABLE "Post" (id int); CREATE SCHEMA app; CREATE TABLE app.a (id int);
                    CREATE TABLE _prisma_migrations (id text);
                    CREATE SCHEMA migralint; CREATE TABLE migralint.snapshots (id text);
                    CREATE TABLE visit (id int, day date) PARTITION BY RANGE (day);
                    CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
                    INSERT INTO visit SELECT n, '2024-02-02' FROM generate_series(1, 20000) n;
                    """
                )
                before = made.execute("SELECT count(*) FROM pg_class").fetchone()
                found = taken(capsys, url)
                assert made.execute("SELECT count(*) FROM pg_class").fetchone() == before
                version = made.info.server_version // 10_000
        finally:
            server.execute("DROP DATABASE migralint_sizes WITH (FORCE)")
    assert (found.dialect, found.server_version) == ("postgres", str(version))
    assert set(found.tables) == {"users", "Post", "app.a", "visit", "visit_1"}
    assert found.tables["users"][0] == 20_000 and found.tables["users"][1] > 500_000
    rows, size = found.tables["visit"]  # the parent itself holds nothing
    assert rows and rows >= 5_000 and size and size > 500_000


def test_mariadb(project, capsys, mysql_url):
    from urllib.parse import urlsplit

    import pymysql

    place = urlsplit(mysql_url)
    server = pymysql.connect(
        host=place.hostname, port=place.port or 3306, user=place.username, password=place.password or "",
        autocommit=True,
    )  # fmt: skip
    with server.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS migralint_sizes")
        cursor.execute("CREATE DATABASE migralint_sizes")
        try:
            cursor.execute("CREATE TABLE migralint_sizes.users (id int PRIMARY KEY) ENGINE=InnoDB")
            values = ",".join(f"({number})" for number in range(5000))
            cursor.execute(f"INSERT INTO migralint_sizes.users VALUES {values}")
            cursor.execute("ANALYZE TABLE migralint_sizes.users")
            cursor.fetchall()
            found = taken(capsys, f"{mysql_url.rstrip('/')}/migralint_sizes")
        finally:
            cursor.execute("DROP DATABASE migralint_sizes")
    server.close()
    assert found.dialect in ("mariadb", "mysql") and "." in found.server_version
    rows, size = found.tables["users"]
    assert rows and 2_000 < rows < 10_000 and size and size > 50_000


def test_sqlite_and_what_lint_makes_of_it(project, capsys):
    database = sqlite3.connect(project / "dev.db")
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)")
    database.executemany("INSERT INTO users (email) VALUES (?)", [("secret@example.org",)] * 30)
    database.commit()
    database.close()
    before = (project / "dev.db").read_bytes()
    assert cli.main(["sizes", "--url", "file:./dev.db", "--write"]) == 0
    text = (project / sizes.SNAPSHOT).read_text()
    assert "  users: {rows: 30, bytes:" in text
    assert "secret" not in text and "dev.db" not in text
    assert (project / "dev.db").read_bytes() == before
    capsys.readouterr()
    assert cli.main(["lint", "--dialect", "sqlite"]) == 0
    assert "table sizes: .migralint/sizes.yaml, taken today" in capsys.readouterr().out


def test_the_server_of_the_snapshot_is_the_one_that_is_linted_for(project, capsys):
    (project / ".migralint").mkdir()
    file = project / sizes.SNAPSHOT
    file.write_text(sizes.written(Sizes(TAKEN, "postgres", "17", {})))
    cli.main(["config"])
    assert "server_version: 17  " in " ".join(capsys.readouterr().out.split("\n"))
    assert cli.main(["lint", "--pg", "14", "-v"]) == 0
    file.write_text("nonsense\n")
    assert cli.main(["lint"]) == 2


def test_no_database_no_snapshot(project, capsys):
    assert cli.main(["sizes"]) == 2
    assert cli.main(["sizes", "--url", "file:./gone.db"]) == 4
    url = "postgresql://u:s3cret@127.0.0.1:1/x"
    assert cli.main(["sizes", "--url", url]) == 4
    told = capsys.readouterr()
    assert told.out == "" and "s3cret" not in told.err


def test_the_url_is_found_where_prisma_has_it(project, capsys, monkeypatch):
    place = project / "app/prisma/migrations/20240101000000_a"
    place.mkdir(parents=True)
    (place / "migration.sql").write_text(INDEX)
    (project / "migrations/001_a.sql").unlink()
    (project / "app/prisma/schema.prisma").write_text(
        'datasource db {\n  provider = "sqlite"\n  url = env("SHOP_URL")\n}\n'
    )
    sqlite3.connect(project / "shop.db").execute("CREATE TABLE a (b)").connection.close()
    monkeypatch.setenv("SHOP_URL", f"file:{project}/shop.db")
    assert cli.main(["sizes"]) == 0
    assert "  a: {rows: 0" in capsys.readouterr().out
