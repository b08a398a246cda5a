"""May a command run in these surroundings: a pure function of both and of the settings."""

from __future__ import annotations

from migralint.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migralint.guard.surroundings import Surroundings
    from migralint.model import Operation

DEFAULTS: Mapping[str, str] = {
    "development": "allow",
    "test": "allow",
    "staging": "refuse",
    "production": "refuse",
}
CHOICES = ("allow", "ask", "refuse")


class Danger(Record):
    """What one of the commands would do; `better` is what to type instead, if known."""

    command: str
    does: str
    better: str
    destroys: bool


class Verdict(Record):
    """`answer` is allow, ask or refuse; `why` are sentences for the person."""

    answer: str
    dangers: tuple[Danger, ...]
    why: tuple[str, ...]
    instead: tuple[str, ...]


def dangers(operations: Iterable[Operation]) -> tuple[Danger, ...]:
    """What the operations (`run_command`) would destroy, push or switch off."""
    found: list[Danger] = []
    for operation in operations:
        facts = operation.facts
        if facts["behind_guard"]:
            continue  # it will be asked again, there
        command, sql = str(facts["command"]), facts["sql_destroys"]
        if facts["effect"] in ("destroys", "pushes"):
            found.append(
                Danger(
                    command, str(facts["does"]), str(facts["better"]), facts["effect"] == "destroys"
                )
            )
        if isinstance(sql, str) and sql:
            found.append(Danger(command, f"deletes data: {sql}", "", True))
        if facts["bypasses"]:
            found.append(Danger(command, str(facts["bypasses"]), "", True))
    return tuple(dict.fromkeys(found))


def judge(found: tuple[Danger, ...], around: Surroundings, settings: Mapping[str, str]) -> Verdict:
    """`settings` say allow, ask or refuse by environment, and never open production."""
    if not found:
        return Verdict("allow", (), (), ())
    answer = settings.get(around.environment, DEFAULTS[around.environment])
    why = [f"The environment is {around.environment}: {'; '.join(around.reasons)}."]
    if around.environment == "production":
        answer = "refuse"
        why.append(
            "In production nothing may destroy data or change the schema without a migration."
        )
    elif around.agent and any(danger.destroys for danger in found) and not _is_test(around):
        answer = "refuse"
        why.append(
            "An AI agent runs this shell, and it cannot consent for a person: ask one to run it."
        )
    elif answer == "ask" and not around.terminal:
        answer = "refuse"
        why.append("It must be confirmed on a terminal, and there is none.")
    elif answer == "refuse":
        why.append(f"The settings refuse it in {around.environment}.")
    return Verdict(answer, found, tuple(why), _instead(found, around, answer))


def _is_test(around: Surroundings) -> bool:
    return around.environment == "test" and not around.remote


def _instead(found: tuple[Danger, ...], around: Surroundings, answer: str) -> tuple[str, ...]:
    if answer != "refuse":
        return ()
    lines = [f"To apply what is pending: {danger.better}" for danger in found if danger.better]
    if around.environment == "production":
        lines.append(
            "If this is a database for development after all: point its address at this machine, "
            "or name its host under `hosts:` in .migralint.yaml; no variable may say otherwise."
        )
    return tuple(dict.fromkeys(lines))
