"""The databases, projects and Prisma's engine, for deploy and rollback."""

from projects import (
    database,
    judge,
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
    "judge",
    "make_project",
    "mysql",
    "on_mysql",
    "on_postgres",
    "on_sqlite",
    "postgres",
    "project",
    "sqlite",
]
