"""What is kept from run to run changes nothing but the time that a run takes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from migralint import cli, rules, workers
from migralint.cache import files, keys, reads, runs
from migralint.cache.packing import pack, unpack
from migralint.cache.results import Memory
from migralint.config import Config
from migralint.discover import discover
from migralint.knowledge.schema import Schema
from migralint.knowledge.schema.objects import Column, Table
from migralint.lint import WORTH, lint
from migralint.model import UNKNOWN, Migration, Name, Report, Severity
from migralint.replay import Replay
from migralint.source import WorkTree
from migralint.sql.operations import operations
from migralint.sql.statements import split

FEW, MANY = 40, 320
STATEMENTS = (
    'CREATE TABLE "t{n}" (id bigint PRIMARY KEY, owner int, state text NOT NULL);\n',
    'CREATE INDEX "t{n}_i" ON "t{o}" (owner);\n',
    'ALTER TABLE "t{o}" ADD COLUMN "c{n}" text NOT NULL;\n',
    "-- migralint: allow drop-column until 2031-01-01 (nobody reads it)\n"
    'ALTER TABLE "t{o}" DROP COLUMN state;\n',
    'ALTER TABLE "t{o}" ADD CONSTRAINT "f{n}" FOREIGN KEY (owner) REFERENCES "t0" (id);\n',
    "CREATE TYPE \"e{n}\" AS ENUM ('a', 'b');\n",
    'UPDATE "t{o}" SET owner = 1;\n',
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made(tmp_path, FEW)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(root: Path, count: int) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for number in range(count):
        texts = STATEMENTS[number % 2 :: 2] if number else STATEMENTS[:1]
        text = "".join(part.format(n=number, o=number * 7 // 9) for part in texts)
        path = root / "prisma/migrations" / f"2024010100{number:04}_m" / "migration.sql"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (root / "prisma/migrations/migration_lock.toml").write_text('provider = "postgresql"\n')
    old = time.time() - 3600  # so that sizes and times decide, as on any other day
    for folder, folders, names in os.walk(root):
        for name in [*folders, *names]:
            os.utime(os.path.join(folder, name), (old, old))


def path_of(root: Path, number: int) -> Path:
    return root / "prisma/migrations" / f"2024010100{number:04}_m" / "migration.sql"


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own."""
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parent.parent)}
    return subprocess.run([sys.executable, *arguments], env=environ, capture_output=True, text=True)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.main(["lint", *arguments])
    return status, *capsys.readouterr()


FORMATS = ("text", "concise", "json", "sarif")


@pytest.mark.parametrize("format", FORMATS)
def test_a_cached_answer_is_that_of_a_fresh_run(project, capsys, format: str) -> None:
    fresh = run(capsys, "--no-cache", "--output", format)
    assert not (project / files.NAME).exists(), "--no-cache writes nothing"
    assert fresh[0] == 1 and "20240101000003_m" in fresh[1]
    assert [run(capsys, "--output", format) for _ in range(3)] == [fresh] * 3


def test_the_second_answer_comes_from_the_cache(project, capsys) -> None:
    first = run(capsys)
    [name] = [name for name in os.listdir(project / files.NAME) if name.startswith("run-")]
    about, _ = runs.answer(str(project), name)
    texts = [("stdout", b"from the cache\n"), ("stderr", b"so is this\n")]
    about["written"] = [(stream, len(data)) for stream, data in texts]
    pieces = [*(data for _, data in texts), b"\n", json.dumps(about).encode()]
    assert files.save_lines(str(project), name, pieces)
    assert run(capsys) == (first[0], "from the cache\n", "so is this\n")
    assert run(capsys, "--no-cache") == first


def test_an_answer_needs_no_parser(project) -> None:
    code = (
        "import sys; from migralint import cli; cli.main(['lint', '-q'])\n"
        "print(sorted({'argparse', 'yaml', 'sqlglot', 'migralint.lint'} & set(sys.modules)))"
    )
    for _ in range(2):
        done = start("-c", code)
    assert done.stdout.endswith("\n[]\n")


CHANGES = {
    "an edited file": lambda root: path_of(root, 7).write_text("DROP TABLE t1;\n"),
    "a new migration": lambda root: shutil.copytree(
        path_of(root, 3).parent, path_of(root, 99).parent
    ),
    "a migration less": lambda root: shutil.rmtree(path_of(root, 11).parent),
    "a configuration": lambda root: (root / ".migralint.yaml").write_text(
        "rules: {drop-column: off}\n"
    ),
    "table sizes": lambda root: (
        (root / ".migralint").mkdir(),
        (root / ".migralint/sizes.yaml").write_text(
            "taken: 2026-11-01\ndialect: postgres\nserver_version: 15\ntables:\n"
            "  t0: {rows: 5000000, bytes: 400000000}\n"
        ),
    ),
    "Prisma's version": lambda root: (root / "package.json").write_text(
        '{"dependencies": {"prisma": "^7.4.0"}}'
    ),
    "a script": lambda root: (root / "deploy.sh").write_text("prisma migrate reset --force\n"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_is_seen(project, capsys, what: str) -> None:
    before = run(capsys, "--output", "json")
    assert run(capsys, "--output", "json") == before
    CHANGES[what](project)
    after = run(capsys, "--output", "json")
    assert after == run(capsys, "--no-cache", "--output", "json")
    assert after != before or what == "Prisma's version"


def test_what_says_more_of_a_path_is_noted(tmp_path) -> None:
    file = tmp_path / "a.sql"
    file.write_text("SELECT 1;")
    for order in (1, -1):
        reads.begin()
        for look in (reads.exists, reads.names)[::order]:
            look(str(tmp_path))
        for look in (reads.exists, reads.names, reads.read, reads.is_file)[::order]:
            look(str(file))
        noted = reads.end()
        folder, (kind, before, content) = (
            json.loads(noted[str(path)]) for path in (tmp_path, file)
        )
        assert folder[0] == "folder" and kind == "file"
        assert before == reads.signature(str(file)) and content == files.digest(b"SELECT 1;")


def test_a_change_of_the_same_size_and_time_is_seen(project, capsys) -> None:
    path = path_of(project, 7)
    text, times = path.read_text(), path.stat()
    run(capsys)
    assert "t5" in text and "t0" in run(capsys)[1]
    path.write_text(text.replace('"t5"', '"t3"'))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert run(capsys) == run(capsys, "--no-cache")


def test_a_file_that_was_young_is_read_again(project, capsys, monkeypatch) -> None:
    """On a coarse clock the second change within a tick leaves no trace in the times."""
    path = path_of(project, 7)
    path.write_text(path.read_text() + "DROP TABLE t1;\n")
    times = reads.signature(str(path))
    monkeypatch.setattr(
        reads, "signature", lambda p, real=reads.signature: times if p == str(path) else real(p)
    )
    assert "drop-table" in run(capsys)[1]
    path.write_text(path.read_text().replace("DROP", "LOCK"))
    assert run(capsys) == run(capsys, "--no-cache")


def test_a_change_in_the_middle_leaves_what_is_before_it(project) -> None:
    before = all_keys(project)
    path_of(project, 20).write_text("SELECT 1;\n")
    after = all_keys(project)
    same = [old == new for old, new in zip(before, after, strict=True)]
    assert same == [True] * 20 + [False] * (FEW - 20)


def test_a_pending_migration_changes_the_results_behind_it(project) -> None:
    found = discovered(project)
    pending = list(found)
    pending[5] = Migration(
        **{n: getattr(found[5], n) for n in found[5].__slots__} | {"pending": True}
    )
    other = list(found)
    other[5] = Migration(
        **{n: getattr(found[5], n) for n in found[5].__slots__} | {"pending": False}
    )
    one, two = (keys.of(ms, {}, "", "", False) for ms in (pending, other))
    assert [a.result == b.result for a, b in zip(one, two, strict=True)] == [True] * 5 + [False] * (
        FEW - 5
    )
    assert [a.history for a in one] == [b.history for b in two], "the schema is the same"


def discovered(root: Path) -> tuple[Migration, ...]:
    return discover([], Config(root=str(root)), WorkTree(str(root))).migrations


def all_keys(root: Path) -> list[object]:
    found = keys.of(discovered(root), {}, "base", "2026-01-01", False)
    return [(key.history, key.result) for key in found]


OURS = rules.load([rules.builtin_directory()])


def judged(root: Path, memory: bool = True, processes: int = 1, rules_key: str = "") -> Report:
    config = Config(root=str(root))
    kept = Memory(str(root), rules_key, config, "2026-11-21") if memory else None
    report = lint(discovered(root), OURS, config, "2026-11-21", memory=kept, processes=processes)
    if kept:
        kept.save()
    return report


def test_results_are_those_of_a_fresh_run(project) -> None:
    fresh = judged(project, memory=False)
    assert fresh.findings and fresh.suppressed
    assert [judged(project) for _ in range(3)] == [fresh] * 3
    path_of(project, FEW).parent.mkdir()
    path_of(project, FEW).write_text('ALTER TABLE "t3" DROP COLUMN owner;\nDROP TABLE "t4";\n')
    one_new = judged(project)
    assert one_new == judged(project, memory=False)
    assert len(one_new.findings) > len(fresh.findings)
    path_of(project, 12).write_text('DROP TABLE IF EXISTS "t1";\n')
    assert judged(project) == judged(project, memory=False)


def test_only_what_is_new_is_judged(project, monkeypatch) -> None:
    judged(project)
    path_of(project, FEW).parent.mkdir()
    path_of(project, FEW).write_text('DROP TABLE "t4";\n')
    read: list[str] = []
    import migralint.replay

    real = migralint.replay.split
    monkeypatch.setattr(
        "migralint.replay.split", lambda text, *more: read.append(text) or real(text, *more)
    )
    judged(project)
    assert read == ['DROP TABLE "t4";\n'], "not the forty before it: their schema is kept"
    judged(project, rules_key="other rules")
    assert len(read) == FEW + 2


def test_no_byte_of_the_cache_is_trusted(project, capsys) -> None:
    fresh = run(capsys, "--no-cache")
    judged(project), run(capsys)
    names = [n for n in os.listdir(project / files.NAME) if n.endswith(".json")]
    assert {name.partition("-")[0] for name in names} >= {"run", "results", "schema"}
    for name in names:
        path = project / files.NAME / name
        whole = path.read_bytes()
        for at in {*range(0, 60, 7), len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert files.read(str(project), name) is None
        for damaged in (b"", b"{}", whole[:-10], whole + b" "):
            path.write_bytes(damaged)
            assert files.read(str(project), name) is None
        assert run(capsys) == fresh


def test_a_cache_from_elsewhere_is_not_believed(project, capsys, tmp_path) -> None:
    """A pull request can bring the folder along, but not the secret in the git directory."""
    fresh = run(capsys)
    [name] = [name for name in os.listdir(project / files.NAME) if name.startswith("run-")]
    about = {**runs.answer(str(project), name)[0], "status": 0, "written": [["stdout", 12]]}
    body = b"No findings\n\n" + json.dumps(about).encode()
    secret = project / ".git" / "migralint-cache-key"
    assert secret.stat().st_mode & 0o777 == 0o600
    other = secret.read_bytes()
    secret.write_bytes(b"of the attacker's own clone")
    files.save_lines(str(project), name, [body])
    secret.write_bytes(other)
    assert run(capsys) == fresh
    (project / files.NAME / name).write_bytes(body + b"\n" + files.digest(body).encode())
    assert run(capsys) == fresh


def test_the_cache_ignores_itself_and_stays_small(project, capsys, monkeypatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 3)
    for number in range(files.MOST_FILES + 5):
        run(capsys, "--since", f"{20240101000000 + number}")
    names = os.listdir(project / files.NAME)
    assert len([name for name in names if name.endswith(".json")]) == files.MOST_FILES
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert files.NAME not in said


def test_few_large_files_are_kept(tmp_path) -> None:
    most = files.MOST_OF["schema-"]
    for number in range(most + 3):
        assert files.save(str(tmp_path), f"schema-{number}.json", number)
        assert files.save(str(tmp_path), f"run-{number}.json", number)
        for name in (f"schema-{number}.json", f"run-{number}.json"):
            os.utime(tmp_path / files.NAME / name, (number, number))
    kept = [name for name in files.names(str(tmp_path)) if name.startswith("schema-")]
    assert sorted(kept) == [f"schema-{number}.json" for number in range(3, most + 3)]
    assert files.load(str(tmp_path), "run-0.json") == 0


def test_what_would_not_be_read_again_is_not_kept(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1_000)
    assert not files.save_lines(str(tmp_path), "run-a.json", [b"x" * 300] * 9)
    assert files.save_lines(str(tmp_path), "run-b.json", [b"x" * 300] * 2)
    assert sorted(files.names(str(tmp_path))) == [".gitignore", "run-b.json"]


def test_a_folder_that_cannot_be_written_costs_nothing(project, capsys) -> None:
    fresh = run(capsys, "--no-cache")
    (project / files.NAME).write_text("a file is in the way")
    assert run(capsys) == fresh
    (project / files.NAME).unlink()
    elsewhere = project.parent / f"{project.name}-elsewhere"
    elsewhere.mkdir()
    (project / files.NAME).symlink_to(elsewhere)
    assert run(capsys) == fresh
    assert not os.listdir(elsewhere), "a link is not followed"


def test_two_processes_at_once(project) -> None:
    command = ("-m", "migralint", "lint", "--output", "concise")
    fresh = start(*command, "--no-cache")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: start(*command), range(8)))
    assert {(d.returncode, d.stdout, d.stderr) for d in done} == {(1, fresh.stdout, fresh.stderr)}
    assert not [n for n in os.listdir(project / files.NAME) if n.endswith(".tmp")]


def test_a_terminal_need_not_say_its_width() -> None:
    with open(os.devnull) as stream:
        assert runs._columns(stream) == 0
        stream_on_terminal = type("Stream", (), {"isatty": lambda _: True, "fileno": stream.fileno})
        assert runs._columns(stream_on_terminal()) == -1


def test_what_git_says_is_not_kept(project, capsys) -> None:
    subprocess.run(["git", "add", "."], check=True)
    assert run(capsys, "--staged")[0] == 1
    assert not [n for n in os.listdir(project / files.NAME) if n.startswith("run-")]


def test_cache_clear(project, capsys) -> None:
    run(capsys)
    assert cli.main(["cache", "clear"]) == 0
    assert not (project / files.NAME).exists()
    assert cli.main(["cache", "clear"]) == 0
    assert "nothing" in capsys.readouterr().out
    (project / files.NAME).symlink_to("..")
    assert cli.main(["cache", "clear"]) == 4
    assert "cannot be removed: Not a directory" in capsys.readouterr().err


# several processes


def test_a_long_history_is_judged_by_two(tmp_path, monkeypatch) -> None:
    made(tmp_path, MANY)
    alone = judged(tmp_path, memory=False)
    shares, here = [], []
    begin, before, us = workers.begin, Replay.before, os.getpid()

    def begun(works):
        shares.append(len(works))
        return begin(works)

    def asked(self, migration):
        if os.getpid() == us:
            here.append(migration.path)
        return before(self, migration)

    monkeypatch.setattr(workers, "begin", begun)
    monkeypatch.setattr(Replay, "before", asked)
    assert judged(tmp_path, memory=False, processes=2) == alone
    assert judged(tmp_path, processes=3) == alone
    assert judged(tmp_path) == alone, "what the others have found is kept too"
    assert shares == [2, 3]
    monkeypatch.setattr(workers, "ROUND", 40)
    assert judged(tmp_path, memory=False, processes=3) == alone, "in several rounds too"
    assert not here, "what they have found is used"


def test_steps_are_all_there_in_a_long_history(tmp_path) -> None:
    made(tmp_path, MANY)
    given = (discovered(tmp_path), OURS, Config(root=str(tmp_path)))
    alone = lint(*given, "2026-11-21", steps=True)
    assert len({step.path for step in alone.steps}) > WORTH // 2
    assert lint(*given, "2026-11-21", steps=True, processes=2) == alone


def test_a_process_that_is_killed_is_done_without(tmp_path, monkeypatch) -> None:
    made(tmp_path, MANY)
    alone = judged(tmp_path, memory=False)
    here = os.getpid()
    real, came = Replay.before, tmp_path / "came"

    def killed(self, migration):
        if os.getpid() != here and migration.path.endswith("0300_m/migration.sql"):
            came.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, migration)

    monkeypatch.setattr(Replay, "before", killed)
    assert judged(tmp_path, memory=False, processes=2) == alone
    assert came.exists()


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("processes", [2, 3, 4])
def test_the_parts_take_equally_long(processes: int, kept: bool) -> None:
    numbers = list(range(1000 if kept else 3000))
    rounds = workers.rounds(numbers, processes, kept)
    assert [n for parts in rounds for part in parts for n in part] == numbers
    assert all(part for parts in rounds for part in parts), "all take part in all rounds"
    costs = [0.0] * processes
    costs[-1] = kept * workers.KEEPING * len(numbers)
    for parts in rounds:
        for process, part in enumerate(parts):
            others = parts[:process] if parts is rounds[-1] else [p for p in parts if p is not part]
            costs[process] += workers.REPLAYING * sum(map(len, others)) + len(part)
    assert max(costs) - min(costs) < 5


# packing


def packed_lines(value: object) -> list[bytes]:
    return b"".join(pack(value)).splitlines(keepends=True)


def test_a_value_comes_back_as_it_was() -> None:
    name = Name("Users", "public", '"Users"')
    value = {"name": name, "set": {"b", "a"}, "none": None, "long": "text" * 20, name: name.sql}
    value["tuple"] = ((1, 2.5), frozenset({True}), [UNKNOWN, Severity.ERROR])
    value["many"] = {n: Name(f"n{n}") for n in range(2_000)}
    back = unpack(packed_lines(value))
    assert back == value and back["tuple"][2][0] is UNKNOWN
    assert (back["name"].name, back["name"].schema, back["name"].sql) == (
        "Users",
        "public",
        '"Users"',
    )


def test_objects_come_back_once_and_point_at_each_other() -> None:
    schema = Schema("postgres")
    one, two = (Table(Name(text), None, {}, True) for text in ("one", "two"))
    one.columns[Name("c")] = Column(Name("c"), {"type": "text"}, "m/1.sql")
    one.children[two] = two.parents[one] = None
    schema.tables = {one.name: one, two.name: two}
    back = unpack(packed_lines(schema))
    first, second = back.tables.values()
    assert first is not second and list(first.children) == [second]
    assert list(second.parents) == [first] and back.tables[Name("one")] is first
    assert first.columns[Name("c")].type == "text"
    assert (first.__class__, second.__class__, back.__class__) == (Table, Table, Schema)


def test_a_table_comes_back_with_its_parts() -> None:
    schema = Schema("postgres")
    text = """
        CREATE TABLE u (id int PRIMARY KEY);
        CREATE TABLE t (a int, b text, u_id int REFERENCES u (id), UNIQUE (a, b));
        CREATE INDEX t_b ON t (lower(b)) INCLUDE (a) WHERE a > 0;
        CREATE MATERIALIZED VIEW v AS SELECT a FROM t;
        CREATE INDEX v_a ON v (a);
    """
    for statement in split(text, "postgres"):
        for operation in operations(statement, "postgres"):
            schema.apply(operation, "m/20240101000000_long_enough/1.sql")
    schema.statement, schema.skipped = None, (None, None)
    back = unpack(packed_lines(schema))
    for name, view in back.views.items():
        assert [i.name.name for i in view.indexes.values()] == ["v_a"] and name == Name("v")
    table, known = back.tables[Name("t")], schema.tables[Name("t")]
    assert list(table.columns) == list(known.columns) and list(table.indexes) == list(known.indexes)
    index, before = back.indexes[Name("t_b")], schema.indexes[Name("t_b")]
    assert index is table.indexes[Name("t_b")] and index.table is table
    for attribute in ("columns", "include", "keys", "where", "unique", "batch"):
        assert getattr(index, attribute) == getattr(before, attribute)
    key = next(c for c in table.constraints.values() if c.kind == "unique")
    assert key.index is back.indexes[Name("t_a_b_key")] and key.index.constraint is key
    [other] = back.references_to(Name("u"))
    assert other is table.constraints[Name("t_u_id_fkey")] and other.references == Name("u")
    back.apply(operations(split("ALTER TABLE t DROP COLUMN a", "postgres")[0], "postgres")[0], "2")
    assert [name.name for name in table.indexes] == []


def test_an_object_is_made_when_it_is_asked() -> None:
    schema = Schema("postgres")
    for number in range(3):
        table = Table(Name(f"t{number}"), None, {}, True)
        schema.tables[table.name] = table
    lines = packed_lines(schema)
    lines[2:] = [line if b'"t1"' in line else line[: line.index(b",")] for line in lines[2:]]
    back = unpack(lines)
    table = back.tables[Name("t1")]
    table.row_security = True
    assert table.name == Name("t1") and table.row_security
    with pytest.raises(ValueError, match="delimiter"):
        _ = back.tables[Name("t2")].name


def test_nothing_else_is_made_from_a_cache() -> None:
    with pytest.raises(KeyError):
        unpack([b"[1]", b'["Popen","rm"]'])
    with pytest.raises(KeyError):
        list(pack(object()))


def test_whatever_a_run_opens_is_noted(project) -> None:
    """An audit hook sees every file and folder of the project that is opened or listed."""
    (project / ".migralint.yaml").write_text("rules_dir: ours\nmigration_name: N_name\n")
    shutil.copytree(Path(rules.builtin_directory()) / "design", project / "ours")
    for path in (project / "ours").iterdir():
        if path.name != "money-column.yaml":
            path.unlink()
    (project / "ours/money-column.yaml").rename(project / "ours/no-money.yaml")
    text = (project / "ours/no-money.yaml").read_text()
    (project / "ours/no-money.yaml").write_text(text.replace("id: money-column", "id: no-money"))
    (project / "package.json").write_text('{"scripts": {"db": "sh ./deploy.sh"}}')
    (project / "deploy.sh").write_text("psql -f seed.sql\nprisma migrate reset --force\n")
    (project / "seed.sql").write_text("TRUNCATE t1;\n")
    (project / "prisma/schema.prisma").write_text("model A {\n  id Int @id\n}\n")
    code = f"""if True:
        import os, sys
        root, opened = {str(project)!r}, set()
        def hook(event, args):
            if event in ("open", "os.listdir", "os.scandir") and isinstance(args[0], str):
                path = os.path.abspath(args[0])
                if path.startswith(root + "/") and "/.git" not in path and "_cache" not in path:
                    opened.add(path)
        sys.addaudithook(hook)
        from migralint import cli
        from migralint.cache import reads
        kept = {{}}
        real = reads.end
        reads.end = lambda: kept.update(real() or {{}}) or kept
        status = cli.main(["lint", "-q", "--output", "concise"])
        assert status == 1, status
        assert len(opened) > 40, opened
        print("NOT NOTED", sorted(opened - set(kept)))
    """
    done = start("-c", code)
    assert done.stdout.endswith("NOT NOTED []\n"), done.stdout[-2000:] + done.stderr
    assert "deploy.sh" in done.stdout
