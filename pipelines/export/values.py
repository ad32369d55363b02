"""Single values of a row for the table of columns: a day and a moment of a stated time, sizes and a digest of a text.

A row is the JSON object of `pipelines.rows`. A value is None where the row says nothing; one of another type than the
contract's goes through as it is, and `columns.checked` refuses it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import orjson

from pipelines import urls
from pipelines.errors import InputError

Row = dict[str, Any]
Take = Callable[[Row], object]


def at(path: str) -> Take:
    """What stands under a key, or at a dotted path of keys; None where an object on the way is null.

    Taking it raises `InputError` where something else than an object is on the way.
    """
    key, *inner = path.split(".")

    def take(row: Row) -> object:
        value: Any = row.get(key)
        for name in inner:
            if value is None:
                return None
            if not isinstance(value, dict):
                found = f"expected an object, found {str(value)[:80]!r}"
                raise InputError(f"row {row.get('id')!r}: {key}: {found}; are these rows of ours?")
            value = value.get(name)
        return value

    return take


def chosen(key: str, member: str) -> Take:
    """A member of the evidence for a field; None unless the field has a value: candidates alone decide nothing."""

    def take(row: Row) -> object:
        candidates = row.get(f"{key}_evidence")
        if not row.get(key) or not isinstance(candidates, list) or not candidates:
            return None
        first = candidates[0]
        return first.get(member) if isinstance(first, dict) else first

    return take


def host(row: Row) -> object:
    """The host of the row's URL, None for files without one."""
    return urls.host_of(str(row.get("url") or "")) or None


def site(row: Row) -> object:
    """Its registered domain."""
    found = host(row)
    return urls.site_of(found) if isinstance(found, str) else None


def words(row: Row) -> object:
    text = row.get("text")
    return len(text.split()) if isinstance(text, str) else 0


def characters(row: Row) -> object:
    text = row.get("text")
    return len(text) if isinstance(text, str) else 0


def text_digest(row: Row) -> object:
    text = row.get("text")
    if not isinstance(text, str) or not text:
        return None
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_LIBRARIES = at("processing.libraries")


def libraries(row: Row) -> object:
    named = _LIBRARIES(row)
    return "; ".join(f"{name} {version}" for name, version in named.items()) if isinstance(named, dict) else named


def json_of(key: str) -> Take:
    """A value of no fixed shape, as JSON."""

    def take(row: Row) -> object:
        value = row.get(key)
        return None if value is None else orjson.dumps(value).decode()

    return take


def day_of(path: str) -> Take:
    """The day of a stated time, as it was stated: in the zone of whoever said so. None where it names no day."""
    take = at(path)
    return lambda row: day(take(row))


def moment_of(path: str) -> Take:
    """A stated time as a moment; None where only a day is known, or the time has no offset."""
    take = at(path)
    return lambda row: moment(take(row))


def day(stated: object) -> date | None:
    """The day of an ISO 8601 day or time."""
    return _day(stated) if isinstance(stated, str) else None


def moment(stated: object) -> datetime | None:
    """An ISO 8601 time with its offset, in UTC."""
    return _moment(stated) if isinstance(stated, str) else None


@lru_cache(maxsize=1024)
def _day(stated: str) -> date | None:
    try:
        return date.fromisoformat(stated[:10]) if len(stated) >= 10 else None
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _moment(stated: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(stated)
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):  # no time, or one that is in year 0 or 10000 in UTC
        return None
