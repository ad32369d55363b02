"""The documents that name pages: RSS 2.0, RSS 1.0, Atom, JSON Feed, news sitemap, sitemap and sitemap index."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed or sitemap."""

    url: str
    title: str
    published: datetime
    language: str
    modified: datetime | None = None
    summary: str = ""

    @property
    def changed(self) -> datetime:
        return self.modified or self.published


def rss(name: str, home: str, entries: Iterable[Entry], charset: str = "utf-8") -> bytes:
    """RSS 2.0, pubDate in RFC 822 with the outlet's zone."""
    items = "\n".join(
        f'<item><title>{_x(each.title)}</title><link>{_x(each.url)}</link><guid isPermaLink="true">{_x(each.url)}</guid>'
        f"<pubDate>{format_datetime(each.published)}</pubDate><description>{_x(each.summary)}</description></item>"
        for each in entries
    )
    text = (
        f'<?xml version="1.0" encoding="{charset}"?>\n<rss version="2.0"><channel><title>{_x(name)}</title>'
        f"<link>{_x(home)}</link><description>{_x(name)}</description>\n{items}\n</channel></rss>\n"
    )
    return text.encode(charset, "xmlcharrefreplace")


def rdf(name: str, home: str, entries: Iterable[Entry]) -> bytes:
    """RSS 1.0 with Dublin Core dates."""
    listed = list(entries)
    sequence = "".join(f'<rdf:li rdf:resource="{_x(each.url)}"/>' for each in listed)
    items = "\n".join(
        f'<item rdf:about="{_x(each.url)}"><title>{_x(each.title)}</title><link>{_x(each.url)}</link>'
        f"<dc:date>{each.published.isoformat()}</dc:date><dc:language>{each.language}</dc:language></item>"
        for each in listed
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF xmlns="http://purl.org/rss/1.0/" '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{_x(home)}"><title>{_x(name)}</title><link>{_x(home)}</link><description>{_x(name)}</description>'
        f"<items><rdf:Seq>{sequence}</rdf:Seq></items></channel>\n{items}\n</rdf:RDF>\n"
    ).encode()


def atom(name: str, home: str, entries: Iterable[Entry]) -> bytes:
    """Atom (RFC 4287); links are relative to xml:base, as some outlets write them."""
    listed = list(entries)
    items = "\n".join(
        f'<entry xml:lang="{each.language}"><title>{_x(each.title)}</title><link rel="alternate" href="{_x(each.url.removeprefix(home))}"/>'
        f"<id>{_x(each.url)}</id><published>{each.published.isoformat()}</published>"
        f"<updated>{each.changed.isoformat()}</updated><summary>{_x(each.summary)}</summary></entry>"
        for each in listed
    )
    newest = max((each.changed for each in listed), default=datetime(2022, 9, 1, tzinfo=UTC))
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{_x(home)}">'
        f"<title>{_x(name)}</title><id>{_x(home)}/</id><updated>{newest.isoformat()}</updated>\n{items}\n</feed>\n"
    ).encode()


def json_feed(name: str, home: str, entries: Iterable[Entry]) -> bytes:
    """JSON Feed 1.1."""
    items = [
        {
            "id": each.url,
            "url": each.url,
            "title": each.title,
            "summary": each.summary,
            "date_published": each.published.isoformat(),
            "language": each.language,
        }
        for each in entries
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": name, "home_page_url": home, "items": items}
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def news_sitemap(name: str, entries: Iterable[Entry]) -> bytes:
    """A Google News sitemap: publication, date, title."""
    items = "\n".join(
        f"<url><loc>{_x(each.url)}</loc><news:news><news:publication><news:name>{_x(name)}</news:name>"
        f"<news:language>{each.language}</news:language></news:publication>"
        f"<news:publication_date>{each.published.isoformat()}</news:publication_date>"
        f"<news:title>{_x(each.title)}</news:title></news:news></url>"
        for each in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n{items}\n</urlset>\n'
    ).encode()


def sitemap(entries: Iterable[Entry]) -> bytes:
    """A sitemap (sitemaps.org 0.9) with lastmod."""
    items = "\n".join(
        f"<url><loc>{_x(each.url)}</loc><lastmod>{each.changed.isoformat()}</lastmod></url>" for each in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{items}\n</urlset>\n'
    ).encode()


def sitemap_index(urls: Iterable[str]) -> bytes:
    items = "\n".join(f"<sitemap><loc>{_x(url)}</loc></sitemap>" for url in urls)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{items}\n</sitemapindex>\n'
    ).encode()


def _x(text: str) -> str:
    """Escaped for XML, without the control characters that XML 1.0 has no way to write."""
    return escape("".join(char for char in text if char >= " " or char in "\t\n"))
