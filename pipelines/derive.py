"""One record to one derived row: the same call live, after a crash, and years later. No clock, network or environment.

Every record ends in exactly one outcome; text that was found on a page which is no whole article stays attached.
"""

from __future__ import annotations

import base64
import hashlib
import platform
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines import __version__, message, urls
from pipelines.errors import DocumentError
from pipelines.extract.page import LIBXML2
from pipelines.extract.residue import phrases
from pipelines.extract.residue.strip import Evidence, Residue
from pipelines.model import (
    Article,
    Derived,
    Found,
    Outcome,
    Processing,
    Provenance,
    Record,
)
from pipelines.warc.fields import agrees

if TYPE_CHECKING:
    from pipelines.config import Config  # pydantic would double the imports of a worker that needs none of it

#: Distributions whose code can change what is derived.
LIBRARIES: Final = (
    "trafilatura", "htmldate", "dateparser", "justext", "courlan", "lxml", "lxml_html_clean", "py3langid", "numpy",
    "charset-normalizer", "w3lib", "orjson", "ada-url", "tldextract", "brotli", "backports.zstd",
)  # fmt: skip
_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml"})
_UNTYPED: Final = frozenset({"", "text/plain", "application/octet-stream", "application/x-unknown", "unknown/unknown"})
_SNIFFED: Final = 1024  # bytes
_HTML_MARKS: Final = (
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<body",
    b"<title",
    b"<meta",
    b"<article",
    b"<div",
    b"<p>",
)
_FEED_MARKS: Final = (b"<rss", b"<feed", b"<rdf:rdf", b"<urlset", b"<sitemapindex")
_HTML_FILE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL
)
_TEXT_MAX: Final = 16 * 2**20  # bytes; more is many articles in one file, whose rows would say nothing of each
_BLANK: Final = b" \t\r\n\x0b\x0c\x00\xef\xbb\xbf"
_OTHER_MAGIC: Final = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"RIFF")


@dataclass(frozen=True, slots=True)
class DeriveSettings:
    """What of the configuration changes a derived row."""

    min_characters: int = 120
    decoded_max: int = 128 * 2**20  # bytes
    residue: Residue = Residue()  # noqa: RUF009 - a frozen value

    @classmethod
    def of(cls, config: Config, folder: Path | None = None) -> DeriveSettings:
        """Those of a crawl.toml. `folder`, in which it lies, may hold phrase rules of its own in residue/."""
        rules = folder / "residue" if folder and (folder / "residue").is_dir() else None
        return cls(
            min_characters=config.derive.min_characters,
            decoded_max=config.fetch.decoded_max,
            residue=Residue(frozenset(map(Evidence, config.derive.residue)), rules),
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """What all outcomes of one record share."""

    id: str
    url: str
    provenance: Provenance | None

    def ends(self, outcome: Outcome, detail: str = "", article: Article | None = None) -> Derived:
        return Derived(self.id, self.url, outcome, detail, article, self.provenance)


@dataclass(frozen=True, slots=True)
class _Body:
    """A page's entity with its content coding undone."""

    data: bytes
    mime: str
    charset: str = ""  # as HTTP states it
    cut: str = ""  # why it is not whole, "" if it is
    note: str = ""


def derive(
    record: Record, found: Found | None, settings: DeriveSettings, *, captured_at: datetime | None = None
) -> Derived:
    """The row of a record; what the record holds decides the outcome, and raises nothing of ours.

    `captured_at` is what the page's dates are held against: a value that equals WARC-Date, which stands in for it.
    """
    captured_at = captured_at or record.date
    head = _head(record)
    row = _row_of(record, head)
    if record.type == "revisit" and (head is None or head.status == 304 or 200 <= head.status < 300):
        return _revisit(record, row)  # of an error or a redirect, the status says more than that it was seen before
    if record.type == "resource":
        if not record.url.lower().startswith(("http://", "https://")):  # an archiver's own notes: logs, screenshots
            return row.ends(Outcome.NOT_HTTP, f"a resource record of {record.url.partition(':')[0][:40]}:")
        mime = record.field("Content-Type").partition(";")[0].strip().lower()
        return _page(_Body(record.block, mime), row, settings, captured_at, found)
    if head is None:
        return row.ends(Outcome.NOT_HTTP, f"a {record.type} record without the head of an HTTP response")
    if not 200 <= head.status < 300:
        return _status(head, row)
    try:
        body = _entity(record, head, settings)
    except DocumentError as error:
        return row.ends(Outcome.UNDECODABLE, str(error))
    return _page(body, row, settings, captured_at, found)


def failed(record: Record, outcome: Outcome, detail: str) -> Derived:
    """The row of a record whose derivation had to be stopped."""
    return _row_of(record, _head(record)).ends(outcome, detail)


def derive_html(
    html: bytes,
    *,
    id: str,  # noqa: A002  the row's own name for it
    url: str,
    settings: DeriveSettings,
    captured_at: datetime | None = None,
) -> Derived:
    """The row of a plain HTML file: no provenance, and no upper bound for its dates unless `captured_at` gives one."""
    return _page(_Body(html, "text/html"), _Row(id, url, None), settings, captured_at, None)


def derive_text(
    text: bytes,
    *,
    id: str,  # noqa: A002  the row's own name for it
    url: str,
    settings: DeriveSettings,
) -> Derived:
    """The row of a text file that somebody made of a page. HTML that is called text is taken as what it is."""
    row = _Row(id, url, None)
    if not text.strip(_BLANK):
        return row.ends(Outcome.NO_TEXT, "the file is empty")
    if len(text) > (limit := min(settings.decoded_max, _TEXT_MAX)):
        why = f"{len(text)} bytes of text; one article has {limit} at most. Split a dump into a file for each"
        return row.ends(Outcome.UNDECODABLE, why)
    if text.startswith(_OTHER_MAGIC):
        return row.ends(Outcome.UNDECODABLE, f"no text: the bytes are {text[:4]!r}")
    if _HTML_FILE.match(text[:_SNIFFED]):
        return derive_html(text, id=id, url=url, settings=settings)
    from pipelines.extract import plain  # noqa: PLC0415 - as in _page

    article = plain.extract(text, url, settings.residue)
    length = len(article.text) if article else 0
    if length < max(settings.min_characters, 1):
        why = f"{length} characters of text; derive.min_characters is {settings.min_characters}"
        return row.ends(Outcome.NO_TEXT, why, article)
    return row.ends(Outcome.ARTICLE, "", article)


def _head(record: Record) -> message.Head | None:
    return message.parse_head(record.block) if record.type in {"response", "revisit"} else None


def _row_of(record: Record, head: message.Head | None) -> _Row:
    digest = record.payload_digest or _digest(record, head)
    identity = urls.article_id(record.url, record.date, digest)
    return _Row(identity, record.url, Provenance(record.locator, digest, record.date))


def _entity(record: Record, head: message.Head, settings: DeriveSettings) -> _Body:
    data, whole = message.entity(record.block, head)
    cut = record.field("WARC-Truncated") or ("" if whole else "the entity ends before its message")
    note = ""
    rest = memoryview(record.block)[head.length :]
    if len(data) < len(rest) and not head.get("transfer-encoding") and agrees(record.payload_digest, rest):
        # Archivers inside of HTTP clients store what those decoded, under the length of what was sent.
        data, note = bytes(rest), "longer than its Content-Length, and whole by its payload digest"
    try:
        decoded = message.decode_content(data, head.codings, settings.decoded_max)
    except DocumentError as error:
        if error.reason == "cut":
            cut = cut or str(error)
            decoded = message.decode_prefix(data, head.codings, settings.decoded_max)
        elif error.reason == "coding" and _looks_html(data):
            # Other archivers store the decoded body under the head as received.
            decoded, note = data, f"stored without its content coding {', '.join(head.codings)}"
        else:
            raise
    return _Body(decoded, head.mime, head.charset, cut, note)


def _page(
    body: _Body, row: _Row, settings: DeriveSettings, captured_at: datetime | None, found: Found | None
) -> Derived:
    if not body.data.strip():
        return row.ends(Outcome.TRUNCATED if body.cut else Outcome.NO_TEXT, body.cut or "the body is empty")
    if reason := _not_html(body):
        return row.ends(Outcome.NOT_HTML, reason)
    if len(body.data) > settings.decoded_max:
        return row.ends(Outcome.UNDECODABLE, f"{len(body.data)} bytes; fetch.decoded_max is {settings.decoded_max}")
    # Here, so that a crawler, whose workers derive, does not load the extractor and its models: 1 s and 30 MB.
    from pipelines.extract import article as extraction  # noqa: PLC0415

    extracted = extraction.extract(
        body.data,
        row.url,
        http_charset=body.charset,
        captured_at=captured_at,
        found=found,
        residue=settings.residue,
    )
    article, wall = extracted.article, extracted.wall
    detail = "; ".join(filter(None, (body.note, *extracted.notes)))
    length = len(article.text) if article else 0
    if body.cut:
        return row.ends(Outcome.TRUNCATED, f"record is not whole ({body.cut}); {length} characters of text", article)
    if wall:
        return row.ends(wall.outcome, wall.evidence, article)
    if article and article.access and article.access.cut:
        return row.ends(Outcome.PAYWALLED, "; ".join(filter(None, (*article.access.evidence, detail))), article)
    if length < max(settings.min_characters, 1):
        why = f"{length} characters of text; derive.min_characters is {settings.min_characters}"
        return row.ends(Outcome.NO_TEXT, "; ".join(filter(None, (why, detail))), article)
    return row.ends(Outcome.ARTICLE, detail, article)


def _revisit(record: Record, row: _Row) -> Derived:
    """A revisit by what it says of its original; whether that is anywhere, a re-run tells."""
    original = (record.field("WARC-Refers-To") or record.field("WARC-Refers-To-Target-URI")).strip("<>")
    when = record.field("WARC-Refers-To-Date")
    if record.field("WARC-Profile").rstrip("/").endswith("server-not-modified"):
        return row.ends(Outcome.NOT_MODIFIED, not_modified(original, when))
    if not original and not record.payload_digest:
        return row.ends(Outcome.UNRESOLVED_REVISIT, "a revisit record that names neither an original nor a digest")
    return row.ends(Outcome.DUPLICATE, same_payload(_row_referred_to(record), original or record.payload_digest, when))


def not_modified(record: str, when: str) -> str:
    """What the row of a capture says whose server answered that nothing has changed."""
    return " ".join(filter(None, ("304; as captured", when, f"in {record}" if record else "")))


def same_payload(row_id: str, record: str, when: str) -> str:
    """What the row of a revisit says of the row and the record that have its payload; "" for what is not known."""
    return f"same payload as {f'row {row_id}: ' if row_id else ''}{record}{f', captured {when}' if when else ''}"


def _row_referred_to(record: Record) -> str:
    """The id of the row of a revisit's original; "" where the revisit does not say enough."""
    url = record.field("WARC-Refers-To-Target-URI").strip("<>")
    try:
        date = datetime.fromisoformat(record.field("WARC-Refers-To-Date"))
    except ValueError:
        return ""
    known = url and record.payload_digest and date.tzinfo
    return urls.article_id(url, date, record.payload_digest) if known else ""


def _status(head: message.Head, row: _Row) -> Derived:
    said = f"{head.status} {head.reason}".strip()
    if head.status == 304:
        return row.ends(Outcome.NOT_MODIFIED, said)
    if 300 <= head.status < 400 and (target := head.get("Location")):
        return replace(row.ends(Outcome.REDIRECT, f"{said} -> {target[:500]}"), location=_location(target, row.url))
    classes = {4: Outcome.HTTP_4XX, 5: Outcome.HTTP_5XX}
    return row.ends(classes.get(head.status // 100, Outcome.HTTP_OTHER), said)


def _location(target: str, url: str) -> str:
    """Where a redirect leads; "" where that is no URL of ours."""
    try:
        return urls.redirected(target.encode("latin-1"), url)  # Head.get reads the bytes of a field as Latin-1
    except urls.BadUrl:
        return ""


def _not_html(body: _Body) -> str:
    """Why a body is no HTML, "" if it is: by its media type, and by its first bytes where that says little or lies."""
    start = body.data[:_SNIFFED].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(_OTHER_MAGIC):
        return f"{body.mime or 'no media type'}, but the bytes are {start[:4]!r}"
    lowered = start.lower()
    if body.mime in _HTML_TYPES:
        feed = next((mark for mark in _FEED_MARKS if mark in lowered), None)
        is_feed = feed is not None and not _looks_html(body.data)
        return f"{body.mime}, but a feed or sitemap ({feed.decode()})" if feed and is_feed else ""
    if body.mime in _UNTYPED and _looks_html(body.data):
        return ""
    return body.mime or "no media type, and no HTML in the first bytes"


def _looks_html(data: bytes) -> bool:
    start = data[:_SNIFFED].replace(b"\x00", b"").lower()
    return any(mark in start for mark in _HTML_MARKS)


def _digest(record: Record, head: message.Head | None) -> str:
    """The payload digest of a record that states none, so that its row has a name of its own."""
    payload = message.entity(record.block, head)[0] if head else record.block
    return "sha1:" + base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode("ascii")


@cache
def processing(run: str = "", residue: Residue = Residue()) -> Processing:  # noqa: B008 - a frozen value
    """What makes rows here: versions of all that can change them, and a digest of the rules that `residue` names."""
    return Processing(
        warchronicle=__version__,
        python=platform.python_version(),
        extractor=f"trafilatura {version('trafilatura')}",
        libraries=(*((name, version(name)) for name in LIBRARIES), ("libxml2", LIBXML2)),
        rules_digest=_rules_digest(residue),
        run=run,
    )


def _rules_digest(residue: Residue) -> str:
    """SHA-256 over the code and the weights of extract/, of this module, the phrase rules, and what evidence counts."""
    here = Path(__file__).parent
    files = [*(here / "extract").rglob("*.py"), *(here / "extract" / "body").glob("*.toml"), Path(__file__)]
    digest = hashlib.sha256(phrases.digest(residue.rules).encode())
    if left_out := sorted(frozenset(Evidence) - residue.evidence):
        digest.update(f"without {' '.join(left_out)}\n".encode())
    for name, path in sorted((path.relative_to(here).as_posix(), path) for path in files):
        data = path.read_bytes()
        digest.update(f"{name} {len(data)}\n".encode())
        digest.update(data)
    return f"sha256:{digest.hexdigest()}"
