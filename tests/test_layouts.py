"""Each layout: order, versions, what is the way up, how its runner executes a file, the dialect."""

import json

import pytest
from linting import rules_of

from migralint.config import Config
from migralint.discover import discover
from migralint.model import UNKNOWN
from migralint.source import WorkTree

SQL = "ALTER TABLE users ADD COLUMN a int;\n"


def project(tmp_path, files, **settings):
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    paths = settings.pop("paths", [])
    return discover(paths, Config(root=str(tmp_path), **settings), WorkTree(str(tmp_path)))


def one(tmp_path, files, **settings):
    found = project(tmp_path, files, **settings).migrations
    assert len(found) == 1
    return found[0]


def forward_text(migration):
    if migration.forward is None:
        return migration.text
    return "".join(migration.text[start:end] for start, end in migration.forward)


# Prisma


def prisma(package=None, lock="postgresql", **more):
    files = {"prisma/migrations/20240101000000_init/migration.sql": SQL, **more}
    if lock:
        files["prisma/migrations/migration_lock.toml"] = f'# do not edit\nprovider = "{lock}"\n'
    if package:
        files["package.json"] = json.dumps({"devDependencies": {"prisma": package}})
    return files


def test_prisma_orders_by_the_folder_name_as_prisma_does(tmp_path):
    names = ["20240102_b", "10_a", "1_b", "20240101_z", "20240102_B", "init"]
    found = project(tmp_path, {f"db/migrations/{name}/migration.sql": SQL for name in names})
    # what `names.sort((a, b) => a.localeCompare(b))` gives in Node, but for the case of one name
    assert [m.version for m in found.migrations] == [
        "1_b",
        "10_a",
        "20240101_z",
        "20240102_B",
        "20240102_b",
        "init",
    ]
    assert [m.name for m in found.migrations][:2] == ["b", "a"]
    assert found.layouts == ("prisma",)


def test_prisma_ignores_every_other_file(tmp_path):
    files = prisma()
    files["prisma/migrations/20240101000000_init/down.sql"] = "DROP TABLE users;"
    files["prisma/migrations/20240101000000_init/notes.sql"] = "DROP TABLE users;"
    found = one(tmp_path, files)
    assert found.path == "prisma/migrations/20240101000000_init/migration.sql"
    assert (found.version, found.name) == ("20240101000000_init", "init")


def test_a_folder_of_prisma_may_be_called_like_a_file(tmp_path):
    files = prisma()
    files["prisma/migrations/20240102000000_b.sql/migration.sql"] = SQL
    files["prisma/migrations/20240103000000_c.sql"] = SQL
    found = project(tmp_path, files)
    assert len(found.migrations) == 2
    assert [path for path, _ in found.folders[0].strays] == [
        "prisma/migrations/20240103000000_c.sql"
    ]


def test_prisma_stops_at_a_folder_without_its_file(tmp_path):
    (tmp_path / "prisma/migrations/20240102000000_empty").mkdir(parents=True)
    found = project(tmp_path, prisma())
    assert len(found.migrations) == 1
    ((path, why),) = found.folders[0].strays
    assert path == "prisma/migrations/20240102000000_empty" and "holds no migration.sql" in why


@pytest.mark.parametrize(
    ("provider", "dialect"),
    [
        ("postgresql", "postgres"),
        ("cockroachdb", "postgres"),
        ("mysql", "mysql"),
        ("sqlite", "sqlite"),
    ],
)
def test_prisma_lock_says_the_dialect(tmp_path, provider, dialect):
    assert one(tmp_path, prisma(lock=provider), dialect="mysql").dialect == dialect


def test_cockroachdb_is_said_to_be_read_as_postgres(tmp_path):
    notes = project(tmp_path, prisma(lock="cockroachdb")).notes
    assert any("is for CockroachDB, read as PostgreSQL" in note for note in notes)
    found = rules_of("ALTER TABLE users ALTER PRIMARY KEY USING COLUMNS (id, name);")
    assert found == ["unparsed-statement"]


@pytest.mark.parametrize("schema", ["prisma/schema.prisma", "prisma/schema/main.prisma"])
def test_prisma_schema_says_the_dialect_where_there_is_no_lock(tmp_path, schema):
    text = 'generator client {\n  provider = "x"\n}\ndatasource db {\n  provider = "sqlite"\n}\n'
    assert one(tmp_path, prisma(lock="", **{schema: text})).dialect == "sqlite"


def test_a_copy_of_the_prisma_lock_beside_the_schema_makes_no_folder_of_migrations(tmp_path):
    found = project(tmp_path, prisma(**{"prisma/migration_lock.toml": 'provider = "mysql"\n'}))
    assert [listing.folder for listing in found.folders] == ["prisma/migrations"]
    assert (found.migrations[0].layout, found.migrations[0].dialect) == ("prisma", "postgres")


def test_prisma_migrations_inside_a_multi_file_schema_folder(tmp_path):
    found = one(
        tmp_path,
        {
            "prisma/schema/base.prisma": 'datasource db {\n  provider = "mysql"\n}\n',
            "prisma/schema/migrations/1_init/migration.sql": SQL,
        },
    )
    assert (found.layout, found.dialect) == ("prisma", "mysql")


PNPM = "packages:\n\n  prisma@{}(typescript@5.6.3):\n    resolution: {{integrity: sha512-x}}\n"
NPM = '{{"packages": {{\n "node_modules/prisma": {{\n "version": "{}"\n}}}}}}'
YARN = 'prisma@^7.1.0:\n  version "{}"\n  resolved "x"\n'
BUN = '{{"packages": {{\n "prisma": ["prisma@{}", "", {{}}, "x"]}}}}'


@pytest.mark.parametrize(
    ("package", "lock", "transaction"),
    [
        ("6.19.0", {}, "query"),
        ("^6.19.0", {}, "query"),
        ("7.3.1", {}, "query"),
        ("~7.3.1", {"package-lock.json": NPM.format("7.9.0")}, "query"),
        ("7.4.0", {}, "statement"),
        ("^7.4.0", {}, "statement"),
        ("^8.0.0", {}, "statement"),
        ("^7.1.0", {}, "query"),
        ("^7.1.0", {"pnpm-lock.yaml": PNPM.format("7.10.1")}, "statement"),
        ("^7.1.0", {"pnpm-lock.yaml": PNPM.format("7.2.0")}, "query"),
        ("^7.1.0", {"package-lock.json": NPM.format("7.4.2")}, "statement"),
        ("^7.1.0", {"yarn.lock": YARN.format("7.4.2")}, "statement"),
        ("^7.1.0", {"bun.lock": BUN.format("7.4.2")}, "statement"),
        ("catalog:", {"pnpm-lock.yaml": PNPM.format("7.10.1")}, "statement"),
        ("latest", {}, "query"),
        (None, {}, "query"),
    ],
)
def test_prisma_version_decides_how_a_file_is_run(tmp_path, package, lock, transaction):
    assert one(tmp_path, prisma(package, **lock)).transaction == transaction


def test_the_nearest_package_json_that_knows_prisma_counts(tmp_path):
    inner = {f"packages/db/{path}": text for path, text in prisma().items()}
    inner["packages/db/package.json"] = '{"scripts": {"prisma": "prisma generate"}}'
    inner["package.json"] = '{"dependencies": {"@prisma/client": "7.5.0"}}'
    assert one(tmp_path, inner).transaction == "statement"


def test_a_configured_prisma_version_wins(tmp_path):
    assert one(tmp_path, prisma("6.0.0"), prisma_version="7.4").transaction == "statement"


@pytest.mark.parametrize("provider", ["mysql", "sqlite"])
def test_prisma_wraps_nothing_on_other_databases(tmp_path, provider):
    assert one(tmp_path, prisma("6.0.0", lock=provider)).transaction == "statement"


# Drizzle


def journal(*tags, dialect="postgresql"):
    entries = [{"idx": i, "when": i, "tag": tag, "breakpoints": True} for i, tag in enumerate(tags)]
    return json.dumps({"version": "7", "dialect": dialect, "entries": entries}, indent=2)


def test_drizzle_journal_orders(tmp_path):
    found = project(
        tmp_path,
        {
            "drizzle/meta/_journal.json": journal("0001_b", "0000_a", dialect="turso"),
            "drizzle/0000_a.sql": SQL,
            "drizzle/0001_b.sql": SQL,
            "drizzle/0002_stray.sql": SQL,
        },
    )
    assert [m.name for m in found.migrations] == ["b", "a", "stray"]
    assert {(m.layout, m.dialect, m.transaction) for m in found.migrations} == {
        ("drizzle", "sqlite", "file")
    }
    ((path, why),) = found.folders[0].strays
    assert path == "drizzle/0002_stray.sql" and "is not in meta/_journal.json" in why


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ('{\n"entries": [,]}', "is not JSON", 2),
        ('{"entries": 1}', "is no journal", 1),
        ("[]", "is no", 1),
    ],
)
def test_a_broken_drizzle_journal_is_a_problem_and_the_files_are_still_read(
    tmp_path, text, problem, line
):
    files = {"drizzle/meta/_journal.json": text, "drizzle/0000_a.sql": SQL}
    first, second = project(tmp_path, files).migrations
    assert first.path == "drizzle/meta/_journal.json"
    assert first.problem.startswith(problem)
    assert first.problem_line == line
    assert second.text == SQL


def test_a_file_that_only_the_drizzle_journal_has_is_a_problem(tmp_path):
    found = one(tmp_path, {"drizzle/meta/_journal.json": journal("0000_gone")})
    assert found.problem == "is not there, or is a link that leads nowhere"


def test_many_files_that_the_drizzle_journal_or_its_folder_lacks_are_one_matter(tmp_path):
    gone = journal("0000_here", *(f"{number:04}_gone" for number in range(1, 9)))
    found = project(tmp_path, {"drizzle/meta/_journal.json": gone, "drizzle/0000_here.sql": SQL})
    problem, here = found.migrations
    assert problem.problem == (
        "names 0001_gone.sql and 7 more files that are not there: Drizzle stops at the first"
    )
    assert here.path == "drizzle/0000_here.sql"
    files = {f"drizzle/{number:04}_a.sql": SQL for number in range(9)}
    found = project(tmp_path, {**files, "drizzle/meta/_journal.json": journal("0000_here")})
    assert [path for path, _ in found.folders[0].strays] == ["drizzle/0000_a.sql"]


@pytest.mark.parametrize(
    ("driver", "enforced"),
    [("@libsql/client", False), ("better-sqlite3", True), ("@types/bun", UNKNOWN)],
)
def test_drizzle_and_the_foreign_keys_of_sqlite(tmp_path, driver, enforced):
    files = {
        "package.json": json.dumps({"dependencies": {driver: "1.0.0"}}),
        "drizzle/meta/_journal.json": journal("0000_a").replace("postgresql", "sqlite"),
        "drizzle/0000_a.sql": SQL,
    }
    found = one(tmp_path, files)
    assert (found.dialect, found.foreign_keys) == ("sqlite", enforced)


def test_drizzle_folders(tmp_path):
    found = project(
        tmp_path,
        {
            "drizzle/20250101000000_a/migration.sql": SQL,
            "drizzle/20250101000000_a/snapshot.json": '{"version": "8", "dialect": "mysql"}',
            "drizzle/20250102000000_b/migration.sql": SQL,
            "drizzle/20250102000000_b/snapshot.json": '{"version": "8", "dialect": "mysql"}',
        },
    )
    assert [(m.layout, m.name, m.dialect) for m in found.migrations] == [
        ("drizzle", "a", "mysql"),
        ("drizzle", "b", "mysql"),
    ]


def test_drizzle_without_its_journal_is_known_by_its_breakpoints(tmp_path):
    files = {"migrations/0000_a.sql": f"{SQL}--> statement-breakpoint\n{SQL}"}
    assert one(tmp_path, files).layout == "drizzle"


# Supabase, Flyway


def test_supabase(tmp_path):
    found = one(tmp_path, {"apps/web/supabase/migrations/20240101000000_a.sql": SQL})
    assert (found.layout, found.dialect, found.transaction) == ("supabase", "postgres", "query")
    assert (found.version, found.name) == ("20240101000000", "a")


def test_flyway_order(tmp_path):
    names = ["V10__j", "V2__b", "V1.10__d", "V1_9__c", "V1__a", "R__views", "U2__b", "V1.0.1__aa"]
    files = {f"db/migration/{name}.sql": SQL for name in names}
    files["db/migration/afterMigrate.sql"] = SQL
    files["db/migration/2024/V3__nested.sql"] = SQL
    found = project(tmp_path, files)
    assert [(m.version, m.name) for m in found.migrations] == [
        ("1", "a"),
        ("1.0.1", "aa"),
        ("1.9", "c"),
        ("1.10", "d"),
        ("2", "b"),
        ("3", "nested"),
        ("10", "j"),
        ("", "views"),
    ]


def test_flyway_has_one_history_below_its_folder_but_one_for_each_database(tmp_path):
    root = "src/main/resources/db/migration"
    releases = (
        f"{root}/3.0/ddl/V2__b.sql",
        f"{root}/2.0/ddl/V1__a.sql",
        f"{root}/2.0/dml/V1_1__c.sql",
    )
    found = project(tmp_path, dict.fromkeys(releases, SQL))
    assert [(m.path.rpartition("/")[2], m.folder) for m in found.migrations] == [
        ("V1__a.sql", root),
        ("V1_1__c.sql", root),
        ("V2__b.sql", root),
    ]
    named = project(tmp_path, {}, paths=[f"{root}/3.0/ddl/V2__b.sql"])
    assert [m.report for m in named.migrations] == [False, False, True]
    databases = {f"{root}/{name}/V1__a.sql": SQL for name in ("mysql", "postgresql")}
    found = project(tmp_path / "databases", databases)
    assert {m.folder for m in found.migrations} == {f"{root}/mysql", f"{root}/postgresql"}


@pytest.mark.parametrize(
    ("conf", "sql", "transaction"),
    [
        (None, SQL, "file"),
        ("executeInTransaction=false\n", SQL, "statement"),
        ("executeInTransaction=true\n", SQL, "file"),
        ("#executeInTransaction=false\n", SQL, "file"),
        (
            None,
            "-- a; b\nCREATE INDEX CONCURRENTLY a ON t (a);\nDROP INDEX CONCURRENTLY b;",
            "statement",
        ),
        (None, SQL + "CREATE INDEX CONCURRENTLY a ON t (a);", "file"),
    ],
)
def test_flyway_leaves_the_transaction(tmp_path, conf, sql, transaction):
    files = {"db/migration/V1__a.sql": sql}
    if conf:
        files["db/migration/V1__a.sql.conf"] = conf
    found = one(tmp_path, files)
    assert found.transaction == transaction
    assert "V1__a.sql.conf" in found.opt_out


# files with sections


@pytest.mark.parametrize(
    ("text", "up", "transaction"),
    [
        ("-- +goose Up\nA;\n-- +goose Down\nB;\n", "-- +goose Up\nA;\n", "file"),
        ("-- +goose Up\nA;\n", "-- +goose Up\nA;\n", "file"),
        (
            "-- +goose NO TRANSACTION\n-- +goose Up\nA;\n",
            "-- +goose NO TRANSACTION\n-- +goose Up\nA;\n",
            "statement",
        ),
        ("-- +goose Down\nB;\n-- +goose Up\nA;\n", "-- +goose Up\nA;\n", "file"),
        ("--+goose up\r\nA;\r\n-- +GOOSE DOWN\r\nB;", "--+goose up\r\nA;\r\n", "file"),
        (
            "-- +goose Up\n-- +goose StatementBegin\nA;\n-- +goose StatementEnd\n"
            "-- +goose Down\nB;",
            "-- +goose Up\n-- +goose StatementBegin\nA;\n-- +goose StatementEnd\n",
            "file",
        ),
    ],
)
def test_goose_sections(tmp_path, text, up, transaction):
    path = tmp_path / "migrations" / "00001_a.sql"
    path.parent.mkdir()
    path.write_bytes(text.encode())
    found = one(tmp_path, {})
    assert (found.layout, found.transaction, forward_text(found)) == ("goose", transaction, up)
    assert "-- +goose NO TRANSACTION" in found.opt_out


def test_goose_orders_by_number(tmp_path):
    names = ["10_c.sql", "9_b.sql", "00002_a.sql"]
    found = project(tmp_path, {f"migrations/{name}": "-- +goose Up\nA;\n" for name in names})
    assert [m.name for m in found.migrations] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "up", "transaction"),
    [
        ("-- migrate:up\nA;\n\n-- migrate:down\nB;\n", "-- migrate:up\nA;\n\n", "file"),
        (
            "-- migrate:up transaction:false\nA;\n-- migrate:down\n",
            "-- migrate:up transaction:false\nA;\n",
            "query",
        ),
        ("-- migrate:up\nA;\n-- migrate:down transaction:false\nB;", "-- migrate:up\nA;\n", "file"),
        ("-- migrate:down\nB;\n-- migrate:up\nA;\n", "-- migrate:up\nA;\n", "file"),
        ("-- migrate:up\nA;\n", "-- migrate:up\nA;\n", "file"),
    ],
)
def test_dbmate_sections(tmp_path, text, up, transaction):
    found = one(tmp_path, {"db/migrations/20240101000000_a.sql": text})
    assert (found.layout, found.transaction, forward_text(found)) == ("dbmate", transaction, up)


@pytest.mark.parametrize("mark", ["-- +migrate Down", "-- Down Migration"])
def test_down_sections_of_other_tools(tmp_path, mark):
    found = one(tmp_path, {"migrations/1_a.sql": f"{SQL}{mark}\nDROP TABLE users;\n"})
    assert (found.layout, found.transaction, forward_text(found)) == ("plain", UNKNOWN, SQL)


# pairs of files


def pair(folder, *names):
    return {f"{folder}/{name}.{way}.sql": SQL for name in names for way in ("up", "down")}


def test_golang_migrate(tmp_path):
    found = project(tmp_path, pair("db/migrations", "10_c", "9_b", "000002_a"))
    assert [m.path for m in found.migrations] == [
        "db/migrations/000002_a.up.sql",
        "db/migrations/9_b.up.sql",
        "db/migrations/10_c.up.sql",
    ]
    assert {(m.layout, m.transaction) for m in found.migrations} == {("golang-migrate", "query")}
    assert [m.name for m in found.migrations] == ["a", "b", "c"]


def test_a_file_that_golang_migrate_ignores_may_go_down_again_in_one_file(tmp_path):
    text = f"-- +migrate Up\n{SQL}-- +migrate Down\nDROP TABLE users;\n"
    files = {**pair("db/migrations", "1_a"), "db/migrations/2_b.sql": text}
    _, other = project(tmp_path, files).migrations
    assert (other.layout, forward_text(other)) == ("golang-migrate", f"-- +migrate Up\n{SQL}")


def test_pairs_that_golang_migrate_would_not_take_are_of_another_tool(tmp_path):
    found = project(tmp_path, pair("db/migrations", "0001_a", "0001_b", "V2.c", "0003"))
    assert found.layouts == ("plain",)
    assert not found.folders[0].strays


def test_atlas_with_files_of_golang_migrate_is_run_by_that(tmp_path):
    files = {**pair("migrations", "1_a"), "migrations/atlas.sum": "h1:x\n"}
    assert one(tmp_path, files).layout == "golang-migrate"


@pytest.mark.parametrize(
    ("text", "transaction"),
    [
        (SQL, "file"),
        (f"-- no-transaction\n{SQL}", "query"),
        (f"\n-- no-transaction\n{SQL}", "file"),
    ],
)
def test_sqlx(tmp_path, text, transaction):
    found = one(
        tmp_path,
        {
            "Cargo.toml": '[dependencies]\nsqlx = { version = "0.8" }\n',
            "migrations/20240101_a.up.sql": text,
            "migrations/20240101_a.down.sql": SQL,
        },
    )
    assert (found.layout, found.transaction, found.name) == ("sqlx", transaction, "a")


def test_queries_beside_sqlx_are_no_migrations(tmp_path):
    files = {"Cargo.toml": 'sqlx = "0.8"\n', "src/queries/open.sql": SQL}
    found = project(tmp_path, {**files, "migrations/1_a.sql": SQL})
    assert [m.path for m in found.migrations] == ["migrations/1_a.sql"]


def test_folders_of_notes_are_no_migrations_of_prisma(tmp_path):
    notes = {f"specs/2026010{n}-topic/notes.md": "" for n in range(1, 6)}
    files = {**notes, "specs/20260101-topic/migration.sql": SQL, **prisma()}
    assert one(tmp_path, files).path.startswith("prisma/")


@pytest.mark.parametrize(
    ("text", "transaction"), [(SQL, "file"), (f"-- atlas:txmode none\n\n{SQL}", "statement")]
)
def test_atlas(tmp_path, text, transaction):
    found = one(tmp_path, {"migrations/atlas.sum": "h1:x\n", "migrations/20240101_a.sql": text})
    assert (found.layout, found.transaction) == ("atlas", transaction)


# folders with up.sql


@pytest.mark.parametrize(
    ("metadata", "transaction"),
    [
        (None, "file"),
        ("run_in_transaction = false\n", "query"),
        ("run_in_transaction = true\n", "file"),
    ],
)
def test_diesel(tmp_path, metadata, transaction):
    folder = "migrations/2024-01-01-000000_a"
    files = {f"{folder}/up.sql": SQL, f"{folder}/down.sql": SQL}
    if metadata:
        files[f"{folder}/metadata.toml"] = metadata
    found = one(tmp_path, files)
    assert (found.layout, found.transaction) == ("diesel", transaction)
    assert (found.version, found.name) == ("20240101000000", "a")


def test_hasura(tmp_path):
    folder = "migrations/default/1620000000000_a"
    found = one(tmp_path, {f"{folder}/up.sql": SQL, f"{folder}/down.sql": SQL})
    assert (found.layout, found.version, found.name) == ("hasura", "1620000000000", "a")
    assert (found.transaction, found.opt_out) == ("file", "")


# plain files, and which database they are for


def test_plain_orders_by_number_and_leaves_the_way_down_out(tmp_path):
    names = ["10_c.sql", "2_b.sql", "1_a.up.sql", "2_b.down.sql", "2_b_undo.sql", "zz.sql"]
    names.append("0002.undo.b.sql")  # Postgrator
    found = project(tmp_path, {f"migrations/{name}": SQL for name in names})
    assert [m.path for m in found.migrations] == [
        "migrations/zz.sql",
        "migrations/1_a.up.sql",
        "migrations/2_b.sql",
        "migrations/10_c.sql",
    ]
    assert found.migrations[0].transaction is UNKNOWN


@pytest.mark.parametrize(
    ("name", "version", "rest"),
    [
        ("20220329-030000.sql", "20220329-030000", ""),
        ("20220329_030000_users.up.sql", "20220329_030000", "users"),
        ("2022_03_29_030000_users.sql", "2022_03_29_030000", "users"),
        ("2022-03-29.sql", "2022-03-29", ""),
        ("2022-03-29-users.sql", "2022-03-29", "users"),
        ("20220329_users.sql", "20220329", "users"),
        ("20220329_1234567_users.sql", "20220329", "1234567_users"),
        ("20220329030000_users.sql", "20220329030000", "users"),
        ("0001_users.sql", "0001", "users"),
    ],
)
def test_a_plain_version_may_be_a_date_and_a_time(tmp_path, name, version, rest):
    found = one(tmp_path, {f"migrations/{name}": SQL})
    assert (found.version, found.name) == (version, rest)


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        (SQL, "postgres"),
        ("-- `a` AUTO_INCREMENT\n" + SQL, "postgres"),
        ("INSERT INTO t VALUES ('`a`');", "postgres"),
        ("ALTER TABLE `users` ADD a int;", "mysql"),
        ("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY);", "mysql"),
        ("CREATE TABLE t (id int) ENGINE=InnoDB;", "mysql"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);", "sqlite"),
        ("PRAGMA foreign_keys=OFF;", "sqlite"),
        ("DELIMITER //\nCREATE PROCEDURE p() BEGIN END//", "mysql"),
        ("INSERT INTO t VALUES (UUID_SHORT());", "mysql"),
        ("CREATE TABLE t (id int PRIMARY KEY) WITHOUT ROWID;", "sqlite"),
    ],
)
def test_the_dialect_is_guessed_and_that_is_noted(tmp_path, sql, dialect):
    found = project(tmp_path, {"migrations/1_a.sql": sql})
    assert found.migrations[0].dialect == dialect
    assert any(f"read as {dialect}, because" in note for note in found.notes)


def test_the_configuration_comes_before_a_guess(tmp_path):
    found = project(
        tmp_path, {"migrations/1_a.sql": "ALTER TABLE `a` ADD b int;"}, dialect="sqlite"
    )
    assert found.migrations[0].dialect == "sqlite"
    assert not found.notes


def test_the_names_of_folders_and_files_say_the_dialect(tmp_path):
    files = {
        f"store/migrations/{name}": SQL
        for name in ("mysql/1_a.sql", "sqlite3/1_a.sql", "postgresql/1_a.sql", "all/1_a.mysql.sql")
    }
    found = project(tmp_path, files)
    assert {m.path.split("/")[2]: m.dialect for m in found.migrations} == {
        "mysql": "mysql",
        "sqlite3": "sqlite",
        "postgresql": "postgres",
        "all": "mysql",
    }


def test_a_file_for_one_database_says_nothing_of_the_others(tmp_path):
    files = {
        "migrations/1_a.up.sql": SQL,
        "migrations/1_a.mysql.up.sql": "ALTER TABLE `a` ADD b int;",
    }
    files["migrations/1_a.cockroach.up.sql"] = SQL
    found = project(tmp_path, files).migrations
    assert sorted(m.dialect for m in found) == ["mysql", "postgres", "postgres"]


def test_the_command_line_comes_before_the_layout(tmp_path):
    found = one(tmp_path, prisma(), dialect="mysql", origin={"dialect": "--dialect"})
    assert found.dialect == "mysql"


def test_an_override_says_the_dialect(tmp_path):
    from migralint.config import Override

    overrides = (
        Override(("migrations/a*",), {}, "sqlite"),
        Override(("migrations/ab*",), {}, "mysql"),
    )
    files = {f"migrations/{name}.sql": SQL for name in ("a", "ab", "b")}
    found = project(tmp_path, files, overrides=overrides)
    assert [m.dialect for m in found.migrations] == ["sqlite", "mysql", "postgres"]


@pytest.mark.parametrize("text", ["\n" * 200_000, "/*" * 100_000, "-- " * 70_000, "'\n" * 100_000])
@pytest.mark.parametrize("name", ["migrations/1_a.sql", "migrations/V1__concurrently.sql"])
def test_odd_texts_take_no_time_that_grows_with_their_square(tmp_path, name, text):
    """Quadratic, each of them would take minutes."""
    assert one(tmp_path, {name: f"{text} CONCURRENTLY"}).dialect == "postgres"
