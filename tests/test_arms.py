"""What one arm of an IF makes is not there in the other, in a DO block as in a template."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linting import found

CREATE = "CREATE TABLE IF NOT EXISTS t (id bigint PRIMARY KEY, a int, b int);\n"
DROP = "ALTER TABLE t DROP COLUMN a;\n"
CASE = "UPDATE t SET b = CASE WHEN a = 1 THEN 2 ELSE 3 END WHERE id = 1;\n"


def do(body: str) -> str:
    return f"DO $$ DECLARE n int; BEGIN\n{body}END $$;\n"


def assumed(text: str) -> list[tuple[str, ...]]:
    """What is assumed of the dropped column, for each finding on it."""
    return [f.assumed for f in found(text) if f.rule == "drop-column"]


@pytest.mark.parametrize(
    "text",
    [
        do(f"IF n = 1 THEN {CREATE} ELSE {DROP} END IF;"),
        do(f"IF n = 1 THEN {CREATE} ELSIF n = 2 THEN {DROP} END IF;"),
        do(f"IF n = 1 THEN {CREATE} {CASE} ELSE IF n = 2 THEN {DROP} END IF; END IF;"),
        do(f"IF n = 1 THEN LOOP {CREATE} END LOOP; ELSE BEGIN {DROP} END; END IF;"),
        f"{{{{ if .New }}}}\n{CREATE}{{{{ else }}}}\n{DROP}{{{{ end }}}}\n",
        f"{{% if new %}}{CREATE}{{%- else -%}}{DROP}{{% endif %}}",
        f"{{{{if a}}}}{{{{range b}}}}x;{{{{end}}}}{CREATE}{{{{else if c}}}}{DROP}{{{{end}}}}",
    ],
)
def test_the_other_arm_may_meet_an_old_table(text: str) -> None:
    assert assumed(text) == [("new_table", "new_column")]


@pytest.mark.parametrize(
    "text",
    [
        do(f"IF n = 1 THEN {CREATE} ELSE n := 1; END IF; {DROP}"),
        do(f"IF n = 1 THEN {CREATE} {CASE} {DROP} ELSE n := 1; END IF;"),
        do(f"IF n = 1 THEN n := 1; ELSE {CREATE} {DROP} END IF;"),
        do(f"{CREATE} IF n = 1 THEN n := 1; ELSE {DROP} END IF;"),
        do(f"IF n = 1 THEN {CREATE} ELSE n := 1; END IF;") + do(f"IF n = 1 THEN {DROP} END IF;"),
        f"{CREATE}{CASE}{DROP}",
        f"{{{{ if .New }}}}{CREATE}{{{{ else }}}}SELECT 1;{{{{ end }}}}{DROP}",
        f"{CREATE}{{{{ if .New }}}}SELECT 1;{{{{ else }}}}{DROP}{{{{ end }}}}",
    ],
)
def test_what_was_made_before_is_new(text: str) -> None:
    assert assumed(text) == []


def test_a_column_that_one_arm_adds_is_old_in_the_other() -> None:
    text = do(f"IF n = 1 THEN ALTER TABLE t ADD COLUMN a int; ELSE {DROP} END IF;")
    assert assumed(text) == [("new_column",)]


@given(st.lists(st.sampled_from(["IF n THEN ", "ELSE ", "END IF; ", "END ", CREATE, DROP, CASE])))
def test_any_order_of_words_is_read(parts: list[str]) -> None:
    found(do("".join(parts)))
    words = {"IF n THEN ": "{{if}}", "ELSE ": "{{else}}", "END IF; ": "{{end}}", "END ": "{{"}
    found("".join(words.get(part, part) for part in parts))
