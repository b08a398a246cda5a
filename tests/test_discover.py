"""What a run is about: named, found and changed paths; context; files that cannot be read."""

import errno
import os

import pytest

from migralint.config import Config, load
from migralint.discover import NothingFound, decode, discover, within
from migralint.git import Changes
from migralint.model import MigralintError
from migralint.source import Replaced, WorkTree

SQL = "ALTER TABLE users ADD COLUMN a int;\n"
PRISMA = [f"prisma/migrations/2024010{n}000000_{name}" for n, name in enumerate("abc", 1)]


@pytest.fixture
def root(tmp_path):
    write(tmp_path, *(f"{folder}/migration.sql" for folder in PRISMA))
    write(tmp_path, "prisma/migrations/migration_lock.toml", text='provider = "postgresql"\n')
    return tmp_path


def write(root, *paths, text=SQL):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        (root / path).write_bytes(data)


def find(root, *paths, changes=None, added=(), force_exclude=False, source=None, **settings):
    config = Config(root=str(root), **settings)
    source = source or WorkTree(str(root))
    return discover(paths, config, source, changes, added=added, force_exclude=force_exclude)


def reported(project):
    return [migration.path for migration in project.migrations if migration.report]


class Counting(WorkTree):
    """Counts how often each file is read."""

    def __init__(self, root):
        super().__init__(root)
        self.reads = []

    def read(self, path):
        self.reads.append(path)
        return super().read(path)


def test_nothing_named_finds_the_layouts(root):
    write(root, "node_modules/x/migrations/1_a.sql", "db/seeds/1_seed.sql", "db/migrate/1_a.sql")
    project = find(root)
    assert reported(project) == [
        "db/migrate/1_a.sql",
        *(f"{folder}/migration.sql" for folder in PRISMA),
    ]
    assert project.layouts == ("plain", "prisma")
    assert not any(migration.pending for migration in project.migrations)


def test_the_migrations_of_tests_are_left_out_where_there_are_others(root, tmp_path_factory):
    write(root, "tests/migrations/1_a.sql", "src/test/resources/db/migration/V1__a.sql")
    project = find(root)
    assert reported(project) == [f"{folder}/migration.sql" for folder in PRISMA]
    assert any("migrations of tests" in note for note in project.notes)
    assert reported(find(root, "tests/migrations")) == ["tests/migrations/1_a.sql"]
    alone = tmp_path_factory.mktemp("alone")
    write(alone, "tests/migrations/1_a.sql")
    assert reported(find(alone)) == ["tests/migrations/1_a.sql"]


def test_many_numbered_files_are_migrations_whatever_their_folder_is_called(root):
    names = [f"packages/db/{number:04}_a.sql" for number in range(8)]
    write(root, *names, *(f"queries/{number}_a.sql" for number in range(8)))
    assert reported(find(root))[:8] == names
    assert len(reported(find(root))) == 8 + len(PRISMA)


def test_nothing_found_is_an_error_that_says_what_was_looked_for(tmp_path):
    write(tmp_path, "queries/report.sql")
    with pytest.raises(MigralintError) as caught:
        find(tmp_path)
    assert caught.value.status == 2
    for word in ("prisma", "flyway", "paths:", str(tmp_path)):
        assert word in caught.value.hint


def test_a_named_file_has_what_is_before_it_as_context(root):
    project = find(root, f"{PRISMA[1]}/migration.sql")
    assert [(m.path, m.report) for m in project.migrations] == [
        (f"{PRISMA[0]}/migration.sql", False),
        (f"{PRISMA[1]}/migration.sql", True),
    ]


@pytest.mark.parametrize(
    "named", ["prisma", "prisma/migrations", ".", "./prisma/migrations/", "prisma/../prisma"]
)
def test_a_named_folder(root, named):
    assert len(reported(find(root, named))) == 3


def test_a_named_version_folder_is_its_file(root):
    assert reported(find(root, PRISMA[1])) == [f"{PRISMA[1]}/migration.sql"]


def test_several_named_files_of_one_folder(root):
    project = find(root, f"{PRISMA[2]}/migration.sql", f"{PRISMA[0]}/migration.sql")
    assert [m.report for m in project.migrations] == [True, False, True]


def test_absolute_paths_and_paths_outside_of_the_root(root, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    write(other, "1_a.sql")
    named = [str(root / PRISMA[0] / "migration.sql"), str(other / "1_a.sql")]
    assert reported(find(root, *named)) == [f"{other}/1_a.sql", f"{PRISMA[0]}/migration.sql"]
    assert within(str(root), str(root / "a" / ".." / "b.sql")) == "b.sql"


def test_a_path_through_a_link_to_the_root(root, tmp_path_factory):
    link = tmp_path_factory.mktemp("links") / "project"
    link.symlink_to(root)
    assert reported(find(root, str(link / PRISMA[0]))) == [f"{PRISMA[0]}/migration.sql"]


def test_a_plain_file_named_alone(tmp_path):
    write(tmp_path, "scratch.sql")
    assert reported(find(tmp_path, "scratch.sql")) == ["scratch.sql"]


def test_named_paths_that_are_not_there_are_told_together(root):
    with pytest.raises(MigralintError, match=r"no such file or folder: a\.sql, b$") as caught:
        find(root, "a.sql", "prisma", "b")
    assert caught.value.status == 2


def test_a_named_folder_without_migrations_is_an_error(root):
    (root / "empty").mkdir()
    write(root, "text/a.md")
    for named in ("empty", "text"):
        with pytest.raises(MigralintError, match="holds no migrations"):
            find(root, named)


def test_a_named_file_that_is_not_ours_is_noted(root):
    write(root, "notes.txt")
    project = find(root, "notes.txt")
    assert not project.migrations
    assert project.notes == ("notes.txt is neither SQL nor a script that migralint reads",)


def test_a_way_down_is_named_in_vain(tmp_path):
    write(tmp_path, "migrations/1_a.up.sql", "migrations/1_a.down.sql")
    project = find(tmp_path, "migrations/1_a.down.sql")
    assert not project.migrations
    assert project.notes == ("migrations/1_a.down.sql is a way down and is not linted",)


def test_a_file_that_the_layout_does_not_run_is_linted_by_itself(root):
    write(root, f"{PRISMA[0]}/extra.sql", "prisma/migrations/extra.sql")
    project = find(root, "prisma/migrations/extra.sql", f"{PRISMA[0]}/extra.sql")
    assert [(m.path, m.layout) for m in project.migrations] == [
        (f"{PRISMA[0]}/extra.sql", "plain"),
        ("prisma/migrations/extra.sql", "plain"),
    ]


def test_configured_paths(root):
    write(root, "other/sql/1_a.sql")
    assert reported(find(root, paths=("other/sql",))) == ["other/sql/1_a.sql"]
    with pytest.raises(MigralintError, match="names gone, which is not there"):
        find(root, paths=("other/sql", "gone"))


def test_the_configured_layout(tmp_path):
    write(tmp_path, "migrations/1_a.sql")
    assert find(tmp_path, layout="goose").layouts == ("goose",)


def test_excluded(root):
    one = f"{PRISMA[1]}/migration.sql"
    exclude = (PRISMA[1],)
    assert one not in [m.path for m in find(root, exclude=exclude).migrations]
    assert reported(find(root, one, exclude=exclude)) == [one]  # named: meant
    project = find(root, one, exclude=exclude, force_exclude=True)
    assert not project.migrations
    assert "excluded" in project.notes[0]


def test_since_makes_earlier_migrations_context(root):
    project = find(root, since="20240102")
    assert len(reported(project)) == 3  # 20240102 is the smaller number
    project = find(root, since="20240102000000")
    assert reported(project) == [f"{folder}/migration.sql" for folder in PRISMA[1:]]
    assert any("(1)" in note and "context" in note for note in project.notes)
    with pytest.raises(MigralintError, match=r"a.yaml:4: since: 'v2' is no version"):
        find(root, since="v2", origin={"since": "a.yaml:4"})


def test_changes(root):
    new = f"{PRISMA[2]}/migration.sql"
    write(root, "notes/readme.sql", "src/query.sql")
    changes = Changes(added=(new, "src/query.sql"), modified=(f"{PRISMA[0]}/migration.sql",))
    project = find(root, changes=changes)
    assert [(m.report, m.pending) for m in project.migrations] == [
        (True, False),
        (False, False),
        (True, True),
    ]
    assert reported(find(root, "prisma", changes=changes)) == reported(project)
    assert not find(root, "src", changes=changes).migrations
    assert not find(root, changes=Changes()).migrations


def test_added_paths_are_pending(root):
    new = f"{PRISMA[2]}/migration.sql"
    assert [m.pending for m in find(root, new, added=[new]).migrations] == [False, False, True]


def test_nothing_is_read_twice(root):
    write(root, "db/migrations/1_a.sql", text="-- +goose Up\n" + SQL)
    write(root, "drizzle/meta/_journal.json", text='{"entries": [{"idx": 0, "tag": "0_a"}]}')
    write(root, "drizzle/0_a.sql")
    source = Counting(str(root))
    assert len(find(root, source=source).migrations) == 5
    assert sorted(source.reads) == sorted(set(source.reads))


@pytest.mark.parametrize(
    ("data", "text", "problem", "line"),
    [
        (b"", "", "", 1),
        (b"SELECT 1;\r\n", "SELECT 1;\r\n", "", 1),
        (b"\xef\xbb\xbfSELECT 1;", "SELECT 1;", "", 1),
        ("SELECT 'é';".encode("utf-16"), "SELECT 'é';", "", 1),
        (b"\xfe\xff" + "SELECT 1;".encode("utf-16-be"), "SELECT 1;", "", 1),
        (b"SELECT 1;\n\n-- caf\xe9\n", "", "is not UTF-8 (byte 0xe9)", 3),
        (b"SELECT 1;\n\0DROP TABLE users;", "", "holds a NUL character", 2),
        (
            "SELECT".encode("utf-16-le"),
            "",
            "holds a NUL character and is probably UTF-16 without its byte order mark",
            1,
        ),
        (b"\xff\xfea", "", "is not UTF-16 (byte 0x61)", 1),
    ],
)
def test_decode(data, text, problem, line):
    assert decode(data) == (text, problem, line)


def test_what_cannot_be_read_is_a_problem_and_the_rest_goes_on(root):
    (root / "prisma/migrations/20240104000000_d/migration.sql").mkdir(parents=True)
    broken = root / "prisma/migrations/20240105000000_e"
    broken.mkdir()
    (broken / "migration.sql").symlink_to("nowhere")
    write(root, "prisma/migrations/20240106000000_f/migration.sql", text=b"\xff\xff")
    problems = {m.version[-1]: m.problem for m in find(root).migrations if m.problem}
    assert problems == {
        "d": "is a folder, not a file",
        "e": "is not there, or is a link that leads nowhere",
        "f": "is not UTF-8 (byte 0xff)",
    }
    for folder in ("20240104000000_d", "20240105000000_e"):
        named = find(root, f"prisma/migrations/{folder}/migration.sql")
        assert named.migrations[-1].problem


class Forbidden(WorkTree):
    """What another user than root meets."""

    def read(self, path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_a_file_without_permission(root):
    found = find(root, source=Forbidden(str(root)), dialect="postgres")
    assert {m.problem for m in found.migrations} == {"cannot be read: Permission denied"}


def test_a_folder_without_permission_is_not_an_empty_one(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    source = WorkTree(str(tmp_path))
    user = os.geteuid()
    try:
        os.seteuid(65534 if user == 0 else user)  # root may read everything
        assert source.list("closed") == ()
    finally:
        os.seteuid(user)
    assert source.closed == ["closed"]
    assert WorkTree(str(tmp_path)).list("nowhere") == ()


class Closed(WorkTree):
    """A folder that another user than root may not read."""

    def __init__(self, root, folder):
        super().__init__(root)
        self.folder = folder

    def list(self, folder):
        if folder == self.folder:
            self.closed.append(folder)
            return ()
        return super().list(folder)


def test_what_a_folder_without_permission_hides_is_said(root):
    write(root, "data/a.sql")
    assert find(root, source=Closed(str(root), "data")).notes[0] == (
        "data: cannot be read: Permission denied, so what is in it was not looked at"
    )
    (root / PRISMA[1] / "migration.sql").unlink()
    found = find(root, source=Closed(str(root), PRISMA[1]))
    assert {m.path: m.problem for m in found.migrations if m.problem} == {
        PRISMA[1]: "cannot be read: Permission denied"
    }
    assert not found.folders[0].strays
    for named in ((), ("prisma/migrations",), ("prisma",)):
        with pytest.raises(MigralintError) as error:
            find(root, *named, source=Closed(str(root), "prisma/migrations"))
        said = str(error.value).replace(":", "")
        assert "prisma/migrations cannot be read Permission denied" in said


def test_a_configuration_below_the_one_in_force_is_said(tmp_path):
    write(tmp_path, "a/migrations/1_a.sql", "b/migrations/1_b.sql")
    write(tmp_path, "a/.migralint.yaml", ".git/HEAD", text="preset: strict")
    why = "a/.migralint.yaml is not read in a run that is about more than a"
    said = f"{why}; `migralint lint a` reads it"
    assert said in find(tmp_path).notes
    assert said in find(tmp_path, changes=Changes(added=("a/migrations/1_a.sql",))).notes
    assert said in find(tmp_path, path=".migralint.yaml").notes
    assert not any("not read" in note for note in find(tmp_path, path="a/.migralint.yaml").notes)


def test_what_keeps_from_finding_is_said(root):
    with pytest.raises(MigralintError) as error:
        find(root, exclude=("prisma/**",))
    assert "`exclude:` leaves prisma/** out" in error.value.hint
    write(root, "empty/data/a.txt")
    with pytest.raises(MigralintError) as error:
        find(root, paths=("none",), origin={"paths": ".migralint.yaml:3"})
    assert str(error.value).startswith(".migralint.yaml:3: `paths:` names none, which is not there")


@pytest.mark.parametrize(
    ("place", "leads", "problem"),
    [
        ("inside.sql", "shared/inside.sql", ""),
        ("inside.sql", ".env", "cannot be read: it is a link to a file of another kind, .env"),
        ("out.sql", "../out.sql", "cannot be read: it is a link that leads out of the repository"),
    ],
)
def test_a_link_shows_only_what_is_the_projects(tmp_path, place, leads, problem):
    root = tmp_path / "project"
    write(root, "shared/inside.sql", ".env", "../out.sql", ".git/HEAD")
    (root / "migrations").mkdir()
    (root / "migrations" / f"1_{place}").symlink_to(f"../{leads}")
    found = find(root, "migrations").migrations
    assert [m.problem for m in found] == [problem]
    assert [m.text for m in found] == ["" if problem else SQL]


def test_a_folder_named_like_a_plain_file(tmp_path):
    write(tmp_path, "migrations/1_a.sql")
    (tmp_path / "migrations/2_b.sql").mkdir()
    assert [m.problem for m in find(tmp_path).migrations] == ["", "is a folder, not a file"]


def test_links_that_go_round_are_not_followed(root):
    (root / "prisma/loop").symlink_to(root)
    assert len(reported(find(root))) == 3


def test_migrations_that_are_programs_leave_a_gap_and_a_note(tmp_path):
    for number in range(5):
        write(tmp_path, f"migrations/{number}_a.sql", text=f"CREATE TABLE t{number} (a int);\n")
    write(tmp_path, "migrations/5_b_test.go", text="package migrations")
    assert not any(m.partial for m in find(tmp_path).migrations)
    write(tmp_path, "migrations/5_b.go", text="package migrations")
    found = find(tmp_path)
    assert all(m.partial for m in found.migrations)
    assert any("are programs: 1" in note for note in found.notes)


def test_a_database_that_is_not_read_is_an_error_alone_and_a_note_beside_others(root):
    other = root / "analytics"
    write(
        other, "clickhouse/migrations/1_a.sql", text="CREATE TABLE t (a Int8) ENGINE = MergeTree;"
    )
    assert any("is for clickhouse" in note for note in find(root).notes)
    with pytest.raises(MigralintError, match="is for clickhouse; migralint reads postgres"):
        find(root, "analytics")
    write(other, "db/hsqldb/V1__a.sql", text="ALTER TABLE t ALTER COLUMN a VARCHAR(255);")
    write(other, "db/more/V1__a.sql", text="CREATE TABLE t (a VARCHAR2(9));")
    notes = " ".join(find(root).notes)
    assert "db/hsqldb is for hsqldb" in notes and "db/more is for oracle" in notes
    write(other, "db/mixed/V2__b.sql", "db/mixed/V2__b.h2.sql", text="CREATE TABLE t (a int);")
    found = find(root, "analytics/db/mixed")
    assert [m.path for m in found.migrations] == ["analytics/db/mixed/V2__b.sql"]
    assert any("V2__b.h2.sql is for h2" in note for note in found.notes)
    write(other, "one.h2.sql", text="CREATE TABLE t (a int);")
    with pytest.raises(MigralintError, match=r"one\.h2\.sql is for h2"):
        find(root, "analytics/one.h2.sql")
    write(root, "prisma/migrations/migration_lock.toml", text='provider = "sqlserver"')
    with pytest.raises(MigralintError, match="prisma/migrations is for sqlserver"):
        find(root, "prisma")


def test_standard_input_takes_the_place_of_a_file(root):
    path = "prisma/migrations/20240109000000_new/migration.sql"
    project = find(root, path, source=Replaced(WorkTree(str(root)), path, b"DROP TABLE users;"))
    assert len(project.migrations) == 4
    assert reported(project) == [path]
    assert project.migrations[-1].text == "DROP TABLE users;"
    assert project.migrations[-1].dialect == "postgres"


def test_a_configuration_below_the_root_names_its_own_folders(tmp_path):
    write(tmp_path, "packages/db/sql/1_a.sql", "sql/1_b.sql")
    write(tmp_path, "packages/db/.migralint.yaml", text="paths: [sql]\n")
    config = load(str(tmp_path / "packages/db/.migralint.yaml"), str(tmp_path), environ={})
    project = discover([], config, WorkTree(str(tmp_path)))
    assert reported(project) == ["packages/db/sql/1_a.sql"]


def test_scripts_are_found_too(root):
    write(root, "scripts/release", text="#!/bin/sh\nprisma migrate deploy\n")
    write(root, "scripts/notes", "LICENSE", text="prisma migrate deploy\n")
    write(root, "package.json", "scripts/deploy.sh", "node_modules/a/package.json", text="{}")
    found = {script.path: script.form for script in find(root).scripts}
    assert found == {
        "package.json": "json",
        "scripts/deploy.sh": "shell",
        "scripts/release": "shell",
    }
    assert [s.path for s in find(root, "scripts/release").scripts] == ["scripts/release"]
    changes = Changes(modified=("package.json", "LICENSE"))
    assert [s.path for s in find(root, changes=changes).scripts] == ["package.json"]


def test_scripts_alone_are_no_migrations(tmp_path):
    write(tmp_path, "package.json", text="{}")
    with pytest.raises(NothingFound, match="no migrations found") as caught:
        find(tmp_path)
    assert [s.path for s in caught.value.scripts] == ["package.json"]
    assert [s.path for s in find(tmp_path, ".").scripts] == ["package.json"]


def test_markdown_is_read_when_it_is_named(tmp_path):
    (tmp_path / "deploy.md").write_text("```sh\nnpx prisma migrate reset --force\n```\n")
    found = discover(
        [str(tmp_path / "deploy.md")], Config(root=str(tmp_path)), WorkTree(str(tmp_path))
    )
    assert [(script.path, script.form) for script in found.scripts] == [("deploy.md", "markdown")]
