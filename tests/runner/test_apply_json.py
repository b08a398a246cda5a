"""apply --output json: one document on standard output, whatever became of it."""

from __future__ import annotations

import json

GOOD = "CREATE TABLE t (id INT PRIMARY KEY, x INT);\n"


def apply(project, status, *args, **environ):
    done = project.run("apply", "--output", "json", *args, **environ)
    assert done.returncode == status, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["schema_version"] == 1
    assert (found["error"] is None) == (status == 0)
    return found, done.stderr


def test_applied_and_up_to_date(project):
    project.add("20240101000000_t", GOOD)
    found, told = apply(project, 0)
    assert (found["outcome"], found["applied"]) == ("applied", ["20240101000000_t"])
    assert "applied 20240101000000_t" in told
    assert found["environment"] == "development"
    found, told = apply(project, 0, "-q")
    assert (found["outcome"], found["applied"], told) == ("up to date", [], "")


def test_failed(project):
    project.add("20240101000000_t", GOOD)
    project.add("20240102000000_u", "CREATE TABLE u (id INT PRIMARY KEY);\nDROP VIEW nowhere;\n")
    found, told = apply(project, 1)
    assert (found["outcome"], found["applied"]) == ("failed", ["20240101000000_t"])
    failed = found["failed"]
    assert (failed["name"], failed["line"], failed["statements"]) == ("20240102000000_u", 2, 2)
    if project.database.dialect == "mysql":
        assert (failed["state"], failed["committed"], failed["transaction"]) == ("failed", 1, False)
    else:
        assert (failed["state"], failed["committed"], failed["transaction"]) == (
            "rolled back",
            0,
            True,
        )
    assert "nowhere" in failed["message"] and failed["code"]
    assert found["error"]["status"] == 1 and found["error"]["message"] in told


def test_refused(project):
    project.add("20240101000000_t", GOOD)
    project.ok("apply")
    project.add("20240102000000_u", "DROP TABLE t;\n")
    found, _ = apply(project, 5, DATABASE_ENV="production")
    assert (found["outcome"], found["applied"], found["failed"]) == ("refused", [], None)
    assert "drop-table" in [f["rule"] for f in found["findings"] if f["severity"] == "error"]


def test_no_database(on_postgres):
    on_postgres.add("20240101000000_t", GOOD)
    url = "postgresql://u:s3cr3t@127.0.0.1:1/app"
    found, told = apply(on_postgres, 4, DATABASE_URL=url)
    assert found["outcome"] == "error" and "cannot use" in found["error"]["message"]
    assert "s3cr3t" not in json.dumps(found) + told
