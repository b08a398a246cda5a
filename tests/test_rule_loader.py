"""Rule files that are wrong are refused, with line and sentence, all of them in one error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migralint import built, compiled, rules
from migralint.model import MigralintError, Severity
from migralint.rulefile.patterns import can_run_away, refusal

GOOD = """\
id: no-foo
severity: error
preset: recommended
match: {operation: create_index, dialect: postgres, concurrently: false}
unless:
  - {new_table: true}
message: "{index} blocks {table}."
why: It does.
instead: Do it otherwise.
examples:
  bad: [CREATE INDEX foo ON users (email);]
  good: [SELECT 1;]
"""
Write = Callable[[str, str], str]


@pytest.fixture
def write(tmp_path: object) -> Write:
    """Writes a rule into a folder of this test and returns the folder."""

    def write(text: str, name: str = "no-foo.yaml") -> str:
        path = os.path.join(str(tmp_path), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        return str(tmp_path)

    return write


def refused(directory: str) -> MigralintError:
    with pytest.raises(MigralintError) as caught:
        rules.load([directory])
    return caught.value


def test_a_good_rule_is_read(write: Write) -> None:
    (rule,) = rules.load([write(GOOD, "own/no-foo.yaml")])
    assert (rule.id, rule.category, rule.severity) == ("no-foo", "own", Severity.ERROR)
    assert rule.kinds == ("create_index",)
    assert rule.match == (("dialect", "is", ("postgres",)), ("concurrently", "is", (False,)))
    assert [(e.bad, e.line) for e in rule.examples] == [(True, 11), (False, 12)]


def test_a_rule_in_the_directory_itself_is_custom(write: Write) -> None:
    assert rules.load([write(GOOD, "no-foo.yaml")])[0].category == "custom"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("severity:", "severty:", 1, "the field severity is missing"),
        ("unless:", "unles:", 5, "unknown key unles"),
        ("why:", "split: in-half\nwhy:", 8, "in-half"),
        ("id: no-foo", "id: no-bar", 1, "the file is no-foo"),
        ("severity: error", "severity: eror", 2, "none of info, warning, error"),
        ("preset: recommended", "preset: on", 3, "none of recommended, strict, optional"),
        ("create_index", "make_index", 4, "unknown operation make_index"),
        ("operation: create_index, ", "", 4, "the field operation is missing"),
        ("concurrently: false", "nullable: false", 4, "create_index does not carry it"),
        ("concurrently: false", "concurently: false", 4, "there is no such fact"),
        ("create_index,", "[create_index, drop_table],", 4, "drop_table does not carry it"),
        ("concurrently: false", "concurrently: off", 4, "true or false"),
        ("concurrently: false", 'concurrently: "false"', 4, "true or false"),
        ("concurrently: false", "table_rows: many", 4, "a number"),
        ("concurrently: false", "table_rows: 010", 4, "a number"),
        ("concurrently: false", "table_rows: {gte: x}", 4, "a number"),
        ("concurrently: false", "concurrently: {gt: 1}", 4, "compares numbers"),
        ("concurrently: false", "concurrently: {like: x}", 4, "looks at a text"),
        ("concurrently: false", "method: {contains: x}", 4, "unknown key contains"),
        ("concurrently: false", "method: {regex: '(a+)+$'}", 4, "run for ever"),
        ("concurrently: false", "method: {regex: '(a'}", 4, "no regular expression"),
        ("concurrently: false", "after: {same: [table]}", 4, "the field operation is missing"),
        (
            "concurrently: false",
            "after: {operation: drop_view, same: [table]}",
            4,
            "drop_view does not carry it",
        ),
        ("{new_table: true}", "{new_table: 1}", 6, "true or false"),
        ("{new_table: true}", "[new_table]", 6, "a mapping"),
        ("blocks {table}", "blocks {tabel}", 7, "no such fact"),
        ("It does.", "It blocks {column}.", 8, "does not carry it"),
        ("why: It does.", "why: ''", 8, "some words"),
        ("  good: [SELECT 1;]\n", "", 11, "there is no good example"),
        ("  bad: [CREATE INDEX foo ON users (email);]\n", "", 11, "there is no bad example"),
        ("[SELECT 1;]", "[{txt: SELECT 1}]", 12, "unknown key txt"),
        ("[SELECT 1;]", "[{text: SELECT 1, given: {rows: 1}}]", 12, "unknown key rows"),
        ("unless:", "covers: [no-bar]\nunless:", 1, "there is no such rule"),
        ("unless:", "fix: {insert: X}\nunless:", 5, "the field after is missing"),
        ("unless:", "fix: {insert: X, after: [ADD]}\nunless:", 5, "a mapping"),
        (
            "unless:",
            "fix: {insert: X, after: {drop_view: [A]}}\nunless:",
            5,
            "unknown key drop_view",
        ),
        ("unless:", "fix: {insert: X, after: {create_index: [on]}}\nunless:", 5, "in capitals"),
        ("unless:", "unless: []\nunless:", 6, "stands here twice"),
        ("why: It does.", "why: [It does.", 9, "is not YAML"),
        ("{new_table: true}", "&a {new_table: true}\n  - *a", 6, "anchors and aliases"),
        (GOOD, "- 1\n", 1, "a mapping"),
        ("why: It does.", "why: " + "[" * 60_000 + "]" * 60_000, 1, "nested too deeply"),
        ("why: It does.", "why: " + "{a: " * 600 + "}" * 600, 1, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    write: Write, old: str, new: str, line: int, says: str
) -> None:
    assert old in GOOD
    error = refused(write(GOOD.replace(old, new, 1)))
    assert f"no-foo.yaml:{line}:" in str(error), str(error)
    assert says in str(error), str(error)


def test_all_mistakes_are_in_one_error(write: Write) -> None:
    write(GOOD.replace("error", "eror").replace("{table}", "{tabel}"))
    directory = write(GOOD.replace("concurrently: false", "concurently: false"), "no-bar.yaml")
    text = str(refused(directory))
    assert text.startswith("4 mistakes")
    assert "Did you mean error?" in text
    assert "Did you mean concurrently?" in text


def test_two_rules_of_one_id_are_refused(write: Write) -> None:
    write(GOOD, "a/no-foo.yaml")
    assert "also in" in str(refused(write(GOOD, "b/no-foo.yaml")))


def test_bytes_that_are_no_text_are_refused(tmp_path: object) -> None:
    with open(os.path.join(str(tmp_path), "no-foo.yaml"), "wb") as stream:
        stream.write(b"id: \xff\xfe")
    assert "not UTF-8" in str(refused(str(tmp_path)))


def test_no_rules_are_an_error_and_not_silence(tmp_path: object) -> None:
    assert "there is no rule" in str(refused(str(tmp_path)))
    assert "does not exist" in str(refused(os.path.join(str(tmp_path), "missing")))


def test_plain_scalars_stay_what_was_written(write: Write) -> None:
    text = GOOD.replace("concurrently: false", "method: [off, 010, 2026-01-01, 'null']")
    (rule,) = rules.load([write(text, "no-foo.yaml")])
    assert rule.match[1] == ("method", "is", ("off", "010", "2026-01-01", "null"))


def test_the_pure_python_loader_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    with_c = rules.load([rules.builtin_directory()])
    monkeypatch.setattr("migralint.rulefile.nodes.LOADER", yaml.SafeLoader)
    some = {rule.id: rule for rule in rules.load([rules.builtin_directory()])}
    assert [some[rule.id] for rule in with_c] == list(with_c)


def values(rule: rules.Rule) -> list[Any]:
    return [getattr(rule, name) for name in rules.Rule.__match_args__ if name != "examples"]


def test_rules_survive_json() -> None:
    loaded = rules.load([rules.builtin_directory()])
    directory = rules.builtin_directory()
    data = compiled.tuples(json.loads(json.dumps(compiled.to_data(loaded, directory))))
    assert directory not in json.dumps(data), "it is read on another machine"
    again = compiled.from_data(data, directory)
    assert list(map(values, again)) == list(map(values, loaded))
    assert not any(rule.examples for rule in again)
    assert tuple(map(rules.whole, again)) == loaded


def test_yaml_is_imported_only_where_yaml_is_read() -> None:
    code = "import sys, migralint.rules, migralint.matching; print('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("pattern", "can"),
    [
        (r"^(pg_catalog|information_schema)\.|^pg_[a-z_]+$", False),
        (r"\d{4}-\d{2}", False),
        (r"(?:foo)+bar*", False),
        (r"[(a+)+]+", False),
        (r"\(a+\)+", False),
        (r"(a+)+", True),
        (r"(a|aa)*b", True),
        (r"((ab)*c){2,}", True),
        (r"(?:x?y?)*z", True),
    ],
)
def test_patterns_that_can_run_away(pattern: str, can: bool) -> None:
    assert can_run_away(pattern) is can


@given(st.text(alphabet="ab()|*+?{}[]\\^$.,19", max_size=12))
def test_any_pattern_is_judged(pattern: str) -> None:
    assert isinstance(refusal(pattern), str)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.integers(0, len(GOOD)), st.integers(0, 20), st.text(max_size=8))
def test_a_damaged_rule_is_read_or_refused(write: Write, at: int, cut: int, text: str) -> None:
    damaged = GOOD[:at] + text.encode("utf-8", "replace").decode() + GOOD[at + cut :]
    directory = write(damaged, "no-foo.yaml")
    try:
        rules.load([directory])
    except MigralintError as error:
        assert str(error)


def test_rules_survive_being_built() -> None:
    directory = rules.builtin_directory()
    loaded = rules.load([directory])
    space: dict[str, Any] = {}
    exec(built.module(compiled.to_data(loaded, directory)), space)
    again = compiled.from_data(space["DATA"], directory)
    assert list(map(values, again)) == list(map(values, loaded))
    assert not any(rule.examples for rule in again)
