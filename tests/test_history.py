"""What the base has against what is there now, as pure functions: names, order, renamings, settings."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint.config import Allow, Config, Override
from migralint.history import compare, folders, order, paths
from migralint.history.drizzle_schema import changed as changed_tables
from migralint.history.prisma_schema import changed
from migralint.history.settings import weakened
from migralint.model import UNKNOWN, Base, File, Listing, Migration

FOLDER = "prisma/migrations"


def path(version, layout="prisma"):
    return (
        f"{FOLDER}/{version}/migration.sql" if layout == "prisma" else f"migrations/{version}.sql"
    )


def file(version, layout="prisma"):
    number = version if layout == "prisma" else version.partition("_")[0]
    return File(path(version, layout), number, version)


def listing(*versions, layout="prisma", **more):
    files = tuple(file(version, layout) for version in versions)
    folder = FOLDER if layout == "prisma" else "migrations"
    names = () if layout == "prisma" else tuple(f"{version}.sql" for version in versions)
    return Listing(folder, layout, "postgres", files, **{"names": names, **more})


def migrations(at, texts=None, **more):
    texts = texts or {}
    return [
        Migration(
            f.path,
            texts.get(f.path, "SELECT 1;\n"),
            f.version,
            f.name,
            at.layout,
            "postgres",
            **more,
        )
        for f in at.files
    ]


def remarks(now, before=None, *, texts=None, old=None, deleted=(), **more):
    base = None
    if before is not None:
        known = {f.path for f in before.files}
        added = tuple(f.path for f in now.files if f.path not in known)
        base = Base("abc123", "main", (before,), old or {}, added, deleted)
    past = compare(migrations(now, texts), [now], base, **more)
    return {remark.path: remark.facts for remark in past.remarks}


# order


@pytest.mark.parametrize(
    ("newest", "name", "expected"),
    [
        ("20240103000000_c", "20240102000000_b", "20240103000001_b"),
        ("20241231235959_c", "20240102000000_b", "20250101000000_b"),
        ("20240103250000_c", "20240102000000_b", "20240103250001_b"),  # no such hour, yet in order
        ("20240103_c", "20240102_b", "20240104_b"),
        ("20240131_c", "20240102_b", "20240201_b"),
        ("20240230_c", "20240102_b", "20240231_b"),
        ("0009_c", "0007_b", "0010_b"),
        ("9_c", "7_b", "10_b"),
        ("V1.9__c", "V1.7__b", "V1.10__b"),
        ("V1_09__c", "V1_07__b", "V1_10__b"),
        ("2024-01-03-235959_c", "2024-01-02-000000_b", "2024-01-04-000000_b"),
        ("init", "0002_b", ""),
    ],
)
def test_the_next_name(newest, name, expected):
    taken = {newest.strip("V").removesuffix("c").rstrip("_")}
    assert order.after(newest, name, taken) == expected


def test_several_late_ones_keep_their_order_and_meet_nothing():
    before = listing("20240101000000_a", "20240105000000_e")
    now = listing(
        "20240101000000_a", "20240102000000_b", "20240103000000_c", "20240105000000_e",
        "20240105000001_f",
    )  # fmt: skip
    said = remarks(now, before)
    new = [said[path(v)]["new_name"] for v in ("20240102000000_b", "20240103000000_c")]
    assert new == ["20240105000002_b", "20240105000003_c"]
    assert "out_of_order" not in said[path("20240105000001_f")]
    assert "out_of_order" not in said[path("20240101000000_a")]


def test_the_newest_that_counts_is_one_that_is_still_there():
    before = listing("20240101000000_a", "20240105000000_e")
    now = listing("20240101000000_a", "20240102000000_b")
    said = remarks(
        now,
        before,
        old={path("20240105000000_e"): "SELECT 2;"},
        deleted=(path("20240105000000_e"),),
    )
    assert "out_of_order" not in said[path("20240102000000_b")]
    assert said[path("20240105000000_e")]["deleted"]


def test_the_way_down_is_renamed_too():
    before = listing("1_a.up", "3_c.up", layout="golang-migrate")
    now = listing(
        "1_a.up", "2_b.up", "3_c.up", layout="golang-migrate", names=("2_b.down.sql", "2_b.up.sql")
    )
    commands = remarks(now, before)[path("2_b.up", "plain")]["git_mv"]
    assert commands.split("\n    $ ") == [
        "git mv migrations/2_b.up.sql migrations/4_b.up.sql",
        "git mv migrations/2_b.down.sql migrations/4_b.down.sql",
    ]


def test_what_to_type_works_in_a_real_repository(tmp_path):
    names = ["1_a.sql", "2_größe 'x'.sql", "3_c.sql"]
    (tmp_path / "migrations").mkdir()
    for name in names:
        (tmp_path / "migrations" / name).write_text("SELECT 1;")
    run = {"cwd": tmp_path, "check": True, "env": {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}}
    subprocess.run(["git", "init", "-q"], **run)
    subprocess.run(["git", "add", "-A"], **run)
    stems = [name.removesuffix(".sql") for name in names]
    before = listing(stems[0], stems[2], layout="plain")
    said = remarks(listing(*stems, layout="plain"), before)
    subprocess.run(said[path(stems[1], "plain")]["git_mv"], shell=True, **run)
    assert "4_größe 'x'.sql" in os.listdir(tmp_path / "migrations")


@given(
    st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
)
def test_a_path_is_one_word_of_the_shell(text):
    import shlex

    assert shlex.split(paths.shell(text)) == [text]


def test_two_of_one_version():
    now = listing("1_a", "1_b", "2_c", layout="plain")
    said = remarks(now)
    assert "duplicate" not in said[path("1_a", "plain")]
    facts = said[path("1_b", "plain")]
    assert (facts["twin"], facts["new_path"]) == (path("1_a", "plain"), "migrations/3_b.sql")
    # the one that was there first keeps its version, whatever its name
    said = remarks(now, listing("1_b", layout="plain"))
    assert said[path("1_a", "plain")]["twin"] == path("1_b", "plain")
    assert "duplicate" not in said.get(path("1_b", "plain"), {})
    said = remarks(now, listing("1_a", "1_b", layout="plain"))
    assert not any("duplicate" in facts for facts in said.values())
    # what the tool does not apply has no version
    strays = ((path("1_b", "plain"), "is ignored"),)
    stray = listing("1_a", "1_b", layout="plain", strays=strays)
    assert not any("duplicate" in facts for facts in remarks(stray).values())
    # Drizzle's stand behind what the journal names, and of many only the first is spoken of
    strays = ((path("1_b", "drizzle"), "and 6 more files"),)
    stray = listing("1_a", "2_a", "1_b", "2_b", layout="drizzle", strays=strays)
    assert not any("duplicate" in facts for facts in remarks(stray).values())


# edited, deleted, moved


def test_an_edit_without_an_old_text_is_none():
    at = listing("20240101000000_a")
    assert "edited" not in remarks(at, at)[path("20240101000000_a")]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("A;\n", "A;\r\n", True),
        ("A;\n", "A;", True),
        ("A;\n", "B;\n", False),
        ("A;\n", "A ;\n", False),
    ],
)
def test_line_endings_are_told_apart(old, new, same):
    at, here = listing("20240101000000_a"), path("20240101000000_a")
    facts = remarks(at, at, texts={here: new}, old={here: old})[here]
    assert facts["edited"] is True and facts["endings_only"] is same
    assert facts["base"] == "abc123"


def test_an_empty_file_is_not_taken_for_another_empty_file():
    before, now = listing("20240101000000_a"), listing("20240102000000_b")
    old, new = path("20240101000000_a"), path("20240102000000_b")
    assert (
        "moved_to" not in remarks(now, before, texts={new: ""}, old={old: ""}, deleted=(old,))[old]
    )
    facts = remarks(now, before, texts={new: "A;\n"}, old={old: "A;\n"}, deleted=(old,))[old]
    assert facts["moved_to"] == new


def test_a_folder_that_moved_with_most_of_its_files():
    before = listing("20240101000000_a", "20240102000000_b", "20240103000000_c")
    files = tuple(
        File(f.path.replace("prisma/", "db/"), f.version, f.name) for f in before.files[:2]
    )
    now = Listing("db/migrations", "prisma", "postgres", files)
    old = {f.path: "SELECT 1;\n" for f in before.files}
    base = Base("abc", "main", (before,), old, tuple(f.path for f in files), tuple(old))
    past = compare(migrations(now), [now], base)
    assert past.moved == {f.path for f in files}
    gone = [r.path for r in past.remarks if r.facts.get("deleted")]
    assert gone == [before.files[2].path]


# names


@pytest.mark.parametrize(
    ("form", "name", "fits"),
    [
        ("YYYYMMDD[HHMMSS]_snake_case", "20240101_add_users", True),
        ("YYYYMMDD[HHMMSS]_snake_case", "20240101120000_add_users2", True),
        ("YYYYMMDD[HHMMSS]_snake_case", "2024010112_add", False),
        ("YYYYMMDD[HHMMSS]_snake_case", "20240101_addUsers", False),
        ("YYYYMMDD[HHMMSS]_snake_case", "20240101_", False),
        ("N_kebab-case", "7_add-users", True),
        ("NNNN-name", "0007-Add users", True),
        ("NNNN-name", "007-x", False),
        ("V[N.]N__name", "V1.2__x", True),
        ("YYYY.MM.DD_name", "2024x01x01_x", False),
    ],
)
def test_a_form_of_names(form, name, fits):
    assert bool(folders.form_of(form).match(name)) is fits


@given(st.text(max_size=40), st.text(max_size=300))
def test_any_form_and_any_name(form, name):
    folders.form_of(form.replace("[", "").replace("]", "")).match(name)


def test_a_name_put_right():
    said = remarks(listing("20240101000000_a", "20240102000000_AddUser-Phone"))
    facts = said[path("20240102000000_AddUser-Phone")]
    assert facts["new_path"] == f"{FOLDER}/20240102000000_add_user_phone"


def test_only_new_ones_are_judged_and_the_future_is_none_of_ours():
    at = listing("20240102000000_AddUser", "20240103000000_b")
    assert not any("misnamed" in f for f in remarks(at, at).values())
    late = listing("20240103000000_b", "20260602000000_tomorrow", "20260603000000_later")
    said = remarks(late, today="2026-06-01")
    assert [p for p, facts in said.items() if "misnamed" in facts] == [path("20260603000000_later")]


# the folder


def test_strays_of_a_change_set_are_those_that_it_brings():
    strays = ((f"{FOLDER}/x", "holds nothing"), (f"{FOLDER}/y.sql", "is ignored"))
    at = listing("20240101000000_a", strays=strays)
    assert {p for p, facts in remarks(at).items() if "stray" in facts} == {p for p, _ in strays}
    assert not any("stray" in facts for facts in remarks(at, at).values())
    base = Base("abc", "main", (at,), {}, (f"{FOLDER}/x/up.sql",))
    past = compare([], [at], base)
    assert [r.path for r in past.remarks if "stray" in r.facts] == [f"{FOLDER}/x"]


@pytest.mark.parametrize(
    ("text", "named", "found"),
    [
        ("CREATE TABLE `a` (`id` int);", "PostgreSQL", "MySQL"),
        ("  ALTER TABLE `a` ADD b int;", "PostgreSQL", "MySQL"),
        ("-- CREATE TABLE `a`\nSELECT 1;", "PostgreSQL", ""),
        ("INSERT INTO t VALUES ('`x`');", "PostgreSQL", ""),
        ("PRAGMA foreign_keys=OFF;", "PostgreSQL", "SQLite"),
        ("CREATE TABLE [dbo].[User] (id int);", "PostgreSQL", "SQL Server"),
        ("CREATE TYPE \"R\" AS ENUM ('A');", "SQLite", "PostgreSQL"),
        ("CREATE TYPE \"R\" AS ENUM ('A');", "PostgreSQL", ""),
        ("CREATE TABLE `a` (id int);", "MySQL", ""),
    ],
)
def test_which_database_the_sql_is_for(text, named, found):
    assert folders.written_for(text, named) == found


def test_the_way_back_is_unknown_where_nobody_has_looked():
    at = listing("20240101000000_a")
    assert remarks(at)[path("20240101000000_a")]["has_rollback"] is UNKNOWN
    seen = listing("20240101000000_a", "20240102000000_b", downs=("20240101000000_a",))
    said = remarks(seen)
    assert said[path("20240101000000_a")]["has_rollback"] is True
    assert said[path("20240102000000_b")]["has_rollback"] is False


# the schema of Prisma

SCHEMA = """
model User {
  id    Int     @id @default(autoincrement())
  email String  @unique // "the" mail
  posts Post[]
}
model Post {
  id     Int  @id
  user   User @relation(fields: [userId], references: [id])
  userId Int
}
enum Role { USER }
"""


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("email String ", "email String?", ["model User"]),
        ("USER", "USER\nADMIN", ["enum Role"]),
        ("references: [id])", "references: [id], onDelete: Cascade)", ["model Post"]),
        ("model Post", "model Note {\n  id Int @id\n}\nmodel Post", ["model Note"]),
        ('// "the" mail', "/// the mail of { the user", []),
        ("  posts Post[]\n", '  posts Post[]\n  drafts Post[] @relation("drafts")\n', []),
        ("  posts Post[]\n", "", []),
        ("  posts Post[]\n", "  posts Post[]\n  notes FromAnotherFile[]\n", []),
        ("  posts Post[]\n", "  posts Post[]\n  words String[]\n", ["model User"]),
        ("  id     Int  @id\n", "", ["model Post"]),
        ("email String  @unique", "email String @unique", []),
        ("userId Int", "userId Int @updatedAt", []),
        ("enum Role", 'generator client {\n  provider = "x"\n}\nenum Role', []),
    ],
)
def test_what_of_a_schema_asks_for_a_migration(old, new, what):
    assert old in SCHEMA
    assert changed(SCHEMA, SCHEMA.replace(old, new)) == what


# the configuration


def test_what_weakens_a_configuration():
    old = Config(
        rules={"drop-table": "error", "drop-column": "warning"}, preset="strict", fail_on="warning",
        allow=(Allow("a", "x.sql", "", "why", "2026-01-01"), Allow("b", "x.sql", "", "why", "2026-01-01")),
        assume_large=True,
    )  # fmt: skip
    new = Config(
        rules={"drop-table": "off", "drop-column": "error", "truncate": "warning"},
        allow=(Allow("a", "x.sql", "", "why", "2027-01-01", 9), Allow("c", "y.sql", "", "because", "", 10)),
        overrides=(Override(("seed/**",), {"truncate": "off", "drop-column": "error"}, line=12),),
        exclude=("old/**",), since="2026", origin={"rules": ".migralint.yaml:3"},
    )  # fmt: skip
    said = dict(weakened(old, new, lambda rule: "error"))
    assert said == {
        "drop-table is off now and was error": 3,
        "truncate is warning now and was error": 3,
        "the preset is recommended now and was strict": 1,
        "fail_on is error now and was warning": 1,
        "a is allowed for x.sql until 2027-01-01, and was until 2026-01-01": 9,
        "c is allowed for y.sql (because)": 10,
        "truncate is off now for seed/** and was error": 12,
        "old/** is excluded now": 1,
        "migrations before 2026 are not reported now": 1,
        "tables of unknown size do not count as large now": 1,
    }
    strengthened = dict(weakened(new, old, lambda rule: "error"))
    assert set(strengthened) == {
        "drop-column is warning now and was error",
        "b is allowed for x.sql (why)",
    }
    assert list(weakened(old, old, lambda rule: "error")) == []


# the schema of Drizzle

TABLES = """
import { pgTable, text } from "drizzle-orm/pg-core";
export const role = pgEnum("role", ["user", "admin"]);
export const users = pgTable("users", {
  id: text("id").primaryKey().$defaultFn(() => nanoid(8)), // (made by us
  url: text("url").default("http://x/(y"),
  kind: jsonb("kind").$type<{ a: string }>(),
});
export const rel = relations(users, ({ many }) => ({ posts: many(posts) }));
"""


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"admin"]', '"admin", "owner"]', ["role"]),
        ("// (made by us", "/* made\n by us */", []),
        ("nanoid(8)", "nanoid(12)", []),
        ("{ a: string }", "{ a: number }", []),
        ("many(posts)", "many(notes)", []),
        ("http://x/(y", "http://x/y", ["users"]),
        ("primaryKey()", "notNull()", ["users"]),
        (",\n});\nexport const rel", "\n});\nexport const rel", []),
        (
            "export const rel",
            "export const posts = createTable('p', {});\nexport const rel",
            ["posts"],
        ),
        ("import {", "import { type X,", []),
    ],
)
def test_what_of_a_drizzle_schema_asks_for_a_migration(old, new, what):
    assert old in TABLES
    assert changed_tables(TABLES, TABLES.replace(old, new)) == what


@given(st.text(max_size=300))
def test_any_text_is_a_schema(text):
    assert changed_tables(text, text) == changed(text, text) == []


# what is offered to accept a finding


def test_what_a_finding_on_a_file_offers_works():
    from linting import report

    text, config = "ALTER TABLE users ADD COLUMN a int;\n", Config(preset="optional")
    about_it = [f for f in report(text, config=config).findings if f.operation == "migration"]
    assert [f.rule for f in about_it] == ["unexplained-migration"]
    comment = about_it[0].allow.split("\n")[1].strip()
    again = report(f"{comment}\n{text}", config=config)
    assert "unexplained-migration" not in [f.rule for f in again.findings]
    assert "unexplained-migration" in [s.finding.rule for s in again.suppressed]


def test_an_edit_is_allowed_in_the_configuration_and_not_by_another_edit():
    from migralint import suppressions

    for scope, where in (
        ("path", ".migralint.yaml"),
        ("file", "allow-file"),
        ("statement", "allow x"),
    ):
        assert where in suppressions.offer("migrations/1_a.sql", "plain", "x", scope)
