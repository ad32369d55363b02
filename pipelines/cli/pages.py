"""What `extract` derives, in input order: HTML and text files, manifests, records of WARCs, and what a pipe brings."""

from __future__ import annotations

import io
import json
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pipelines import message
from pipelines.cli.inputs import HTML_NAMES, TEXT_NAMES, WARC_NAMES, is_wacz, opened
from pipelines.errors import DocumentError, InputError
from pipelines.model import Damage, Item, Record, Role
from pipelines.warc.metadata import found_of, metadata, role_of
from pipelines.warc.reader import read
from pipelines.warc.wacz import Wacz

#: Records that a row is made of, and those that may be all that a file holds: what others derived from pages.
_TYPES = frozenset({"response", "revisit", "resource", "metadata", "conversion"})
_STARTS = (b"WARC/", b"filedesc://")
_ZSTD = (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16)))
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Html:
    """A page of its own. `html` is read when its turn comes; raises `InputError` or `DocumentError`."""

    id: str
    url: str
    path: Path | None
    body: bytes = b""
    plain: bool = False  # a text file, whose markup somebody took away

    def html(self, limit: int) -> bytes:
        """The page's bytes, .gz undone, `limit` bytes at most."""
        if self.path is None:
            return self.body
        try:
            size = self.path.stat().st_size
            if size > limit:
                raise DocumentError("bomb", f"{size:,} bytes; fetch.decoded_max is {limit:,}")
            data = self.path.read_bytes()
        except OSError as error:
            raise InputError(f"{self.path}: can't be read ({error.strerror})") from error
        return message.decode_content(data, ["gzip"], limit) if data.startswith(_GZIP) else data


@dataclass(frozen=True, slots=True)
class Page:
    """A record of a WARC, with what discovery said of it. `again`: it can be read back by its locator."""

    record: Record
    item: Item
    again: bool


@dataclass(frozen=True, slots=True)
class NoPage:
    """A record that has no row: a feed, a sitemap or a robots.txt of ours, or what somebody else derived from a page.

    `kind` is its role or, of others' records, its type: "conversion" (WET) and "metadata" (WAT).
    """

    kind: str


Input = Html | Page | NoPage | Damage


def of_text(path: Path | None, url: str, limit: int) -> Html:
    """A text file, or stdin where there is no path."""
    if path is None:
        return replace(_of_pipe(sys.stdin.buffer, url, limit), plain=True)
    if is_wacz(path) or is_warc(path):
        raise InputError(f"{path}: a web archive; leave --text away, which is for flattened text")
    return Html(stem(path), url, path, plain=True)


def of_file(path: Path, url: str) -> Iterator[Input]:
    """The pages of a file, whatever it holds."""
    if is_wacz(path):
        yield from _of_wacz(path)
    elif is_warc(path):
        yield from _records(path, str(path))
    else:
        yield Html(stem(path), url, path)


def _of_wacz(path: Path) -> Iterator[Input]:
    """The pages of the WARCs in a WACZ, each of which must be what its package says."""
    with opened(path) as file:
        wacz = Wacz(file, str(path))
        for member in wacz.warcs:
            wacz.check(member)
            with wacz.open(member) as stream:
                yield from _records(stream, f"{path}#{member}")


def of_stream(stream: io.BufferedReader, url: str, limit: int) -> Iterator[Input]:
    """The pages of a pipe: a WARC by its first bytes, else one HTML page."""
    if _starts_as_warc(stream.peek(1 << 12)):
        yield from _records(stream, "-")
        return
    yield _of_pipe(stream, url, limit)


def _of_pipe(stream: BinaryIO, url: str, limit: int) -> Html:
    data = stream.read(limit + 1)
    if data.startswith(_GZIP):
        data = message.decode_content(data, ["gzip"], limit)
    return Html("stdin", url, None, data)


def of_manifest(path: Path, *, plain: bool = False) -> Iterator[Html]:
    """JSON Lines of {id, path, url}; paths count from the folder that the command runs in. `plain`: of text files."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read ({error})") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            page = Path(entry["path"])
            name, url = entry.get("id") or stem(page), entry.get("url") or ""
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f'{path}:{number}: expected {{"id": ..., "path": ..., "url": ...}} ({error!r})') from error
        if not isinstance(name, str) or not isinstance(url, str):
            raise InputError(f"{path}:{number}: id and url must be strings")
        yield Html(name, url, page, plain=plain)


def stem(path: Path) -> str:
    """A file's name without the endings of HTML and text."""
    name = path.name
    ending = next(
        (ending for ending in sorted(HTML_NAMES + TEXT_NAMES, key=len)[::-1] if name.lower().endswith(ending)), ""
    )
    return name[: -len(ending)] if ending else path.stem


def is_warc(path: Path) -> bool:
    """Whether a file is to be read as a WARC: by its name, or by how it begins."""
    if path.name.lower().endswith(WARC_NAMES):
        return True
    try:
        with path.open("rb") as file:
            return _starts_as_warc(file.read(1 << 12))
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from error


def _starts_as_warc(start: bytes) -> bool:
    if start.startswith(_GZIP):
        try:
            start = zlib.decompressobj(31).decompress(start, 64)
        except zlib.error:
            return False
    return start.startswith(_STARTS + _ZSTD)


def _records(source: Path | BinaryIO, name: str) -> Iterator[Input]:
    """Each page as soon as its exchange is complete: our metadata record, which follows it, says what was found."""
    held: Record | None = None
    for event in read(source, None if isinstance(source, Path) else name, types=_TYPES):
        if isinstance(event, Damage):
            yield event
        elif event.type == "conversion" or (event.type == "metadata" and not _about_an_exchange(event)):
            yield NoPage(event.type)
        elif event.type != "metadata":
            if held is not None:
                yield _page(held, None, source)
            held = event
        elif held is not None and event.field("WARC-Concurrent-To") == f"<{held.locator.record_id}>":
            yield _page(held, event, source)
            held = None
    if held is not None:
        yield _page(held, None, source)


def _about_an_exchange(record: Record) -> bool:
    """Whether a metadata record says how a page was fetched, as ours and Heritrix's do; those of WAT don't."""
    return "warc-fields" in record.field("Content-Type").lower()


def _page(record: Record, about: Record | None, source: Path | BinaryIO) -> Page | NoPage:
    role = role_of(metadata(about)) if about is not None else Role.PAGE
    if role is not Role.PAGE:
        return NoPage(role.value)
    item = Item(record.locator, found_of(about) if about is not None else None)
    # One gzip stream for all records can't be read from the middle, and records of an ARC have no ids to find them by:
    # those go to the workers as they are.
    findable = record.locator.length > 0 and bool(record.field("WARC-Record-ID"))
    return Page(record, item, again=isinstance(source, Path) and findable)
