"""Where a command runs: what leads to it, for which environment, and which database it reaches.

Told from names (files, jobs, scripts), from variables and from addresses. "" means that nothing in
the file tells; an answer is never guessed from silence.
"""

from __future__ import annotations

import re

from migralint.scripts.text import NOTHING, Command, Place, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PRODUCTION = frozenset({"prod", "production", "prd"})
STAGING = frozenset({"staging", "stg", "uat", "preprod", "preproduction"})
TEST = words_of(
    "test tests testing tested e2e spec specs integration vitest jest playwright cypress ci "
    "fixture fixtures unit pytest conftest phpunit rspec smoke acceptance bench benchmark "
    "benchmarks pretest posttest installcheck regress regression"
)
DEVELOPMENT = words_of(
    "dev develop development local localhost devcontainer sandbox playground husky dx"
)
DEPLOY = words_of("deploy deployment release releases rollout promote publish entrypoint provision")
LIFECYCLE = words_of(
    "start build postinstall preinstall install prepare prepublish prepublishonly prestart "
    "poststart prebuild postbuild prepack vercel-build heroku-postbuild heroku-prebuild "
    "gcp-build now-build render-build railway-build amplify-build release start:prod serve "
    "preview:prod"
)
ENVIRONMENTS = (
    ("production", PRODUCTION),
    ("staging", STAGING),
    ("test", TEST),
    ("development", DEVELOPMENT),
)
VARIABLES = (
    "DATABASE_ENV",
    "NODE_ENV",
    "RAILS_ENV",
    "RACK_ENV",
    "APP_ENV",
    "MIX_ENV",
    "DJANGO_ENV",
    "FLASK_ENV",
    "ASPNETCORE_ENVIRONMENT",
    "DOTNET_ENVIRONMENT",
    "LARAVEL_ENV",
    "ENVIRONMENT",
    "ENV",
    "STAGE",
)
SETTINGS = tuple(f"{name}=" for name in VARIABLES)
ADDRESS = re.compile(
    r"\b(?:postgres(?:ql)?|prisma\+postgres|mysql2?|mariadb|sqlserver|mongodb(?:\+srv)?|cockroachdb)"
    r"(?:\+\w+)?://(?:[^@/\s'\"]*@)?(\[[^\]]*\]|[^:/?\s'\"#]*)"
)
LOCAL_HOSTS = words_of(
    "localhost 127.0.0.1 ::1 [::1] 0.0.0.0 host.docker.internal postgres postgresql db database "
    "mysql mariadb pg test-db postgres-test db-test testdb ."
) | {""}
URL_VARIABLE = re.compile(
    r"(DATABASE|DIRECT|POSTGRES|PG|MYSQL|DB)\w*(URL|URI|DSN)|DSN|TEST_DB_URL", re.IGNORECASE
)
HOST_VARIABLES = ("PGHOST", "MYSQL_HOST", "DB_HOST", "DATABASE_HOST", "POSTGRES_HOST")
HOST_OPTIONS = frozenset({"-h", "--host"})
CLIENTS = words_of("psql dropdb createdb pg_restore pg_dump mysql mysqladmin mariadb mysqldump")
ENVIRONMENT_OPTIONS = frozenset({"--env", "--environment", "-e", "--stage", "--context"})


def names_in(text: str) -> frozenset[str]:
    """The words of a name: `apps/db-reset.testSetup` -> apps db reset test setup."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return frozenset(re.split(r"[^a-z0-9]+", parted.lower())) - {""}


def environment_of(name: str) -> str:
    """The environment that a name speaks of, the strictest where it speaks of several."""
    words = names_in(name)
    return next((environment for environment, known in ENVIRONMENTS if words & known), "")


def strictest(environments: Iterable[str]) -> str:
    given = set(environments)
    return next((environment for environment, _ in ENVIRONMENTS if environment in given), "")


def named_script(name: str, variables: Mapping[str, str] = NOTHING) -> Place:
    """A script with a name: in package.json, a make target, a task."""
    words = names_in(name)
    environment = environment_of(name)
    if environment in ("production", "staging"):
        lead = "deploy"
    elif environment:
        lead = "developer"
    elif name.lower() in LIFECYCLE or words & DEPLOY:
        lead = "deploy"
    else:
        lead = ""
    return Place(name, lead, environment, variables)


def file_place(path: str, default: str = "") -> Place:
    """What the path tells; `default` is the lead of such files where the path tells nothing."""
    words = names_in(path)
    folder, _, name = path.rpartition("/")
    environment = environment_of(path)
    deploys = names_in(name) & (DEPLOY | {"start"}) or names_in(folder.rpartition("/")[2]) & DEPLOY
    if words & TEST and not words & DEPLOY:
        return Place("", "test", environment)
    if words & DEVELOPMENT:
        return Place("", "developer", environment)
    if environment in ("production", "staging") or deploys:
        return Place("", "deploy", environment)
    return Place("", default, environment)


def job_place(
    job: str, file: str, variables: Mapping[str, str], environment: str, database: bool
) -> Place:
    """`environment` is the one that the job declares; `database`: it starts one for itself."""
    words, file_words = names_in(job), names_in(file)
    said = strictest((environment_of(environment), environment_of(job)))
    deploys = words & (DEPLOY | PRODUCTION | STAGING) or environment
    tests = words & TEST or database
    if tests and not (words & DEPLOY or environment):
        lead = "test"
    elif deploys:
        lead = "deploy"
    elif file_words & TEST:
        lead = "test"
    elif file_words & (DEPLOY | PRODUCTION):
        lead = "deploy"
    else:
        lead = "ci"
    return Place(job, lead, said or ("test" if lead == "test" else ""), variables, database)


def environment(command: Command) -> str:
    """The strictest environment that the command's surroundings name."""
    variables = command.variables
    said = [environment_of(variables[name]) for name in VARIABLES if name in variables]
    said.append(environment_of(variables.get(" files", "")))
    said += [environment_of(v) for n, v in variables.items() if "$" in v and URL_VARIABLE.search(n)]
    texts = command.texts
    for number, text in enumerate(texts[1:], 1):
        option, equals, value = text.partition("=")
        if option in VARIABLES and equals:
            said.append(environment_of(value))
        if option in ENVIRONMENT_OPTIONS:
            said.append(
                environment_of(value if equals else " ".join(texts[number + 1 : number + 2]))
            )
    return strictest((*said, command.place.environment))


def reaches(command: Command, program: str) -> str:
    """local, remote or "": which database, as far as addresses tell."""
    found = [host_kind(found[1]) for text in command.texts for found in ADDRESS.finditer(text)]
    if program in CLIENTS:
        found += [host_kind(host) for host in _host_options(command.texts)]
    if program == "supabase":
        found.append("remote" if {"--linked"} & set(command.texts) else "local")
    if not found:
        found = [
            kind for name, value in command.variables.items() for kind in _of_variable(name, value)
        ]
    if not found and command.place.database:
        found = ["local"]
    return "remote" if "remote" in found else "local" if "local" in found else ""


def _host_options(texts: list[str]) -> list[str]:
    hosts = []
    for number, text in enumerate(texts):
        option, equals, value = text.partition("=")
        if option in HOST_OPTIONS and (equals or number + 1 < len(texts)):
            hosts.append(value if equals else texts[number + 1])
        elif text.startswith("-h") and len(text) > 2:
            hosts.append(text[2:])
    return hosts


def _of_variable(name: str, value: str) -> list[str]:
    if name in HOST_VARIABLES:
        return [host_kind(value)]
    if not URL_VARIABLE.search(name):
        return []
    if value.startswith(("file:", "sqlite:")):
        return ["local"]
    return [host_kind(found[1]) for found in ADDRESS.finditer(value)]


def host_kind(host: str) -> str:
    """local, remote, or "" for a variable."""
    host = host.lower()
    if "$" in host or "{" in host or "%" in host or "<" in host:
        return ""
    local = (
        host in LOCAL_HOSTS
        or host.startswith(("127.", "/"))
        or host.endswith((".local", ".localhost", ".internal"))
    )
    return "local" if local else "remote"


def disposable(command: Command, lead: str, environment: str, reaches: str) -> bool:
    """Whether it destroys a database that is made for tests, and nothing says otherwise."""
    if reaches == "remote" or environment in ("production", "staging") or lead == "deploy":
        return False
    said = [command.variables.get(name, "") for name in (*VARIABLES, " files")]
    said += [text.partition("=")[2] for text in command.texts if text.startswith(SETTINGS)]
    if command.texts[0].rpartition("/")[2] == "dropdb":
        said.append(command.texts[-1])  # the database's name
    if any(environment_of(value) == "test" for value in said):
        return True
    return lead == "test" or (lead == "ci" and (reaches == "local" or environment == "test"))
