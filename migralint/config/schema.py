"""The JSON Schema of `.migralint.yaml`, made from the table of keys; editors complete with it."""

from __future__ import annotations

import json

from migralint.config.guarding import ANSWERS, COMMAND_KEYS, EFFECTS, ENVIRONMENTS
from migralint.config.keys import DIALECTS, KEYS, LEVELS, Key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TEXTS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
RULES = {"type": "object", "additionalProperties": {"enum": list(LEVELS)}}
DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
ALLOWED = {
    "rule": {"type": "string", "description": "the rule whose findings are accepted"},
    "path": {"type": "string", "description": "the file, or a glob"},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "of the file"},
    "reason": {"type": "string", "description": "why, for the next reader"},
    "until": {**DATE, "description": "the day from which it holds no longer"},
}
TEXT = {"type": "string"}
COMMAND = {
    "type": "object",
    "additionalProperties": False,
    "required": ["effect", "does"],
    "oneOf": [{"required": ["command"]}, {"required": ["variable"]}],
    "properties": {**dict.fromkeys(COMMAND_KEYS, TEXT), "effect": {"enum": list(EFFECTS)}},
}
ANSWER = {"enum": list(ANSWERS)}
SHAPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "bool": {"type": "boolean"},
    "count": {"type": "integer", "minimum": 0},
    "version": {"type": ["string", "number"]},
    "duration": {"type": ["string", "integer"]},
    "name": {"type": "string"},
    "texts": TEXTS,
    "rules": RULES,
    "tables": {
        "oneOf": [
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": ["integer", "null"]}},
        ]
    },
    "commands": {"type": "array", "items": COMMAND},
    "guard": {
        "type": "object",
        "additionalProperties": False,
        "properties": {**dict.fromkeys(ENVIRONMENTS, ANSWER), "production": {"enum": ["refuse"]}},
    },
    "hosts": {"type": "object", "additionalProperties": {"enum": list(ENVIRONMENTS)}},
    "overrides": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["files"],
            "properties": {"files": TEXTS, "rules": RULES, "dialect": {"enum": list(DIALECTS)}},
        },
    },
    "allow": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["rule", "reason"],
            "anyOf": [{"required": ["path"]}, {"required": ["sha256"]}],
            "properties": ALLOWED,
        },
    },
}


def schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "migralint configuration (.migralint.yaml)",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(key) for name, key in KEYS.items()},
    }


def text() -> str:
    """The schema as migralint/schemas/config.schema.json has it."""
    return json.dumps(schema(), indent=2) + "\n"


def _property(key: Key) -> dict[str, Any]:
    shape = {"enum": list(key.choices)} if key.form == "choice" else SHAPES[key.form]
    return {"description": key.meaning, **shape}
