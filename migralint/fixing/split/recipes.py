"""The name that a rule file gives after `split:` -> the function that takes its finding apart."""

from __future__ import annotations

from migralint.fixing.split import columns, constraints, data, expand, indexes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.fixing.split.parts import Recipe

RECIPES: dict[str, Recipe] = {
    "concurrent-index": indexes.create_index,
    "concurrent-drop": indexes.drop_index,
    "concurrent-reindex": indexes.reindex,
    "concurrent-unique": indexes.add_unique,
    "concurrent-primary-key": indexes.add_primary_key,
    "validate-later": constraints.validate_later,
    "check-then-not-null": constraints.set_not_null,
    "required-later": columns.required,
    "fill-later": columns.fill_later,
    "contract": columns.drop_column,
    "batches": data.batched,
    "move-later": data.move_later,
    "expand-type": expand.column_type,
    "expand-rename": expand.rename_column,
    "view-for-the-old-name": expand.rename_table,
}
