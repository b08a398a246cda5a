"""JUnit XML, which every CI shows: a test suite a file, a failed test a finding.

What does not fail the run (see --fail-on) is a test that passed and says something.
"""

from __future__ import annotations

from migralint.formats import Options
from migralint.formats.characters import lines, one_line, visible
from migralint.formats.summary import assumption, error_place, place, shown_path
from migralint.model import Finding, MigralintError, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def pieces(report: Report, options: Options) -> list[str]:
    from xml.etree.ElementTree import Element, tostring

    by_path: dict[str, list[Finding]] = {path: [] for path in report.paths}
    for finding in report.findings:
        by_path.setdefault(finding.path, []).append(finding)
    root = Element("testsuites", name="migralint")
    for path, findings in by_path.items():
        _suite(root, path, findings, options)
    if report.errors:
        _errors(root, report.errors, options)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    # in ASCII, with references for the rest, the declared encoding is right wherever it is written
    xml: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return [xml.decode("ascii"), "\n"]


def _suite(root: Element, path: str, findings: list[Finding], options: Options) -> None:
    from xml.etree.ElementTree import SubElement

    name = visible(shown_path(path, options))
    failed = sum(finding.severity >= options.fail_on for finding in findings)
    tests = str(len(findings) or 1)
    suite = SubElement(root, "testsuite", name=name, tests=tests, failures=str(failed), errors="0")
    if not findings:
        SubElement(suite, "testcase", classname=name, name="no findings")
    for finding in findings:
        title = f"{visible(finding.rule)} at line {finding.line}"
        case = SubElement(suite, "testcase", classname=name, name=title)
        if finding.severity >= options.fail_on:
            kind = f"{finding.severity}[{visible(finding.rule)}]"
            child = SubElement(case, "failure", type=kind, message=one_line(finding.message))
        else:
            child = SubElement(case, "system-out")
        child.text = _text(finding, options)


def _text(finding: Finding, options: Options) -> str:
    head = f"{place(finding, options)}: {finding.severity}[{finding.rule}] {finding.message}"
    parts = (one_line(head), assumption(finding), finding.why, finding.instead)
    return "\n\n".join("\n".join(lines(part.strip("\n"))) for part in parts if part)


def _errors(root: Element, errors: tuple[MigralintError, ...], options: Options) -> None:
    from xml.etree.ElementTree import SubElement

    count = str(len(errors))
    suite = SubElement(root, "testsuite", name="migralint", tests=count, failures="0", errors=count)
    for error in errors:
        where = visible(error_place(error, options))
        case = SubElement(suite, "testcase", classname="migralint", name=where or "run")
        child = SubElement(case, "error", type="error", message=one_line(error.message))
        child.text = "\n".join(lines(error.hint))
