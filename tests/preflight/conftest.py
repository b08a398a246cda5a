"""The databases and projects, for what is asked before an apply."""

from projects import (
    database,
    make_project,
    mysql,
    on_mysql,
    on_postgres,
    on_sqlite,
    postgres,
    project,
    sqlite,
)

__all__ = [
    "database",
    "make_project",
    "mysql",
    "on_mysql",
    "on_postgres",
    "on_sqlite",
    "postgres",
    "project",
    "sqlite",
]
