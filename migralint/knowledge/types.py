"""SQL type names, read: `varchar(10)`, `character varying (10)` and `VARCHAR( 10 )` are one type.

Canonical names are those that the servers print: format_type() of PostgreSQL
(https://www.postgresql.org/docs/current/datatype.html), SHOW CREATE TABLE of MySQL
(https://dev.mysql.com/doc/refman/8.4/en/data-types.html).
"""

from __future__ import annotations

from migralint.model import UNKNOWN, Record
from migralint.regex import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Unknown


class Type(Record):
    """A type as the server understands it.

    `arguments` are the numbers in parentheses (length; precision and scale), `dimensions` those of
    an array, `values` the labels of MySQL's ENUM and SET. `builtin` is False for a type that the
    project has made (an enum, a domain) or that migralint does not know.
    """

    name: str
    arguments: tuple[int, ...] = ()
    dimensions: int = 0
    values: tuple[str, ...] = ()
    unsigned: bool = False
    builtin: bool = True


_POSTGRES_ALIASES = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "decimal": "numeric",
    "dec": "numeric",
    "varchar": "character varying",
    "char varying": "character varying",
    "nchar varying": "character varying",
    "national character varying": "character varying",
    "national char varying": "character varying",
    "char": "character",
    "nchar": "character",
    "national character": "character",
    "national char": "character",
    "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
}
_POSTGRES_NAMES = """
    bytea text date interval uuid json jsonb xml inet cidr macaddr macaddr8 money bit oid name
    "char" bpchar
    point line lseg box path polygon circle tsvector tsquery xid xid8 cid tid pg_lsn jsonpath
    citext regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc
    regprocedure regrole regtype int4range int8range numrange tsrange tstzrange daterange
    int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange
"""
_POSTGRES = frozenset({*_POSTGRES_ALIASES.values(), *_POSTGRES_NAMES.split()})
# citext comes with an extension, which may live in any schema; its casts are as fixed as others.
_ANY_SCHEMA = frozenset({"citext"})
# Types of pgvector, PostGIS and contrib: none of them is a domain.
_EXTENSION_NAMES = """
    vector halfvec sparsevec geometry geography box2d box3d raster hstore ltree lquery ltxtquery
    cube seg
"""
OF_EXTENSIONS = frozenset(_EXTENSION_NAMES.split())

_MYSQL_ALIASES = {
    "integer": "int",
    "int1": "tinyint",
    "int2": "smallint",
    "int3": "mediumint",
    "middleint": "mediumint",
    "int4": "int",
    "int8": "bigint",
    "bool": "tinyint",
    "boolean": "tinyint",
    "dec": "decimal",
    "numeric": "decimal",
    "fixed": "decimal",
    "float4": "float",
    "float8": "double",
    "double precision": "double",
    "real": "double",
    "character": "char",
    "nchar": "char",
    "national char": "char",
    "national character": "char",
    "character varying": "varchar",
    "char varying": "varchar",
    "varcharacter": "varchar",
    "nvarchar": "varchar",
    "national varchar": "varchar",
    "national character varying": "varchar",
    "long": "mediumtext",
    "long varchar": "mediumtext",
    "long varbinary": "mediumblob",
}
MYSQL_INTEGERS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_MYSQL_NAMES = """
    char varchar tinytext text mediumtext longtext binary varbinary tinyblob blob mediumblob
    longblob enum set date datetime timestamp time year json bit float double decimal geometry point
    linestring polygon multipoint multilinestring multipolygon geometrycollection uuid inet4 inet6
"""
_MYSQL = frozenset({*_MYSQL_ALIASES.values(), *MYSQL_INTEGERS, *_MYSQL_NAMES.split()})

_TOKEN = pattern(
    r"""(?s)\s*(?:("(?:[^"]|"")*"|`(?:[^`]|``)*`)|('(?:[^'\\]|''|\\.)*')"""
    r"""|([^\W\d][\w$]*)|(\d+)|([(),.\[\]]))""",
)
_QUOTED, _STRING, _WORD, _NUMBER, _MARK = 1, 2, 3, 4, 5


def read(text: str, dialect: str = "postgres") -> Type | Unknown:
    """The type that `text` names; UNKNOWN where it is no type name (a placeholder, say)."""
    parts = _parts(text)
    if not parts:
        return UNKNOWN
    words: list[str] = []
    inside: list[tuple[int, str]] = []
    dimensions = depth = 0
    for kind, value in parts:
        if value == "(" and kind == _MARK:
            depth += 1
        elif value == ")" and kind == _MARK:
            depth -= 1
        elif depth:
            inside.append((kind, value))
        elif value == "[" and kind == _MARK:
            dimensions += 1
        elif value == "]" or (dimensions and kind == _NUMBER):
            continue
        elif kind == _WORD and value.lower() == "array":
            dimensions += 1
        elif kind in (_WORD, _QUOTED) or value == ".":
            words.append(value.lower() if kind == _WORD else value)
        else:
            return UNKNOWN
    if depth or not any(word not in ("", ".", '""', "``") for word in words) or words[-1] == ".":
        return UNKNOWN
    if dialect in ("mysql", "mariadb"):
        return _mysql(words, inside)
    return _postgres(words, inside, dimensions)


def _parts(text: str) -> list[tuple[int, str]]:
    parts = []
    position = 0
    stop = len(text.rstrip())
    while position < stop:
        found = _TOKEN.match(text, position)
        if not found or found.lastindex is None:
            return []
        parts.append((found.lastindex, found[found.lastindex]))
        position = found.end()
    return parts


def _numbers(inside: list[tuple[int, str]]) -> tuple[int, ...] | Unknown:
    if any(kind not in (_NUMBER, _MARK) or len(value) > 9 for kind, value in inside):
        return UNKNOWN
    numbers = tuple(int(value) for kind, value in inside if kind == _NUMBER)
    return numbers if len(numbers) <= 2 else UNKNOWN


def _name(words: list[str], safe: frozenset[str]) -> tuple[str, bool]:
    """The name without its schema where that does not matter, and whether it was a plain word."""
    path = [word for word in words if word != "."]
    qualified = "." in words
    last = path[-1]
    bare = last[1:-1].replace(last[0] * 2, last[0]) if last[0] in '"`' else last
    if qualified and path[0] in ("pg_catalog", '"pg_catalog"'):
        return bare, True
    if bare in _ANY_SCHEMA:
        return bare, True
    if not qualified:
        folded = bare == bare.lower() and bare in safe
        return (" ".join(path), True) if last is bare or last == bare else (bare, folded)
    schema = path[0].strip('"`')
    return (bare if schema == "public" else f"{schema}.{bare}"), False


def _postgres(words: list[str], inside: list[tuple[int, str]], dimensions: int) -> Type | Unknown:
    if words == ['"char"']:
        return Type('"char"', (), dimensions)
    name, plain = _name(words, _POSTGRES)
    arguments = _numbers(inside)
    if not name:
        return UNKNOWN
    if not plain:
        return Type(name, () if arguments is UNKNOWN else arguments, dimensions, (), False, False)
    if arguments is UNKNOWN:
        return UNKNOWN
    if name == "float":
        small = bool(arguments) and arguments[0] <= 24
        return Type("real" if small else "double precision", (), dimensions)
    name = _POSTGRES_ALIASES.get(name, name)
    if name in ("character", "bit") and not arguments:
        arguments = (1,)
    if name == "numeric" and len(arguments) == 1:
        arguments = (arguments[0], 0)
    if name == "bpchar" and arguments:
        name = "character"
    return Type(name, arguments, dimensions, (), False, name in _POSTGRES)


_MYSQL_ATTRIBUTES = pattern(
    r" (?:(?:character set|charset|collate) \S+"
    r"|unsigned|signed|zerofill|binary|ascii|unicode)(?= |$)"
)


def _mysql(words: list[str], inside: list[tuple[int, str]]) -> Type | Unknown:
    whole = " ".join(words)
    unsigned = " unsigned" in whole or " zerofill" in whole or whole == "serial"
    name = "bigint" if whole == "serial" else _MYSQL_ATTRIBUTES.sub("", whole)
    name = _MYSQL_ALIASES.get(name, name)
    if name in ("enum", "set"):
        labels = (value[1:-1].replace("''", "'") for kind, value in inside if kind == _STRING)
        return Type(name, (), 0, tuple(labels))
    arguments = _numbers(inside)
    if arguments is UNKNOWN or name not in _MYSQL:
        return UNKNOWN
    if name in MYSQL_INTEGERS:
        arguments = ()  # a display width, which is no limit
    if name == "decimal":
        arguments = (*arguments, *(10, 0)[len(arguments) :])
    if name in ("char", "binary", "bit") and not arguments:
        arguments = (1,)
    return Type(name, arguments, 0, (), unsigned)
