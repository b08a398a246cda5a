"""Which values a type can hold, and whether another type can hold them all.

A rounded, cut or shifted value counts as lost; another spelling of the same value (trailing blanks
of char, the key order of json) does not. Ranges: https://www.postgresql.org/docs/current/datatype.html
and https://dev.mysql.com/doc/refman/8.4/en/data-types.html
"""

from __future__ import annotations

from migralint.knowledge.types import MYSQL_INTEGERS, Type
from migralint.model import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from migralint.model import Unknown

_BITS = {"smallint": 16, "integer": 32, "bigint": 64, "oid": 33, **MYSQL_INTEGERS}
# the bits that a floating-point type holds exactly, and the decimal digits
_EXACT_BITS = {"real": 24, "float": 24, "double precision": 53, "double": 53}
_EXACT_DIGITS = {24: 6, 53: 15}
_NUMERIC = ("numeric", "decimal")
_UNLIMITED = ("text", "citext")
_LENGTHS = ("character varying", "character", "bpchar", "varchar", "char")
_MYSQL_TEXTS = {"tinytext": 255, "text": 65535, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1}
_MYSQL_BLOBS = {"tinyblob": 255, "blob": 65535, "mediumblob": 2**24 - 1, "longblob": 2**32 - 1}
_ENDLESS = 2**40
# bytes of a character that a MySQL text type may have to hold (utf8mb4)
_WIDEST = 4

# The longest text form of a value, for a change to varchar(n); types that are not here have none.
_LONGEST = {
    "boolean": 5,
    "smallint": 6,
    "tinyint": 4,
    "mediumint": 8,
    "integer": 11,
    "int": 11,
    "bigint": 20,
    "real": 15,
    "float": 15,
    "double precision": 24,
    "double": 24,
    "uuid": 36,
    "date": 13,
    "timestamp without time zone": 29,
    "timestamp with time zone": 35,
    "datetime": 26,
    "timestamp": 26,
    "time without time zone": 15,
    "time with time zone": 24,
    "interval": 70,
    "time": 17,
    "year": 4,
    "inet": 43,
    "cidr": 43,
    "macaddr": 17,
    "macaddr8": 23,
    "money": 27,
    "oid": 10,
    "name": 63,
    '"char"': 4,
}
# What each temporal type records; a type that records less loses something.
_RECORDS = {
    "date": "date",
    "time without time zone": "time",
    "time with time zone": "time offset",
    "timestamp without time zone": "date time",
    "timestamp with time zone": "date time",
    "datetime": "date time",
    "timestamp": "date time",
    "time": "time",
}
_FITS = {
    ("cidr", "inet"),
    ("macaddr", "macaddr8"),
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("xid", "xid8"),
    ("bit", "bit varying"),
    ("name", '"char"'),
}


def narrows(before: Type, after: Type, dialect: str) -> bool | Unknown:
    if before == after:
        return False
    if before.dimensions or after.dimensions:
        return _array_narrows(before, after, dialect)
    if dialect in ("mysql", "mariadb") and (found := _mysql_narrows(before, after)) is not None:
        return found
    if after.name in _UNLIMITED and dialect == "postgres":
        return False
    if not (before.builtin and after.builtin):
        return UNKNOWN
    for answer in (_numbers, _strings, _moments, _bits):
        if (found := answer(before, after)) is not None:
            return found
    return (before.name, after.name) not in _FITS


def _array_narrows(before: Type, after: Type, dialect: str) -> bool | Unknown:
    if after.name in _UNLIMITED and not after.dimensions:
        return False
    if before.dimensions and not after.dimensions:
        return True
    plain = [Type(t.name, t.arguments, 0, t.values, t.unsigned, t.builtin) for t in (before, after)]
    return narrows(plain[0], plain[1], dialect)


def _numbers(before: Type, after: Type) -> bool | None:
    numeric = {*_BITS, *_EXACT_BITS, *_NUMERIC}
    if before.name == "boolean" and after.name in numeric:
        return False
    if "money" in (before.name, after.name):
        before, after = _money(before, 19), _money(after, 18)
    if before.name not in numeric or after.name not in numeric:
        return None
    if after.name in _EXACT_BITS:
        return _loses_bits(before, _EXACT_BITS[after.name])
    if before.name in _EXACT_BITS:
        return True
    if after.name in _BITS:
        return _leaves_integer(before, after)
    if not after.arguments:
        return False
    whole, scale = after.arguments[0] - after.arguments[1], after.arguments[1]
    if before.name in _BITS:
        return _digits(before) > whole or scale < 0
    if not before.arguments:
        return True
    return before.arguments[0] - before.arguments[1] > whole or before.arguments[1] > scale


def _money(amount: Type, digits: int) -> Type:
    """64 bits with two decimals (in most locales): some of 19 digits, all of 18."""
    return Type("numeric", (digits, 2)) if amount.name == "money" else amount


def _loses_bits(before: Type, bits: int) -> bool:
    if before.name in _EXACT_BITS:
        return _EXACT_BITS[before.name] > bits
    if before.arguments and before.name in _NUMERIC:
        return before.arguments[1] > 0 or before.arguments[0] > _EXACT_DIGITS[bits]
    return _BITS.get(before.name, 99) > bits


def _leaves_integer(before: Type, after: Type) -> bool:
    if before.name in _BITS:
        lowest, highest = _range(before)
        low, high = _range(after)
        return lowest < low or highest > high
    if not before.arguments or before.arguments[1] > 0:
        return True
    largest = int(10 ** (before.arguments[0] - before.arguments[1])) - 1
    low, high = _range(after)
    return largest > high or (not before.unsigned and -largest < low)


def _range(integer: Type) -> tuple[int, int]:
    if integer.name == "oid":
        return 0, 2**32 - 1
    bits = _BITS[integer.name]
    return (0, 2**bits - 1) if integer.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _digits(integer: Type) -> int:
    return len(str(_range(integer)[1]))


def _length(text: Type) -> int:
    """In characters; a type without a limit has one that nothing exceeds."""
    if text.name == "name":
        return 63
    return text.arguments[0] if text.arguments else _ENDLESS


def _strings(before: Type, after: Type) -> bool | Unknown | None:
    texts = (*_LENGTHS, *_UNLIMITED, "name")
    if after.name not in texts:
        return None
    limit = _length(after)
    if before.name in texts:
        return _length(before) > limit
    if before.name in ("bit", "bit varying"):
        return _length(before) > limit
    if before.name in _NUMERIC and before.arguments:
        precision, scale = before.arguments
        return precision + 1 + (scale > 0) + (precision == scale) > limit  # sign, point, leading 0
    return _LONGEST.get(before.name, _ENDLESS - 1) > limit


def _moments(before: Type, after: Type) -> bool | None:
    if before.name == after.name and (before.name in _RECORDS or before.name == "interval"):
        return _precision(before) > _precision(after)
    if before.name not in _RECORDS or after.name not in _RECORDS:
        return None
    old, new = _RECORDS[before.name], _RECORDS[after.name]
    if set(old.split()) - set(new.split()) or ("date" in new and "date" not in old):
        return True
    return "time" in _RECORDS[before.name] and _precision(before) > _precision(after)


def _precision(moment: Type) -> int:
    if moment.arguments:
        return moment.arguments[0]
    return 0 if moment.name in ("datetime", "timestamp", "time") else 6


def _bits(before: Type, after: Type) -> bool | None:
    if after.name == "bit varying" and before.name in ("bit", "bit varying"):
        return _length(before) > _length(after)
    if after.name == before.name == "bit":
        return before.arguments[0] > after.arguments[0]
    return None


def _mysql_narrows(before: Type, after: Type) -> bool | Unknown | None:
    if after.name in ("enum", "set"):
        return before.name != after.name or not set(before.values) <= set(after.values)
    if before.name in ("enum", "set") and after.name in _LENGTHS:
        joined = 1 if before.name == "enum" else len(before.values)
        longest = [len(label) for label in before.values]
        needed = max(longest, default=0) if joined == 1 else sum(longest) + joined - 1
        return needed > _length(after)
    if after.name in _MYSQL_TEXTS:
        return _text_narrows(before, _MYSQL_TEXTS[after.name])
    if before.name in _MYSQL_TEXTS and after.name in _LENGTHS:
        return _MYSQL_TEXTS[before.name] > _length(after)
    binaries = {**_MYSQL_BLOBS, "binary": 0, "varbinary": 0}
    if before.name in binaries and after.name in binaries:
        held = _MYSQL_BLOBS.get(before.name) or _length(before)
        return held > (_MYSQL_BLOBS.get(after.name) or _length(after))
    if before.name == "datetime" and after.name == "timestamp":
        return True  # from 1970 to 2038 only
    if before.name == "year" and after.name in MYSQL_INTEGERS:
        return MYSQL_INTEGERS[after.name] < 16
    if before.unsigned is False and after.unsigned and after.name in (*_EXACT_BITS, *_NUMERIC):
        return True
    return None


def _text_narrows(before: Type, held: int) -> bool | Unknown:
    """A TEXT type is limited in bytes, a VARCHAR in characters."""
    if before.name in _MYSQL_TEXTS:
        return _MYSQL_TEXTS[before.name] > held
    if before.name in _LENGTHS:
        if before.arguments and before.arguments[0] * _WIDEST <= held:
            return False
        return True if _length(before) > held else UNKNOWN
    return held < 256 and before.name in ("json", *_MYSQL_BLOBS)
