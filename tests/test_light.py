"""Records, enumerations, expressions, JSON: ours are what those of the standard library are."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migralint import built, jsons, regex
from migralint.light import Record, blake2b, cache, sha256
from migralint.model import UNKNOWN, Severity, Unknown, replace


class Place:
    path: str
    line: int
    column: int = 1
    names: tuple[str, ...] = ()


Standard: Any = dataclasses.dataclass(Place)


def ours() -> Any:
    """A record of which none was made yet."""
    namespace = {"__annotations__": Place.__annotations__, "column": 1, "names": ()}
    return type("Place", (Record,), namespace)


ARGUMENTS = st.tuples(
    st.lists(st.integers(), max_size=5),
    st.dictionaries(st.sampled_from([*Place.__annotations__, "other"]), st.integers()),
)


@given(st.lists(ARGUMENTS, max_size=6), st.sampled_from([0, 28, 29, 50]))
def test_a_record_takes_what_a_dataclass_takes(calls: list[Any], before: int) -> None:
    made = ours()
    for number in range(before):
        made("a", number)
    for values, named in calls:
        try:
            expected = Standard(*values, **named)
        except TypeError:
            with pytest.raises(TypeError):
                made(*values, **named)
        else:
            one = made(*values, **named)
            assert repr(one) == repr(expected)
            assert one == made(*values, **named)
            assert [getattr(one, name) for name in made.__slots__] == [*vars(expected).values()]


def test_a_record_has_no_other_attributes_and_can_be_replaced() -> None:
    place = ours()("a", 1)
    with pytest.raises(AttributeError):
        place.other = 1
    other = replace(place, line=2)
    assert (other.path, other.line, other.column) == ("a", 2, 1)
    assert place != other and place != Standard("a", 1)


def test_members_are_those_of_an_enumeration() -> None:
    assert [*Severity] == [Severity.INFO, Severity.WARNING, Severity.ERROR] == [1, 2, 3]
    assert [*reversed(Severity)] == [3, 2, 1]
    assert Severity["ERROR"] is Severity(3) is Severity.ERROR > Severity.INFO
    assert f"{Severity.ERROR} {Severity.ERROR:>7}" == "error   error"
    assert {Severity.ERROR: 1}[Severity(3)] == 1
    for member in (*Severity, UNKNOWN):
        assert pickle.loads(pickle.dumps(member)) is member
    assert Unknown("unknown") is UNKNOWN and repr(UNKNOWN) == "UNKNOWN"
    assert UNKNOWN.name == "UNKNOWN" and UNKNOWN.value == "unknown"
    with pytest.raises(ValueError):
        Severity(4)
    with pytest.raises(KeyError):
        Severity["FATAL"]


def test_results_are_remembered() -> None:
    asked = []

    @cache
    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    assert [double(1), double(2), double(1)] == [2, 4, 2]
    assert asked == [1, 2]


EXPRESSIONS = [
    "a",
    r"(?im)^(?P<first>\w+)|(?P<second>[^\x00-@\s]++)$",
    r"(?s)\s*+(?:('(?:[^'\\]|''|\\.)*')|(\d+)|([éß-ü]))",
    r"(?a)[\w@%+=:,./-]+\Z",
    r"(?<![\w$])(a)?(?(1)b|c)(?i:d)",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_that_was_built_is_the_same(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    python, kept = regex.compiled([text])
    space: dict[str, Any] = {}
    exec(built.module((python, kept)), space)
    assert space["DATA"] == (python, kept)
    monkeypatch.setattr(regex, "_built", [kept])
    monkeypatch.setattr(re, "compile", None)  # it is not asked
    found = regex._compiled(text)
    monkeypatch.undo()
    expected = re.compile(text)
    assert found == expected  # their code is compared
    assert (found.flags, found.groups) == (expected.flags, expected.groups)
    assert found.groupindex == expected.groupindex
    for subject in ("a", "'a\\'b' 12 É", "x\nWord", "abd"):
        assert str(found.search(subject)) == str(expected.search(subject))


@pytest.mark.parametrize("kept", [None, ("another Python", {"a+": ()})])
def test_what_was_built_for_another_python_is_not_taken(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regex, "_built", [])
    monkeypatch.setattr(regex, "built", lambda name: kept)
    assert regex._compiled("a+") == re.compile("a+")


@given(st.text())
def test_what_is_escaped_matches_itself(text: str) -> None:
    assert re.fullmatch(regex.escape(text), text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_json_is_what_json_writes_and_reads(value: Any) -> None:
    text = jsons.dumps(value)
    assert text == json.dumps(value, separators=(",", ":"))
    assert jsons.loads(text.encode()) == json.loads(text)


@given(st.text(alphabet='[]{}",:\\ 01.en-ulltrf\n', max_size=12))
def test_what_json_refuses_is_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):
            jsons.loads(text)
    else:
        assert jsons.loads(text) == expected


def test_a_module_is_imported_when_it_is_called() -> None:
    code = (
        "import sys; from migralint.light import later; wave = later('wave')\n"
        "made = wave.open; print('wave' in sys.modules)\n"
        "try: made('/nowhere')\n"
        "except FileNotFoundError: print('wave' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"


@given(st.binary(), st.binary(min_size=1, max_size=64))
def test_hashes_are_those_of_hashlib(data: bytes, key: bytes) -> None:
    own = blake2b(data, digest_size=20, key=key).hexdigest()
    assert own == hashlib.blake2b(data, digest_size=20, key=key).hexdigest()
    assert sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()


def test_hashes_do_not_load_openssl() -> None:
    code = (
        "import sys; from migralint.light import blake2b, sha256\n"
        "print('_blake2' in sys.modules, blake2b(b'').name, sha256(b'').name)\n"
        "print('hashlib' in sys.modules or '_hashlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False blake2b sha256\nFalse\n"
