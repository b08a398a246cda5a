"""What migralint leaves is what Prisma's engine leaves, row by row apart from ids and times.

The judge is the engine of Prisma 7.10.1. On PostgreSQL it sends statement by statement, as the
native engine does from 7.4 on; the situations of WHOLE are judged a second time with the whole file
in one message, as up to 7.3. SQLite and the CLI send it whole.

Each situation is a list of steps, taken once with the real engine and once with migralint, each on a
database of its own; then each tool looks at what the other has left.
The one intended difference: a migration that fails inside its transaction leaves a row that is rolled
back already (Prisma reads it as pending), where Prisma's engine leaves a failed one.
"""

from __future__ import annotations

import re

import pytest
from projects import Database, administered

A = "CREATE TABLE a (id INTEGER PRIMARY KEY);\n"
B = "CREATE TABLE b (id INTEGER PRIMARY KEY);\nCREATE TABLE b2 (id INTEGER PRIMARY KEY);\n"
C = "CREATE TABLE c (id INTEGER PRIMARY KEY);\n"
ONE, TWO, THREE = "20240101000000_a", "20240102000000_b", "20240103000000_c"
CUT_SHORT = (
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count) "
    "VALUES ('{id}', 'ab', '{name}', {now}, 0)"
)


def cut_short(name, number=1):
    """What a killed client leaves."""
    return ("sql", CUT_SHORT.replace("{id}", f"id-{number}").replace("{name}", name))


# fmt: off
BOTH = {
    "fresh": [("add", ONE, A), ("add", TWO, B), ("deploy",)],
    "nothing to do": [("add", ONE, A), ("deploy",), ("deploy",)],
    "partial": [("add", ONE, A), ("deploy",), ("add", TWO, B), ("add", THREE, C), ("deploy",)],
    "an empty file": [("add", ONE, ""), ("add", TWO, A), ("deploy",)],
    "only a comment": [("add", ONE, "-- nothing\n"), ("deploy",)],
    "windows line ends": [("add", ONE, A.replace("\n", "\r\n")), ("deploy",), ("deploy",)],
    "line ends changed": [("add", ONE, A), ("deploy",), ("edit", ONE, A.replace("\n", "\r\n")), ("deploy",)],
    "not ASCII": [("add", "20240101000000_größe", "-- größe ☃ 𝄞\n" + A), ("deploy",)],
    "edited": [("add", ONE, A), ("deploy",), ("edit", ONE, A + "--\n"), ("add", TWO, B), ("deploy",)],
    "missing": [("add", ONE, A), ("deploy",), ("remove", ONE), ("add", TWO, B), ("deploy",)],
    "out of order": [("add", TWO, B), ("deploy",), ("add", ONE, A), ("deploy",)],
    "an order that is not that of bytes": [
        ("add", "1_b", A), ("add", "10_a", B), ("add", "1a", C), ("add", "Z_last", "-- z\n"),
        ("add", "a_first", "-- a\n"), ("deploy",),
    ],
    "baselined": [("sql", A), ("add", ONE, A), ("add", TWO, B), ("applied", ONE), ("deploy",)],
    "not baselined": [("sql", A), ("add", ONE, A), ("deploy", "P3005")],
    "cut short": [("add", ONE, A), ("deploy",), ("add", TWO, B), cut_short(TWO), ("deploy", "P3009")],
    "cut short and gone": [
        ("add", ONE, A), ("deploy",), cut_short("20230101_gone"), ("add", TWO, B), ("deploy", "P3009"),
    ],
    "cut short, finished by hand": [
        ("add", ONE, A), ("deploy",), ("add", TWO, B), cut_short(TWO), ("applied", TWO), ("deploy",),
    ],
    "cut short, undone": [
        ("add", ONE, A), ("deploy",), ("add", TWO, B), cut_short(TWO), ("rolled-back", TWO), ("deploy",),
    ],
    "undone twice": [
        ("add", ONE, A), ("deploy",), ("add", TWO, B), cut_short(TWO, 1), ("rolled-back", TWO),
        cut_short(TWO, 2), ("rolled-back", TWO), ("deploy",),
    ],
    "two failed rows of one name": [
        ("add", ONE, A), ("deploy",), ("add", TWO, B), cut_short(TWO, 1), cut_short(TWO, 2),
        ("rolled-back", TWO), ("deploy",),
    ],
    "undone and left": [("add", ONE, A), ("deploy",), cut_short("20230101_gone"), ("rolled-back", "20230101_gone"), ("deploy",)],
    "applied already": [("add", ONE, A), ("deploy",), ("applied", ONE, "P3008")],
    "rolled back although applied": [("add", ONE, A), ("deploy",), ("rolled-back", ONE, "P3012")],
    "rolled back and unknown": [("add", ONE, A), ("deploy",), ("rolled-back", "nobody", "P3011")],
    "rolled back again": [
        ("add", ONE, A), ("deploy",), cut_short(TWO), ("rolled-back", TWO), ("rolled-back", TWO),
    ],
    "applied without a file": [("add", ONE, A), ("applied", "nobody", "P3017")],
    "applied on an empty database": [("add", ONE, A), ("applied", ONE), ("deploy",)],
    "several statements and quotes": [
        ("add", ONE, "CREATE TABLE \"a;b\" (id INTEGER PRIMARY KEY, x TEXT DEFAULT 'it''s; %s');\n" + A), ("deploy",),
    ],
}
ON_POSTGRES = {
    "an index by CONCURRENTLY": [("add", ONE, A), ("add", TWO, "CREATE INDEX CONCURRENTLY i ON a (id);"), ("deploy",)],
    "two indexes by CONCURRENTLY in a file": [
        ("add", ONE, A), ("add", TWO, "CREATE INDEX CONCURRENTLY i ON a (id);\nCREATE INDEX CONCURRENTLY j ON a (id);\n"),
        ("deploy",),
    ],
    "a transaction of the file's own": [("add", ONE, "BEGIN;\n" + A + B + "COMMIT;\n"), ("deploy",)],
    "an enum value that the file uses": [
        ("add", ONE, "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE m (id INT PRIMARY KEY, m mood);\n"), ("deploy",),
        ("add", TWO, "ALTER TYPE mood ADD VALUE 'fine';\nALTER TABLE m ALTER COLUMN m SET DEFAULT 'fine';\n"), ("deploy",),
    ],
    "a failed build": [
        ("add", ONE, A.replace(");", ", x INTEGER);")), ("deploy",), ("sql", "INSERT INTO a VALUES (1, 1), (2, 1)"),
        ("add", TWO, "CREATE UNIQUE INDEX CONCURRENTLY i ON a (x);"), ("deploy", "fails"), ("deploy", "P3009"),
    ],
    "a function": [
        ("add", ONE, "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;\n" + A),
        ("deploy",),
    ],
    "another schema": [("schema", "My App"), ("add", ONE, A), ("deploy",), ("add", TWO, B), ("deploy",)],
    "only a view is there": [("sql", "CREATE VIEW v AS SELECT 1"), ("add", ONE, A), ("deploy",)],
    "a partitioned table is there": [
        ("sql", "CREATE TYPE t AS ENUM ('a')"), ("add", ONE, A), ("deploy",),
    ],
}

# fmt: on

STATUS = {"P3005": 5, "P3009": 5, "fails": 1, "P3008": 2, "P3011": 2, "P3012": 2, "P3017": 2}
ALLOWED = ("--allow", "edited", "--allow", "missing", "--allow", "out-of-order")


class Situation:
    """The steps on one database, by one tool."""

    def __init__(self, project, judge):
        self.project = project
        self.judge = judge
        self.url = project.database.url
        self.now = "now()" if project.database.dialect == "postgres" else "1700000000000"
        self.schema = ""

    def take(self, step):
        kind, *rest = step
        if kind in ("add", "edit"):
            self.project.add(*rest)
        elif kind == "remove":
            folder = self.project.migrations / rest[0]
            (folder / "migration.sql").unlink()
            folder.rmdir()
        elif kind == "sql":
            self.project.database.sql(rest[0].replace("{now}", self.now))
        elif kind == "schema":
            self.schema = f'"{rest[0]}".'
            self.url += "?schema=" + rest[0].replace(" ", "%20")
        else:
            name = rest.pop(0) if kind != "deploy" else ""
            self.act(kind, name, rest[0] if rest else "")

    def rows(self):
        # resolve writes one time for both; what was run has taken a moment, or none
        time = "applied_steps_count = 0 AND finished_at = started_at"
        found = self.project.database.sql(
            f"SELECT migration_name, checksum, finished_at IS NOT NULL, rolled_back_at IS NOT NULL, "
            f"logs IS NULL, applied_steps_count, {time} FROM {self.schema}_prisma_migrations "
            "ORDER BY migration_name, started_at, id"
        )
        return sorted(map(str, found))

    def has_history(self):
        return self.project.database.has(f"{self.schema}_prisma_migrations")


class ByPrisma(Situation):
    def act(self, command, name, code):
        found = self.judge.ask(command, self.url, self.project.migrations, name)
        if not code:
            assert "result" in found, found
        elif code == "fails":
            assert "error" in found, found
        else:
            assert found.get("error", {}).get("code") == code, found


class ByMigralint(Situation):
    def act(self, command, name, code):
        args = {
            "deploy": ("apply", *ALLOWED),
            "applied": ("resolve", "--applied", name),
            "rolled-back": ("resolve", "--rolled-back", name),
        }[command]
        done = self.project.run(*args, DATABASE_URL=self.url)
        assert done.returncode == STATUS.get(code, 0), done.stdout + done.stderr


def compare(steps, theirs, ours):
    for step in steps:
        theirs.take(step)
        ours.take(step)
    assert ours.has_history() == theirs.has_history()
    if not theirs.has_history():
        return
    assert ours.rows() == theirs.rows()
    looked = [
        situation.judge.ask("status", situation.url, situation.project.migrations)
        for situation in (theirs, ours)
    ]
    assert looked[0] == looked[1] and "result" in looked[0], looked
    told = [
        re.sub(r"(?m)^\S+ \(.*\n?", "", s.project.run("status", "-v", DATABASE_URL=s.url).stdout)
        for s in (theirs, ours)
    ]
    plain = [re.sub(r"(?m)^(  \S+_b?)  .*$", r"\1", text) for text in told]  # the logs differ
    assert plain[0] == plain[1]
    _continue(theirs, ours)


def _continue(theirs, ours):
    """Each tool goes on where the other has stopped."""
    if theirs.judge.ask("status", theirs.url, theirs.project.migrations)["result"][
        "failedMigrationNames"
    ]:
        return
    for situation in (theirs, ours):
        situation.project.add(
            "20990101000000_last", "CREATE TABLE last_one (id INTEGER PRIMARY KEY);\n"
        )
    found = ours.judge.ask("deploy", ours.url, ours.project.migrations)
    assert found["result"]["appliedMigrationNames"][-1] == "20990101000000_last", found
    theirs.project.ok("apply", *ALLOWED, DATABASE_URL=theirs.url)
    assert theirs.rows() == ours.rows()
    for situation in (theirs, ours):
        again = situation.judge.ask("deploy", situation.url, situation.project.migrations)
        assert again == {"result": {"appliedMigrationNames": []}}


@pytest.fixture
def two_on_postgres(make_project, judge, postgres_url):
    first, second = (administered("postgres", postgres_url) for _ in range(2))
    yield ByPrisma(make_project(next(first)), judge), ByMigralint(make_project(next(second)), judge)
    for made in (first, second):
        next(made, None)


@pytest.fixture
def two_on_sqlite(make_project, judge, tmp_path):
    def one(name):
        return make_project(Database("sqlite", f"file:{tmp_path}/{name}.db"))

    return ByPrisma(one("theirs"), judge), ByMigralint(one("ours"), judge)


# Where the way in which a file is sent could make a difference.
WHOLE = ("fresh", "partial", "an empty file", "only a comment", "not ASCII", "an index by CONCURRENTLY",
         "a failed build", "a function", "several statements and quotes")  # fmt: skip


@pytest.mark.parametrize("name", [*BOTH, *ON_POSTGRES])
def test_on_postgres(two_on_postgres, name):
    compare((BOTH | ON_POSTGRES)[name], *two_on_postgres)


@pytest.fixture
def sent_whole(judge):
    judge.transport = "whole"
    yield
    judge.transport = "statements"


@pytest.mark.parametrize("name", [n for n in WHOLE if n in BOTH | ON_POSTGRES])
def test_on_postgres_with_files_sent_whole(sent_whole, two_on_postgres, name):
    compare((BOTH | ON_POSTGRES)[name], *two_on_postgres)


def test_the_version_of_the_judge(judge):
    import json

    wanted = json.loads((judge.folder / "package.json").read_text())["dependencies"]["prisma"]
    found = judge.folder / "node_modules" / "prisma" / "package.json"
    assert json.loads(found.read_text())["version"] == wanted == "7.10.1"


# The engine from npm does not make the table on `resolve --applied` here; the native one does.
NOT_FROM_NPM = ("baselined", "applied on an empty database")


@pytest.mark.parametrize("name", [name for name in BOTH if name not in NOT_FROM_NPM])
def test_on_sqlite(two_on_sqlite, name):
    compare(BOTH[name], *two_on_sqlite)


def _definition(situation):
    database = situation.project.database
    if database.dialect == "sqlite":
        return database.sql("SELECT sql FROM sqlite_master WHERE name LIKE '%prisma_migrations%'")
    return database.sql(
        """SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
                  a.attnum FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE a.attrelid = '_prisma_migrations'::regclass AND a.attnum > 0"""
    ) + database.sql(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '_prisma_migrations'::regclass"
    )


@pytest.mark.parametrize("pair", ["two_on_postgres", "two_on_sqlite"])
def test_the_table_is_the_same(request, pair):
    theirs, ours = request.getfixturevalue(pair)
    for situation in (theirs, ours):
        situation.take(("add", ONE, A))
        situation.take(("deploy",))
    assert _definition(ours) == _definition(theirs)


@pytest.mark.parametrize("transport", ["statements", "whole"])
def test_what_prisma_leaves_of_a_failure(judge, two_on_postgres, transport):
    """A failed row that stops all; from 7.4 on with the statements before the one that failed."""
    theirs, ours = two_on_postgres
    judge.transport = transport
    try:
        for situation in (theirs, ours):
            situation.take(("add", ONE, A))
            situation.take(("add", TWO, B + "SELECT nothing;\n"))
            situation.take(("deploy", "fails"))
        assert theirs.project.database.has("b") == (transport == "statements")
        assert not ours.project.database.has("b")
        failed = ours.judge.ask("status", theirs.url, theirs.project.migrations)["result"]
        assert failed["failedMigrationNames"] == [TWO]
        assert "failed" in theirs.project.refused(1, "status")
        assert f"resolve --rolled-back {TWO}" in theirs.project.refused(5, "apply")
        if transport == "statements":
            theirs.project.database.sql("DROP TABLE b, b2")
        for situation in (theirs, ours):
            situation.take(("add", TWO, B))
        theirs.take(("rolled-back", TWO))
        theirs.project.ok("apply")
        ours.take(("deploy",))
        assert theirs.project.database.applied() == ours.project.database.applied() == [ONE, TWO]
    finally:
        judge.transport = "statements"


def test_the_intended_difference(two_on_postgres):
    """Rolled back whole: to Prisma it is pending, and its own deploy applies it once it is corrected."""
    _, ours = two_on_postgres
    ours.take(("add", ONE, A))
    ours.take(("add", TWO, B + "SELECT nothing;\n"))
    ours.take(("deploy", "fails"))
    found = ours.judge.ask("status", ours.url, ours.project.migrations)["result"]
    assert found["failedMigrationNames"] == []
    assert found["history"]["unappliedMigrationNames"] == [TWO]
    ours.take(("add", TWO, B))
    found = ours.judge.ask("deploy", ours.url, ours.project.migrations)
    assert found == {"result": {"appliedMigrationNames": [TWO]}}
    ours.project.ok("status")


def test_bytes_that_are_no_utf_8(two_on_postgres):
    """Prisma applies them with U+FFFD; the checksum is of that, and status knows it."""
    theirs, _ = two_on_postgres
    theirs.take(("add", ONE, b"-- caf\xe9\n" + A.encode()))
    theirs.take(("deploy",))
    assert "edited" not in theirs.project.run("status").stdout
    assert theirs.project.run("status").returncode == 0


def test_a_byte_order_mark(two_on_postgres):
    """We apply the text without it and warn, because Prisma's engine sends it to the server."""
    theirs, ours = two_on_postgres
    for situation in (theirs, ours):
        situation.take(("add", ONE, b"\xef\xbb\xbf" + A.encode()))
    assert "error" in theirs.judge.ask("deploy", theirs.url, theirs.project.migrations)
    warned = f"{ONE} begins with a byte order mark, on which `prisma migrate deploy` fails"
    assert warned in ours.project.ok("plan")
    assert warned in ours.project.ok("apply")
    found = ours.judge.ask("status", ours.url, ours.project.migrations)["result"]
    assert found["editedMigrationNames"] == [] and found["history"] is None
    assert warned not in ours.project.ok("status", "--exit-code")


def test_the_cli_agrees(two_on_postgres):
    _, ours = two_on_postgres
    ours.take(("add", ONE, A))
    done = ours.judge.cli(ours.project.folder, ours.url, "status")
    assert done.returncode == 1 and "have not yet been applied" in done.stdout
    ours.take(("deploy",))
    done = ours.judge.cli(ours.project.folder, ours.url, "status")
    assert done.returncode == 0 and "Database schema is up to date" in done.stdout, (
        done.stdout + done.stderr
    )
    ours.take(("add", TWO, B))
    done = ours.judge.cli(ours.project.folder, ours.url, "deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    ours.project.ok("status", "--exit-code")
    ours.take(cut_short(THREE))
    ours.take(("add", THREE, C))
    done = ours.judge.cli(ours.project.folder, ours.url, "resolve", "--rolled-back", THREE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pending" in ours.project.ok("status")
    ours.take(("deploy",))
    done = ours.judge.cli(ours.project.folder, ours.url, "deploy")
    assert "No pending migrations to apply" in done.stdout


def test_no_drift(two_on_postgres):
    """What `prisma migrate dev` would say of a database that migralint has filled."""
    _, ours = two_on_postgres
    ours.take(("add", ONE, A))
    ours.take(("add", TWO, B))
    ours.take(("deploy",))
    found = ours.judge.ask("dev", ours.url, ours.project.migrations)
    assert found == {"result": {"action": {"tag": "createMigration"}}}


def race(ours, count):
    """As many appliers of each kind at once: (statuses and outputs of ours, answers of theirs)."""
    import threading

    answers = []
    from judges import Judge

    others = [Judge(ours.judge.folder) for _ in range(count)]
    asked = [
        threading.Thread(
            target=lambda j=j: answers.append(j.ask("deploy", ours.url, ours.project.migrations))
        )
        for j in others
    ]
    started = [ours.project.start("apply") for _ in range(count)]
    for thread in asked:
        thread.start()
    ended = [(process.communicate(timeout=300), process.returncode) for process in started]
    for thread in asked:
        thread.join(300)
    for other in others:
        other.process.stdin.close()
        other.process.wait(300)
        other.process.stdout.close()
    assert len(answers) == count
    return ended, answers


@pytest.mark.parametrize("count", [3, 6])
def test_racers_of_both_kinds(two_on_postgres, count):
    _, ours = two_on_postgres
    names = [f"202401{number:02}000000_t{number}" for number in range(1, 9)]
    for number, name in enumerate(names):
        ours.take(("add", name, f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY);\n"))
    ended, answers = race(ours, count)
    assert [status for _, status in ended] == [0] * count, ended
    assert all("result" in answer for answer in answers), answers
    assert ours.project.database.applied() == names
    assert len(ours.project.database.history()) == len(names)


def test_racers_of_both_kinds_and_an_index_by_concurrently(two_on_postgres):
    """Prisma's engine waits for the lock inside the server, and a concurrent build waits for it:
    a deadlock, which may end theirs with a failed row. Ours go on or say so, and nothing is done
    twice."""
    _, ours = two_on_postgres
    index = "20240102000000_i"
    ours.take(("add", ONE, A.replace(");", ", x INTEGER);")))
    ours.take(("add", index, "CREATE INDEX CONCURRENTLY a_x ON a (x);\n"))
    ours.take(("add", THREE, C))
    ended, _ = race(ours, 6)
    for (_, told), status in ended:
        assert status == 0 or (status == 5 and "stands as failed" in told), told
    rows = ours.project.database.history()
    if any(not done and not back for _, done, back, _, _ in rows):
        assert [name for name, done, back, _, _ in rows if not done and not back] == [index]
        assert "failed" in ours.project.refused(1, "status")
        ours.project.database.sql("DROP INDEX IF EXISTS a_x")
        ours.project.ok("resolve", "--rolled-back", index)
        ours.project.ok("apply")
    assert ours.project.database.applied() == [ONE, index, THREE]
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_x'::regclass"
    assert ours.project.database.sql(valid) == [(True,)]
    ours.project.ok("status", "--exit-code")


UNTIL_SOMEBODY_WAITS = """\
DO $$ BEGIN
  FOR tries IN 1..1200 LOOP
    EXIT WHEN EXISTS (
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    );
    PERFORM pg_sleep(0.1);
  END LOOP;
  PERFORM pg_sleep(3);  -- the one who waits has looked for a deadlock by then: we are to find it
END $$;
"""


def test_a_deploy_that_waits_for_our_lock(two_on_postgres, judge):
    """The server ends our concurrent build because of the deadlock. The engine's wait is ended, since
    it would not be let in before we are done; what the build has left is cleaned up, and it is
    begun anew."""
    import threading

    from test_faults import wait_for

    _, ours = two_on_postgres
    sql = ours.project.database.sql
    ours.take(("add", ONE, A.replace(");", ", x INTEGER);")))
    ours.take(("deploy",))
    ours.take(
        (
            "add",
            "20240102000000_i",
            f"{UNTIL_SOMEBODY_WAITS}CREATE INDEX CONCURRENTLY a_x ON a (x);\n",
        )
    )
    process = ours.project.start("apply")
    wait_for(
        lambda: sql(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO%pg_sleep%' AND datname = current_database()"
        )
    )
    answers = []
    asked = threading.Thread(
        target=lambda: answers.append(judge.ask("deploy", ours.url, ours.project.migrations))
    )
    asked.start()
    out, err = process.communicate(timeout=300)
    asked.join(300)
    assert process.returncode == 0, out + err
    assert "deadlock detected" in out and "dropping the INVALID index a_x" in out
    assert "ended the wait for the applier's lock of pid" in out
    assert "error" in answers[0]
    assert ours.project.database.applied() == [ONE, "20240102000000_i"]
    assert sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
