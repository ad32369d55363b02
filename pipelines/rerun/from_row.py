"""A JSON row back as the values that it was made of: `rows.row` undone, but for what a row does not say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pipelines.model import (
    Access,
    Article,
    Block,
    BlockKind,
    Derived,
    Evidence,
    Link,
    Locator,
    Outcome,
    Post,
    Provenance,
    Removal,
    Span,
)

Row = Mapping[str, Any]

_OF_ARTICLE: Final = (
    "canonical_url", "title", "authors", "published", "published_evidence", "modified", "language", "categories",
    "blocks", "agency", "images", "links", "title_evidence", "charset", "authors_evidence", "agency_evidence", "access",
)  # fmt: skip


def derived_of(row: Row) -> Derived:
    """The result that a row tells of. Raises `ValueError` for an outcome, a kind or a removal that is not ours."""
    return Derived(
        id=row["id"] or "",
        url=row.get("url") or "",
        outcome=Outcome(row["outcome"]),
        detail=row.get("detail") or "",
        article=_article(row),
        provenance=provenance_of(row),
    )


def provenance_of(row: Row) -> Provenance | None:
    """Where a row's record lies; None for what was no record. Raises `ValueError` for a time that is none."""
    place = row.get("provenance")
    if not place:
        return None
    captured_at = datetime.fromisoformat(place["captured_at"]).astimezone(UTC)
    return Provenance(locator_of(place), place.get("payload_digest") or "", captured_at)


def locator_of(place: Row) -> Locator:
    return Locator(place["warc"], place["offset"], place["length"], place["record_id"])


def _article(row: Row) -> Article | None:
    """The article of a row; None where nothing says that there was one."""
    if not any(row.get(name) for name in _OF_ARTICLE):
        return None
    agency = row.get("agency_evidence")
    return Article(
        url=row.get("url") or "",
        canonical_url=row.get("canonical_url") or "",
        title=row.get("title") or "",
        authors=tuple(row.get("authors") or ()),
        agency=row.get("agency") or "",
        published=row.get("published") or "",
        published_evidence=_evidences(row, "published_evidence"),
        title_evidence=_evidences(row, "title_evidence"),
        modified=row.get("modified") or "",
        language=row.get("language") or "",
        categories=tuple(row.get("categories") or ()),
        blocks=tuple(block_of(block) for block in row.get("blocks") or ()),
        links=tuple(Link(link["url"], link["text"]) for link in row.get("links") or ()),
        images=tuple(row.get("images") or ()),
        charset=(row.get("charset") or {}).get("name", ""),
        charset_reason=(row.get("charset") or {}).get("reason", ""),
        replaced_characters=(row.get("charset") or {}).get("replaced_characters", 0),
        authors_evidence=_evidences(row, "authors_evidence"),
        agency_evidence=_evidence(agency) if agency else None,
        agency_span=(
            Span(agency["block"], agency["start"], agency["end"])
            if agency and agency.get("block") is not None
            else None
        ),
        access=_access(row.get("access")),
    )


def block_of(block: Row) -> Block:
    post = block.get("post")
    return Block(
        kind=BlockKind(block["kind"]),
        text=block["text"],
        removal=Removal(block["removal"]) if block.get("removal") else None,
        rule=block.get("rule") or "",
        evidence=block.get("evidence") or "",
        post=Post(**{name: value or "" for name, value in post.items()}) if post else None,
    )


def _evidences(row: Row, name: str) -> tuple[Evidence, ...]:
    return tuple(map(_evidence, row.get(name) or ()))


def _evidence(value: Row) -> Evidence:
    return Evidence(value["value"], value["source"], value["confidence"], value.get("note") or "")


def _access(value: Row | None) -> Access | None:
    return Access(value["free"], value["cut"], tuple(value["evidence"])) if value else None
