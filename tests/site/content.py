"""What the sample site serves: the pages, feeds and faults of all outlets, and what a crawl must make of each URL."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from html import escape

from tests.site import feeds, render
from tests.site.faults import Fault, faults
from tests.site.feeds import Entry
from tests.site.model import Expected, Reply, Route, Story
from tests.site.outlets import OUTLETS, Outlet
from tests.site.stories import plain, sentences

#: The days that the demo crawls; one story lies outside.
SINCE, UNTIL = "2022-09-01", "2022-11-30"

_FEED_TYPES = {
    "rss": "application/rss+xml",
    "broken": "application/rss+xml",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}


class Content:
    """All that the site serves on `port`, and its truth. `visit` 2 starts with the edited stories edited."""

    def __init__(self, port: int, visit: int = 1) -> None:
        self.port = port
        self._first = visit
        self._routes: dict[tuple[str, str], Route] = {}
        self._expected: dict[str, Expected] = {}
        for outlet in OUTLETS:
            self._add_outlet(outlet)

    def base(self, outlet: str) -> str:
        """The address of an outlet by its id, without a slash at its end."""
        host = next(each.host for each in OUTLETS if each.id == outlet)
        return f"http://{host}:{self.port}"

    def expected(self) -> dict[str, Expected]:
        """Every page URL that discovery or a redirect can name, with what a crawl of `SINCE` to `UNTIL` makes of it."""
        return dict(self._expected)

    def reply(self, host: str, path: str, visit: int) -> Reply:
        """The answer to the `visit`-th GET of a path; a query that no page asks for is ignored."""
        route = self._routes.get((host, path)) or self._routes.get((host, path.partition("?")[0]))
        return route(visit) if route else Reply(404, b"<html><body><h1>404 Not Found</h1></body></html>")

    # -- pages ----------------------------------------------------------------------------------------------------

    def _add_outlet(self, outlet: Outlet) -> None:
        base = self.base(outlet.id)
        stories = {story.path: self._story(outlet, story, base) for story in outlet.stories}
        broken = list(faults(outlet, base, self.port, stories))
        for path, route in stories.items():
            self._routes[outlet.host, path] = route
        for fault in broken:
            if fault.route is not None:
                self._routes[outlet.host, fault.path] = fault.route
            url = fault.path if fault.route is None else base + fault.path
            self._expected[url] = Expected(
                url, fault.outcome, fault.note, named=bool(fault.title), same_as=fault.same_as, outlet=outlet.id
            )
        for story in outlet.stories:
            self._expected[base + story.path] = _expected(outlet, story, base)
        self._add_documents(outlet, base, broken)

    def _story(self, outlet: Outlet, story: Story, base: str) -> Route:
        pages = [render.page(outlet, story, base, version) for version in ((1, 2) if story.edited else (1,))]

        def route(visit: int) -> Reply:
            visit += self._first - 1
            if story.unavailable and visit == 1:
                return Reply(story.unavailable, b"<h1>Try again</h1>", headers=(("Retry-After", "1"),))
            version = min(visit, len(pages))
            return Reply(
                body=pages[version - 1],
                mime=render.mime(outlet, story),
                coding=story.coding,
                framing=story.framing,
                modified=story.modified if version > 1 or (not story.edited and story.modified) else story.published,
                delay=story.slow,
            )

        return route

    # -- documents that name pages --------------------------------------------------------------------------------

    def _add_documents(self, outlet: Outlet, base: str, broken: list[Fault]) -> None:
        def add(path: str, body: bytes, mime: str, coding: str = "gzip") -> None:
            newest = max((each.changed for each in self._entries(outlet, base, broken)), default=None)
            self._routes[outlet.host, path] = lambda _: Reply(body=body, mime=mime, coding=coding, modified=newest)

        entries = self._entries(outlet, base, broken)
        if outlet.robots:
            add("/robots.txt", outlet.robots.format(base=base).encode(), "text/plain; charset=utf-8", coding="")
        add("/", _front(outlet, entries), f"text/html; charset={outlet.charset}")
        for path, kind in outlet.feeds.items():
            add(path, _feed(outlet, kind, base, entries), _FEED_TYPES[kind])
        for path in outlet.news_sitemaps:
            add(path, feeds.news_sitemap(outlet.name, entries), "application/xml", coding="br")
        for path in outlet.sitemaps:
            if path.endswith("_index.xml"):
                half = len(entries) // 2
                parts = {"/sitemap-1.xml.gz": entries[:half], "/sitemap-2.xml": entries[half:]}
                add(path, feeds.sitemap_index(base + part for part in parts), "application/xml")
            else:
                parts = {path: entries}
            for part, listed in parts.items():
                body = feeds.sitemap(listed)
                packed = part.endswith(".gz")
                add(
                    part,
                    gzip.compress(body, mtime=0) if packed else body,
                    "application/x-gzip" if packed else "text/xml",
                    coding="" if packed else "gzip",
                )

    def _entries(self, outlet: Outlet, base: str, broken: Iterable[Fault]) -> list[Entry]:
        """What feeds name, the newest first; times are those of the first version but for `visit` 2."""
        listed = [
            Entry(
                base + story.path,
                story.title,
                story.published,
                story.language,
                story.modified if not story.edited or self._first > 1 else None,
                render.summary(story),
            )
            for story in outlet.stories
            if story.listed
        ]
        for fault in broken:
            if fault.title:
                url = fault.path if fault.route is None else base + fault.path
                listed.append(Entry(url, fault.title, fault.published, outlet.languages[0]))
        return sorted(listed, key=lambda entry: entry.published, reverse=True)


def _feed(outlet: Outlet, kind: str, base: str, entries: list[Entry]) -> bytes:
    if kind == "rss":
        return feeds.rss(outlet.name, base, entries, outlet.charset)
    if kind == "broken":  # the page that a lapsed plug-in leaves behind
        return _front(outlet, entries)
    return {"rdf": feeds.rdf, "atom": feeds.atom, "json": feeds.json_feed}[kind](outlet.name, base, entries)


def _front(outlet: Outlet, entries: list[Entry]) -> bytes:
    links = "".join(
        f'<link rel="alternate" type="{_FEED_TYPES[kind]}" title="{escape(outlet.name)}" href="{path}">'
        for path, kind in outlet.feeds.items()
    )
    items = "\n".join(f'<li><a href="{escape(each.url)}">{escape(each.title)}</a></li>' for each in entries)
    text = (
        f'<!DOCTYPE html><html lang="{outlet.languages[0]}"><head><meta charset="{outlet.charset}">'
        f"<title>{escape(outlet.name)}</title>{links}</head><body><h1>{escape(outlet.name)}</h1><ul>\n{items}\n</ul></body></html>"
    )
    return text.encode(outlet.charset, "xmlcharrefreplace")


def _expected(outlet: Outlet, story: Story, base: str) -> Expected:
    day = story.published.date().isoformat()
    wanted = SINCE <= day <= UNTIL
    note = "another section" if story.section in _OFF_TOPIC else "a story"
    for given, text in (
        (story.agency, f"a story of {story.agency}"),
        (story.edited, "edited between two visits"),
        (story.unavailable, f"{story.unavailable} with Retry-After, then the page"),
        (story.slow, f"answers after {story.slow} s"),
        (story.charset, f"charset {story.charset}"),
        (not wanted, "older than the days asked for"),
    ):
        note = text if given else note
    return Expected(
        url=base + story.path,
        outcome="article" if wanted else "out_of_window",
        note=note,
        named=story.listed,
        title=story.title,
        date=day,
        language=story.language,
        sentences=sentences(story),
        residue=tuple(plain(part.text) for part in render.parts(outlet, story) if part.kind == "residue"),
        agency=story.agency,
        outlet=outlet.id,
    )


_OFF_TOPIC = frozenset({"Sport", "Спорт", "Food", "Смаки", "Cuisine", "Leben", "Kuchnia", "Travel"})
