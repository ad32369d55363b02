"""CDXJ: a sorted index of the captures in one WARC, as cdxj-indexer writes it and pywb reads it.

A line is `<SURT key> <14-digit time> <JSON: url, mime, status, digest, length, offset, filename>`.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

import surt

from pipelines.message import Head, parse_head
from pipelines.model import Damage, Record
from pipelines.warc.disk import sync_folder
from pipelines.warc.fields import sha1
from pipelines.warc.reader import read

_INDEXED = frozenset({"response", "revisit", "resource"})
_END = re.compile(r"[;\s]")


def index(path: Path) -> list[str]:
    """The CDXJ lines of a WARC, sorted, without line ends. Places that are not sound have no line (see `verify`)."""
    name = path.name.removesuffix(".open")
    return sorted(_lines(read(path, types=_INDEXED, digests=False), name))


def _lines(records: Iterable[Record | Damage], name: str) -> Iterator[str]:
    for record in records:
        if not isinstance(record, Damage) and record.url and record.locator.length:
            yield line(record, name)


def line(record: Record, name: str) -> str:
    """The line of a response, revisit or resource record in the file `name`."""
    head = None if record.type == "resource" else parse_head(record.block)
    stated = record.payload_digest
    if not stated and record.type != "revisit":  # what cdxj-indexer does, too
        start = head.length if head else 0
        stated = sha1(memoryview(record.block)[start:])
    values = {"url": record.url, "mime": _mime(record, head), "status": str(head.status) if head else ""}
    values |= {"digest": stated, "length": str(record.locator.length), "offset": str(record.locator.offset)}
    entry = {key: value for key, value in values.items() if value} | {"filename": name}
    return f"{_key(record.url)} {record.date:%Y%m%d%H%M%S} {json.dumps(entry)}"


def _mime(record: Record, head: Head | None) -> str:
    if record.type == "revisit":
        return "warc/revisit"
    stated = record.field("Content-Type") if record.type == "resource" else head.get("content-type") if head else ""
    return _END.split(stated, maxsplit=1)[0]


def _key(url: str) -> str:
    try:
        return str(surt.surt(url))
    except (ValueError, UnicodeError):  # surt reads hosts as IDNA and ports as numbers
        return url


def write(path: Path, lines: Iterable[str]) -> Path:
    """Write `lines` beside a sealed WARC as `<name>.cdxj`, whole or not at all. Raises `OSError`."""
    target = path.with_name(path.name + ".cdxj")
    growing = target.with_name(f"{target.name}.{secrets.token_hex(4)}.tmp")
    with growing.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{text}\n" for text in sorted(lines))
        file.flush()
        os.fsync(file.fileno())
    growing.replace(target)
    sync_folder(target.parent)
    return target
