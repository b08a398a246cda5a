"""The configuration: every error in one run with its place, origins, the schema; no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from migralint import layouts
from migralint.config import Allow, Config, Override, find, load, root_of
from migralint.config.keys import KEYS, LAYOUT_NAMES
from migralint.config.patterns import matches
from migralint.config.schema import schema, text
from migralint.model import MigralintError

SCHEMA = Path(__file__).parent.parent / "migralint/schemas/config.schema.json"


def read(folder, content, name=".migralint.yaml", **more):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return load(str(path), str(folder), **{"environ": {}, **more})


def complaints(folder, content, **more):
    with pytest.raises(MigralintError) as caught:
        read(folder, content, **more)
    assert caught.value.status == 2
    return str(caught.value).splitlines()


def test_defaults_need_no_file(tmp_path):
    config = load(None, str(tmp_path), environ={})
    assert config == Config(root=str(tmp_path))
    assert (config.preset, config.fail_on, config.large_table_rows) == (
        "recommended",
        "error",
        10_000,
    )
    assert config.large_tables is None


def test_without_a_file_yaml_is_not_imported(tmp_path):
    code = (
        "import sys; from migralint import config;"
        f"config.load(config.find({str(tmp_path)!r}), '.', environ={{}});"
        "print([m for m in ('yaml', 're', 'json', 'difflib', 'subprocess') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        capture_output=True,
        text=True,
        cwd=SCHEMA.parent.parent.parent,
    )
    assert done.stdout == "[]\n", done.stderr


def test_every_key(tmp_path):
    config = read(
        tmp_path,
        """\
dialect: mariadb
server_version: 10.11
layout: flyway
paths: [./db/migration/, other]
exclude: "**/seed_*.sql"
prisma_version: 7.4
preset: strict
rules: {drop-column: off, drop-table: warning}
overrides:
  - files: db/*_seed.sql
    rules: {unbatched-backfill: off}
    dialect: sqlite
allow:
  - {rule: drop-table, path: ./db/V1__a.sql, reason: unused since 412, until: 2027-01-31}
  - {rule: drop-column, sha256: "%s", reason: reviewed}
since: 010
migration_name: N_snake_case
fail_on: warning
rules_dir: ./rules
large_tables: {users: 5_000_000, "Orders": }
large_table_rows: 500
assume_large: true
commands: [{command: make wipe, effect: destroys, does: empties it}]
guard: {staging: ask}
hosts: {"*.staging.example.org": staging}
url: file:./dev.db
lock_timeout: 2s
statement_timeout: 10min
backup_folder: ./var/backups
backup_keep: 20
backup_keep_days: 14
backup_max_age: 12h
no_staging: there is one database
"""
        % ("a" * 64),
    )
    assert (config.dialect, config.mariadb, config.server_version) == ("mysql", True, 1011)
    assert config.paths == ("db/migration", "other")
    assert config.exclude == ("**/seed_*.sql",)
    assert (config.since, config.prisma_version) == ("010", "7.4")  # as written
    assert config.migration_name == "N_snake_case"
    assert config.rules == {"drop-column": "off", "drop-table": "warning"}
    assert config.overrides == (
        Override(("db/*_seed.sql",), {"unbatched-backfill": "off"}, "sqlite", 10),
    )
    assert config.allow == (
        Allow("drop-table", "db/V1__a.sql", "", "unused since 412", "2027-01-31", 14),
        Allow("drop-column", "", "a" * 64, "reviewed", "", 15),
    )
    assert config.large_tables == {"users": 5_000_000, "Orders": None}
    assert (config.layout, config.preset, config.fail_on) == ("flyway", "strict", "warning")
    assert (config.rules_dir, config.large_table_rows, config.assume_large) == ("rules", 500, True)
    assert [known["does"] for known in config.commands] == ["empties it"]
    assert (config.guard, config.hosts) == (
        {"staging": "ask"},
        {"*.staging.example.org": "staging"},
    )
    assert (config.url, config.lock_timeout, config.statement_timeout) == (
        "file:./dev.db",
        "2s",
        "10min",
    )
    assert (config.backup_folder, config.backup_keep) == ("var/backups", 20)
    assert (config.backup_keep_days, config.backup_max_age) == (14, "12h")
    assert config.no_staging == "there is one database"
    assert config.origin["since"] == ".migralint.yaml:16"
    assert set(config.origin) == set(KEYS)


def test_every_error_in_one_run_with_its_place(tmp_path):
    assert complaints(
        tmp_path,
        """\
dialect: postgress
alow: []
rules:
  drop-table: fatal
  drop-tabel: off
large_table_rows: many
paths: {a: b}
preset: strict
preset: strict
allow:
  - {rule: drop-table, path: a.sql}
  - {rule: drop-table, reason: b}
  - {rule: drop-table, path: a.sql, reason: b, until: 2027-13-01}
  - {rule: drop-table, sha256: ABC, reason: b}
overrides: [{rules: {}}]
assume_large: yes
""",
        rule_ids=lambda directory: ["drop-table", "drop-column"],
    ) == [
        ".migralint.yaml:1:10: dialect is one of postgres, mysql, mariadb or sqlite, "
        "not 'postgress' (did you mean postgres?)",
        ".migralint.yaml:2:1: the configuration has no key 'alow' (did you mean allow?)",
        ".migralint.yaml:4:15: drop-table is one of off, info, warning or error, not 'fatal'",
        ".migralint.yaml:6:19: large_table_rows is a whole number, not 'many'",
        ".migralint.yaml:7:8: paths is a list",
        ".migralint.yaml:9:1: 'preset' is there twice",
        ".migralint.yaml:11:5: an entry of allow needs reason",
        ".migralint.yaml:12:5: an entry of allow needs path or sha256",
        ".migralint.yaml:13:55: until is a date such as 2027-01-31, not '2027-13-01'",
        ".migralint.yaml:14:32: sha256 is 64 lower-case hexadecimal digits",
        ".migralint.yaml:15:13: an override needs `files:` (globs)",
        ".migralint.yaml:16:15: assume_large is true or false, not 'yes'",
        ".migralint.yaml:5:3: there is no rule 'drop-tabel' (did you mean drop-table?)",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: [1", "not YAML"),
        ("- a\n- b", "1:1: the configuration is a mapping"),
        ("rules: drop-table", "1:8: rules is a mapping"),
        ("dialect: [postgres]", "1:10: dialect is a single value, not a sequence"),
        ("fail-on: error", "no key 'fail-on' (did you mean fail_on?)"),
        ("server_version: fifteen", "is a version such as 14 or 8.0"),
        ("server_version: 9.6", "needs `dialect:` beside it"),
        ("dialect: mysql\nserver_version: 14", 'is a MySQL version such as "8.0", not 14.0'),
        ("lock_timeout: five", "1:15: lock_timeout is a duration such as 500ms, 5s or 2min"),
        ("statement_timeout: 5 parsecs", "1:20: statement_timeout is a duration"),
        ("backup_max_age: 1d", "1:17: backup_max_age is a duration"),
        ("migration_name: '???'", "1:17: migration_name has neither YYYY nor N"),
        ("migration_name: 'N[_name'", "1:17: migration_name has a bracket without the other"),
        ("migration_name: 'N]_name['", "1:17: migration_name has a bracket without the other"),
        ("large_tables: users", "large_tables is a list of names, or rows by name"),
        ("a: &x [*x]", "an alias in it leads to itself"),
        ("overrides: &x [*x]", "an alias in it leads to itself"),
        ("a: &x [b]\noverrides: [*x]", "an override is a mapping"),
        ("\0", "not YAML"),
        ("rules:\n\tdrop-table: off", ":2:1: is not YAML: here is a tab"),
        ("exclude: **/*.sql", "A text that begins with * is written in quotes."),
        ("paths: [a,\npreset: strict", "while parsing a flow sequence that begins in line 1"),
        ("[" * 100_000, "nested too deeply"),
        ("a:\n" + " [\n" * 5_000, "nested too deeply"),
        ("{a: " * 5_000, "nested too deeply"),
    ],
)
def test_what_is_refused(tmp_path, content, expected):
    assert expected in "\n".join(complaints(tmp_path, content))


def test_what_is_called_like_the_configuration_and_is_none(tmp_path):
    place = tmp_path / ".migralint.yaml"
    place.mkdir()
    with pytest.raises(MigralintError, match="is not a file"):
        find(str(tmp_path))
    place.rmdir()
    place.symlink_to("nowhere")
    with pytest.raises(MigralintError, match="is a link that leads nowhere"):
        find(str(tmp_path))
    place.unlink()
    os.mkfifo(place)  # reading it would wait for ever
    with pytest.raises(MigralintError, match="is not a file"):
        find(str(tmp_path))


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / ".migralint.yaml"
    path.write_bytes(b"dialect: \xff")
    with pytest.raises(MigralintError, match=r"yaml:1:10: is not UTF-8"):
        load(str(path), str(tmp_path))


@pytest.mark.parametrize(
    ("dialect", "version", "number"),
    [
        ("postgres", "14", 14),
        ("postgres", "14.5", 14),
        ("", "17", 17),
        ("", "8.0", 80),
        ("", "5.7", 57),
        ("mysql", "8.0.36", 80),
        ("mysql", "8.4", 84),
        ("mysql", "9.1", 90),
        ("mariadb", "10.11", 1011),
        ("mariadb", "11.4", 1104),
    ],
)
def test_server_version_as_the_facts_have_it(tmp_path, dialect, version, number):
    lines = [f"server_version: {version}", f"dialect: {dialect}" if dialect else ""]
    assert read(tmp_path, "\n".join(lines)).server_version == number


def test_the_pure_python_loader_reads_the_same(tmp_path, monkeypatch):
    content = "server_version: '14'\nassume_large: false\nrules:\npaths: ['']\nsince: 010\n"
    first = complaints(tmp_path, content)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert (
        complaints(tmp_path, content)
        == first
        == [".migralint.yaml:4:9: an item of paths has no value"]
    )


def test_command_line_over_environment_over_file(tmp_path):
    content = "dialect: sqlite\npreset: strict\nfail_on: info\n"
    environ = {"MIGRALINT_DIALECT": "mysql", "MIGRALINT_PRESET": "optional", "MIGRALINT_OTHER": "x"}
    config = read(tmp_path, content, environ=environ, given={"dialect": "postgres"})
    assert (config.dialect, config.preset, config.fail_on) == ("postgres", "optional", "info")
    assert config.origin == {
        "dialect": "--dialect",
        "preset": "MIGRALINT_PRESET",
        "fail_on": ".migralint.yaml:3",
    }


def test_errors_of_the_command_line_and_the_environment_are_told_together(tmp_path):
    with pytest.raises(MigralintError) as caught:
        load(
            None,
            str(tmp_path),
            environ={"MIGRALINT_FAIL_ON": "never"},
            given={"server_version": "x"},
        )
    assert str(caught.value).splitlines() == [
        "--pg is a version such as 14 or 8.0, not 'x'",
        "MIGRALINT_FAIL_ON is one of info, warning or error, not 'never'",
    ]


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("MIGRALINT_DIALCT", "is no setting (did you mean MIGRALINT_DIALECT?)"),
        ("MIGRALINT_FAILON", "is no setting (did you mean MIGRALINT_FAIL_ON?)"),
        ("MIGRALINT_PG", "is no setting (did you mean MIGRALINT_SERVER_VERSION?)"),
        ("MIGRALINT_RULES", ": `rules` is for the configuration file, not for a variable"),
    ],
)
def test_a_variable_that_is_misspelt_is_an_error(tmp_path, variable, said):
    with pytest.raises(MigralintError) as caught:
        load(None, str(tmp_path), environ={variable: "1"})
    assert str(caught.value) == f"{variable}{'' if said[0] == ':' else ' '}{said}"
    load(None, str(tmp_path), environ={variable: ""})  # as CI systems unset one


@pytest.mark.parametrize("whose", ["ACTION_PATHS", "ACTION_FAIL_ON", "TEST_POSTGRES", "VERSION"])
def test_variables_of_others_are_left_alone(tmp_path, whose):
    load(None, str(tmp_path), environ={f"MIGRALINT_{whose}": "1"})


def test_found_upwards_to_the_git_root(tmp_path):
    (tmp_path / ".migralint.yaml").write_text("")
    project = tmp_path / "project"
    inner = project / "packages" / "db"
    inner.mkdir(parents=True)
    assert find(str(inner)) == str(tmp_path / ".migralint.yaml")
    (project / ".git").mkdir()
    assert find(str(inner)) is None
    assert root_of(str(inner)) == str(project)
    (inner / ".migralint.yml").write_text("")
    assert find(str(inner)) == str(inner / ".migralint.yml")
    (inner / ".migralint.yaml").write_text("")
    with pytest.raises(MigralintError, match=r"both \.migralint\.yaml and \.migralint\.yml"):
        find(str(inner))


def test_the_root_without_git_and_configuration(tmp_path, monkeypatch):
    inner = tmp_path / "db" / "migrations"
    inner.mkdir(parents=True)
    assert root_of(str(inner)) == str(inner)
    monkeypatch.chdir(tmp_path)
    assert root_of(str(inner)) == root_of("db") == str(tmp_path)
    (tmp_path / "db" / ".migralint.yaml").write_text("")
    assert root_of(str(inner)) == str(tmp_path / "db")


def test_paths_are_relative_to_the_file(tmp_path):
    config = read(
        tmp_path,
        "paths: [prisma/migrations]\nrules_dir: ../rules\n"
        "allow: [{rule: a, path: prisma/x.sql, reason: b}, {rule: a, path: a\\b.sql, reason: b}]\n"
        "overrides: [{files: ['**/a.sql']}]\n",
        name="packages/db/.migralint.yaml",
    )
    assert config.paths == ("packages/db/prisma/migrations",)
    assert config.rules_dir == "packages/rules"
    assert config.allow[0].path == "packages/db/prisma/x.sql"
    assert config.allow[1].path == "packages/db/a/b.sql"
    assert config.overrides[0].files == ("packages/db/**/a.sql",)
    assert config.path == "packages/db/.migralint.yaml"


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("prisma", "prisma/migrations/1/migration.sql", True),
        ("prisma/*.sql", "prisma/a.sql", True),
        ("prisma/*.sql", "prisma/x/a.sql", False),
        ("prisma/**/*.sql", "prisma/a.sql", True),
        ("prisma/**/*.sql", "prisma/x/y/a.sql", True),
        ("**/seed_*", "db/seed_1/a.sql", True),
        ("a?.sql", "ab.sql", True),
        ("a?.sql", "a/.sql", False),
        ("a.sql", "axsql", False),
        (".", "anything/at.all", True),
        ("prisma", "prismatic/a.sql", False),
    ],
)
def test_globs(pattern, path, expected):
    assert matches(pattern, path) is expected


def test_the_schema_is_fresh():
    assert SCHEMA.read_text(encoding="utf-8") == text(), (
        "write migralint.config.schema.text() to migralint/schemas/config.schema.json"
    )


@pytest.mark.parametrize(
    ("content", "valid"),
    [
        ("{dialect: postgres, server_version: 14, rules: {drop-table: 'off'}}", True),
        ("{allow: [{rule: a, path: b, reason: c}], large_tables: {users: 5}}", True),
        ("{guard: {test: allow}, hosts: {db: production}}", True),
        ("{guard: {production: allow}}", False),
        ("{commands: [{command: make wipe, effect: destroys, does: empties it}]}", True),
        ("{commands: [{command: make wipe}]}", False),
        ("{dialect: oracle}", False),
        ("{allow: [{rule: a, path: b}]}", False),
        ("{rule: {}}", False),
    ],
)
def test_the_schema_agrees_with_the_validator(tmp_path, content, valid):
    schema_says = not list(
        jsonschema.Draft202012Validator(schema()).iter_errors(yaml.safe_load(content))
    )
    try:
        read(tmp_path, content)
        we_say = True
    except MigralintError:
        we_say = False
    assert schema_says is we_say is valid


def test_the_layouts_of_the_table_are_those_that_exist():
    assert set(LAYOUT_NAMES) == set(layouts.LAYOUTS)
    for name in LAYOUT_NAMES:
        assert layouts.layout(name).files


words = st.sampled_from(
    [
        *KEYS,
        "drop-table",
        "rule",
        "path",
        "reason",
        "until",
        "files",
        "off",
        "010",
        "2027-01-31",
        "null",
    ]
)
values = st.recursive(
    st.one_of(words, st.text(max_size=8), st.integers(), st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(words, st.integers()), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary(), values.map(json.dumps), values.map(yaml.safe_dump)))
def test_never_a_traceback(tmp_path_factory, content):
    path = os.path.join(tmp_path_factory.getbasetemp(), "any.yaml")
    with open(path, "wb") as file:
        file.write(
            content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        )
    try:
        config = load(
            path, os.path.dirname(path), environ={}, rule_ids=lambda directory: ["drop-table"]
        )
    except MigralintError as error:
        assert "any.yaml" in str(error)
    else:
        assert config.path == "any.yaml"
