"""Between the house's values and the catalog's rows, both directions side by side."""

from __future__ import annotations

import zlib
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping

from pipelines import urls
from pipelines.model import Derived, Found, Locator, Outcome, Recorded, RecordKind, Role, Route, Truncation
from pipelines.store.catalog_schema import LedgerState, captures, ledger, moment_text

#: What `ledger_values` and `capture_values` give.
LEDGER_COLUMNS = tuple(c.name for c in ledger.c if c.name not in ("seq", "attempts", "retry_at"))
CAPTURE_COLUMNS = tuple(c.name for c in captures.c if c.name != "seq")


def key_of(url: str) -> str:
    """`urls.key`, or the URL as it stands where it is none that we would fetch."""
    try:
        return urls.key(url)
    except urls.BadUrl:
        return url


def ledger_values(
    found: Found,
    key: str,
    at: datetime | None,
    state: LedgerState,
    outcome: Outcome | None = None,
    detail: str = "",
    run: str = "",
) -> dict[str, Any]:
    return {
        "url_key": key,
        "url": found.url,
        "host": urls.host_of(found.url),
        "route": found.route.value,
        "source": found.source,
        "via": found.via,
        "title": found.title,
        "published": found.published and moment_text(found.published),
        "published_raw": found.published_raw,
        "modified": found.modified and moment_text(found.modified),
        "language": found.language,
        "hops": found.hops,
        "found_at": at and moment_text(at),
        "state": state.value,
        "outcome": outcome.value if outcome else "",
        "detail": detail,
        "run": run,
    }


def found_of(row: RowMapping, prefix: str = "") -> Found | None:
    """The `Found` in a row of the ledger, or of a wider one (its columns under `prefix`); None if it is empty."""
    if row[f"{prefix}url"] is None:
        return None
    return Found(
        url=row[f"{prefix}url"],
        route=Route(row[f"{prefix}route"]),
        source=row[f"{prefix}source"],
        via=row[f"{prefix}via"],
        title=row[f"{prefix}title"],
        published=row[f"{prefix}published"],
        published_raw=row[f"{prefix}published_raw"],
        modified=row[f"{prefix}modified"],
        language=row[f"{prefix}language"],
        hops=row[f"{prefix}hops"],
    )


def found_text(found: Found | None) -> str:
    """A `Found` as JSON, with all that it holds; "" for none."""
    return "" if found is None else orjson.dumps(asdict(found)).decode()


def found_from(text: str) -> Found | None:
    """The inverse of `found_text`."""
    if not text:
        return None
    values = orjson.loads(text)
    moments = {name: datetime.fromisoformat(values[name]) for name in ("published", "modified") if values[name]}
    return Found(**{**values, **moments, "route": Route(values["route"])})


def capture_values(recorded: Recorded, run: str) -> dict[str, object]:
    locator = recorded.locator
    return {
        "record_id": locator.record_id,
        "warc": locator.warc,
        "offset": locator.offset,
        "length": locator.length,
        "kind": recorded.kind.value,
        "url": recorded.url,
        "url_key": key_of(recorded.url),
        "captured_at": moment_text(recorded.captured_at),
        "status": recorded.status,
        "mime": recorded.mime,
        "payload_digest": recorded.payload_digest,
        "role": recorded.role.value,
        "source": recorded.source,
        "refers_to": recorded.refers_to,
        "truncated": recorded.truncated.value if recorded.truncated else "",
        "etag": recorded.etag,
        "last_modified": recorded.last_modified,
        "run": run,
    }


def locator_of(row: RowMapping) -> Locator:
    return Locator(row["warc"], row["offset"], row["length"], row["record_id"])


def recorded_of(row: RowMapping) -> Recorded:
    return Recorded(
        locator=locator_of(row),
        kind=RecordKind(row["kind"]),
        url=row["url"],
        captured_at=row["captured_at"],
        status=row["status"],
        mime=row["mime"],
        payload_digest=row["payload_digest"],
        role=Role(row["role"]),
        source=row["source"],
        refers_to=row["refers_to"],
        truncated=Truncation(row["truncated"]) if row["truncated"] else None,
        etag=row["etag"],
        last_modified=row["last_modified"],
    )


def derived_values(result: Derived, row: bytes, text_path: str, run: str) -> dict[str, Any]:
    article, provenance = result.article, result.provenance
    if provenance is None:
        raise ValueError(f"{result.id}: a row without provenance has no place in a catalog")
    locator = provenance.locator
    return {
        "record_id": locator.record_id,
        "id": result.id,
        "run": run,
        "url": result.url,
        "url_key": key_of(result.url),
        "canonical_url": article.canonical_url if article else "",
        "host": urls.host_of(result.url),
        "title": article.title if article else "",
        "published": article.published if article else "",
        "language": article.language if article else "",
        "outcome": result.outcome.value,
        "detail": result.detail,
        "text_path": text_path,
        "warc": locator.warc,
        "offset": locator.offset,
        "length": locator.length,
        "payload_digest": provenance.payload_digest,
        "captured_at": provenance.captured_at,
        "row": zlib.compress(row),
    }
