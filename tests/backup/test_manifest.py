"""Which backups count, which are found for a database, which are removed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from migralint.backup import manifest, text
from migralint.backup.manifest import Backup
from migralint.model import replace
from migralint.runner.url import parse

URL = "postgresql://me@db.example.org/shop"


def put(folder, days: float, name: str = "", data: bytes = b"archive", **changes) -> Backup:
    when = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = folder / (name or f"shop-{days}.dump")
    path.write_bytes(data)
    values = {
        "path": str(path),
        "created": when,
        "bytes": len(data),
        "sha256": "0",
        "database": "shop",
        "server": "PostgreSQL 15.1",
        "tool": "pg_dump 15.1",
        "tables": {"public.a": 1},
        "verified": when,
        "place": "db.example.org:5432",
    }
    backup = Backup(**{**values, **changes})
    manifest.write(backup)
    return backup


def target(url: str = URL):
    return SimpleNamespace(found=SimpleNamespace(url=parse(url)))


def test_what_is_written_is_read_again(tmp_path):
    backup = put(tmp_path, 1, migrations=("a", "b"), catalog={"table public.a": "x"})
    assert manifest.read(backup.path) == backup


def test_the_newest_is_that_of_the_same_server_and_database_and_counts(tmp_path):
    mine = put(tmp_path, 5)
    put(tmp_path, 1, "staging.dump", place="staging.example.org:5432")
    put(tmp_path, 1, "other.dump", database="other")
    put(tmp_path, 1, "short.dump", bytes=99)
    put(tmp_path, 1, "empty.dump", b"")
    put(tmp_path, 1, "unread.dump", verified="")
    assert manifest.newest(str(tmp_path), target()) == mine
    assert manifest.newest(str(tmp_path), target("postgresql://u:p@db.example.org:5432/shop"))
    assert manifest.newest(str(tmp_path), target("postgresql://db.example.org:5433/shop")) is None
    assert manifest.newest(str(tmp_path / "none"), target()) is None


def test_loopback_names_are_one_place(tmp_path):
    put(tmp_path, 1, place="localhost:5432")
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert manifest.newest(str(tmp_path), target(f"postgresql://{host}/shop"))


def left(folder):
    return sorted(path.name for path in folder.glob("*.dump"))


def test_kept_are_the_newest_ones_and_the_young_ones(tmp_path):
    for days in (1, 2, 10, 20, 40):
        put(tmp_path, days)
    assert len(manifest.prune(str(tmp_path), 2, 15)) == 2
    assert left(tmp_path) == ["shop-1.dump", "shop-10.dump", "shop-2.dump"]
    assert len(list(tmp_path.glob("*.json"))) == 3


def test_the_newest_that_counts_is_never_removed(tmp_path):
    put(tmp_path, 300, "sound.dump")
    put(tmp_path, 200, "short.dump", bytes=99)
    put(tmp_path, 100, "unread.dump", verified="")
    manifest.prune(str(tmp_path), 0, 0)
    assert "sound.dump" in left(tmp_path)
    assert manifest.newest(str(tmp_path), target())


def test_each_database_has_its_own_count(tmp_path):
    for days in (100, 200):
        put(tmp_path, days)
        put(tmp_path, days, f"b-{days}.dump", database="b")
    manifest.prune(str(tmp_path), 1, 0)
    assert left(tmp_path) == ["b-100.dump", "shop-100.dump"]


def test_only_what_has_a_manifest_of_ours_is_removed(tmp_path):
    put(tmp_path, 1)
    (tmp_path / "theirs.dump").write_bytes(b"x")
    old = put(tmp_path, 500, "old.dump")
    (tmp_path / "moved.dump").write_bytes(b"x")
    text = (tmp_path / "old.dump.json").read_text()
    (tmp_path / "moved.dump.json").write_text(text)  # it speaks of another file
    (tmp_path / "up.json").write_text(text.replace("old.dump", "../../etc/passwd"))
    (tmp_path / "list.json").write_text("[1, 2]")
    assert manifest.prune(str(tmp_path), 1, 1) == [old.path]
    assert left(tmp_path) == ["moved.dump", "shop-1.dump", "theirs.dump"]


def test_a_time_that_cannot_be_read_is_long_ago(tmp_path):
    assert manifest.age(put(tmp_path, 1, created="yesterday")) == float("inf")
    assert "does not say" in text.listed(str(tmp_path), manifest.found(str(tmp_path)))
    assert 86000 < manifest.age(put(tmp_path, 1)) < 87000


@pytest.mark.parametrize(
    "change",
    [{"bytes": "7"}, {"tables": [1]}, {"tables": {"a": "b"}}, {"migrations": "x"}, {"catalog": 3}],
)
def test_a_manifest_of_wrong_types_is_none(tmp_path, change):
    backup = put(tmp_path, 1)
    place = tmp_path / f"{backup.name}.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), **change}))
    assert manifest.read(backup.path) is None


@given(some.text(max_size=80))
def test_any_text_is_no_manifest(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp()
    (folder / "x.dump.json").write_text(content, encoding="utf-8", errors="surrogatepass")
    assert manifest.read(str(folder / "x.dump")) is None


def test_the_record_is_frozen_data(tmp_path):
    backup = put(tmp_path, 1)
    assert replace(backup, verified="") != backup and backup.rows == 1
