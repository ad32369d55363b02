"""The head of a WARC record and its values, in both directions (WARC 1.1, sections 4 and 5).

Writing refuses what could break a line; reading takes what archives of twenty years hold.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pipelines.errors import RecordError

VERSION = b"WARC/1.1\r\n"
HEAD_MAX = 1 << 20  # bytes of a head
LINE_MAX = 1 << 16  # bytes of a line in it
FIELDS_MAX = 1000

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?)?\Z",
    re.IGNORECASE | re.ASCII,
)
_DIGITS14 = re.compile(r"\d{14}\Z", re.ASCII)


def lines(fields: Sequence[tuple[str, str]]) -> str:
    """Fields as they stand in a head, a line each. Raises `RecordError` for a value that holds a control character."""
    values = "".join([value for _, value in fields])
    if not values.isprintable() and _BREAKS.search(values):
        name, value = next(field for field in fields if _BREAKS.search(field[1]))
        raise RecordError(f"{name}: the value {value[:200]!r} holds a control character; nothing was written")
    return "".join([f"{name}: {value}\r\n" for name, value in fields])


def parse(head: bytes) -> tuple[tuple[str, str], ...]:
    """The fields of a head (without its version line and blank line), folded lines joined.

    Raises `RecordError` for a line over 64 KiB, more than 1,000 fields, or no field at all.
    """
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    fields: list[tuple[str, str]] = []
    for line in text.split("\n"):
        if len(line) > LINE_MAX:
            raise RecordError(f"a line of {len(line)} characters; at most {LINE_MAX}")
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"} and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif colon:
            fields.append((name.strip(), value.strip()))
        if len(fields) > FIELDS_MAX:
            raise RecordError(f"more than {FIELDS_MAX} fields")
    if not fields:
        raise RecordError("no field in it")
    return tuple(fields)


def parse_date(text: str) -> datetime | None:
    """A WARC-Date: W3C-ISO8601 of any precision, and the offsets and 14 digits of older writers; None if it is none."""
    if _DIGITS14.match(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:]}Z"
    found = _DATE.match(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=UTC,
        )
        if zone and zone not in {"Z", "z"}:
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
            moment += offset if zone[0] == "-" else -offset
    except (ValueError, OverflowError):
        return None
    return moment


def sha1(data: bytes | memoryview) -> str:
    """The labelled digest of a payload, base32 as CDX and Wayback write it: "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N"."""
    number = int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest(), "big")
    return "sha1:" + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def sha256(data: bytes | memoryview) -> str:
    """The labelled digest of a block, in hex as all use it: as fast as SHA-1 here, and evidence still."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]  # base64.b32encode takes five times as long
_SHIFTS = range(150, -1, -10)
# from base32 to the digits that `int` takes; what is none of it, to what is no digit
_AS_DIGITS = dict.fromkeys(range(128), "!") | str.maketrans(
    _BASE32 + _BASE32.lower(), 2 * "0123456789abcdefghijklmnopqrstuv"
)


def agrees(stated: str, data: bytes | memoryview) -> bool | None:
    """Whether a labelled digest (base32, hex or base64) is that of `data`; None if the algorithm is unknown."""
    if len(stated) == 71 and stated.startswith("sha256:"):  # ours, and most others': without detours
        return stated[7:].lower() == hashlib.sha256(data).hexdigest()
    if len(stated) == 37 and stated.startswith("sha1:") and stated.isascii():
        try:
            number = int(stated[5:].translate(_AS_DIGITS), 32)  # a third of the time of encoding ours
        except ValueError:
            return False
        return number == int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest(), "big")
    algorithm, _, value = stated.partition(":")
    name = algorithm.strip().lower().replace("sha-", "sha")
    if name not in _ALGORITHMS:
        return None
    computed = hashlib.new(name, data, usedforsecurity=False).digest()
    value = value.strip()
    if value == base64.b32encode(computed).decode():
        return True
    return computed in _decodings(value)


_ALGORITHMS = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s"})


def _decodings(value: str) -> list[bytes]:
    found = []
    for decode in (bytes.fromhex, lambda text: base64.b32decode(text, casefold=True), _base64):
        try:
            found.append(decode(value))
        except (ValueError, binascii.Error):
            continue
    return found


def _base64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
