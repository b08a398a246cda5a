"""What a change set takes back of the configuration: severities, rules, expiries, allowances."""

from __future__ import annotations

from migralint.config.keys import LEVELS, PRESETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from migralint.config import Allow, Config


def weakened(old: Config, new: Config, default: Callable[[str], str]) -> Iterator[tuple[str, int]]:
    """(what became weaker, its line in the new configuration). `default` is a rule's own severity,
    "off" where its preset is not on."""
    line = _lines(new)
    for rule in sorted({*old.rules, *new.rules}):
        was, now = (config.rules.get(rule) or default(rule) for config in (old, new))
        if LEVELS.index(now) < LEVELS.index(was):
            yield f"{rule} is {now} now and was {was}", line("rules")
    if PRESETS.index(new.preset) < PRESETS.index(old.preset):
        yield f"the preset is {new.preset} now and was {old.preset}", line("preset")
    if LEVELS.index(new.fail_on) > LEVELS.index(old.fail_on):
        yield f"fail_on is {new.fail_on} now and was {old.fail_on}", line("fail_on")
    yield from _allowances(old, new)
    yield from _overrides(old, new, default)
    for pattern in sorted(set(new.exclude) - set(old.exclude)):
        yield f"{pattern} is excluded now", line("exclude")
    if new.since > old.since:
        yield f"migrations before {new.since} are not reported now", line("since")
    if old.assume_large and not new.assume_large:
        yield "tables of unknown size do not count as large now", line("assume_large")


def _lines(config: Config) -> Callable[[str], int]:
    def line(key: str) -> int:
        number = config.origin.get(key, "").rpartition(":")[2]
        return int(number) if number.isdigit() else 1

    return line


def _allowances(old: Config, new: Config) -> Iterator[tuple[str, int]]:
    before: Mapping[tuple[str, str, str], Allow] = {_key(allow): allow for allow in old.allow}
    for allow in new.allow:
        known = before.get(_key(allow))
        place = allow.path or f"the text {allow.sha256[:12]}"
        if known is None:
            yield f"{allow.rule} is allowed for {place} ({allow.reason})", allow.line
        elif known.until and (not allow.until or allow.until > known.until):
            until = f"until {allow.until}" if allow.until else "for ever"
            yield (
                f"{allow.rule} is allowed for {place} {until}, and was until {known.until}",
                allow.line,
            )


def _key(allow: Allow) -> tuple[str, str, str]:
    return allow.rule, allow.path, allow.sha256


def _overrides(
    old: Config, new: Config, default: Callable[[str], str]
) -> Iterator[tuple[str, int]]:
    """Levels of an override that the old configuration did not have, where they lower something."""
    before = {(o.files, rule): level for o in old.overrides for rule, level in o.rules.items()}
    for override in new.overrides:
        for rule, level in override.rules.items():
            was = before.get((override.files, rule)) or old.rules.get(rule) or default(rule)
            if LEVELS.index(level) < LEVELS.index(was):
                files = ", ".join(override.files)
                yield f"{rule} is {level} now for {files} and was {was}", override.line
