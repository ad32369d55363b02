"""The JSON Lines contract: what a derived row looks like to everybody outside (README, docs/reference.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from pipelines import urls
from pipelines.model import Article, Block, Derived, Evidence, Found, Post, Processing, Provenance

# Readers that split at Unicode's line ends would break a line at these; escaped, they are the same string.
_LINE_ENDS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"), (b"\xc2\x85", b"\\u0085"))


def row(derived: Derived, processing: Processing, found: Found | None = None) -> dict[str, object]:
    """A row with every key of the contract, in its order; null where nothing is known, [] where there is none.

    `topic` and `story` are null until those steps exist. Behind the contract's keys stand our additions:
    `detail`, `title_evidence`, `charset`, `found` (what discovery said of the URL), `authors_evidence`,
    `agency_evidence` and `access`.
    """
    article = derived.article
    return {
        "id": derived.id,
        "url": derived.url,
        **_article(article),
        "topic": None,
        "story": None,
        "outcome": derived.outcome.value,
        "provenance": _provenance(derived.provenance),
        "processing": _processing(processing),
        "detail": derived.detail,
        "title_evidence": [_evidence(one) for one in article.title_evidence] if article else [],
        "charset": _charset(article),
        "found": _found(found),
        "authors_evidence": [_evidence(one) for one in article.authors_evidence] if article else [],
        "agency_evidence": _agency(article),
        "access": _access(article),
    }


def dumps(row: dict[str, object]) -> bytes:
    """One line of strict UTF-8 without its line end: no lone surrogates, no line separators but as escapes."""
    try:
        line = orjson.dumps(row)
    except orjson.JSONEncodeError:  # a lone surrogate, such as a file name that is no UTF-8 has
        line = orjson.dumps(_strict(row))
    for raw, escaped in _LINE_ENDS:
        if raw in line:
            line = line.replace(raw, escaped)
    return line


def _article(article: Article | None) -> dict[str, object]:
    if article is None:
        article = _NOTHING
    return {
        "canonical_url": article.canonical_url or None,
        "title": article.title or None,
        "authors": list(article.authors),
        "published": article.published or None,
        "published_evidence": [_evidence(one) for one in article.published_evidence],
        "modified": article.modified or None,
        "language": article.language or None,
        "categories": list(article.categories),
        "text": article.text,
        "blocks": [_block(block) for block in article.blocks],
        "removed": sum(not block.kept for block in article.blocks),
        "agency": article.agency or None,
        "images": list(article.images),
        "links": [{"url": link.url, "text": link.text} for link in article.links],
    }


def _block(block: Block) -> dict[str, object]:
    return {
        "kind": block.kind.value,
        "text": block.text,
        "kept": block.kept,
        "removal": block.removal.value if block.removal else None,
        "rule": block.rule or None,
        "evidence": block.evidence or None,
        **({"post": _post(block.post)} if block.post else {}),
    }


def _post(post: Post) -> dict[str, object]:
    return {
        "author": post.author or None,
        "handle": post.handle or None,
        "posted": post.posted or None,
        "url": post.url or None,
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "value": evidence.value,
        "source": evidence.source,
        "confidence": evidence.confidence,
        "note": evidence.note or None,
    }


def _agency(article: Article | None) -> dict[str, object] | None:
    """The agency's evidence with its place: block and characters, null where the metadata name it."""
    if article is None or article.agency_evidence is None:
        return None
    span = article.agency_span
    return {
        **_evidence(article.agency_evidence),
        "block": span.block if span else None,
        "start": span.start if span else None,
        "end": span.end if span else None,
    }


def _access(article: Article | None) -> dict[str, object] | None:
    if article is None or article.access is None:
        return None
    return {
        "free": article.access.free,
        "cut": article.access.cut,
        "evidence": list(article.access.evidence),
    }


def _provenance(provenance: Provenance | None) -> dict[str, object] | None:
    if provenance is None:
        return None
    return {
        "warc": provenance.locator.warc,
        "offset": provenance.locator.offset,
        "length": provenance.locator.length,
        "record_id": provenance.locator.record_id,
        "payload_digest": provenance.payload_digest or None,
        "captured_at": urls.timestamp(provenance.captured_at),
    }


def _processing(processing: Processing) -> dict[str, object]:
    return {
        "warchronicle": processing.warchronicle,
        "python": processing.python,
        "extractor": processing.extractor,
        "libraries": dict(processing.libraries),
        "rules_digest": processing.rules_digest,
        "run": processing.run or None,
    }


def _charset(article: Article | None) -> dict[str, object] | None:
    if article is None or not article.charset:
        return None
    return {
        "name": article.charset,
        "reason": article.charset_reason,
        "replaced_characters": article.replaced_characters,
    }


def _found(found: Found | None) -> dict[str, object] | None:
    if found is None:
        return None

    def moment(value: datetime | None) -> str | None:
        return value.isoformat() if value else None

    return {
        "url": found.url,
        "route": found.route.value,
        "source": found.source or None,
        "via": found.via or None,
        "title": found.title or None,
        "published": moment(found.published),
        "modified": moment(found.modified),
        "language": found.language or None,
    }


def _strict(value: Any) -> Any:
    """The same value with U+FFFD for every lone surrogate."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_strict(name): _strict(inner) for name, inner in value.items()}
    return [_strict(inner) for inner in value] if isinstance(value, list) else value


_NOTHING = Article(
    url="",
    canonical_url="",
    title="",
    authors=(),
    agency="",
    published="",
    published_evidence=(),
    title_evidence=(),
    modified="",
    language="",
    categories=(),
    blocks=(),
)
