"""The HTML report: one whole page, nothing from elsewhere, right in a browser; and its timeline."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from migralint.config import Config
from migralint.formats import Options, render
from migralint.formats.html_timeline import lane_of, picture, waits
from migralint.lint import lint
from migralint.model import Migration, Report, Step, Suppressed, replace
from migralint.rules import builtin_directory, load

SQL = """\
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
CREATE INDEX orders_idx ON orders (user_id);
ALTER TABLE events ADD COLUMN a int;
INSERT INTO settings (name, value) VALUES ('<script>alert(1)</script>', '</code></pre>');
"""
RULES = load([builtin_directory()])
SIZES = Config(large_tables={"users": 2_000_000, "orders": 200_000_000, "events": None})
VOID = {"meta", "br", "link", "img"}


def report(text: str = SQL, config: Config = SIZES, **settings: object) -> Report:
    given = {"transaction": "file", **settings}
    migration = Migration("db/1_a.sql", text, "1", "a", "dbmate", "postgres", **given)  # type: ignore[arg-type]
    return lint([migration], RULES, config, steps=True)


class Page(HTMLParser):
    """The tags, which must be closed in order, and the texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.texts.append(text)


def test_it_is_one_page_and_loads_nothing() -> None:
    text = render("html", report())
    page = Page(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert "url(" not in text and "@import" not in text
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        assert str(attributes.get("href", "#")).startswith(("https://", "#"))


def test_the_sql_is_text() -> None:
    page = Page(render("html", report()))
    assert "<script>alert(1)</script>" in "".join(page.texts)


def test_every_statement_and_finding_is_in_it() -> None:
    found = report()
    text = "".join(Page(render("html", found)).texts)
    for statement in SQL.rstrip().split("\n"):
        assert statement.rstrip(";") in text
    for finding in found.findings:
        assert " ".join(finding.message.split()) in text and finding.rule in text
    assert "statement without findings" in text


def test_what_is_allowed_and_what_went_wrong_is_in_it() -> None:
    found = report()
    allowed = Suppressed(found.findings[0], "seen & approved", ".migralint.yaml:3")
    text = "".join(Page(render("html", replace(found, suppressed=(allowed,)))).texts)
    assert "seen & approved" in text and "1 allowed" in text.replace("\n", "")


def test_a_password_is_masked_in_the_statements() -> None:
    found = report("CREATE ROLE app LOGIN PASSWORD 'hunter2';\n")
    assert "hunter2" not in render("html", found)
    assert found.steps


def test_without_steps_the_findings_are_still_there() -> None:
    found = replace(report(), steps=())
    text = render("html", found)
    assert 'class="deploy"' not in text
    assert "Building orders_idx blocks every write" in "".join(Page(text).texts)


def test_steps_are_made_only_when_asked_for() -> None:
    migration = Migration("a.sql", SQL, "1", "a", "plain", "postgres")
    assert not lint([migration], RULES, SIZES).steps


def test_what_a_rule_has_said_already_is_folded() -> None:
    """The reason is there each time, but open only at its first place."""
    index = "CREATE INDEX {0}_i ON {0} (a);\n"
    text = render("html", report(index.format("users") + index.format("orders")))
    page = Page(text)
    folded = [a for tag, a in page.tags if tag == "details" and a.get("class") == "again"]
    shown = "".join(page.texts)
    assert shown.count("Why: as for line 1") == 2, "each index has two findings"
    assert len(folded) == 3, "missing-if-not-exists says the same instead, too"
    for finding in report(index.format("users")).findings:
        assert shown.count(finding.why.split("\n")[0]) == 2


def test_what_another_file_has_said_is_folded_and_named() -> None:
    made = [
        Migration(
            f"db/{n}_a.sql", f"CREATE INDEX i{n} ON users (a);", str(n), "a", "dbmate", "postgres"
        )
        for n in (1, 2)
    ]
    page = Page(render("html", lint(made, RULES, SIZES, steps=True)))
    assert "Why: as for line 1 of db/1_a.sql" in "".join(page.texts)


# the timeline


def said(found: Report) -> dict[str, str]:
    tables = {step.table for step in found.steps if step.table and step.lock}
    return {table: waits(lane_of(table, found.steps)) for table in tables}


def test_a_lock_is_held_to_the_end_of_the_transaction() -> None:
    together = said(report())
    assert together["users"] == "reads and writes wait for about 45 min"
    assert together["orders"] == "writes wait for about 44 min"
    assert together["events"] == "reads and writes wait for a moment"


def test_without_a_transaction_each_lock_is_its_own() -> None:
    alone = said(report(transaction="statement"))
    assert alone["users"] == "reads and writes wait for about 4 s"


def test_a_foreign_key_locks_the_table_that_it_refers_to() -> None:
    key = "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users (id);"
    found = report(key, transaction="statement")
    assert said(found)["users"] == said(found)["orders"] != "writes wait for a moment"
    assert "writes wait for a moment" in "".join(Page(picture(found.steps)).texts)


def test_a_size_that_is_not_known_is_said_and_a_small_table_is_a_moment() -> None:
    unknown = said(report(config=Config()))
    assert "size of the table not known" in unknown["users"]
    small = said(report(config=Config(large_tables={"events": None})))
    assert small["users"] == "reads and writes wait for a moment"


def test_the_advice_is_judged_by_the_same_engine() -> None:
    steps = {step.operation: step for step in report().steps}
    index, column = steps["create_index"], steps["set_not_null"]
    assert [(s.lock, s.blocks) for s in index.after] == [("SHARE UPDATE EXCLUSIVE", "nothing")]
    assert [(s.operation, s.seconds == 0) for s in column.after] == [
        ("add_check", True),
        ("validate_constraint", False),
        ("set_not_null", True),
        ("drop_constraint", True),
    ]
    assert not steps["add_column"].after, "nobody waits long for it"
    text = "".join(Page(picture(report().steps)).texts)
    before, after = text.split("With the advice")
    assert "wait for about 44 min" in before
    assert "about" not in after and "nobody waits" in after


def test_where_nobody_waits_there_is_no_picture() -> None:
    assert picture(report("SELECT 1; CREATE TABLE t (id int PRIMARY KEY);").steps) == ""
    assert picture(()) == ""


def test_many_tables_are_cut_and_counted() -> None:
    steps = [
        Step("a.sql", n, "", "drop_table", f"t{n}", "ACCESS EXCLUSIVE", "reads and writes", 0.0, n)
        for n in range(20)
    ]
    assert "... and 8 tables more" in picture(steps)


# in a browser


@pytest.fixture(scope="module")
def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), "")
    if not found:
        pytest.skip("no browser: chromium was not found")
    return found


def browse(chromium: str, folder: Path, page: Path, *arguments: str) -> str:
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run")
    done = subprocess.run(
        [
            *(chromium, *flags, "--disable-background-networking", "--disable-dev-shm-usage"),
            *(f"--user-data-dir={folder / 'profile'}", *arguments, page.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "HOME": str(folder)},
        check=True,
    )
    return done.stdout


WRAPPER = """<!doctype html><body><iframe id=f style="width:{width}px;height:900px" srcdoc="{page}">
</iframe><script>
f.onload = () => {{
  const d = f.contentDocument, s = getComputedStyle(d.body), bars = [...d.querySelectorAll('.track i')];
  document.body.innerHTML = [
    'wide', d.documentElement.scrollWidth, s.backgroundColor, s.color, bars.length,
    bars.every(b => b.getBoundingClientRect().width >= 3 && getComputedStyle(b).backgroundColor != 'rgba(0, 0, 0, 0)'),
  ].join('|');
}};
</script>"""


def seen(chromium: str, folder: Path, width: int, *arguments: str) -> list[str]:
    """What a browser makes of the page at that width: its real width, colours, bars."""
    config = replace(SIZES, large_tables={**(SIZES.large_tables or {}), "x" * 60: 10_000_000})
    sql = f"{SQL}ALTER TABLE {'x' * 60} ALTER COLUMN {'y' * 60} TYPE bigint;\n"
    page = render("html", report(sql, config), Options())
    wrapper = folder / "wrapper.html"
    wrapper.write_text(WRAPPER.format(width=width, page=escape(page)), encoding="utf-8")
    dom = browse(chromium, folder, wrapper, "--dump-dom", *arguments)
    found = re.search(r"wide\|([^<]+)", dom)
    assert found, dom[-500:]
    return found[1].strip().split("|")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_a_phone_and_a_desk(chromium: str, tmp_path: Path, width: int) -> None:
    real, _, _, bars, visible = seen(chromium, tmp_path, width)
    assert int(real) <= width
    assert int(bars) > 6 and visible == "true"


def test_it_is_dark_where_the_reader_is(chromium: str, tmp_path: Path) -> None:
    light = seen(chromium, tmp_path, 800, "--blink-settings=preferredColorScheme=1")
    dark = seen(chromium, tmp_path, 800, "--blink-settings=preferredColorScheme=0")
    assert light[1] == "rgb(255, 255, 255)"
    assert brightness(dark[1]) < 60 < 180 < brightness(dark[2])


def brightness(color: str) -> float:
    numbers = [int(part) for part in re.findall(r"\d+", color)[:3]]
    return sum(numbers) / 3


def test_it_prints(chromium: str, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render("html", report()), encoding="utf-8")
    pdf = tmp_path / "report.pdf"
    browse(chromium, tmp_path, page, f"--print-to-pdf={pdf}")
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert pdf.stat().st_size > 10_000
