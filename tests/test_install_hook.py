"""install-hook: the hook itself in real git, its snippets in the real hook managers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from migralint.commands import install_hook

HERE = Path(__file__).parent.parent
GOOD = "ALTER TABLE users ADD COLUMN IF NOT EXISTS a int;\n"
BAD = "DROP TABLE users;\n"
FIRST, SECOND = "migrations/1_a.sql", "migrations/2_b.sql"
PACKAGES = ("husky@9.1.7", "lint-staged@15.5.2", "lefthook@2.2.2", "simple-git-hooks@2.13.1")


class Project:
    """A repository with one migration, and a `migralint` on its PATH."""

    def __init__(self, root: Path, programs: Path) -> None:
        self.root = root
        self.programs = programs
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "GITHUB_"))}
        self.variables = {
            **{k: v for k, v in kept.items() if k not in ("CI", "HUSKY", "LEFTHOOK")},
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(HERE),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        for role in ("AUTHOR", "COMMITTER"):
            self.variables |= {f"GIT_{role}_NAME": "A", f"GIT_{role}_EMAIL": "a@example.org"}
        self.write(FIRST, "CREATE TABLE IF NOT EXISTS users (id int PRIMARY KEY);\n")
        self.write(".gitignore", "node_modules\n")
        self.run("git", "init", "-q", "-b", "main")
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", "first")

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def run(self, *command: str, fails: bool = False, cwd: str = ".") -> str:
        done = subprocess.run(
            command, cwd=self.root / cwd, env=self.variables, capture_output=True, text=True
        )
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def install(self, fails: bool = False, cwd: str = ".") -> str:
        return self.run(sys.executable, "-m", "migralint", "install-hook", fails=fails, cwd=cwd)

    def commit(self, text: str, fails: bool = False, path: str = SECOND) -> str:
        self.write(path, text)
        self.run("git", "add", "-A")
        return self.run("git", "commit", "-m", "next", fails=fails)

    def hook(self) -> Path:
        return self.root / self.run("git", "rev-parse", "--git-path", "hooks/pre-commit").strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    program = tmp_path / "bin/migralint"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m migralint "$@"\n')
    program.chmod(0o755)
    return Project(tmp_path / "project", tmp_path / "bin")


def refuses_and_passes(project: Project) -> None:
    """What is staged counts, not what lies in the work tree."""
    assert "drop-table" in project.commit(BAD, fails=True)
    project.write(SECOND, GOOD)
    project.run("git", "add", "-A")
    project.write(SECOND, BAD)
    project.run("git", "commit", "-m", "good")
    assert project.run("git", "show", f"HEAD:{SECOND}") == GOOD
    assert (project.root / SECOND).read_text() == BAD
    project.run("git", "add", "-A")
    project.write(SECOND, GOOD)
    assert "drop-table" in project.run("git", "commit", "-m", "bad", fails=True)


def test_the_hook_asks_before_each_commit(project: Project) -> None:
    assert "Wrote .git/hooks/pre-commit" in project.install()
    refuses_and_passes(project)


def test_it_says_nothing_where_nothing_is_ours(project: Project) -> None:
    project.install()
    assert "migralint" not in project.commit("hello\n", path="notes.txt")


def test_a_deleted_migration_needs_the_index(project: Project) -> None:
    project.install()
    project.run("git", "rm", "-q", FIRST)
    assert FIRST in project.run("git", "commit", "-m", "deleted", fails=True)


def test_installing_again_renews_it(project: Project) -> None:
    project.install()
    text = project.hook().read_text()
    project.hook().write_text(text.replace("--quiet", "--verbose"))
    assert "Renewed" in project.install(cwd="migrations")
    assert project.hook().read_text() == text


def test_the_hook_of_somebody_else_stays(project: Project) -> None:
    project.hook().parent.mkdir(exist_ok=True)
    project.hook().write_text("#!/bin/sh\nexit 0\n")
    assert "migralint lint --staged || exit 1" in project.install(fails=True)
    assert project.hook().read_text() == "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize("where", ["../scripts/check", "../../../elsewhere", "nowhere"])
def test_a_linked_hook_stays_and_is_called_a_hook(project: Project, where: str) -> None:
    hook = project.hook()
    hook.parent.mkdir(exist_ok=True)
    target = hook.parent / where
    if where != "nowhere":
        target.parent.mkdir(exist_ok=True)
        target.write_text("#!/bin/sh\nexit 0\n")
    hook.symlink_to(where)
    output = project.install(fails=True)
    assert "there is a hook already" in output and "hooksPath" not in output
    assert hook.is_symlink() and target.exists() == (where != "nowhere")


@pytest.mark.parametrize("tree", ["", ".."])
def test_a_relative_git_dir_counts_from_where_we_are(project: Project, tree: str) -> None:
    project.write(SECOND, BAD)
    project.run("git", "add", "-A")
    project.variables |= {"GIT_DIR": "../.git", **({"GIT_WORK_TREE": tree} if tree else {})}
    staged = (sys.executable, "-m", "migralint", "lint", "--staged")
    assert "drop-table" in project.run(*staged, fails=True, cwd="migrations")
    assert "Wrote ../.git/hooks/pre-commit" in project.install(cwd="migrations")


def test_without_migralint_the_commit_is_refused(project: Project) -> None:
    project.install()
    project.commit(GOOD)
    (project.programs / "migralint").unlink()
    assert "drop-table" in project.commit(BAD, fails=True), "the Python that wrote it is asked"
    hook = project.hook().read_text().replace(sys.executable, "/nowhere/python")
    project.hook().write_text(hook)
    output = project.commit(GOOD + "-- more\n", fails=True)
    assert "were not checked" in output and "pipx install migralint" in output


def test_a_linked_work_tree_and_a_folder_of_hooks(project: Project) -> None:
    project.run("git", "worktree", "add", "-q", "../linked")
    linked = Project.__new__(Project)
    linked.__dict__.update(project.__dict__, root=project.root.parent / "linked")
    linked.install()
    refuses_and_passes(linked)
    project.run("git", "config", "core.hooksPath", ".githooks")
    assert "Wrote .githooks/pre-commit" in project.install()
    assert "drop-table" in project.commit(BAD, fails=True)


def test_hooks_that_other_repositories_share_stay(project: Project, tmp_path: Path) -> None:
    project.run("git", "config", "core.hooksPath", str(tmp_path / "shared"))
    assert "which other repositories share" in project.install(fails=True)
    assert not (tmp_path / "shared").exists()


def test_outside_of_git_it_is_an_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "migralint", "install-hook"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE), "GIT_CEILING_DIRECTORIES": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 4
    assert "is in no git work tree" in done.stderr and "git init" in done.stderr


# hook managers


def snippet(output: str, where: str) -> str:
    """What the command says to add, and that it wrote nothing."""
    assert f"Add to {where}:" in output
    assert "nothing was written" in output
    return "".join(line[4:] + "\n" for line in output.splitlines() if line.startswith("    "))


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hook managers from npm, installed once."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no Node: node and npm were not found")
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text('{"private": true}')
    flags = ("--no-audit", "--no-fund", "--silent", "--ignore-scripts")
    done = subprocess.run(
        ["npm", "install", *flags, *PACKAGES], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no hook managers: npm cannot install {', '.join(PACKAGES)}")
    return folder / "node_modules"


@pytest.fixture
def node(project: Project, packages: Path) -> Project:
    (project.root / "node_modules").symlink_to(packages)
    project.variables["PATH"] = f"{packages}/.bin{os.pathsep}{project.variables['PATH']}"
    return project


def package(project: Project, text: str = "", **keys: object) -> None:
    project.write(
        "package.json", json.dumps({"private": True, **keys, **json.loads(f"{{{text}}}")})
    )
    project.run("git", "add", "-A")
    project.run("git", "commit", "--no-verify", "-m", "package")


def test_pre_commit(project: Project) -> None:
    project.write(".pre-commit-config.yaml", "repos: []\n")
    content = yaml.safe_load(snippet(project.install(), ".pre-commit-config.yaml"))
    manifest = yaml.safe_load((HERE / ".pre-commit-hooks.yaml").read_text())
    (repo,) = content["repos"]
    assert repo["hooks"] == [{"id": manifest[0]["id"]}]
    project.write(".pre-commit-config.yaml", yaml.safe_dump(content))
    project.run(sys.executable, "-m", "pre_commit", "validate-config")
    assert not project.hook().exists()


def test_lefthook(node: Project) -> None:
    node.write("lefthook.yml", "")
    node.write("lefthook.yml", snippet(node.install(), "lefthook.yml"))
    node.run("lefthook", "install")
    refuses_and_passes(node)


def test_husky(node: Project) -> None:
    package(node, devDependencies={"husky": "9.1.7", "lint-staged": "15.5.2"})
    line = snippet(node.install(), ".husky/pre-commit")
    node.run("husky")
    node.write(".husky/pre-commit", line)
    refuses_and_passes(node)


def test_husky_with_lint_staged_after_it(node: Project) -> None:
    """Both in one hook: lint-staged hides what is not staged, and brings it back."""
    package(node, **{"lint-staged": {"*.sql": "true"}})
    node.run("husky")
    line = snippet(node.install(), ".husky/pre-commit")
    node.write(".husky/pre-commit", f"lint-staged\n{line}")
    refuses_and_passes(node)


def test_lint_staged(node: Project) -> None:
    package(node, devDependencies={"lint-staged": "15.5.2"})
    text = snippet(node.install(), "package.json")
    package(node, text)
    node.hook().write_text("#!/bin/sh\nexec lint-staged\n")
    node.hook().chmod(0o755)
    refuses_and_passes(node)
    node.run("git", "checkout", "-q", "--", ".")
    node.run("git", "reset", "-q", "--hard")
    reset = "#!/bin/sh\nnpx prisma migrate reset --force\n"
    assert "destructive-command" in node.commit(reset, fails=True, path="scripts/deploy.sh")


def test_simple_git_hooks(node: Project) -> None:
    package(node, devDependencies={"simple-git-hooks": "2.13.1"})
    package(node, snippet(node.install(), "package.json"))
    node.run("simple-git-hooks")
    refuses_and_passes(node)


@pytest.mark.parametrize(
    ("path", "text", "manager"),
    [
        (".pre-commit-config.yaml", "repos: []", "pre-commit"),
        (".lefthook.yaml", "", "lefthook"),
        (".husky/commit-msg", "true", "husky"),
        (".lintstagedrc.json", "{}", "lint-staged"),
        ("package.json", '{"lint-staged": {}}', "lint-staged"),
        ("package.json", '{"devDependencies": {"lefthook": "^2"}}', "lefthook"),
        ("package.json", '{"simple-git-hooks": {}}', "simple-git-hooks"),
        ("package.json", '{"devDependencies": {"prisma": "7"}}', ""),
        ("package.json", "[", ""),
        ("package.json", "[1]", ""),
    ],
)
def test_what_gives_a_manager_away(tmp_path: Path, path: str, text: str, manager: str) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text)
    found = [m.name for m in install_hook.MANAGERS if install_hook.trace(m, str(tmp_path))]
    assert found == [manager] * bool(manager)


def test_the_hook_passes_shellcheck(tmp_path: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    install_hook.install(str(tmp_path / "pre-commit"))
    subprocess.run(["shellcheck", str(tmp_path / "pre-commit")], check=True)
