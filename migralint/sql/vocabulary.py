"""The table of operations and of the facts that each carries; it validates and documents the rules.

`KINDS` maps a kind to what it means and the facts that the statement itself states. A fact is
`name:type`; a bare name is a bool. Types: bool, int, text, name (an SQL name, folded as the dialect
folds it), names (several), words (a list of texts). Where the SQL leaves a text or a name out, its
value is "" (a Name whose text is ""); what the SQL leaves open is UNKNOWN. `DERIVED` are the facts
that every operation has and that knowledge/facts.py works out.
"""

from __future__ import annotations

_CONSTRAINT = "table:name constraint:name columns:names inline not_valid deferrable not_enforced"
_ROUTINE = "routine:name or_replace language:text security_definer sets_search_path"

KINDS: dict[str, tuple[str, str]] = {
    # tables
    "create_table": (
        "a table is made",
        "table:name if_not_exists temporary unlogged columns:names has_primary_key partitioned "
        "partition_of:name of_type:name like:name like_options:text inherits:names as_query "
        "query:text options:text",
    ),
    "drop_table": (
        "a table is dropped (one operation for each name)",
        "table:name if_exists cascade temporary",
    ),
    "rename_table": ("a table gets another name", "table:name new_name:name if_exists"),
    "truncate": (
        "a table is emptied (one operation for each name)",
        "table:name cascade restart_identity",
    ),
    "set_schema": (
        "an object moves to another schema",
        "object_type:text object:name table:name new_schema:name",
    ),
    # columns
    "add_column": (
        "a column is added; inline: by CREATE TABLE",
        "table:name column:name type:text nullable has_default default:text serial identity "
        "generated:text if_not_exists inline primary_key unique references:name check "
        "collation:text "
        "auto_increment position:text comment expression:text charset:text",
    ),
    "drop_column": ("a column is dropped", "table:name column:name if_exists cascade"),
    "rename_column": ("a column gets another name", "table:name column:name new_name:name"),
    "alter_column_type": (
        "a column gets another type",
        "table:name column:name type:text using:text collation:text",
    ),
    "modify_column": (
        "MySQL's MODIFY and CHANGE: the whole definition of a column is given again",
        "table:name column:name new_name:name type:text nullable has_default default:text "
        "auto_increment generated:text position:text charset:text collation:text expression:text "
        "comment "
        "primary_key unique references:name check",
    ),
    "set_not_null": ("a column must have a value from now on", "table:name column:name"),
    "drop_not_null": ("a column may be NULL from now on", "table:name column:name"),
    "set_default": ("a column gets a default", "table:name column:name default:text"),
    "drop_default": ("a column loses its default", "table:name column:name"),
    "add_identity": ("a column becomes an identity", "table:name column:name"),
    "set_identity": ("an identity is changed", "table:name column:name"),
    "drop_identity": ("a column is an identity no longer", "table:name column:name if_exists"),
    "set_expression": (
        "a generated column gets another expression",
        "table:name column:name expression:text",
    ),
    "drop_expression": (
        "a generated column becomes an ordinary one",
        "table:name column:name if_exists",
    ),
    "alter_column_option": (
        "statistics, storage or compression of a column",
        "table:name column:name option:text",
    ),
    # constraints
    "add_primary_key": ("a primary key is added", _CONSTRAINT + " using_index:name include:names"),
    "add_unique": (
        "a unique constraint is added",
        _CONSTRAINT + " using_index:name include:names nulls_not_distinct",
    ),
    "add_foreign_key": (
        "a foreign key is added",
        _CONSTRAINT + " references:name references_columns:names on_delete:text on_update:text",
    ),
    "add_check": ("a check constraint is added", _CONSTRAINT + " expression:text no_inherit"),
    "add_exclusion": ("an exclusion constraint is added", _CONSTRAINT + " method:text"),
    "add_not_null_constraint": (
        "ADD CONSTRAINT ... NOT NULL (PostgreSQL 18)",
        _CONSTRAINT + " column:name",
    ),
    "validate_constraint": (
        "a constraint that is not valid is checked",
        "table:name constraint:name",
    ),
    "alter_constraint": ("a constraint is changed", "table:name constraint:name"),
    "drop_constraint": (
        "a constraint is dropped",
        "table:name constraint:name constraint_type:text if_exists cascade",
    ),
    "rename_constraint": (
        "a constraint gets another name",
        "table:name constraint:name new_name:name",
    ),
    # indexes
    "create_index": (
        "an index is made",
        "index:name table:name columns:names keys:text unique concurrently if_not_exists "
        "method:text where:text inline "
        "include:names only has_expression nulls_not_distinct variety:text algorithm:text "
        "lock_clause:text",
    ),
    "drop_index": (
        "an index is dropped",
        "index:name table:name concurrently if_exists cascade algorithm:text lock_clause:text",
    ),
    "rename_index": ("an index gets another name", "index:name table:name new_name:name if_exists"),
    "alter_index": ("an index is changed", "index:name action:text"),
    "reindex": ("an index is built again", "target_type:text target:name concurrently"),
    # partitions, storage, maintenance
    "attach_partition": (
        "a table becomes a partition",
        "table:name partition:name is_default bounds:text",
    ),
    "detach_partition": (
        "a partition becomes a table",
        "table:name partition:name concurrently finalize",
    ),
    "alter_partition": (
        "MySQL: partitions are added, dropped, truncated or exchanged",
        "table:name action:text",
    ),
    "set_inheritance": ("INHERIT and NO INHERIT", "table:name parent:name removed"),
    "set_tablespace": (
        "a table or index moves to another tablespace",
        "table:name tablespace:name",
    ),
    "set_logged": ("SET LOGGED or UNLOGGED", "table:name logged"),
    "set_access_method": ("a table gets another access method", "table:name method:text"),
    "set_storage_parameters": ("storage parameters of a table", "table:name parameters:names"),
    "set_replica_identity": ("REPLICA IDENTITY", "table:name identity:text"),
    "alter_table_option": ("another option of a table", "table:name option:text"),
    "convert_charset": ("MySQL: CONVERT TO CHARACTER SET", "table:name charset:text"),
    "set_engine": ("MySQL: ENGINE=", "table:name engine:text"),
    "alter_online": (
        "MySQL: the ALGORITHM= and LOCK= clauses of an ALTER TABLE",
        "table:name algorithm:text lock_clause:text",
    ),
    "cluster": ("CLUSTER", "table:name index:name"),
    "vacuum": ("VACUUM", "table:name full"),
    "analyze": ("ANALYZE", "table:name"),
    "optimize_table": ("MySQL: OPTIMIZE TABLE", "table:name"),
    "lock_table": ("an explicit LOCK TABLE (one operation for each name)", "table:name mode:text"),
    # types
    "create_type": ("a type is made", "type_name:name variety:text values:text"),
    "drop_type": (
        "a type is dropped (one operation for each name)",
        "type_name:name if_exists cascade",
    ),
    "rename_type": ("a type gets another name", "type_name:name new_name:name"),
    "alter_type": ("another change of a type", "type_name:name action:text"),
    "add_enum_value": (
        "a value is added to an enum",
        "type_name:name value:text if_not_exists position:text neighbour:text",
    ),
    "rename_enum_value": (
        "a value of an enum is renamed",
        "type_name:name value:text new_value:text",
    ),
    "add_attribute": (
        "an attribute is added to a composite type",
        "type_name:name column:name type:text",
    ),
    "drop_attribute": (
        "an attribute of a composite type is dropped",
        "type_name:name column:name cascade",
    ),
    "alter_attribute": (
        "an attribute of a composite type changes",
        "type_name:name column:name type:text",
    ),
    "create_domain": ("a domain is made", "type_name:name type:text check nullable"),
    "drop_domain": ("a domain is dropped", "type_name:name if_exists cascade"),
    "add_domain_constraint": (
        "a constraint is added to a domain",
        "type_name:name constraint:name not_valid",
    ),
    "set_domain_not_null": ("a domain becomes NOT NULL", "type_name:name"),
    "alter_domain": ("another change of a domain", "type_name:name action:text new_name:name"),
    # views, routines, triggers, policies
    "create_view": (
        "a view is made",
        "view:name or_replace materialized if_not_exists query:text temporary",
    ),
    "drop_view": ("a view is dropped", "view:name if_exists cascade materialized"),
    "alter_view": ("a view is changed", "view:name action:text new_name:name materialized"),
    "refresh_view": ("REFRESH MATERIALIZED VIEW", "view:name concurrently with_data"),
    "create_routine": (
        "a function or procedure is made",
        _ROUTINE + " body:text body_at:int variety:text",
    ),
    "drop_routine": (
        "a function, procedure or aggregate is dropped",
        "routine:name if_exists cascade variety:text",
    ),
    "alter_routine": (
        "a function or procedure is changed",
        "routine:name action:text variety:text",
    ),
    "create_trigger": ("a trigger is made", "trigger:name table:name or_replace"),
    "drop_trigger": ("a trigger is dropped", "trigger:name table:name if_exists cascade"),
    "enable_trigger": ("ENABLE TRIGGER", "table:name trigger:name"),
    "disable_trigger": ("DISABLE TRIGGER", "table:name trigger:name"),
    "create_rule": ("a rewrite rule is made", "rule:name table:name"),
    "drop_rule": ("a rewrite rule is dropped", "rule:name table:name if_exists cascade"),
    "create_policy": ("a row security policy is made", "policy:name table:name"),
    "alter_policy": ("a row security policy is changed", "policy:name table:name"),
    "drop_policy": ("a row security policy is dropped", "policy:name table:name if_exists"),
    "row_security": (
        "ENABLE, DISABLE, FORCE, NO FORCE ROW LEVEL SECURITY",
        "table:name action:text",
    ),
    # other objects
    "create_sequence": ("a sequence is made", "sequence:name if_not_exists temporary"),
    "alter_sequence": ("a sequence is changed", "sequence:name action:text new_name:name"),
    "drop_sequence": ("a sequence is dropped", "sequence:name if_exists cascade"),
    "create_schema": ("a schema is made", "schema:name if_not_exists"),
    "drop_schema": ("a schema is dropped", "schema:name if_exists cascade"),
    "rename_schema": ("a schema gets another name", "schema:name new_name:name"),
    "create_database": ("a database is made", "database:name if_not_exists"),
    "drop_database": ("a database is dropped", "database:name if_exists"),
    "alter_database": ("a database is changed", "database:name action:text"),
    "alter_system": ("ALTER SYSTEM", "parameter:text"),
    "create_tablespace": ("a tablespace is made", "tablespace:name"),
    "drop_tablespace": ("a tablespace is dropped", "tablespace:name if_exists"),
    "create_extension": ("an extension is installed", "extension:name if_not_exists cascade"),
    "alter_extension": ("an extension is changed", "extension:name action:text"),
    "drop_extension": ("an extension is dropped", "extension:name if_exists cascade"),
    "create_object": ("another object is made", "object_type:text object:name"),
    "alter_object": ("another object is changed", "object_type:text object:name action:text"),
    "drop_object": ("another object is dropped", "object_type:text object:name if_exists cascade"),
    "create_publication": ("a publication is made", "publication:name"),
    "create_subscription": ("a subscription is made", "subscription:name has_password"),
    "comment": ("COMMENT ON", "object_type:text object:name"),
    # privileges
    "create_role": ("a role or user is made", "role:name superuser bypassrls has_password"),
    "alter_role": ("a role or user is changed", "role:name superuser bypassrls has_password"),
    "drop_role": ("a role or user is dropped", "role:name if_exists"),
    "grant": (
        "privileges are granted",
        "privileges:text on:text to:names to_public all_privileges role_grant",
    ),
    "revoke": ("privileges are revoked", "privileges:text on:text"),
    "default_privileges": ("ALTER DEFAULT PRIVILEGES", "on:text to_public all_privileges revoked"),
    "change_owner": (
        "an object gets another owner",
        "object_type:text object:name table:name owner:name",
    ),
    "reassign_owned": ("REASSIGN OWNED", "role:name"),
    "drop_owned": ("DROP OWNED", "role:name cascade"),
    # data
    "insert": (
        "rows are inserted",
        "table:name columns:names source:text on_conflict has_columns temporary",
    ),
    "update": (
        "rows are changed",
        "table:name has_where where:text columns:names assignments:text joined in_cte limited",
    ),
    "delete": ("rows are deleted", "table:name has_where where:text joined in_cte limited"),
    "merge": ("MERGE", "table:name"),
    "select": ("rows are read", "functions:text"),
    "copy": ("COPY", "table:name direction:text"),
    "call": ("a procedure is called", "routine:name"),
    # session and transaction
    "set": ("a parameter is set", "parameter:text value:text local"),
    "reset": ("a parameter is reset", "parameter:text"),
    "begin": ("a transaction begins", ""),
    "commit": ("a transaction is committed", ""),
    "rollback": ("a transaction is rolled back", ""),
    "savepoint": ("SAVEPOINT, RELEASE and ROLLBACK TO", "action:text"),
    "session": ("another statement that concerns the session only", "verb:text"),
    "pragma": ("SQLite: PRAGMA", "parameter:text value:text"),
    # code, and what could not be read
    "do_block": (
        "a DO block; what it does follows as operations of their own",
        "language:text body:text body_at:int",
    ),
    "dynamic_sql": ("EXECUTE of a string that could not be read", "text:text"),
    "psql_command": ("a line for psql", "command:text"),
    "run_command": (
        "a command in a script, whatever wraps it; '' is a thing that the files do not tell",
        "command:text program:text arguments:words subcommand:text flags:words effect:text "
        "does:text better:text "
        "bypasses:text forced:text runs_in:text environment:text reaches:text disposable "
        "script_name:text calls:text "
        "through:words behind_guard sql:text sql_dialect:text sql_files:words sql_destroys:text",
    ),
    "unread_script": (
        "a script that could not be read and mentions what destroys data",
        "problem:text mentions:text",
    ),
    "migration": (
        "a whole migration, once; without `present`, what git, folder and configuration say of a "
        "path",
        "statements:int present path:text shell_path:text edited endings_only deleted base:text "
        "base_name:text "
        "base_path:text moved_to:text shell_moved_to:text out_of_order newest:text new_path:text "
        "git_mv:text "
        "old_name:text new_name:text duplicate twin:text version:text misnamed:text stray:text "
        "provider:text "
        "one_of_several written_for:text lock_file:text schema_changed:text migrations:text "
        "weakened:text has_rollback "
        "rollback_path:text",
    ),
    "file": ("a file that could not be read, once", "problem:text"),
    "suppression": (
        "an allow-comment, or an entry of the configuration's allow list",
        "rule:text suggestion:text reason:text until:text known expired used configured",
    ),
    "other": ("a statement that migralint knows and that no rule concerns", "verb:text"),
    "unparsed": ("a statement that could not be read", "problem:text mentions:text"),
}

DERIVED: dict[str, tuple[str, str]] = {
    "operation": ("text", "the kind"),
    "dialect": ("text", "postgres, mysql or sqlite"),
    "layout": ("text", "the layout of the migration's folder"),
    "server_version": ("int", "the server's major version (MySQL: 57, 80, 84, 90; MariaDB: 1011)"),
    "mariadb": ("bool", "the server is MariaDB"),
    "in_do": ("bool", "inside a DO block"),
    "in_loop": ("bool", "inside a loop of a DO block"),
    "dynamic": ("bool", "in a string that EXECUTE runs"),
    "in_routine": ("bool", "inside the body of a function, which the migration does not execute"),
    "destructive": ("bool", "takes data away; of a migration: one of its statements does"),
    "if_table_exists": ("bool", "ALTER TABLE IF EXISTS"),
    "guarded": ("bool", "IF [NOT] EXISTS, or a DO block that asks first or handles the duplicate"),
    "generated_sql": (
        "bool",
        "written by the layout's tool (its marks stand before the statement)",
    ),
    "in_transaction": ("bool", "runs inside a transaction, the runner's or the file's own"),
    "explicit_transaction": ("bool", "between a BEGIN and its COMMIT in the file"),
    "wrapped": ("bool", "the layout's runner executes the file in a transaction"),
    "statements_in_file": ("int", "how many statements the migration has"),
    "new_table": ("bool", "the table was made by this migration or a pending one before it"),
    "new_column": ("bool", "the column was added by this migration or a pending one before it"),
    "new_object": ("bool", "the object was made earlier in this migration"),
    "recreated": ("bool", "an object of the same name and kind is made again later in the file"),
    "replaced": ("bool", "the table is rebuilt: another table takes its name later in the file"),
    "temporary_table": ("bool", "the table is temporary"),
    "emptied": ("bool", "the table was emptied earlier in the file"),
    "table_rows": ("int", "rows of the table, from the configuration, a snapshot or the server"),
    "known_empty": (
        "bool",
        "the table is known to have no rows; false where its size is not known",
    ),
    "table_bytes": ("int", "bytes of the table"),
    "large_table": ("bool", "the table has at least `large_table_rows` rows"),
    "partitioned_table": ("bool", "the table is partitioned"),
    "lock": ("text", "the strongest lock on the table, by server version"),
    "blocks_reads": ("bool", "the lock blocks SELECT"),
    "blocks_writes": ("bool", "the lock blocks INSERT, UPDATE and DELETE"),
    "online_algorithm": (
        "text",
        'MySQL: INSTANT, NOCOPY, INPLACE or COPY, the worst that may be; "" where none is',
    ),
    "rewrites_table": ("bool", "the table is written again"),
    "scans_table": ("bool", "the table is read while the lock is held"),
    "default_is_volatile": ("bool", "the default differs from row to row"),
    "refers_to_itself": ("bool", "the foreign key refers to its own table"),
    "unique_already": (
        "bool",
        "some of the key's columns are unique, or were until this migration",
    ),
    "lost_key": ("names", "the columns of a unique key that goes, and on which none is left"),
    "column_is_nullable_new": (
        "bool",
        "the key holds a nullable column added here and never filled",
    ),
    "old_type": ("text", "the type that the column had"),
    "widening": ("bool", "every old value fits the new type without a rewrite"),
    "narrowing": ("bool", "some old value does not fit the new type"),
    "validated_check_proves_not_null": ("bool", "a validated CHECK (column IS NOT NULL) stands"),
    "backfilled_here": (
        "bool",
        "the column was filled by an UPDATE or a default in this migration",
    ),
    "always_true": ("bool", "the WHERE clause holds for every row"),
    "compares_with_null": ("bool", "a condition compares with NULL by = or <>"),
    "duplicate_columns": ("bool", "a column is named twice"),
    "whole_table": ("bool", "the statement touches every row, or cannot be shown not to"),
    "long_identifier": ("bool", "a name is longer than the server keeps"),
    "after_blocking_lock": ("bool", "the transaction already holds an ACCESS EXCLUSIVE lock"),
    "used_value": ("bool", "the enum value is used later in the same transaction"),
    "new_type": ("bool", "the type was made earlier in this migration"),
    "commit_follows": ("bool", "a COMMIT or ROLLBACK ends the transaction later in the file"),
    "lock_timeout": ("text", "the lock_timeout in force, '' where none was set"),
    "lock_timeout_ms": ("int", "the lock_timeout in force in milliseconds, 0 for none"),
    "transaction_mode": (
        "text",
        "how the runner executes the file: file, query, statement or unknown (Migration)",
    ),
    "foreign_keys": ("bool", "SQLite: foreign keys are enforced when the layout's runner begins"),
    "drops_referenced": (
        "bool",
        "SQLite: a table that others refer to is dropped later in the file",
    ),
    "atomic": ("bool", "the layout's runner applies the migration whole or not at all"),
    "explained": (
        "bool",
        "the migration has a comment in somebody's own words, not only a tool's marks",
    ),
    "column_count": ("int", "how many columns the statement gives the table"),
    "holds_password": (
        "bool",
        "a password stands in the statement: PASSWORD '...', IDENTIFIED BY '...', in a URL",
    ),
    "definition": (
        "text",
        "what follows the table of an index, the constraint in its table form without its name and "
        "NOT VALID, the bounds of a partition",
    ),
    "constraint_name": ("text", "the constraint's name, or the one that the server would give"),
    "index_name": ("text", "the index's name, or the one that the server would give"),
    "column_definition": (
        "text",
        "the column of an inline constraint with its type and default, without constraints",
    ),
    "not_null_name": ("text", "a name for CHECK (column IS NOT NULL): users_email_not_null"),
    "new_column_name": ("text", "a name for a column that takes this one's place: email_new"),
    "assignments": ("text", "what follows SET in an UPDATE, as written"),
    "enum_replaced": (
        "bool",
        "another enum takes this one's place (renamed, made again, dropped; MySQL: MODIFY)",
    ),
    "lost_values": ("text", "the values that the replaced enum had and the new one has not"),
    "lost_columns": (
        "text",
        "the columns of a rebuilt table that the new one lacks, or that are not copied",
    ),
    "renumbered": ("text", "the primary key that a rebuild does not copy: each row gets a new one"),
    "cascading_references": ("text", "the tables that reference this one ON DELETE CASCADE"),
    "beyond_orm": (
        "bool",
        "no ORM's schema expresses it: a partial index, one of an expression, a generated column",
    ),
    "renamed_to": (
        "name",
        "a column of the same type that this migration adds to the table of a dropped one",
    ),
    "goes_with": ("text", "PostgreSQL: the indexes and constraints that go with a dropped column"),
    "used_by": (
        "text",
        "the views and foreign keys, tables or columns that surely hang on what is dropped or "
        "emptied",
    ),
    "missing_object": (
        "text",
        "the table or column that is used here and that surely no migration made",
    ),
    "existing_object": (
        "text",
        "the table, column, type or index that surely stands where this would make it",
    ),
    "differs": (
        "text",
        "how what IF NOT EXISTS finds surely differs from what the statement would make",
    ),
    "idle": (
        "bool",
        "IF NOT EXISTS surely finds what this would make: nothing happens, and no rule is asked",
    ),
    "covered_by_index": ("name", "an index that begins with the keys of this one"),
    "index_is_covered": ("bool", "an index that begins with the same keys stands, and stays"),
    "foreign_key_indexed": (
        "bool",
        "an index begins with the referencing columns when the migration is done",
    ),
    "row_security_state": (
        "text",
        "when the migration is done: 'no policy', 'off' (exposed without row security), or ''",
    ),
    "unfinished": (
        "text",
        "what an earlier migration began and the five after it have not finished",
    ),
    "key_not_null": ("bool", "every column of the key is NOT NULL already"),
    "locks_another_table": (
        "bool",
        "the transaction holds a lock against writes on another existing table",
    ),
    "value_ms": ("int", "the value of SET in milliseconds"),
    "statement": ("text", "the statement as written, without its separator"),
    "object": ("text", "what the operation concerns, for messages"),
    "leave_transaction": ("text", "how the layout's runner is told to use no transaction"),
    "how_to_edit": ("text", "how to change this migration without harm, for messages"),
}


def facts_of(kind: str) -> dict[str, str]:
    """The facts that an operation of this kind states, name -> type, in the order given."""
    facts: dict[str, str] = {}
    for word in KINDS[kind][1].split():
        name, _, form = word.partition(":")
        facts[name] = form or "bool"
    return facts
