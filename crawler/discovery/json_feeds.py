"""JSON Feed 1.0 and 1.1 (jsonfeed.org). feedparser does not read it."""

from __future__ import annotations

from typing import Any

import orjson

from crawler.discovery.found import Collector, Discovered, Kind, Skip
from pipelines.errors import DocumentError
from pipelines.model import Route

JSON_MAX = 8 << 20  # bytes; parsed at once, and small values take many times their size


def read_json_feed(body: bytes, collector: Collector, entries_max: int) -> Discovered:
    """The items of a JSON Feed. Raises `DocumentError`: "not_json", "not_a_feed" or "too_large"."""
    if len(body) > JSON_MAX:
        raise DocumentError("too_large", f"{len(body)} bytes of JSON; the limit is {JSON_MAX}")
    try:
        feed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise DocumentError("not_json", f"it starts like JSON, but: {error}") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise DocumentError("not_a_feed", "JSON, but no JSON Feed: it has no list of items")
    language = _text(feed, "language")
    if (rest := len(feed["items"]) - entries_max) > 0:
        collector.skipped[Skip.TOO_MANY] += rest
    for item in feed["items"][:entries_max]:
        if not isinstance(item, dict):
            collector.skipped[Skip.NO_LINK] += 1
            continue
        collector.item(
            _link(item),
            Route.FEED,
            title=_text(item, "title"),
            published=_text(item, "date_published"),
            modified=_text(item, "date_modified"),
            language=_text(item, "language") or language,
        )
    if older := _text(feed, "next_url"):
        collector.document(older, Route.FEED)
    return collector.done(Kind.JSON_FEED)


def _link(item: dict[str, Any]) -> str:
    """`url` is the item's own page; an id is often the same. `external_url` leads to somebody else's page."""
    if url := _text(item, "url"):
        return url
    name = _text(item, "id")
    return name if name.startswith(("http://", "https://")) else _text(item, "external_url")


def _text(node: dict[str, Any], name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""
