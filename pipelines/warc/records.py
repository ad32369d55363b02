"""One exchange as WARC/1.1 records, in the order in which they stand in the file.

The answer comes first (response or revisit), then the request, then the metadata: a file that is cut
in the middle never holds a request without its answer. Pure: record ids are handed in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address

from pipelines import urls
from pipelines.errors import RecordError
from pipelines.message import clean_field, parse_head
from pipelines.model import Capture, Locator, Record, Recorded, RecordKind, TlsFacts, Truncation
from pipelines.warc.cipher import iana_name
from pipelines.warc.compress import member, stored_member
from pipelines.warc.facts import Facts
from pipelines.warc.fields import VERSION, lines, sha1, sha256
from pipelines.warc.metadata import block as fields_block
from pipelines.warc.metadata import capture_of, fields_of, found_of, metadata, role_of

__all__ = ["Draft", "Revisit", "capture_of", "drafts", "found_of", "metadata", "new_id", "recorded_of", "warcinfo"]

PROFILE = "http://netpreserve.org/warc/1.1/revisit/"
_NO_URL = re.compile(r"[\x00-\x20\x7f<>]")
_RANDOM = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF  # the bits of a UUID that are not its version and variant
_VERSION_4 = 0x4000_8000_000000000000
_REVISITS = {RecordKind.REVISIT_IDENTICAL, RecordKind.REVISIT_NOT_MODIFIED}


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that is ready to be written."""

    type: str
    record_id: str  # "urn:uuid:..."
    head: bytes
    block: bytes
    body_at: int = -1  # where in the block bytes begin that are compressed already; -1 if none do

    def packed(self) -> bytes:
        """The record as a gzip member."""
        if self.body_at < 0:
            return member(b"".join((self.head, self.block, b"\r\n\r\n")))
        return stored_member(self.head + self.block[: self.body_at], memoryview(self.block)[self.body_at :])


@dataclass(frozen=True, slots=True)
class Revisit:
    """That an exchange is stored as a revisit of an earlier response."""

    kind: RecordKind
    original: Recorded


def drafts(
    capture: Capture,
    facts: Facts,
    *,
    revisit: Revisit | None,
    new_id: Callable[[], str],
    warcinfo_id: str,
    run: str,
) -> list[Draft]:
    """The records of an exchange, the one that its locator names first.

    Raises `RecordError` for a URL that can't stand in a record; then nothing of it may be written.
    """
    if not capture.url or _NO_URL.search(capture.url):
        raise RecordError(f"the URL {capture.url[:200]!r} can't stand in a WARC record; nothing was written")
    # What several records state is put into lines once.
    shared = lines([("WARC-Date", urls.timestamp(capture.started_at)), ("WARC-Target-URI", capture.url)])
    first = shared + _wire(capture.peer, facts.head.version if facts.head else "", capture.tls, warcinfo_id)
    if facts.truncated is not None and capture.response:
        first += lines([("WARC-Truncated", facts.truncated.value)])
    peer = [] if _address(capture.peer) else [("peer", capture.peer)]
    records: list[Draft] = []

    def add(kind: str, special: list[tuple[str, str]], mime: str, block: bytes, body_at: int = -1) -> None:
        stated = first
        if records:
            special = [*special, ("WARC-Concurrent-To", f"<{records[0].record_id}>")]
            stated = shared
        records.append(_draft(kind, new_id(), stated, special, mime, block, body_at))

    if capture.response:
        kind, special, block = _answer(capture, facts, revisit)
        body_at = facts.head.length if facts.head and facts.compressed and revisit is None else -1
        add(kind, special, "application/http;msgtype=response", block, body_at)
    if capture.request:
        add("request", [], "application/http;msgtype=request", capture.request)
    add("metadata", [], "application/warc-fields", fields_block(fields_of(capture, run, peer)))
    return records


def _answer(capture: Capture, facts: Facts, revisit: Revisit | None) -> tuple[str, list[tuple[str, str]], bytes]:
    special: list[tuple[str, str]] = []
    if revisit is None:
        if facts.head is not None:
            special.append(("WARC-Payload-Digest", facts.payload_digest))
        if facts.identified:
            special.append(("WARC-Identified-Payload-Type", facts.identified))
        return "response", special, capture.response
    assert facts.head is not None  # only what has a head is ever compared with something earlier
    original = revisit.original
    special = [
        ("WARC-Profile", PROFILE + revisit.kind.value),
        ("WARC-Refers-To", f"<{original.locator.record_id}>"),
        ("WARC-Refers-To-Target-URI", original.url),
        ("WARC-Refers-To-Date", urls.timestamp(original.captured_at)),
    ]
    if revisit.kind is RecordKind.REVISIT_IDENTICAL:
        special.append(("WARC-Payload-Digest", facts.payload_digest))
    return "revisit", special, capture.response[: facts.head.length]


@lru_cache(maxsize=1024)  # one host, one answer, nearly always
def _wire(peer: str, version: str, tls: TlsFacts | None, warcinfo_id: str) -> str:
    """What the connection was like: WARC-Protocol and WARC-Cipher-Suite as in iipc/warc-specifications 42 and 86."""
    fields: list[tuple[str, str]] = []
    if address := _address(peer):
        fields.append(("WARC-IP-Address", address))
    if re.fullmatch(r"HTTP/\d\.\d", version):
        fields.append(("WARC-Protocol", version.lower()))
    if tls is not None:
        if found := re.fullmatch(r"(TLS|SSL)v(\d)(?:\.(\d))?", tls.version):
            family, major, minor = found.groups()
            fields.append(("WARC-Protocol", f"tls/{major}.{minor or 0}" if family == "TLS" else f"ssl/{major}"))
        if tls.cipher:
            fields.append(("WARC-Cipher-Suite", clean_field(iana_name(tls.cipher))))
    return lines([*fields, ("WARC-Warcinfo-ID", f"<{warcinfo_id}>")])


@lru_cache(maxsize=4096)
def _address(text: str) -> str:
    """An IP address in its canonical form; "" for anything else, and with a zone, which one machine alone knows."""
    try:
        return "" if "%" in text else str(ip_address(text))
    except ValueError:
        return ""


def _draft(
    kind: str,
    record_id: str,
    stated: str,
    special: list[tuple[str, str]],
    mime: str,
    block: bytes,
    body_at: int = -1,
) -> Draft:
    """A record with its head: what is `special` to it, then the lines `stated`."""
    head = (
        f"WARC-Type: {kind}\r\n{lines([('WARC-Record-ID', f'<{record_id}>'), *special])}{stated}"
        f"WARC-Block-Digest: {sha256(block)}\r\nContent-Type: {mime}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return Draft(kind, record_id, VERSION + head.encode("utf-8"), block, body_at)


def new_id() -> str:
    """A new record id: a random UUID (RFC 9562, section 5.4), in a third of the time that `uuid.uuid4` takes."""
    digits = f"{int.from_bytes(os.urandom(16), 'big') & _RANDOM | _VERSION_4:032x}"
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def warcinfo(info: Mapping[str, str], *, filename: str, at: datetime, record_id: str) -> Draft:
    """The record that opens every file: who made it, with what, under which rules. Values are cleaned."""
    fields = [
        ("format", "WARC File Format 1.1"),
        ("conformsTo", "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"),
        *((name, cleaned) for name, value in info.items() if (cleaned := clean_field(value))),
    ]
    special = [("WARC-Date", urls.timestamp(at)), ("WARC-Filename", filename)]
    return _draft("warcinfo", record_id, "", special, "application/warc-fields", fields_block(fields))


def recorded_of(record: Record, about: Record | None) -> Recorded:
    """The recorder's answer again, from a response, revisit or request record and the exchange's metadata.

    Without metadata (the file was cut behind the answer) the role is that of a page and the source unknown.
    """
    known = metadata(about) if about is not None else {}
    truncated = record.field("WARC-Truncated") or known.get("truncated", "")
    head = parse_head(record.block) if record.type in {"response", "revisit"} else None
    kind = RecordKind.REQUEST_ONLY
    if record.type == "response":
        kind = RecordKind.RESPONSE
    elif record.type == "revisit":
        profile = record.field("WARC-Profile").rpartition("/")[2]
        kind = RecordKind(profile) if profile in _REVISITS else RecordKind.REVISIT_IDENTICAL
    empty = head is None or (kind is RecordKind.RESPONSE and record.payload_digest == _EMPTY)
    return Recorded(
        locator=record.locator,
        kind=kind,
        url=record.url,
        captured_at=record.date,
        status=head.status if head else 0,
        mime=clean_field(head.mime) if head else "",
        payload_digest="" if empty else record.payload_digest,
        role=role_of(known),
        source=known.get("source", ""),
        refers_to=record.field("WARC-Refers-To").strip("<>"),
        truncated=Truncation(truncated) if truncated in set(Truncation) else None,
        etag=clean_field(head.get("etag")) if head else "",
        last_modified=clean_field(head.get("last-modified")) if head else "",
    )


def recorded(capture: Capture, facts: Facts, revisit: Revisit | None, locator: Locator) -> Recorded:
    """The recorder's answer for an exchange that lies at `locator`; equals `recorded_of` of its records."""
    kind = revisit.kind if revisit else RecordKind.RESPONSE if capture.response else RecordKind.REQUEST_ONLY
    has_payload = facts.payload_length > 0 and kind is not RecordKind.REVISIT_NOT_MODIFIED
    return Recorded(
        locator=locator,
        kind=kind,
        url=capture.url,
        captured_at=capture.started_at,
        status=facts.status,
        mime=facts.mime,
        payload_digest=facts.payload_digest if has_payload else "",
        role=capture.role,
        source=clean_field(capture.found.source) if capture.found else "",
        refers_to=revisit.original.locator.record_id if revisit else "",
        truncated=facts.truncated,
        etag=facts.validator("etag"),
        last_modified=facts.validator("last-modified"),
    )


_EMPTY = sha1(b"")
