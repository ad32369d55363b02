"""Feeds and sitemaps that an HTML page names: <link rel=alternate> with a feed's type, and <link rel=sitemap>."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from lxml import etree

from crawler.discovery.found import Collector, Discovered, Kind
from pipelines import urls
from pipelines.model import Route

HEAD_MAX = 256 * 1024  # characters of a page in which its <head> should end

_FEED_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",  # JSON Feed 1.0; WordPress names its API so, see below
}
_API = ("/wp-json/", "oembed")


class _Links:
    """A parser target: the links of the head, and what they are relative to."""

    def __init__(self) -> None:
        self.base = ""
        self.links: list[dict[str, str]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "link" and len(self.links) < 1000:
            self.links.append({name: attributes.get(name, "") for name in ("rel", "type", "href", "hreflang")})
        elif tag == "base" and not self.base:
            self.base = attributes.get("href", "")

    def close(self) -> None:
        pass


def read_links(text: str, collector: Collector) -> Discovered:
    """The documents that the page's links name; `found` stays empty."""
    target = _Links()
    parser: Any = etree.HTMLParser(  # type: ignore[call-overload] # types-lxml asks for methods that lxml does not
        target=target, encoding="utf-8", no_network=True, huge_tree=False
    )
    parser.feed(text[:HEAD_MAX].encode("utf-8", "replace"))
    parser.close()
    if target.base:
        with suppress(urls.BadUrl):  # as browsers do: a base that is none is ignored
            collector.base = urls.normalise(target.base, collector.base)
    for link in target.links:
        relations = link["rel"].lower().split()
        kind = link["type"].partition(";")[0].strip().lower()
        is_feed = "alternate" in relations and kind in _FEED_TYPES and not any(part in link["href"] for part in _API)
        if is_feed or "sitemap" in relations:
            collector.document(link["href"], Route.LINK)
    return collector.done(Kind.HTML)
