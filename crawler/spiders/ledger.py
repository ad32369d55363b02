"""The base of all spiders: works off the ledger, host by host, and gives every URL exactly one end.

    discovery -> ledger -> request -> (recorded below the middlewares) -> Item, or an outcome in the ledger

A redirect is a discovery: its target gets a row, a request and an outcome of its own. So a crawl that is killed
between two hops goes on at the second.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from inspect import signature
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler import redirects
from crawler.extensions.archive import ArchiveExtension
from crawler.refusals import Refused, outcome_of, outcome_of_status, status_may_pass
from pipelines import urls
from pipelines.config import Config
from pipelines.errors import ConfigError
from pipelines.model import Found, Item, Outcome, Recorded, Role
from pipelines.session import Session
from pipelines.toml import nearest

PER_HOST_AHEAD = 8  # requests that Scrapy holds for a host beyond those under way; the rest waits in the ledger
BUFFER = 64  # URLs of a host read from the ledger at once
LOOK_SECONDS = 0.2  # the ledger is asked for hosts no more often than this


class LedgerSpider(Spider):
    """A subclass fills the ledger in `discover` and names its rows by `ledger_sources`."""

    ledger_sources: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """What a subclass leaves in `kwargs` is no argument that it knows. Raises `ConfigError`."""
        known = [name for name in signature(type(self).__init__).parameters if name not in {"self", "kwargs"}]
        for name, value in kwargs.items():
            raise ConfigError(f"-a {name}={value}: {self.name} has no such argument{nearest(name, known)}")
        super().__init__(*args)
        self.open_documents = 0  # feeds and sitemaps asked for and not answered yet
        self._under_way: dict[str, str] = {}  # ledger key -> host
        self._busy: Counter[str] = Counter()  # host -> page requests given to Scrapy
        self._buffers: defaultdict[str, deque[Found]] = defaultdict(deque)
        self._last: dict[str, Found] = {}  # host -> the last row read from the ledger, where there are more behind it
        self._look_again = 0.0  # monotonic time before which the ledger is not asked for hosts
        self._ended = asyncio.Event()  # a request has ended

    @classmethod
    def check(cls, settings: BaseSettings, **arguments: Any) -> None:  # noqa: ARG003 - subclasses look there
        """Raise, before the archive is touched, what a spider with these arguments would raise in it."""
        cls(**arguments)

    @property
    def config(self) -> Config:
        config: Config = self.settings["CHRONICLE"]
        return config

    @property
    def session(self) -> Session:
        extension = self.crawler.get_extension(ArchiveExtension)
        assert extension is not None
        return extension.session

    # -- what to ask for ------------------------------------------------------------------------------------------

    def discover(self) -> Iterator[Request]:
        """Requests for the documents that name pages; none where the subclass has its URLs at hand."""
        yield from ()

    async def start(self) -> AsyncIterator[Any]:
        for request in self.discover():
            yield request
        while True:
            given = False
            for found in self._at_hand():
                given = True
                yield self._page(found)
            idle = not self._under_way and not self.open_documents
            if given or ((idle or time.monotonic() >= self._look_again) and self._look()):
                continue
            if idle:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), LOOK_SECONDS)
            self._ended.clear()

    @property
    def _share(self) -> int:
        """Requests that a host may have with Scrapy at once, most of them waiting there."""
        return self.config.fetch.per_host + PER_HOST_AHEAD

    def _at_hand(self) -> Iterator[Found]:
        """Rows that were read before, and those behind them, no more for a host than its share."""
        for host, buffer in self._buffers.items():
            room = self._share - self._busy[host]
            if room > 0 and not buffer and host in self._last:
                self._read_ahead(host, buffer)
            for _ in range(min(room, len(buffer))):
                yield buffer.popleft()

    def _look(self) -> bool:
        """Ask the ledger which hosts have rows that wait; True if that brought any which may be asked for now."""
        self._look_again = time.monotonic() + LOOK_SECONDS
        brought = False
        for host in self.session.catalog.waiting_hosts(self.ledger_sources, datetime.now(UTC)):
            buffer = self._buffers[host]
            if not buffer and self._busy[host] < self._share:
                self._read_ahead(host, buffer)
                brought = brought or bool(buffer)
        return brought

    def _read_ahead(self, host: str, buffer: deque[Found]) -> None:
        rows = self.session.catalog.waiting(
            self.ledger_sources, datetime.now(UTC), host=host, limit=BUFFER, after=self._last.get(host)
        )
        buffer.extend(found for found in rows if urls.key(found.url) not in self._under_way)
        # At the end it starts over: what was passed over on the way may be due for another try.
        self._last.pop(host, None)
        if len(rows) == BUFFER:
            self._last[host] = rows[-1]

    def _page(self, found: Found) -> Request:
        host = urls.host_of(found.url)
        self._under_way[urls.key(found.url)] = host
        self._busy[host] += 1
        return Request(
            found.url,
            callback=self.parse_page,
            errback=self.page_failed,
            dont_filter=True,
            meta={
                "found": found,
                "role": Role.PAGE,
                "source": found.source,
                "handle_httpstatus_all": True,
                "depth": 1,
            },
        )

    # -- what came back -------------------------------------------------------------------------------------------

    def parse_page(self, response: Response) -> Iterator[Item]:
        """The last exchange of a URL, whatever its status: an `Item` for each record, the ledger for the rest."""
        found: Found = response.meta["found"]
        recorded: list[Recorded] = response.meta.get("recorded", [])
        self._done(found)
        if response.status in redirects.STATUSES:
            self._follow(response, found)
        if status_may_pass(response.status):
            detail = f"status {response.status} after {len(recorded)} tries"
            self._settle(found, outcome_of_status(response.status), detail, passing=True)
        yield from (Item(record.locator, found) for record in recorded)

    def page_failed(self, failure: Failure) -> Iterator[Item]:
        """A URL without a response that Scrapy could use. What was received is recorded all the same."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        found: Found = request.meta["found"]
        self._done(found)
        outcome, detail, passing = outcome_of(failure)
        self._settle(found, outcome, detail, passing=passing, at=getattr(failure.value, "retry_at", None))
        yield from (Item(record.locator, found) for record in request.meta.get("recorded", []))

    def _follow(self, response: Response, found: Found) -> None:
        try:
            target = redirects.target_of(response, found, self.config.fetch.redirects_max)
        except Refused as refused:
            self._settle(found, refused.outcome, refused.detail)
        else:
            self.session.catalog.found([target], datetime.now(UTC))

    def _done(self, found: Found) -> None:
        host = self._under_way.pop(urls.key(found.url), None)
        if host is not None:
            self._busy[host] -= 1
        self._ended.set()

    def _settle(
        self, found: Found, outcome: Outcome, detail: str, *, passing: bool = False, at: datetime | None = None
    ) -> None:
        """A URL's end. What may pass is tried again in a later run: at `at`, or when its source is due again."""
        due = datetime.now(UTC) + timedelta(minutes=self.config.collect.every_minutes)
        self.session.catalog.settle(found.url, outcome, detail, (at or due) if passing else None)
