"""The documentation: fresh, its links lead somewhere, its examples are right."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from migralint import config
from migralint.config.keys import KEYS

HERE = Path(__file__).parent.parent
PAGES = sorted([*HERE.glob("*.md"), *HERE.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


def blocks(path: Path, language: str) -> list[str]:
    found = CODE.findall(path.read_text(encoding="utf-8"))
    return [text for _, named, text in found if named == language]


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_generated_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/docs", "--check"], cwd=HERE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(HERE)))
def test_every_link_leads_somewhere(path: Path) -> None:
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if link.startswith(("https://", "mailto:")):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), f"{path.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{path.name}: {link}"


def test_the_index_names_every_page() -> None:
    index = (HERE / "docs/README.md").read_text(encoding="utf-8")
    for path in HERE.glob("docs/**/*.md"):
        name = path.relative_to(HERE / "docs").as_posix()
        assert name == "README.md" or f"({name})" in index, name


def test_every_key_has_an_example_and_each_loads(tmp_path: Path) -> None:
    page = HERE / "docs/configuration.md"
    examples = blocks(page, "yaml")
    shown = {key for text in examples for key in yaml.safe_load(text)}
    assert shown == set(KEYS)
    for text in examples:
        (tmp_path / ".migralint.yaml").write_text(text, encoding="utf-8")
        config.load(str(tmp_path / ".migralint.yaml"), str(tmp_path))


def test_the_examples_of_the_readme_are_right(tmp_path: Path) -> None:
    for text in blocks(HERE / "README.md", "yaml"):
        found = yaml.safe_load(text)
        if set(found) & set(KEYS):
            (tmp_path / ".migralint.yaml").write_text(text, encoding="utf-8")
            config.load(str(tmp_path / ".migralint.yaml"), str(tmp_path))
        elif "jobs" in found:
            check("vendor.github-workflows", tmp_path, text)


def test_the_examples_of_the_integrations_are_right(tmp_path: Path) -> None:
    page = HERE / "docs/integrations.md"
    workflow, gitlab = blocks(page, "yaml")
    check("vendor.github-workflows", tmp_path, workflow)
    check("vendor.gitlab-ci", tmp_path, gitlab)
    action = yaml.safe_load((HERE / "action.yml").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| `([\w-]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) == set(action["inputs"]) - {"token"}
    component = yaml.safe_load_all((HERE / "templates/lint.yml").read_text(encoding="utf-8"))
    inputs = next(iter(component))["spec"]["inputs"]
    assert set(yaml.safe_load(gitlab)["include"][0]["inputs"]) <= set(inputs)


def check(schema: str, folder: Path, text: str) -> None:
    path = folder / "checked.yml"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONWARNINGS": ""})
