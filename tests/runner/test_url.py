"""URLs as Prisma and libpq write them, `.env`, and which of several variables is meant."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint.model import MigralintError
from migralint.runner import dotenv, environment
from migralint.runner.durations import milliseconds
from migralint.runner.url import libpq, mask, parse, pymysql


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "postgresql://u:p@h:5433/d",
            {"host": "h", "port": "5433", "user": "u", "password": "p", "dbname": "d"},
        ),
        ("postgres://u@h/d", {"host": "h", "user": "u", "dbname": "d"}),
        ("postgresql://u:p%40ss%2F%23@h/d", {"password": "p@ss/#"}),
        ("postgresql://u:p@ss@h/d", {"password": "p@ss", "host": "h"}),
        ("postgresql://u:100%@h/d", {"password": "100%"}),
        ("postgresql://u@[::1]:5432/d", {"host": "::1", "port": "5432"}),
        ("postgresql://u@/d?host=/var/run/postgresql", {"host": "/var/run/postgresql"}),
        ("postgresql://u@%2Fvar%2Frun/d", {"host": "/var/run"}),
        ("postgresql://u@localhost/d?host=/tmp&port=5555", {"host": "/tmp", "port": "5555"}),
        ("postgresql://u@a:1,b:2/d", {"host": "a,b", "port": "1,2"}),
        (
            "postgresql://u@h/d?sslmode=require&connection_limit=1&pool_timeout=3",
            {"sslmode": "require"},
        ),
        ("postgresql://u@h/d?connect_timeout=30", {"connect_timeout": "30"}),
        (
            "postgresql://u@h/d?sslcert=ca.pem&sslaccept=strict",
            {"sslrootcert": "ca.pem", "sslmode": "verify-full"},
        ),
        (
            "postgresql://u@h/d?sslcert=me.pem&sslkey=me.key",
            {"sslcert": "me.pem", "sslkey": "me.key"},
        ),
        ("  'postgresql://u@h/d'\n", {"host": "h"}),
        (
            "postgresql://u@h/my%20db?application_name=x",
            {"dbname": "my db", "application_name": "x"},
        ),
    ],
)
def test_postgres(text, expected):
    found = libpq(parse(text))
    assert {name: found.get(name) for name in expected} == expected


def test_what_libpq_does_not_know_is_left_out():
    url = parse(
        "postgresql://u@h/d?schema=app&pgbouncer=true&connection_limit=5&statement_cache_size=0"
        "&socket_timeout=3&pool_timeout=1&max_idle_connection_lifetime=5&nonsense=1"
    )
    assert url.schema == "app"
    assert set(libpq(url)) == {"host", "user", "dbname", "application_name", "connect_timeout"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "mysql://u:p@h/d",
            {"host": "h", "port": 3306, "user": "u", "password": "p", "database": "d"},
        ),
        ("mariadb://u@h:3307/d", {"port": 3307}),
        ("mysql://u@localhost/d?socket=/tmp/my.sock", {"unix_socket": "/tmp/my.sock"}),
        ("mysql://u@localhost/d?socket=(/tmp/my.sock)", {"unix_socket": "/tmp/my.sock"}),
        (
            "mysql://u@h/d?sslaccept=strict&sslcert=ca.pem",
            {"ssl_ca": "ca.pem", "ssl_verify_cert": True},
        ),
    ],
)
def test_mysql(text, expected):
    found = pymysql(parse(text))
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("file:./dev.db", "base/./dev.db"),
        ("file:dev.db?connection_limit=1", "base/dev.db"),
        ("file:/abs/dev.db", "/abs/dev.db"),
        ("file:///abs/dev.db", "/abs/dev.db"),
        ("sqlite:///dev.db", "base/dev.db"),
        ("sqlite:////abs/dev.db", "/abs/dev.db"),
        ("sqlite:dev.db", "base/dev.db"),
        ("sqlite:a%20b.db", "base/a b.db"),
    ],
)
def test_sqlite(text, path):
    assert parse(text, folder="base").database == path


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:sec/ret@h/d",
        "postgresql://u:sec?ret@h/d",
        "postgresql://u:sec#ret@h/d",
        "postgresql://u:sec ret@h/d",
        "postgresql://u:secret@h:port/d",
        "postgresql://u:secret@h",
        "postgresql:u:secret@h/d",
        "prisma://accelerate.prisma-data.net/?api_key=secret",
        "prisma+postgres://localhost:51213/?api_key=secret",
        "secret://x",
        "secret",
        "file:",
        "sqlite::memory:",
    ],
)
def test_what_cannot_be_read_is_not_shown(text):
    with pytest.raises(MigralintError) as caught:
        parse(text, "DATABASE_URL")
    said = str(caught.value)
    assert said.startswith("DATABASE_URL")
    assert "secret" not in said and "sec" not in said.replace("second", "").replace("section", "")


@given(st.text(min_size=1, max_size=40))
def test_no_password_is_shown(password):
    from urllib.parse import quote

    url = parse(f"postgresql://user:{quote(password, safe='')}@host/name")
    assert url.password == password
    # a one-letter password is in every sentence
    if len(password) > 6:
        assert password not in url.shown and password not in repr(url)
    assert mask(f"at {password} and {quote(password, safe='')}", url).count("***") >= 1


@given(st.text(max_size=80))
def test_any_text_is_a_url_or_an_error(text):
    try:
        parse(text)
        parse(f"postgresql://{text}")
    except MigralintError:
        pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b", {"A": "b"}),
        ("export A = b # c", {"A": "b"}),
        ("A='b # c'", {"A": "b # c"}),
        ('A="b\\nc"', {"A": "b\nc"}),
        ("A='b\\nc'", {"A": "b\\nc"}),
        ("# A=b\n\nB=c", {"B": "c"}),
        ("A=b\r\nB=c\r\n", {"A": "b", "B": "c"}),
        ("A=", {"A": ""}),
        ("A=x\nB=${A}y", {"A": "x", "B": "xy"}),
        ("A=$HOME_OF", {"A": "here"}),
        ("A='$HOME_OF'", {"A": "$HOME_OF"}),
        ("A=\\$HOME_OF", {"A": "$HOME_OF"}),
        ("A=${NONE:-c}", {"A": "c"}),
        ('A="one\ntwo"', {"A": "one\ntwo"}),
        ("\ufeffA=b", {"A": "b"}),
    ],
)
def test_dotenv(text, expected):
    assert dotenv.parse(text, {"HOME_OF": "here"}) == expected


@given(st.text(max_size=200))
def test_dotenv_takes_any_text(text):
    dotenv.parse(text, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5s", 5000), ("200ms", 200), ("2min", 120_000), ("1h", 3_600_000), ("", 0), ("7", 7)],
)
def test_durations(text, expected):
    assert milliseconds(text) == expected


def test_no_duration():
    with pytest.raises(MigralintError):
        milliseconds("soon")


LOCAL = "postgresql://u@localhost/app"
REMOTE = "postgresql://u@db.example.com/app"


def find(values, root="", given="", configured="", layout="plain", folder="prisma/migrations"):
    return environment.find_url(given, configured, root or os.getcwd(), folder, layout, values)


def test_the_direct_url_comes_first():
    found = find({"DATABASE_URL": f"{LOCAL}?pgbouncer=true", "DIRECT_URL": LOCAL})
    assert found.source == "DIRECT_URL"


def test_two_databases_are_refused():
    with pytest.raises(MigralintError, match="name different databases") as caught:
        find({"DATABASE_URL": "postgresql://u:pw@a/one", "DIRECT_URL": "postgresql://u:pw@a/two"})
    assert caught.value.status == 5 and "pw" not in str(caught.value)


def test_by_environment():
    values = {"STAGING_DATABASE_URL": "postgresql://u@h/stage", "DATABASE_URL": LOCAL}
    assert find(values).url.database == "app"
    assert find({**values, "DATABASE_ENV": "staging"}).url.database == "stage"
    assert (
        find({**values, "DATABASE_ENV": "staging", "NODE_ENV": "production"}).url.database
        == "stage"
    )
    assert find({**values, "NODE_ENV": "test"}).url.database == "app"


def test_the_command_line_before_all_and_the_configuration_last():
    assert find({"DATABASE_URL": LOCAL}, given="postgresql://u@h/given").url.database == "given"
    assert find({}, configured="sqlite:///dev.db").url.dialect == "sqlite"
    assert find({}, given="postgresql://u:p@h/given").notes
    with pytest.raises(MigralintError, match="which database"):
        find({})


def test_what_the_schema_of_prisma_names(tmp_path):
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(
        'datasource db {\n  provider = "postgresql"\n  // url = env("OLD")\n  url = env("APP_URL")\n'
        '  directUrl = env("APP_DIRECT")\n}\n'
    )
    values = {"APP_URL": LOCAL, "APP_DIRECT": LOCAL, "DATABASE_URL": "postgresql://u@h/other"}
    found = find(values, str(tmp_path), layout="prisma")
    assert found.source == "APP_DIRECT (prisma/schema.prisma)" and found.url.database == "app"


def test_what_the_configuration_of_prisma_names(tmp_path):
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma.config.ts").write_text(
        "export default defineConfig({\n  datasource: { url: env('PRISMA_URL') },\n})\n"
    )
    (tmp_path / "prisma" / "schema.prisma").write_text(
        'datasource db {\n  provider = "postgresql"\n}\n'
    )
    found = find({"PRISMA_URL": LOCAL}, str(tmp_path), layout="prisma")
    assert found.source == "PRISMA_URL (prisma.config.ts)"
    (tmp_path / "prisma.config.ts").write_text(
        "export default defineConfig({\n  datasource: { url: process.env.OTHER_URL! },\n})\n"
    )
    assert find({"OTHER_URL": LOCAL}, str(tmp_path), layout="prisma").url.database == "app"


def test_a_file_in_the_schema_starts_at_the_schema(tmp_path):
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(
        'datasource db {\n  provider = "sqlite"\n  url = "file:./dev.db"\n}\n'
    )
    found = find({}, str(tmp_path), layout="prisma")
    assert os.path.normpath(found.url.database) == str(tmp_path / "prisma" / "dev.db")
    (tmp_path / "dev.db").write_bytes(b"")
    assert "there is such a file" in find({}, str(tmp_path), layout="prisma").notes[0]


def test_env_files_that_disagree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prisma").mkdir()
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://u:pw@h/one\n")
    assert environment.variables(str(tmp_path), "prisma/migrations", {})["DATABASE_URL"].endswith(
        "one"
    )
    (tmp_path / "prisma" / ".env").write_text("DATABASE_URL=postgresql://u:pw@h/two\n")
    with pytest.raises(MigralintError, match="DATABASE_URL differs") as caught:
        environment.variables(str(tmp_path), "prisma/migrations", {})
    assert "pw" not in str(caught.value)
    set_ = {"DATABASE_URL": "postgresql://u@h/three"}
    assert environment.variables(str(tmp_path), "prisma/migrations", set_) | set_ == {**set_}


@pytest.mark.parametrize(
    ("given", "values", "url", "marker", "expected"),
    [
        ("", {}, LOCAL, "", "development"),
        ("", {}, REMOTE, "", "production"),
        ("", {"NODE_ENV": "development"}, REMOTE, "", "production"),
        ("", {"DATABASE_ENV": "development"}, REMOTE, "", "production"),
        ("development", {}, REMOTE, "", "production"),
        ("", {"DATABASE_ENV": "staging"}, REMOTE, "", "staging"),
        ("", {"DATABASE_ENV": "no such"}, LOCAL, "", "production"),
        ("", {"DATABASE_ENV": "preview"}, LOCAL, "", "staging"),
        ("", {"NODE_ENV": "test"}, "postgresql://u@postgres/app", "", "test"),
        ("", {}, "postgresql://u@postgres/app", "", "production"),
        ("", {}, "postgresql://u@localhost,db.example.com/app", "", "production"),
        ("development", {"DATABASE_ENV": "production"}, LOCAL, "", "production"),
        ("", {"NODE_ENV": "production"}, LOCAL, "", "production"),
        ("", {"DATABASE_ENV": "staging", "NODE_ENV": "production"}, LOCAL, "", "production"),
        ("", {"NODE_ENV": "test"}, LOCAL, "production", "production"),
        ("development", {}, LOCAL, "staging", "staging"),
        ("", {"NODE_ENV": "test"}, "postgresql://u@localhost/app_prod", "", "production"),
        ("staging", {}, REMOTE, "", "staging"),
        ("", {}, "file:dev.db", "", "development"),
    ],
)
def test_the_strictest_counts(given, values, url, marker, expected):
    assert environment.judge(given, values, parse(url), marker).name == expected


def test_the_configuration_names_hosts():
    """`hosts:` says what a host is, to the runner as to the guard; other signs stay."""
    url = parse("postgresql://u@db-prod.example.com/app")
    hosts = {"*.example.com": "development"}
    assert environment.judge("", {}, url, hosts=hosts).name == "development"
    assert environment.judge("", {}, url, "production", hosts).name == "production"
    assert environment.judge("", {"NODE_ENV": "staging"}, url, hosts=hosts).name == "staging"
    assert environment.judge("", {}, parse(LOCAL), hosts={"localhost": "staging"}).name == "staging"


SAID = [{}, {"DATABASE_ENV": "development"}, {"NODE_ENV": "test"}, {"NODE_ENV": "live"},
        {"DATABASE_ENV": "staging"}, {"APP_ENV": "production"}, {"DATABASE_ENV": "??"}]  # fmt: skip
PLACES = ["localhost", "postgres", "db.example.com", "10.0.0.7", "eu.rds.amazonaws.com", "[::1]"]


@pytest.mark.parametrize("values", SAID)
@pytest.mark.parametrize("host", PLACES)
@pytest.mark.parametrize("marker", ["", "production", "development", "somewhere"])
def test_the_runner_and_the_guard_agree(values, host, marker):
    from migralint.guard import surroundings

    text, hosts = f"postgresql://u@{host}/app", {"*.rds.amazonaws.com": "staging"}
    theirs = surroundings.find(values, (text,), hosts, marker, terminal=True)
    ours = environment.judge("", values, parse(text), marker, hosts)
    assert ours.name == theirs.environment


@pytest.mark.parametrize("text", ["file:./dev.db", "file:/prod/app-prod.db?x=1", "sqlite:a.db"])
def test_they_agree_on_files(text):
    from migralint.guard import surroundings

    theirs = surroundings.find({"DATABASE_URL": text}, (), {}, "", terminal=True)
    assert environment.judge("", {}, parse(text)).name == theirs.environment
