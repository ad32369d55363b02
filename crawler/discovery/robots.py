"""The Sitemap lines of robots.txt (sitemaps.org; RFC 9309, section 2.2.4). Its rules are the middleware's business."""

from __future__ import annotations

from protego import Protego

from crawler.discovery.charset import text_of
from crawler.discovery.found import Collector, Discovered, Kind, Note
from pipelines.errors import DocumentError
from pipelines.model import Route

ROBOTS_MAX = 500 * 1024  # bytes that must be read (RFC 9309, section 2.5); we read no more


def read_robots(body: bytes, collector: Collector) -> Discovered:
    """Raises `DocumentError` "html_instead" for a page that is served in its place."""
    text = text_of(body[:ROBOTS_MAX], "utf-8").lstrip()
    if text.startswith("<"):
        raise DocumentError("html_instead", "robots.txt is an HTML or XML page")
    if len(body) > ROBOTS_MAX:
        collector.notes[Note.CUT] += 1
    # Only these lines: a flood of user agents and rules costs a full parser the product of both.
    lines = (line for line in text.splitlines() if line.lstrip().lower().startswith(("sitemap", "site-map")))
    for address in Protego.parse("\n".join(lines)).sitemaps:
        collector.document(address, Route.ROBOTS)
    return collector.done(Kind.ROBOTS)
