"""Real git: the index beside the work tree, change sets, the base as each CI system tells it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migralint import git
from migralint.config import Config
from migralint.discover import discover
from migralint.git import comparison
from migralint.git.tree import Tree
from migralint.model import MigralintError
from migralint.source import WorkTree

GOOD = "ALTER TABLE users ADD COLUMN a int;\n"
BAD = "DROP TABLE users;\n"
FIRST, SECOND, THIRD = (f"prisma/migrations/2024010{n}000000_{n}/migration.sql" for n in (1, 2, 3))


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch, tmp_path_factory):
    """Pytest may itself run inside a git hook or a CI system."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITHUB_", "CI_", "GITLAB_", "PRE_COMMIT", "BITBUCKET_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@example.org")


def run(root, *arguments):
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(root, path, text=GOOD):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def commit(root, path, text=GOOD):
    write(root, path, text)
    run(root, "add", "-A")
    run(root, "commit", "-qm", path)
    return run(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    run(project, "init", "-q", "-b", "main")
    commit(project, FIRST)
    return project


def staged(root):
    return discover([], Config(root=str(root)), Tree(str(root)), git.staged(str(root)))


def texts(project):
    return {m.path: m.text for m in project.migrations if m.report}


# the index


def test_what_is_staged_is_read_from_the_index(root):
    write(root, SECOND, BAD)
    run(root, "add", "-A")
    write(root, SECOND, GOOD)  # the work tree is better than what is to be committed
    project = staged(root)
    assert texts(project) == {SECOND: BAD}
    assert [(m.report, m.pending) for m in project.migrations] == [(False, False), (True, True)]


def test_good_in_the_index_and_bad_in_the_work_tree(root):
    write(root, SECOND, GOOD)
    run(root, "add", "-A")
    write(root, SECOND, BAD)
    write(root, THIRD, BAD)
    assert texts(staged(root)) == {SECOND: GOOD}


def test_a_changed_file_is_reported_and_not_pending(root):
    write(root, FIRST, BAD)
    run(root, "add", "-A")
    project = staged(root)
    assert texts(project) == {FIRST: BAD}
    assert not project.migrations[0].pending


def test_a_file_whose_mode_alone_has_changed_is_not_edited(root):
    (root / FIRST).chmod(0o755)
    base = run(root, "rev-parse", "HEAD")
    assert not git.changed(str(root), base, "").modified
    run(root, "add", "-A")
    assert run(root, "diff", "--cached", "--name-only") == FIRST
    assert not git.staged(str(root)).modified and not git.changed(str(root), base, "").modified


def test_nothing_staged(root):
    write(root, SECOND, BAD)
    assert not staged(root).migrations
    assert git.staged(str(root)) == git.Changes(base=run(root, "rev-parse", "HEAD"), how="HEAD")


@pytest.mark.parametrize("format", ["sha1", "sha256"])
def test_the_first_commit(tmp_path, format):
    run(tmp_path, "init", "-q", f"--object-format={format}")
    write(tmp_path, FIRST, BAD)
    run(tmp_path, "add", "-A")
    assert texts(staged(tmp_path)) == {FIRST: BAD}


@pytest.mark.parametrize(
    "name", ["prisma/migrations/1_é ü/migration.sql", 'migrations/1_"a"\n.sql']
)
def test_names_that_git_would_quote(root, name):
    write(root, name, BAD)
    run(root, "add", "-A")
    assert texts(staged(root)) == {name: BAD}


def test_links_submodules_and_unmerged_entries_are_left_out(root):
    (root / "prisma/migrations/20240104000000_4").mkdir()
    (root / "prisma/migrations/20240104000000_4/migration.sql").symlink_to("../../../x.sql")
    run(root, "add", "-A")
    head = run(root, "rev-parse", "HEAD")
    run(root, "update-index", "--add", "--cacheinfo", f"160000,{head},lib")
    run(root, "commit", "-qm", "link and submodule")
    run(root, "checkout", "-qb", "other", "HEAD~")
    commit(root, SECOND, "A;\n")
    run(root, "checkout", "-q", "main")
    commit(root, SECOND, "B;\n")
    subprocess.run(["git", "merge", "other"], cwd=root, capture_output=True, check=False)
    assert run(root, "ls-files", "-u")
    assert list(Tree(str(root)).blobs()) == [FIRST]


def test_a_revision_as_a_source(root):
    commit(root, SECOND, BAD)
    before = Tree(str(root), "HEAD~")
    now = Tree(str(root), "HEAD")
    assert before.list("prisma/migrations") == ("20240101000000_1/",)
    assert now.list(".") == ("prisma/",)
    assert now.exists(SECOND) and not before.exists(SECOND)
    assert now.exists("prisma/migrations") and now.list("nothing") == ()
    with now as source:
        assert source.read(SECOND) == BAD.encode()
        assert source.read(FIRST) == GOOD.encode()
    with pytest.raises(FileNotFoundError):
        before.read(SECOND)


def test_many_and_large_files_are_read_by_one_process(root):
    for number in range(300):
        write(root, f"prisma/migrations/3{number:03}_x/migration.sql", f"-- {number}\n" * 3000)
    run(root, "add", "-A")
    found = texts(staged(root))
    assert len(found) == 300
    assert found["prisma/migrations/3007_x/migration.sql"] == "-- 7\n" * 3000


HOOK = f"""#!/bin/sh
exec {sys.executable} -c '
import sys
sys.path.insert(0, "{Path(git.__file__).parent.parent.parent}")
from migralint import git
from migralint.config import Config
from migralint.discover import discover
from migralint.git.tree import Tree
root = git.top(".")
found = discover([], Config(root=root), Tree(root), git.staged(root))
print("\\n".join(m.path + "=" + m.text for m in found.migrations if m.report))
sys.exit(any("DROP" in m.text for m in found.migrations if m.report))
'
"""


@pytest.fixture
def hooked(root):
    hook = Path(run(root, "rev-parse", "--git-path", "hooks"))
    (root / hook / "pre-commit").write_text(HOOK)
    (root / hook / "pre-commit").chmod(0o755)
    return root


def commit_status(root, *arguments):
    done = subprocess.run(
        ["git", "commit", "-qm", "x", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


def test_in_a_hook_the_index_of_this_commit_counts(hooked):
    """`commit -a` and `commit PATH` have an index of their own, named by GIT_INDEX_FILE."""
    write(hooked, FIRST, BAD)
    assert commit_status(hooked, "-a") == 1
    write(hooked, SECOND, GOOD)
    run(hooked, "add", SECOND)
    assert commit_status(hooked, SECOND) == 0  # the bad FIRST is no part of it
    assert commit_status(hooked, FIRST) == 1
    assert commit_status(hooked / "prisma", "-a") == 1


def test_in_a_hook_of_a_linked_work_tree(hooked):
    linked = hooked.parent / "linked"
    run(hooked, "worktree", "add", "-q", "-b", "side", str(linked))
    write(linked, FIRST, BAD)
    assert commit_status(linked, "-a") == 1
    write(linked, FIRST, GOOD + GOOD)
    assert commit_status(linked, "-a") == 0
    assert git.top(str(linked / "prisma")) == str(linked)


# change sets


def changed(root, environ=None, asked=""):
    base = comparison.find(str(root), asked, environ or {})
    return git.changed(str(root), base.commit, base.how)


def test_changed_against_the_merge_base(root):
    run(root, "checkout", "-qb", "feature")
    commit(root, SECOND, BAD)
    run(root, "checkout", "-q", "main")
    commit(root, THIRD)  # not ours: main went on
    run(root, "checkout", "-q", "feature")
    changes = changed(root, asked="main")
    assert (changes.added, changes.modified, changes.deleted) == ((SECOND,), (), ())
    assert changes.how == "the merge base with --base main"


def test_changed_has_what_is_not_committed_too(root):
    commit(root, SECOND)
    write(root, FIRST, BAD)
    write(root, THIRD, BAD)
    (root / ".gitignore").write_text("ignored.sql")
    write(root, "migrations/ignored.sql")
    run(root, "add", ".gitignore")
    (root / SECOND).unlink()
    changes = changed(root, asked="HEAD")
    assert (changes.modified, changes.deleted) == ((FIRST,), (SECOND,))
    assert changes.added == (".gitignore", THIRD)
    project = discover([], Config(root=str(root)), WorkTree(str(root)), changes)
    assert texts(project) == {FIRST: BAD, THIRD: BAD}


def test_a_renamed_file_is_deleted_and_added(root):
    run(root, "mv", "prisma/migrations/20240101000000_1", "prisma/migrations/20240105000000_5")
    changes = changed(root, asked="HEAD")
    assert changes.deleted == (FIRST,)
    assert changes.added == ("prisma/migrations/20240105000000_5/migration.sql",)


def test_a_known_base_with_nothing_changed_is_no_error(root):
    assert changed(root, asked="HEAD") == git.Changes(
        base=run(root, "rev-parse", "HEAD"), how="--base HEAD"
    )


def test_paths_are_those_of_the_root_from_any_folder(root, monkeypatch):
    write(root, SECOND, BAD)
    monkeypatch.chdir(root / "prisma")
    top = git.top(".")
    assert top == str(root)
    assert changed(root, asked="HEAD").added == (SECOND,)


# the base, as told


@pytest.fixture
def origin(root):
    """A repository with a feature branch and what GitHub makes of a pull request."""
    run(root, "checkout", "-qb", "feature")
    commit(root, SECOND, BAD)
    run(root, "checkout", "-q", "main")
    commit(root, THIRD)
    run(root, "checkout", "-q", "--detach", "main")
    run(root, "merge", "-q", "--no-ff", "-m", "Merge feature into main", "feature")
    run(root, "update-ref", "refs/pull/1/merge", "HEAD")
    run(root, "checkout", "-q", "main")
    return root


def clone(origin, ref, depth=0):
    """As actions/checkout does it: init, fetch one ref, check it out detached."""
    place = origin.parent / "clone"
    place.mkdir()
    run(place, "init", "-q")
    run(place, "remote", "add", "origin", origin.as_uri())
    shallow = [f"--depth={depth}"] if depth else []
    run(place, "fetch", "-q", "--no-tags", *shallow, "origin", f"+{ref}:refs/remotes/pull/1/merge")
    run(place, "checkout", "-q", "--detach", "refs/remotes/pull/1/merge")
    return place


PULL_REQUEST = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_BASE_REF": "main",
}


@pytest.mark.parametrize("depth", [0, 2])
def test_a_pull_request_on_github(origin, depth):
    place = clone(origin, "refs/pull/1/merge", depth)
    changes = changed(place, PULL_REQUEST)
    assert (changes.added, changes.modified, changes.deleted) == ((SECOND,), (), ())
    assert changes.how == "the base branch main (HEAD^1)"


def unknown(root, environ):
    with pytest.raises(MigralintError) as caught:
        comparison.find(str(root), "", environ)
    assert caught.value.status == 4
    assert caught.value.message.startswith("the base of the change is unknown: ")
    return caught.value.hint


def test_a_pull_request_in_a_clone_of_depth_one(origin):
    place = clone(origin, "refs/pull/1/merge", 1)
    assert "fetch-depth: 2" in unknown(place, PULL_REQUEST)


def test_a_pull_request_checked_out_by_its_head(origin):
    place = clone(origin, "refs/heads/feature")
    assert "fetch-depth: 2" in unknown(place, PULL_REQUEST)
    run(place, "fetch", "-q", "origin", "main:refs/remotes/origin/main")
    assert changed(place, PULL_REQUEST).added == (SECOND,)


def test_a_shallow_clone_that_does_not_reach_the_merge_base(origin):
    for number in range(3):
        commit(origin, f"later_{number}.txt")
    place = clone(origin, "refs/heads/feature", 1)
    run(place, "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(MigralintError, match="does not reach back"):
        comparison.find(str(place), "origin/main", {})
    assert "fetch-depth: 2" in unknown(place, PULL_REQUEST)


def event(place, content):
    path = place.parent / "event.json"
    path.write_text(json.dumps(content))
    return str(path)


def test_the_merge_queue_and_a_push_on_github(origin):
    place = clone(origin, "refs/pull/1/merge")
    main = run(origin, "rev-parse", "main")
    for name, content in (
        ("merge_group", {"merge_group": {"base_sha": main}}),
        ("push", {"before": main}),
    ):
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": event(place, content),
        }
        assert changed(place, environ).added == (SECOND,)
        environ["GITHUB_EVENT_PATH"] = event(
            place, {"merge_group": {"base_sha": "1" * 40}, "before": "1" * 40}
        )
        assert "fetch-depth: 0" in unknown(place, environ)


def test_gitlab(origin):
    place = clone(origin, "refs/heads/feature")
    base = run(place, "rev-parse", "HEAD~")
    environ = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
    assert changed(place, environ).added == (SECOND,)
    environ["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = "1" * 40
    assert 'GIT_DEPTH: "0"' in unknown(place, environ)
    assert changed(place, {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": base}).added == (SECOND,)


def test_a_merged_result_on_gitlab(origin):
    place = clone(origin, "refs/pull/1/merge")
    environ = {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": run(place, "rev-parse", "HEAD~2"),
        "CI_MERGE_REQUEST_EVENT_TYPE": "merged_result",
    }
    assert changed(place, environ).added == (SECOND,)


@pytest.mark.parametrize("name", ["PRE_COMMIT_FROM_REF", "BITBUCKET_PR_DESTINATION_COMMIT"])
def test_other_systems_that_name_a_commit(origin, name):
    place = clone(origin, "refs/heads/feature")
    assert changed(place, {name: run(place, "rev-parse", "HEAD~")}).added == (SECOND,)
    hint = unknown(place, {name: "1" * 40})
    assert "depth: full" in hint or "git fetch --unshallow" in hint


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main", "fetchDepth: 0"),
        ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main", "git fetch --unshallow origin main"),
    ],
)
def test_other_systems_that_name_a_branch(origin, name, value, hint):
    place = clone(origin, "refs/heads/feature")
    assert hint in unknown(place, {name: value})
    run(place, "fetch", "-q", "origin", "main:refs/remotes/origin/main")
    assert changed(place, {name: value}).added == (SECOND,)


def test_without_a_ci_system_the_default_branch_of_origin_counts(origin):
    place = origin.parent / "clone"
    run(origin, "clone", "-q", origin.as_uri(), str(place))
    run(place, "checkout", "-q", "feature")
    assert changed(place).added == (SECOND,)
    run(place, "remote", "set-head", "origin", "--delete")
    assert changed(place).added == (SECOND,)
    run(place, "remote", "remove", "origin")
    assert "--base" in unknown(place, {})


def test_a_base_that_is_no_revision(root):
    for asked in ("gone", "--output=x", "-h"):
        with pytest.raises(MigralintError) as caught:
            comparison.find(str(root), asked, {})
        assert caught.value.status == 4
    assert sorted(path.name for path in root.iterdir()) == [".git", "prisma"]


def test_outside_of_git(tmp_path):
    with pytest.raises(MigralintError, match="is in no git work tree") as caught:
        git.top(str(tmp_path))
    assert caught.value.status == 4


def test_git_is_missing(root, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MigralintError, match="git is not installed") as caught:
        git.staged(str(root))
    assert caught.value.status == 4


def test_a_repository_that_git_does_not_read(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    with pytest.raises(MigralintError, match="does not read the repository") as caught:
        git.top(str(tmp_path / "sub"))
    assert caught.value.status == 4
    assert f"safe.directory {tmp_path}" in caught.value.hint
