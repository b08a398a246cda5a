"""lint(migrations, rules, config) -> Report. Pure: hook, CI, editor and `apply` call it alike.

What a migration is found to do depends on the ones before it and on nothing behind it, so that
results can be remembered (cache/) and halves of a long history judged side by side (workers.py).
"""

from __future__ import annotations

from migralint.findings import masked, numbered
from migralint.judging import Judge, Result, stand_in
from migralint.knowledge.schema import Schema
from migralint.knowledge.timeline import Timeline
from migralint.light import later
from migralint.model import Finding, Migration, Report
from migralint.replay import Replay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from migralint import workers
    from migralint.cache.results import Memory
    from migralint.config import Config
    from migralint.findings import Found
    from migralint.model import Operation, Remark, Script, Step
    from migralint.rules import Rule
    from migralint.sharing import Pipes
else:
    workers = later("migralint.workers")

NOTHING: frozenset[str] = frozenset()
WORTH = 100  # migrations; for fewer, the second process costs more than it brings


def lint(
    migrations: Sequence[Migration],
    rules: Sequence[Rule],
    config: Config,
    today: str = "",
    scripts: Sequence[Script] = (),
    remarks: Sequence[Remark] = (),
    steps: bool = False,
    memory: Memory | None = None,
    processes: int = 1,
    entries: Collection[int] = (),
) -> Report:
    """What the rules report of the migrations, in the order given, and of the scripts.

    Migrations with `report=False` are context: they make the schema that the others meet. `today`
    (YYYY-MM-DD) decides which suppressions have expired. `remarks` are what git, folders and
    configuration say (see history/). `steps` asks for what each operation locks and for how long.
    `memory` is what earlier runs have found; this one's results are added to it. `processes` may
    work at once (0: one for each processor). `entries` are the lines of the entries of `allow:`
    that are unused if nothing here needs them.
    """
    run = _Run(rules, config, today, remarks, steps)
    results = run.migrations(migrations, memory, processes)
    if scripts:
        from migralint.scripts import project, pseudo_migration

        texts = {migration.path: migration.text for migration in migrations}
        for script, made in zip(scripts, project(scripts, config.commands, texts.get), strict=True):
            results.append(run.script(pseudo_migration(script), made))
    results += run.elsewhere(migrations, remarks)
    used = {entry.source for result in results for entry in result.suppressed} if entries else ()
    idle = {line for line in entries if f"{config.path}:{line}" not in used}
    results.append(Result(0, _settled(run.judge.configured(idle))))
    return _report(results, [m.path for m in migrations if m.report] + [s.path for s in scripts])


class _Run:
    """What stays the same from one migration of a run to the next."""

    def __init__(
        self,
        rules: Sequence[Rule],
        config: Config,
        today: str,
        remarks: Sequence[Remark],
        steps: bool,
    ) -> None:
        self.judge = Judge(rules, config, today)
        self.config = config
        self.steps = steps
        self.remarks = {remark.path: remark.facts for remark in remarks}

    def migrations(
        self, migrations: Sequence[Migration], memory: Memory | None, processes: int
    ) -> list[Result]:
        """The results of those that are reported, remembered ones among them."""
        wanted = [index for index, migration in enumerate(migrations) if migration.report]
        if self.steps or len(wanted) < WORTH:  # steps are not sent from one to another
            processes = 1
        processes = processes or workers.available()
        if memory is None and processes == 1:
            return [result for _, result in self.judged(migrations, wanted, Replay())]
        from migralint.cache.results import packed, unpacked

        known = memory.recall(migrations, wanted, self.remarks, self.judge.rules) if memory else {}
        new = [index for index in wanted if index not in known]
        if processes > 1 and len(new) >= WORTH:
            rules = {rule.id: rule for rule in self.judge.rules}
            for index, line in self._shared(migrations, new, memory, processes):
                known[index] = unpacked(line, migrations[index], rules)
                if memory is not None:
                    memory.note(index, line)
        replay = Replay(memory)
        rest = [index for index in new if index not in known]
        for index, result in self.judged(migrations, rest, replay) if rest else ():
            known[index] = result
            if memory is not None:
                memory.note(index, packed(result))
        if memory is not None:
            memory.note_schemas(replay)
        return [known[index] for index in wanted]

    def _shared(
        self,
        migrations: Sequence[Migration],
        new: Sequence[int],
        memory: Memory | None,
        processes: int,
    ) -> Iterator[tuple[int, bytes]]:
        """What so many processes find, packed, in any order; less, if one was killed, say."""
        from functools import partial

        from migralint import sharing

        rounds = workers.rounds(new, processes, kept=memory is not None)
        shares = [[i for part in parts for i in part] for parts in zip(*rounds, strict=True)]
        pipes = sharing.pipes(processes)
        work = partial(self._lines, migrations, rounds, pipes, memory)
        begun = workers.begin([partial(work, number) for number in range(processes)])
        sharing.close(pipes)
        coming = [iter(share) for share in shares]
        for number, line in workers.lines(begun):
            yield next(coming[number]), line

    def _lines(
        self,
        migrations: Sequence[Migration],
        rounds: Sequence[Sequence[Sequence[int]]],
        pipes: Pipes,
        memory: Memory | None,
        number: int,
    ) -> Iterator[bytes]:
        """The results of the process of this number."""
        from migralint.cache.results import packed
        from migralint.sharing import Sharing

        replay = Replay(memory, Sharing(migrations, rounds, number, pipes))
        share = [index for parts in rounds for index in parts[number]]
        for _, result in self.judged(migrations, share, replay):
            yield packed(result)
        if memory is not None and number == len(rounds[0]) - 1:
            memory.note_schemas(replay)

    def judged(
        self, migrations: Sequence[Migration], wanted: Collection[int], replay: Replay
    ) -> Iterator[tuple[int, Result]]:
        """The results of the migrations of these numbers; the others are context."""
        wanted = set(wanted)
        fresh: set[str] = set()
        for index, migration in enumerate(migrations):
            if index in wanted:
                fresh.add(migration.path)
                result = self.migration(migration, index, replay, fresh)
                if not migration.pending or migration.problem:
                    fresh.remove(migration.path)
                replay.passed(migration, index)
                yield index, result
            else:
                replay.skip(migration, index)
                if migration.pending and not migration.problem:
                    fresh.add(migration.path)

    def migration(
        self, migration: Migration, index: int, replay: Replay, fresh: set[str]
    ) -> Result:
        remark = self.remarks.get(migration.path, {})
        schema = replay.before(migration)
        statements, made = replay.read(migration, index, schema)
        if migration.problem:
            problem = {"problem": migration.problem}
            made = [stand_in(migration, "file", problem, migration.problem_line)]
            made += [stand_in(migration, "migration", remark, 1)] * bool(remark)
            return self.result(Timeline(migration, made, Schema(), self.config, NOTHING))
        made.append(_whole(migration, len(statements), remark))
        timeline = Timeline(migration, made, schema, self.config, fresh)
        findings, suppressed = self.judge.judge(timeline, statements)
        steps: tuple[Step, ...] = ()
        if self.steps:
            from migralint.knowledge import deploy

            steps = tuple(deploy.steps(timeline, findings, masked))
        timeline.end()
        return Result(len(statements), _settled(findings, suppressed), tuple(suppressed), steps)

    def script(self, script: Migration, made: Sequence[Operation]) -> Result:
        timeline = Timeline(script, made, Schema(), self.config, NOTHING)
        findings, suppressed = self.judge.judge(timeline, [o.statement for o in made])
        return Result(0, _settled(findings, suppressed), tuple(suppressed))

    def elsewhere(self, migrations: Sequence[Migration], remarks: Sequence[Remark]) -> list[Result]:
        """What is said of paths that are no migrations (any more), at their lines there."""
        own = {migration.path for migration in migrations}
        results = []
        for remark in (remark for remark in remarks if remark.path not in own):
            file = Migration(remark.path, "", "", "", remark.layout, remark.dialect)
            made = [stand_in(file, "migration", remark.facts, remark.line)]
            results.append(self.result(Timeline(file, made, Schema(), self.config, NOTHING)))
        return results

    def result(self, timeline: Timeline) -> Result:
        findings, suppressed = self.judge.judge(timeline)
        return Result(0, _settled(findings, suppressed), tuple(suppressed))


def _whole(migration: Migration, statements: int, remark: Mapping[str, Any]) -> Operation:
    known = {"statements": statements, "present": True, "path": migration.path}
    return stand_in(migration, "migration", {**known, **remark}, 1)


def _settled(findings: Iterable[Found], suppressed: Iterable[Any] = ()) -> tuple[Finding, ...]:
    """In the order of their places; equal ones are told apart."""
    ordered = sorted(findings, key=lambda f: (f.line, f.column, -f.severity, f.rule))
    numbered([*ordered, *(entry.finding for entry in suppressed)])
    return tuple(ordered)


def _report(results: Sequence[Result], paths: Sequence[str]) -> Report:
    order = {path: index for index, path in enumerate(paths)}
    findings = [finding for result in results for finding in result.findings]
    findings.sort(
        key=lambda f: (order.get(f.path, len(order)), f.line, f.column, -f.severity, f.rule)
    )
    return Report(
        findings=tuple(findings),
        suppressed=tuple(entry for result in results for entry in result.suppressed),
        files=len(paths),
        statements=sum(result.statements for result in results),
        paths=tuple(paths),
        steps=tuple(step for result in results for step in result.steps),
    )
