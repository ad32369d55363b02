"""`scrapy crawl news`: what the chosen sources name, by feed and sitemap, into the ledger; the ledger into WARCs.

scrapy crawl news -a sources=ua-pravda,de-tagesschau -a since=2022-09-01 -a until=2022-10-15
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler import redirects
from crawler.discovery.sniff import discover
from crawler.discovery.visited import Visited
from crawler.discovery.window import Window
from crawler.refusals import Refused, outcome_of
from crawler.spiders.ledger import LedgerSpider
from pipelines import urls
from pipelines.config import Source, choose_sources
from pipelines.errors import ConfigError, DocumentError
from pipelines.model import Found, Outcome, Role, Route

#: What a document was asked for as, where its content alone does not tell.
HINTS = {Role.ROBOTS: Route.ROBOTS, Role.INDEX: Route.LINK}
ROUTES = {"feeds": Role.FEED, "news_sitemaps": Role.SITEMAP, "sitemaps": Role.SITEMAP}


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigError(f"-a {name}={text}: not a day; write it as 2022-09-01") from None


class NewsSpider(LedgerSpider):
    """Arguments: sources=ID,ID (all), since=DAY, until=DAY (both included), routes=feeds,news_sitemaps,sitemaps (all),
    conditional=1 (ask only for documents that changed since the last visit).
    """

    name = "news"

    def __init__(
        self,
        sources: str = "",
        since: str = "",
        until: str = "",
        routes: str = "",
        conditional: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._names = sources
        self.window = Window(_day("since", since), _day("until", until))
        self.routes = tuple(route.strip() for route in routes.split(",") if route.strip()) or tuple(ROUTES)
        for route in self.routes:
            if route not in ROUTES:
                raise ConfigError(f"-a routes={routes}: no route {route!r}; known: {', '.join(ROUTES)}")
        self._conditional = bool(conditional)
        self.failed_sources: dict[str, str] = {}  # source -> what went wrong with one of its configured routes
        self._sources: dict[str, Source] = {}

    @classmethod
    def check(cls, settings: BaseSettings, **arguments: Any) -> None:
        super().check(settings, **arguments)
        choose_sources(settings["CHRONICLE_SOURCES"], arguments.get("sources", ""))

    # -- documents ------------------------------------------------------------------------------------------------

    def discover(self) -> Iterator[Request]:
        self._sources = {
            source.id: source for source in choose_sources(self.settings["CHRONICLE_SOURCES"], self._names)
        }
        self.ledger_sources = tuple(self._sources)
        self._visited = Visited(self.config.discover)
        for source in self._sources.values():
            addresses = [(address, ROUTES[route]) for route in self.routes for address in getattr(source, route)]
            if not (source.feeds or source.news_sitemaps or source.sitemaps):
                # Nothing is known: robots.txt and the front page say where feeds and sitemaps are.
                addresses = [(urls.normalise("/robots.txt", source.domain), Role.ROBOTS), (source.domain, Role.INDEX)]
            for address, role in addresses:
                yield from self._document(Found(url=address, route=Route.CONFIG, source=source.id), role, depth=0)

    def _document(self, found: Found, role: Role, depth: int) -> Iterator[Request]:
        """A request for a feed or sitemap, if this run has not asked for it yet and it is within the bounds."""
        if reason := self._visited.refuses(found.url, found.source, depth):
            self.crawler.stats.inc_value(f"chronicle/discovery/{reason}")
            return
        headers = {}
        if self._conditional and (visit := self.session.catalog.visit(found.url)) is not None:
            headers = {"If-None-Match": visit.etag, "If-Modified-Since": visit.last_modified}
        self.open_documents += 1
        yield Request(
            found.url,
            headers={name: value for name, value in headers.items() if value},
            callback=self.parse_document,
            errback=self.document_failed,
            dont_filter=True,
            priority=10,  # before pages: what a run can know, it knows early
            meta={"found": found, "role": role, "source": found.source, "handle_httpstatus_all": True, "depth": depth},
        )

    def parse_document(self, response: Response) -> Iterator[Request]:
        self.open_documents -= 1
        found: Found = response.meta["found"]
        headers = response.headers
        self.session.catalog.visited(
            found.url,
            datetime.now(UTC),
            response.status,
            (headers.get("ETag") or b"").decode("latin-1"),
            (headers.get("Last-Modified") or b"").decode("latin-1"),
        )
        if response.status in redirects.STATUSES:
            try:
                target = redirects.target_of(response, found, self.config.fetch.redirects_max)
            except Refused as refused:
                self._fail(found, refused.detail)
            else:
                yield from self._document(target, response.meta["role"], response.meta["depth"])
        elif response.status == 304:
            self.crawler.stats.inc_value("chronicle/discovery/not_modified")
        elif response.status != 200:
            self._fail(found, f"status {response.status}")
        else:
            yield from self._read(response)

    def _read(self, response: Response) -> Iterator[Request]:
        found: Found = response.meta["found"]
        mime = (response.headers.get("Content-Type") or b"").decode("latin-1")
        try:
            document = discover(
                response.body,
                response.url,
                mime=mime,
                source=found.source,
                hint=HINTS.get(response.meta["role"], Route.UNKNOWN),
                limits=self.config.discover,
            )
        except DocumentError as error:
            self._fail(found, str(error), reason=error.reason)
            return
        for reason, count in (document.skipped + document.notes).items():
            self.crawler.stats.inc_value(f"chronicle/discovery/{reason}", count)
        self._take(document.found)
        for child in document.documents:
            if self.window.refuses_document(child):
                self.crawler.stats.inc_value("chronicle/discovery/document_out_of_window")
                continue
            role = Role.FEED if child.route is Route.FEED else Role.SITEMAP
            yield from self._document(child, role, response.meta["depth"] + 1)

    def document_failed(self, failure: Failure) -> None:
        self.open_documents -= 1
        outcome, detail, _ = outcome_of(failure)
        self._fail(failure.request.meta["found"], f"{outcome.value}: {detail}")  # type: ignore[attr-defined] # Scrapy sets it

    def _fail(self, found: Found, detail: str, reason: str = "unanswered") -> None:
        """A document brought nothing: counted, named, and the others go on."""
        self.crawler.stats.inc_value(f"chronicle/discovery/{reason}")
        self.logger.warning("%s: %s: %s", found.source, found.url, detail)
        if found.route is Route.CONFIG or found.hops:
            self.failed_sources[found.source] = f"{found.url}: {detail}"

    # -- pages ----------------------------------------------------------------------------------------------------

    def _take(self, items: Iterable[Found]) -> None:
        """Named pages into the ledger: wanted ones to be fetched, the others with the reason why not."""
        wanted: list[Found] = []
        refused: dict[Outcome, list[tuple[Found, str]]] = {Outcome.OUT_OF_WINDOW: [], Outcome.OUT_OF_SCOPE: []}
        for item in items:
            if reason := self.window.refuses(item):
                refused[Outcome.OUT_OF_WINDOW].append((item, reason))
            elif reason := self._ruled_out(item):
                refused[Outcome.OUT_OF_SCOPE].append((item, reason))
            else:
                wanted.append(item)
        now = datetime.now(UTC)
        self.session.catalog.found(wanted, now)
        for outcome, rows in refused.items():
            self.session.catalog.refuse(rows, outcome, now)

    def _ruled_out(self, item: Found) -> str:
        source = self._sources.get(item.source)
        if source is None:
            return ""
        if source.include and not any(re.search(rule, item.url) for rule in source.include):
            return "no include rule of the source matches"
        matched = next((rule for rule in source.exclude if re.search(rule, item.url)), "")
        return f"exclude rule {matched!r}" if matched else ""
