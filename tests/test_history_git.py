"""The hook `migralint-history` and `lint --changed` in real repositories: what they refuse, and where."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
FIRST, SECOND, THIRD, FOURTH = (
    f"prisma/migrations/2024010{n}000000_{name}/migration.sql"
    for n, name in ((1, "users"), (2, "orders"), (3, "notes"), (4, "tags"))
)
CREATE = 'CREATE TABLE "{0}" ("id" BIGINT NOT NULL PRIMARY KEY);\n'
LOCK = "prisma/migrations/migration_lock.toml"
HOOK = f"""#!/bin/sh
PYTHONPATH={HERE} exec {sys.executable} -m migralint lint --history --color never
"""


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch, tmp_path_factory):
    """Pytest may itself run inside a git hook or a CI system."""
    for name in list(os.environ):
        told = ("GIT_", "GITHUB_", "CI_", "GITLAB_", "PRE_COMMIT", "GITHEAD_", "MIGRALINT_")
        if name.startswith(told):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_EDITOR", "true")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@example.org")


def git(root, *arguments, fails=False):
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def create(root, path):
    write(root, path, CREATE.format(path.split("/")[-2].split("_")[-1]))


def commit(root, *paths, message="x", fails=False):
    for path in paths:
        create(root, path)
    git(root, "add", "-A")
    return git(root, "commit", "-qm", message, fails=fails)


def lint(root, *arguments, environ=()):
    command = [sys.executable, "-m", "migralint", "lint", *arguments, "--color", "never"]
    environ = {**os.environ, "PYTHONPATH": str(HERE), **dict(environ)}
    return subprocess.run(
        command, cwd=root, env=environ, capture_output=True, text=True, check=False
    )


def hook(root):
    for name in ("pre-commit", "pre-merge-commit"):
        path = root / git(root, "rev-parse", "--git-path", f"hooks/{name}").strip()
        path.write_text(HOOK)
        path.chmod(0o755)


@pytest.fixture
def alone(tmp_path):
    """A repository without a remote, with the hook and two migrations."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root, LOCK, 'provider = "postgresql"\n')
    commit(root, FIRST, SECOND)
    hook(root)
    return root


@pytest.fixture
def cloned(alone):
    """A clone on a feature branch; origin has two migrations."""
    place = alone.parent / "clone"
    git(alone, "clone", "-q", alone.as_uri(), str(place))
    git(place, "checkout", "-qb", "feature")
    hook(place)
    return place


def test_the_real_pre_commit_runs_it_without_a_file(alone, tmp_path, monkeypatch):
    """Deleted files are never passed to a hook: this one has to be called all the same."""
    import yaml

    manifest = yaml.safe_load((HERE / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (own,) = (each for each in manifest if each["id"] == "migralint-history")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    entry = f"env PYTHONPATH={HERE} {sys.executable} -m {own['entry']}"
    write(
        hooks,
        ".pre-commit-hooks.yaml",
        yaml.safe_dump([{**own, "language": "system", "entry": entry}]),
    )
    git(hooks, "init", "-q")
    commit(hooks)
    revision = git(hooks, "rev-parse", "HEAD").strip()
    used = {"repo": str(hooks), "rev": revision, "hooks": [{"id": "migralint-history"}]}
    write(alone, ".pre-commit-config.yaml", yaml.safe_dump({"repos": [used]}))
    for name in ("pre-commit", "pre-merge-commit"):
        (alone / ".git/hooks" / name).unlink()
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    install = [sys.executable, "-m", "pre_commit", "install"]
    subprocess.run(install, cwd=alone, check=True, capture_output=True)
    commit(alone, THIRD)
    git(alone, "rm", "-qr", os.path.dirname(FIRST))
    assert "deleted-migration" in git(alone, "commit", "-qm", "gone", fails=True)


# without a remote: HEAD


def test_the_first_commit_and_a_new_migration_pass(tmp_path):
    root = tmp_path / "new"
    root.mkdir()
    git(root, "init", "-q")
    hook(root)
    commit(root, FIRST)
    commit(root, SECOND)


def test_an_edited_migration_is_refused_with_what_to_type(alone):
    write(alone, FIRST, "-- it had no comment\n" + CREATE.format("users"))
    output = git(alone, "commit", "-qam", "edit", fails=True)
    assert "error[edited-migration]" in output
    assert f"git checkout HEAD -- {FIRST}" in output
    git(alone, "checkout", "HEAD", "--", FIRST)
    git(alone, "commit", "-q", "--allow-empty", "-m", "put back")


def test_a_deleted_migration_is_refused(alone):
    git(alone, "rm", "-qr", os.path.dirname(FIRST))
    output = git(alone, "commit", "-qm", "delete", fails=True)
    assert "deleted-migration" in output
    assert f"git checkout HEAD -- {FIRST}" in output


def test_a_renamed_migration_is_refused_under_both_names(alone):
    new = os.path.dirname(SECOND).replace("orders", "invoices")
    git(alone, "mv", os.path.dirname(SECOND), new)
    output = git(alone, "commit", "-qm", "rename", fails=True)
    assert output.count("error[") == 1 and "error[deleted-migration]" in output
    assert f"was renamed to {new}/migration.sql" in " ".join(output.split())
    assert "out-of-order" not in output


def test_what_is_in_the_index_counts(alone):
    write(alone, FIRST, "-- edited\n")
    git(alone, "add", "-A")
    create(alone, FIRST)
    assert "edited-migration" in git(alone, "commit", "-qm", "x", fails=True)
    git(alone, "add", "-A")
    write(alone, FIRST, "-- edited\n")
    git(alone, "commit", "-q", "--allow-empty", "-m", "x")


def test_a_file_that_is_not_tracked_is_no_part_of_the_commit(alone):
    write(alone, "prisma/migrations/20230101000000_late/migration.sql", "SELECT 1;\n")
    git(alone, "commit", "-q", "--allow-empty", "-m", "x")


def test_the_index_of_commit_path_counts(alone):
    write(alone, FIRST, "-- edited\n")
    write(alone, "readme.md", "x")
    git(alone, "add", "-A")
    git(alone, "commit", "-qm", "x", "readme.md")
    assert "edited-migration" in git(alone, "commit", "-qm", "x", FIRST, fails=True)


def test_in_a_linked_work_tree_and_from_a_folder(alone):
    linked = alone.parent / "linked"
    git(alone, "worktree", "add", "-q", "-b", "side", str(linked))
    write(linked, SECOND, "-- edited\n")
    assert "edited-migration" in git(linked / "prisma", "commit", "-qam", "x", fails=True)


def test_in_a_submodule(alone, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(alone), "db")
    git(outer, "commit", "-qm", "with a submodule")
    hook(outer / "db")
    write(outer / "db", FIRST, "-- edited\n")
    assert "edited-migration" in git(outer / "db", "commit", "-qam", "x", fails=True)
    assert lint(outer, "--history").returncode == 0  # what is in a submodule is no file of ours


def test_a_name_that_git_would_quote(alone):
    path = 'prisma/migrations/20240105000000_größe "x"/migration.sql'
    write(alone, path, "SELECT 1;\n")
    git(alone, "add", "-A")
    git(alone, "commit", "-qm", "new")
    write(alone, path, "SELECT 2;\n")
    output = git(alone, "commit", "-qam", "edit", fails=True)
    assert f"git checkout HEAD -- '{path}'" in output


def test_a_moved_folder_is_no_new_history(alone):
    (alone / "packages/db").mkdir(parents=True)
    git(alone, "mv", "prisma", "packages/db/prisma")
    git(alone, "commit", "-qm", "move")
    output = lint(alone, "--changed", "--base", "HEAD~").stdout
    assert "2 migrations were moved with their folder" in output
    git(alone, "mv", "packages/db/prisma", "prisma")
    write(alone, FIRST, "-- edited on the way\n")
    git(alone, "add", "-A")
    output = git(alone, "commit", "-qm", "move and edit", fails=True)
    assert "edited-migration" in output
    assert f"git checkout HEAD -- packages/db/{FIRST}" in output


def test_line_endings_alone_are_a_warning(alone):
    (alone / FIRST).write_bytes((alone / FIRST).read_bytes().replace(b"\n", b"\r\n"))
    output = git(alone, "commit", "-qam", "crlf")
    assert "Only the line endings" in output


# with a remote: what its main branch has


def test_on_a_feature_branch_an_unmerged_migration_may_be_edited(cloned):
    commit(cloned, THIRD)
    write(cloned, THIRD, "SELECT 1;\n")
    git(cloned, "commit", "-qam", "better")
    git(cloned, "rm", "-qr", os.path.dirname(THIRD))
    git(cloned, "commit", "-qm", "or not")
    write(cloned, SECOND, "SELECT 1;\n")
    assert "edited-migration" in git(cloned, "commit", "-qam", "merged", fails=True)


def test_a_remote_that_was_never_fetched(alone):
    git(alone, "remote", "add", "origin", "https://example.org/nothing.git")
    commit(alone, THIRD)


def test_merging_main_shows_what_comes_too_late(alone, cloned):
    commit(cloned, THIRD)
    commit(alone, FOURTH)
    git(cloned, "fetch", "-q")
    output = git(cloned, "merge", "-q", "origin/main", fails=True)
    new = os.path.dirname(FOURTH).replace("000000_tags", "000001_notes")
    assert "out-of-order-migration" in output
    assert f"git mv {os.path.dirname(THIRD)} {new}" in output
    git(cloned, "mv", os.path.dirname(THIRD), new)
    git(cloned, "commit", "-qm", "merge main")


def test_a_merge_that_git_could_not_finish(alone, cloned):
    for root in (alone, cloned):
        write(root, "readme.md", root.name)
    commit(cloned, THIRD)
    commit(alone, FOURTH)
    git(cloned, "fetch", "-q")
    assert "CONFLICT" in git(cloned, "merge", "-q", "origin/main", fails=True)
    git(cloned, "add", "-A")
    assert "out-of-order-migration" in git(cloned, "commit", "-qm", "merge", fails=True)


@pytest.mark.parametrize("here", ["main", "feature"])
def test_a_merge_without_a_remote_blames_the_branch(alone, here):
    git(alone, "checkout", "-qb", "feature")
    commit(alone, THIRD)
    git(alone, "checkout", "-q", "main")
    commit(alone, FOURTH)
    git(alone, "checkout", "-q", here)
    other = "main" if here == "feature" else "feature"
    output = git(alone, "merge", "-q", other, fails=True)
    assert "error[out-of-order-migration]" in output
    assert f"git mv {os.path.dirname(THIRD)} " in output
    assert f"git mv {os.path.dirname(FOURTH)} " not in output


def test_a_merge_of_two_that_fit_passes(alone):
    git(alone, "checkout", "-qb", "feature")
    commit(alone, FOURTH)
    git(alone, "checkout", "-q", "main")
    commit(alone, THIRD)
    git(alone, "merge", "-q", "feature")


def test_a_rebase_that_stops_is_compared_with_what_it_is_put_upon(alone, cloned):
    write(cloned, "readme.md", "feature")
    commit(cloned, THIRD)
    write(alone, "readme.md", "main")
    commit(alone, FOURTH)
    git(cloned, "fetch", "-q")
    git(cloned, "rebase", "-q", "origin/main", fails=True)
    git(cloned, "add", "-A")
    assert "out-of-order-migration" in git(cloned, "commit", "-qm", "x", fails=True)


def test_a_shallow_clone_says_what_to_add(alone):
    for number in range(3):
        write(alone, f"later_{number}.txt", "x")
        commit(alone)
    place = alone.parent / "shallow"
    git(alone, "clone", "-q", "--depth=1", alone.as_uri(), str(place))
    done = lint(place, "--history")
    assert done.returncode == 0, done.stderr  # HEAD is the main branch, and it is here
    git(alone, "checkout", "-qb", "feature", "HEAD~3")
    commit(alone, THIRD)
    git(place, "fetch", "-q", "--depth=1", "origin", "feature:feature")
    git(place, "checkout", "-q", "feature")
    done = lint(place, "--history")
    assert done.returncode == 4
    assert "git fetch --unshallow" in done.stderr
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "gone"}
    done = lint(place, "--changed", environ=environ)
    assert done.returncode == 4 and "fetch-depth: 2" in done.stderr


# in CI


def test_changed_includes_the_history(alone):
    base = git(alone, "rev-parse", "HEAD").strip()
    write(alone, FIRST, "SELECT 1;\n")
    git(alone, "rm", "-qr", os.path.dirname(SECOND))
    create(alone, "prisma/migrations/20240101120000_late/migration.sql")
    git(alone, "add", "-A")
    git(alone, "commit", "-qnm", "all at once")
    done = lint(alone, "--changed", "--base", base, "--output", "concise")
    assert done.returncode == 1
    assert "deleted-migration" in done.stdout
    assert "edited-migration" in done.stdout


def test_a_deletion_alone_is_something_that_has_changed(alone):
    git(alone, "rm", "-qr", os.path.dirname(SECOND))
    done = lint(alone, "--changed", "--base", "HEAD")
    assert done.returncode == 1
    assert "deleted-migration" in done.stdout
    assert "no migration and no script" not in done.stdout


def test_a_file_that_became_a_link_or_was_one(alone):
    write(alone, "prisma/other.prisma", "model A {\n  id Int\n}\n")
    (alone / "prisma/schema.prisma").symlink_to("other.prisma")
    git(alone, "add", "-A")
    git(alone, "commit", "-qm", "a link")
    (alone / "prisma/schema.prisma").unlink()
    write(alone, "prisma/schema.prisma", "model A {\n  id Int\n}\n")
    (alone / "prisma/other.prisma").unlink()
    (alone / "prisma/other.prisma").symlink_to("nowhere")
    (alone / FIRST).unlink()
    (alone / FIRST).symlink_to("nowhere")
    done = lint(alone, "--changed", "--base", "HEAD")
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    git(alone, "add", "-A")
    done = lint(alone, "--history")
    assert done.returncode == 1 and "edited-migration" in done.stdout, done.stderr


def test_the_schema_and_the_configuration_of_a_change(alone):
    write(alone, "prisma/schema.prisma", "model A {\n  id Int @id\n}\n")
    write(alone, ".migralint.yaml", "rules: {drop-table: error}\n")
    commit(alone)
    write(alone, "prisma/schema.prisma", "model A {\n  id BigInt @id\n}\n")
    done = lint(alone, "--changed", "--base", "HEAD", "--output", "concise")
    assert "prisma/schema.prisma:1:1: warning[schema-without-migration]" in done.stdout
    write(alone, ".migralint.yaml", "preset: recommended\nrules: {drop-table: warning}\n")
    write(alone, THIRD, "DROP TABLE users;\n")
    done = lint(alone, "--changed", "--base", "HEAD", "--output", "concise")
    assert ".migralint.yaml:2:1: warning[weakened-configuration]" in done.stdout
    assert "schema-without-migration" not in done.stdout


def test_paths_limit_what_is_said(alone):
    write(alone, FIRST, "SELECT 1;\n")
    other = "other/migrations/1_a.sql"
    write(alone, other, "SELECT 1;\n")
    git(alone, "add", "-A")
    git(alone, "commit", "-qnm", "both")
    write(alone, other, "SELECT 2;\n")
    git(alone, "rm", "-qrf", os.path.dirname(FIRST))
    done = lint(alone, "--changed", "--base", "HEAD", "other", "--output", "concise")
    assert "edited-migration" in done.stdout and "deleted-migration" not in done.stdout


def test_a_bare_hook_with_staged_sees_it_too(cloned):
    write(cloned, FIRST, "SELECT 1;\n")
    git(cloned, "add", "-A")
    done = lint(cloned, "--staged")
    assert done.returncode == 1 and "edited-migration" in done.stdout


def test_staged_does_without_a_base_that_nobody_knows_and_history_does_not(alone):
    place = alone.parent / "clone"
    git(alone, "branch", "-m", "develop")
    git(alone, "clone", "-q", alone.as_uri(), str(place))
    git(place, "remote", "set-head", "origin", "--delete")
    write(place, FIRST, "SELECT 1;\n")
    git(place, "add", "-A")
    done = lint(place, "--history")
    assert done.returncode == 4 and "--base" in done.stderr
    done = lint(place, "--staged")
    assert done.returncode == 1 and "edited-migration" in done.stdout
    assert "compared with HEAD (the base of the change is unknown" in done.stdout
    assert lint(place, "--history", "--base", "origin/develop").returncode == 1


def test_the_configuration_allows_an_edit(alone):
    entry = f'{{rule: edited-migration, path: "{FIRST}", reason: no database has it yet}}'
    write(alone, ".migralint.yaml", f"allow:\n  - {entry}\n")
    commit(alone)
    write(alone, FIRST, "SELECT 1;\n")
    git(alone, "commit", "-qam", "edit")
    git(alone, "rm", "-qr", os.path.dirname(FIRST))
    git(alone, "commit", "-qnm", "gone")


def test_history_says_nothing_of_the_sql(alone):
    write(alone, THIRD, "DROP TABLE users;\n")
    git(alone, "add", "-A")
    git(alone, "commit", "-qm", "drop")
