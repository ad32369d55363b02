"""`scrapy sources --check`: asks each configured route of the chosen sources once, and says what came back.

It runs under the crawl's own settings: what it fetches is recorded, robots.txt is obeyed, addresses are vetted. It
follows redirects, but nothing that a document names, and it leaves the ledger alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler import redirects
from crawler.discovery.sniff import discover
from crawler.middlewares.robots import RobotsMiddleware
from crawler.refusals import Refused, outcome_of
from crawler.spiders.news import ROUTES
from pipelines import urls
from pipelines.config import Config, Source, choose_sources
from pipelines.errors import DocumentError
from pipelines.model import Found, Role, Route

_HINTS = {"news_sitemaps": Route.NEWS_SITEMAP, "sitemaps": Route.SITEMAP, "robots": Route.ROBOTS}


@dataclass(frozen=True, slots=True)
class Checked:
    """What one address answered. `error` is "" where the route is of use."""

    source: str
    route: str  # "feeds", "news_sitemaps", "sitemaps" or "robots"
    url: str  # as configured
    answered_by: str = ""  # where redirects led, if elsewhere
    status: int = 0  # of the last answer; 0 if there was none
    kind: str = ""  # what it is by its content: a value of crawler.discovery.found.Kind
    entries: int = 0  # pages it names
    documents: int = 0  # further feeds and sitemaps it names
    newest: datetime | None = None
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.error


class CheckSpider(Spider):
    """Arguments: sources=ID,ID (all). `seen` is called with each `Checked`, in the order of answers."""

    name = "check"

    def __init__(self, sources: str = "", seen: Callable[[Checked], None] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._names = sources
        self._seen = seen or (lambda checked: self.logger.info("%s", checked))
        self._open: dict[str, int] = {}  # source -> routes without an answer yet
        self._robots: dict[str, Checked] = {}  # origin -> what its robots.txt answered
        self._asked_first: dict[str, str] = {}  # address of a robots.txt -> where the redirects to it began

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> CheckSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        # The middleware asks for robots.txt before the first route of a host; no need to ask twice.
        crawler.signals.connect(spider.robots_answered, signals.response_received)
        return spider

    @property
    def _config(self) -> Config:
        config: Config = self.settings["CHRONICLE"]
        return config

    async def start(self) -> AsyncIterator[Any]:
        for source in choose_sources(self.settings["CHRONICLE_SOURCES"], self._names):
            requests = [self._route(source, route, url) for route in ROUTES for url in getattr(source, route)]
            self._open[source.id] = len(requests)
            for request in requests or self._robots_of(source):
                yield request

    # -- routes ---------------------------------------------------------------------------------------------------

    def _route(self, source: Source, route: str, url: str) -> Request:
        found = Found(url=url, route=Route.CONFIG, source=source.id)
        return self._request(found, ROUTES[route], Checked(source.id, route, url), self.parse_route)

    def _request(
        self, found: Found, role: Role, checked: Checked, callback: Callable[[Response], Iterator[Request]]
    ) -> Request:
        return Request(
            found.url,
            callback=callback,
            errback=self.failed,
            dont_filter=True,
            meta={
                "found": found,
                "role": role,
                "source": found.source,
                "checked": checked,
                "handle_httpstatus_all": True,
            },
        )

    def parse_route(self, response: Response) -> Iterator[Request]:
        checked: Checked = response.meta["checked"]
        if response.status in redirects.STATUSES:
            target = self._target(response)
            if isinstance(target, Found):
                yield self._request(target, response.meta["role"], checked, self.parse_route)
                return
            yield from self._ended(replace(checked, status=response.status, error=target))
            return
        yield from self._ended(self._read(response, checked))

    def failed(self, failure: Failure) -> Iterator[Request]:
        outcome, detail, _ = outcome_of(failure)
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        checked = replace(request.meta["checked"], error=f"{outcome.value}: {detail}")
        if checked.route == "robots":
            self._seen(checked)
        else:
            yield from self._ended(checked)

    def _target(self, response: Response) -> Found | str:
        """Where a redirect leads, or why it leads nowhere."""
        try:
            return redirects.target_of(response, response.meta["found"], self._config.fetch.redirects_max)
        except Refused as refused:
            return refused.detail

    def _read(self, response: Response, checked: Checked) -> Checked:
        """What a final answer holds."""
        by = response.url if response.url != checked.url else ""
        checked = replace(checked, status=response.status, answered_by=by)
        if response.status != 200:
            return replace(checked, error=f"status {response.status}")
        try:
            document = discover(
                response.body,
                response.url,
                mime=(response.headers.get("Content-Type") or b"").decode("latin-1"),
                source=checked.source,
                hint=_HINTS.get(checked.route, Route.UNKNOWN),
                limits=self._config.discover,
                captured_at=datetime.now(UTC),
            )
        except DocumentError as error:
            return replace(checked, error=str(error))
        stated = [document.newest, *(child.modified for child in document.documents)]
        return replace(
            checked,
            kind=document.kind.value,
            entries=len(document.found),
            documents=len(document.documents),
            newest=max((moment for moment in stated if moment is not None), default=None),
        )

    def _ended(self, checked: Checked) -> Iterator[Request]:
        self._seen(checked)
        self._open[checked.source] -= 1
        if not self._open[checked.source]:
            source: Source = self.settings["CHRONICLE_SOURCES"][checked.source]
            yield from self._robots_of(source)

    # -- robots.txt -----------------------------------------------------------------------------------------------

    def robots_answered(self, response: Response, request: Request) -> None:
        """A robots.txt came in, whoever asked for it; the last answer of an origin counts."""
        if request.meta.get("role") is not Role.ROBOTS:
            return
        found: Found = request.meta["found"]
        first = self._asked_first[request.url] = self._asked_first.get(found.via, request.url)
        self._robots[urls.normalise("/", first)] = self._read_robots(response, Checked(found.source, "robots", first))

    def _read_robots(self, response: Response, checked: Checked) -> Checked:
        read = self._read(response, checked)
        # No robots.txt, or a page in its place, allows everything (RFC 9309, section 2.3.1.3).
        allows = 400 <= response.status < 500 and response.status != 429
        return replace(read, error="") if allows or read.error.startswith("html_instead") else read

    def _robots_of(self, source: Source) -> Iterator[Request]:
        """The line about the outlet's robots.txt: known by now, or to be asked for."""
        origin = urls.normalise("/", source.domain)
        if origin in self._robots:
            self._seen(replace(self._robots[origin], source=source.id))
            return
        checked = Checked(source.id, "robots", urls.normalise("/robots.txt", origin))
        middleware = self.crawler.get_downloader_middleware(RobotsMiddleware)
        rules = middleware.rules(origin) if middleware is not None else None
        if rules is not None:  # asked for, and nothing came
            self._seen(replace(checked, error=rules.refusal.detail if rules.refusal else ""))
            return
        found = Found(url=checked.url, route=Route.ROBOTS, source=source.id)
        yield self._request(found, Role.ROBOTS, checked, self.parse_robots)

    def parse_robots(self, response: Response) -> Iterator[Request]:
        checked: Checked = response.meta["checked"]
        if response.status in redirects.STATUSES and isinstance(target := self._target(response), Found):
            yield self._request(target, Role.ROBOTS, checked, self.parse_robots)
        else:
            self._seen(self._read_robots(response, checked))
