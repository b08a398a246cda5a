"""Which rules fire on an operation: those that are not provably inapplicable.

To the rules of one kind most operations are alike. What they ask next depends only on the answers
so far, so that their tests make a tree: an operation that answers as another one did comes to what
was decided then, and each test is asked once.
"""

from __future__ import annotations

from migralint.matching import all_hold, answer, settled
from migralint.model import Record, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from migralint.knowledge.timeline import View
    from migralint.matching import Answer, Condition, Test
    from migralint.model import Severity
    from migralint.rules import Rule

    Found = tuple["InForce", tuple[str, ...]]
    Fired = tuple["InForce", tuple[str, ...], int]
    Ask = Callable[[Test], Answer]

_FEW = frozenset((bool, Unknown, str))  # facts that are often the same: no test is needed again
_MOST_VALUES = 50
_MOST_ENDS = 5_000


class InForce(Record):
    """A rule as it holds for one kind of operation and dialect: what these decide is left out."""

    rule: Rule
    severity: Severity
    match: Condition
    unless: tuple[Condition, ...]
    cases: tuple[tuple[int, Condition], ...]  # by their numbers


class _Step:
    """A test, with the step that each answer leads to, and each value of the fact that was seen.

    Behind the last answer stands no test, but the rules that fire: each with the facts that were
    unknown, and the number of its case, -1 for none. `fact` is "" where the test is about other
    operations.
    """

    __slots__ = ("answers", "fact", "fired", "test", "values")

    def __init__(self, test: Test | None, fired: Sequence[Fired] = ()) -> None:
        self.test = test
        self.fact = "" if test is None or test[1] in ("after", "before") else test[0]
        self.fired = fired
        self.answers: dict[Answer | None, _Step] = {}
        self.values: dict[Any, _Step] = {}

    def following(self, view: View, value: Any) -> _Step | None:
        """The next step by the answer to the test, None if nobody has given that one so far."""
        assert self.test is not None
        step = self.answers.get(answer(view, self.test))
        if step is not None and value.__class__ in _FEW and len(self.values) < _MOST_VALUES:
            self.values[value] = step
        return step


class Firing:
    """The rules in force for one kind of operation."""

    def __init__(self, kind: str, dialect: str, rules: Iterable[tuple[Rule, Severity]]) -> None:
        self._rules: list[InForce] = []
        self._first: dict[Answer | None, _Step] = {}
        self._ends = 0
        known = {"operation": kind, "dialect": dialect}
        for rule, severity in rules:
            match = settled(rule.match, known)
            if match is not None:
                left = (settled(condition, known) for condition in rule.unless)
                unless = tuple(condition for condition in left if condition is not None)
                held = (settled(case.when, known) for case in rule.cases)
                cases = tuple((n, when) for n, when in enumerate(held) if when is not None)
                self._rules.append(InForce(rule, severity, match, unless, cases))

    def on(self, view: View) -> Sequence[Fired]:
        """The rules that fire on the operation, with the facts that were unknown and the case."""
        step, known, absent = self._first.get(None), view.known, view.absent
        while step is not None:
            if step.test is None:
                return step.fired
            fact = step.fact
            if fact in known:
                value = known[fact]
            elif fact in absent:
                value = absent[fact]
            else:
                value = view.fact(fact) if fact else None
            following = step.values.get(value) if value.__class__ in _FEW else None
            step = following or step.following(view, value)
        return self._decided(view)

    def _decided(self, view: View) -> Sequence[Fired]:
        asked: dict[Test, Answer] = {}

        def ask(test: Test) -> Answer:
            if test not in asked:
                asked[test] = answer(view, test)
            return asked[test]

        fired = [(*found, _case(found[0], ask)) for found in _uncovered(_fired(self._rules, ask))]
        if self._ends < _MOST_ENDS:
            self._ends += 1
            steps: dict[Answer | None, _Step] = self._first
            said: Answer | None = None
            for test, given in asked.items():
                steps, said = steps.setdefault(said, _Step(test)).answers, given
            steps[said] = _Step(None, fired)
        return fired


def _fired(rules: Sequence[InForce], ask: Ask) -> list[Found]:
    fired: list[Found] = []
    for known in rules:
        truth, unknown = all_hold(map(ask, known.match))
        if truth is False:
            continue
        for condition in known.unless:
            silent, more = all_hold(map(ask, condition))
            if silent is True:
                break
            unknown += more
        else:
            fired.append((known, unknown))
    return fired


def _uncovered(fired: list[Found]) -> list[Found]:
    """One cause, one finding: without the rules that another one that fired here covers."""
    if len(fired) < 2:
        return fired
    covered = {name for known, _ in fired for name in known.rule.covers}
    return [entry for entry in fired if entry[0].rule.id not in covered]


def _case(known: InForce, ask: Ask) -> int:
    """The number of the first that surely holds, -1 for none."""
    return next((n for n, when in known.cases if all_hold(map(ask, when))[0] is True), -1)
