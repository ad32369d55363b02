"""Helpers of the WARC tests: exchanges, an index in a dictionary, and records written by hand, wrong ones too."""

from __future__ import annotations

import base64
import gzip
import hashlib
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.model import Capture, Found, Recorded, RecordKind, Role, Route, TlsFacts
from pipelines.warc.recorder import Recorder

START = datetime(2022, 9, 10, 6, 0, tzinfo=UTC)
REQUEST = b"GET /page HTTP/1.1\r\nHost: news.test\r\nAccept-Encoding: gzip\r\n\r\n"


class Index:
    """A capture index that lives as long as the test; says how often each record id was committed."""

    def __init__(self) -> None:
        self.rows: dict[str, Recorded] = {}
        self.commits: list[int] = []
        self.threads: set[str] = set()

    def original(self, payload_digest: str) -> Recorded | None:
        return next((row for row in self._whole() if row.payload_digest == payload_digest), None)

    def latest(self, url: str) -> Recorded | None:
        return max((row for row in self._whole() if row.url == url), key=lambda row: row.captured_at, default=None)

    def commit(self, batch: Sequence[Recorded]) -> None:
        self.threads.add(threading.current_thread().name)
        self.commits.append(len(batch))
        for row in batch:
            self.rows[row.locator.record_id] = row

    def _whole(self) -> list[Recorded]:
        return [row for row in self.rows.values() if row.kind is RecordKind.RESPONSE and row.truncated is None]


def page(number: int, size: int = 400) -> bytes:
    """A small page, another for each number."""
    text = f"<!DOCTYPE html><title>Page {number}</title>" + f"<p>Kharkiv, paragraph {number}.</p>" * (size // 30)
    return text.encode()


def response(body: bytes, *fields: str, status: str = "200 OK", mime: str = "text/html; charset=utf-8") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {mime}", *fields, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def capture(number: int = 0, body: bytes | None = None, **changes: object) -> Capture:
    url = f"https://news.test/page-{number}"
    values: dict[str, object] = {
        "url": url,
        "started_at": START + timedelta(seconds=number, microseconds=number * 1001),
        "request": REQUEST,
        "response": response(gzip.compress(page(number) if body is None else body, mtime=0), "Content-Encoding: gzip"),
        "peer": "127.0.0.1",
        "tls": TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", "ab" * 32),
        "found": Found(url, Route.FEED, source="ua-test", via="https://news.test/feed", title=f"Заголовок {number}"),
        "role": Role.PAGE,
    }
    return Capture(**{**values, **changes})  # type: ignore[arg-type]


def recorder(archive: Path, index: Index, **options: object) -> Recorder:
    values = {"info": {"software": "warchronicle test"}, "run": "Run_1", "fsync": False, **options}
    return Recorder(archive, index, **values)  # type: ignore[arg-type]


def record_all(
    archive: Path, captures: Sequence[Capture], **options: object
) -> tuple[list[Recorded], list[Path], Index]:
    """Record exchanges one after the other and seal; (answers, files, index)."""
    index = Index()
    writer = recorder(archive, index, **options)
    try:
        done = [writer.submit(each).result(30) for each in captures]
    finally:
        writer.close()
    return done, writer.sealed, index


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def record(
    number: int,
    block: bytes | None = None,
    *,
    drop: str = "",
    end: bytes = b"\r\n\r\n",
    version: str = "1.0",
    **fields: str,
) -> bytes:
    """A response record by hand. `drop` names a field to leave out; keywords override (`_` for `-`)."""
    block = response(page(number)) if block is None else block
    values = {
        "WARC-Type": "response",
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>",
        "WARC-Date": "2022-09-10T06:00:00Z",
        "WARC-Target-URI": f"http://news.test/{number}",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    values.pop(drop, None)
    head = "".join(f"{name}: {value}\r\n" for name, value in values.items())
    return f"WARC/{version}\r\n{head}\r\n".encode() + block + end


def record_id(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012d}"


def member(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)
