"""The example project and the two commands that set everything up."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
SHOP = HERE / "examples/shop"
MIGRATIONS = "examples/shop/prisma/migrations"

# at least these, at warning or above
EXPECTED = {
    f"{MIGRATIONS}/20250106091500_init/migration.sql": set(),
    f"{MIGRATIONS}/20250214130200_order_items/migration.sql": set(),
    f"{MIGRATIONS}/20250401084500_product_details/migration.sql": set(),
    f"{MIGRATIONS}/20250519101000_order_status_index/migration.sql": {"blocking-index"},
    f"{MIGRATIONS}/20250703160000_customer_full_name/migration.sql": {
        "rename-as-drop-and-add",
        "required-column-without-default",
    },
    f"{MIGRATIONS}/20250822073000_price_in_cents/migration.sql": {
        "rewriting-type-change",
        "update-without-where",
    },
    f"{MIGRATIONS}/20251110114500_remove_coupons/migration.sql": {"drop-table", "lost-enum-value"},
    "examples/shop/package.json": {"destructive-command"},
    "examples/shop/scripts/deploy.sh": {"destructive-command"},
    "examples/shop/Dockerfile": {"destructive-command"},
    "examples/shop/.github/workflows/ci.yml": set(),
}


@pytest.fixture(scope="module")
def findings():
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "migralint",
            "lint",
            "--output",
            "json",
            "--no-cache",
            "examples/shop",
        ],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)["findings"]


@pytest.mark.parametrize(("path", "rules"), EXPECTED.items())
def test_the_example_has_what_it_was_made_for(findings, path, rules):
    assert (HERE / path).is_file()
    found = {f["rule"] for f in findings if f["path"] == path and f["severity"] != "info"}
    if rules:
        assert rules <= found
    else:
        assert not found


def test_the_example_applies_to_a_real_server_but_for_what_it_says(postgres_url):
    """Its good migrations are good, and its bad ones run on empty tables, as they do in tests."""
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS migralint_shop WITH (FORCE)")
        server.execute("CREATE DATABASE migralint_shop")
        try:
            with psycopg.connect(postgres_url, dbname="migralint_shop", autocommit=True) as shop:
                for path in sorted((SHOP / "prisma/migrations").glob("*/migration.sql")):
                    shop.execute(path.read_text(encoding="utf-8"))
        finally:
            server.execute("DROP DATABASE migralint_shop WITH (FORCE)")


def demo(venv, *arguments):
    return subprocess.run(
        ["scripts/demo", *arguments],
        cwd=HERE,
        env={**os.environ, "MIGRALINT_DEMO_VENV": str(venv), "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )


def environment_with(tmp_path, command):
    program = tmp_path / "venv/bin/migralint"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{command}\n")
    program.chmod(0o755)
    return tmp_path / "venv"


def test_the_demo_shows_findings(tmp_path):
    done = demo(environment_with(tmp_path, f'exec {sys.executable} -m migralint "$@"'))
    assert done.returncode == 0, done.stderr
    assert "drop-table" in done.stdout
    assert "destructive-command" in done.stdout


@pytest.mark.parametrize(("status", "expected"), [(0, 1), (2, 2), (3, 3)])
def test_a_demo_without_findings_fails(tmp_path, status, expected):
    assert demo(environment_with(tmp_path, f"exit {status}")).returncode == expected


@pytest.mark.packaging
def test_the_demo_sets_itself_up(tmp_path):
    done = demo(tmp_path / "venv", "--output", "concise")
    assert done.returncode == 0, done.stderr
    assert "error[drop-table]" in done.stdout


def test_the_scripts_are_executable_and_pass_shellcheck():
    scripts = [HERE / "scripts/demo", HERE / "scripts/test", HERE / ".ci/run"]
    assert all(os.access(path, os.X_OK) for path in scripts)
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    subprocess.run(["shellcheck", *map(str, scripts)], check=True)
