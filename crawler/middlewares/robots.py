"""robots.txt (RFC 9309): asked for before anything else of a host, recorded, and obeyed when it can't be had too."""

from __future__ import annotations

import asyncio
import codecs
import logging
import math
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from w3lib.encoding import read_bom

from crawler import redirects
from crawler.hosts import HostBook
from crawler.printable import printable
from crawler.refusals import Refused, outcome_of
from pipelines import urls
from pipelines.config import Config, Source
from pipelines.errors import OperatorError
from pipelines.model import Found, Outcome, Role, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)

TOKEN = "warchronicle"  # noqa: S105 - our product token (RFC 9309, section 2.2.1), nothing secret
READ_BYTES = 500 * 1024  # section 2.5: at least this much must be read; the rest is passed over
REDIRECTS = 5  # section 2.3.1.2
KEPT_SECONDS = 24 * 3600  # section 2.4
SITEMAPS_MAX = 1000

_AGENT = re.compile(r"\s*user[\s-]?agent(?:\s*:|\s)(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z_-]+")

#: Failures that a page of the host would meet too: it ends as they do, not as robots_disallowed.
_OF_THE_HOST = frozenset(
    {
        Outcome.DNS_ERROR,
        Outcome.CONNECT_ERROR,
        Outcome.TLS_ERROR,
        Outcome.BLOCKED_ADDRESS,
        Outcome.OUT_OF_SCOPE,
        Outcome.BAD_URL,
        Outcome.OVER_BUDGET,
    }
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt says to us, or what follows from not having it."""

    refusal: Refused | None = None  # the whole host is refused
    parsed: Protego | None = None
    crawl_delay: float | None = None  # seconds, as stated
    sitemaps: tuple[str, ...] = ()  # absolute URLs
    note: str = ""  # how it was come by, for people
    fetched: float = 0.0  # monotonic clock

    def check(self, url: str) -> None:
        """Raises `Refused` if this URL must not be asked for."""
        if self.refusal is not None:
            raise Refused(self.refusal.outcome, self.refusal.detail, later=self.refusal.later)
        if self.parsed is not None and not self.parsed.can_fetch(url, TOKEN):
            raise Refused(Outcome.ROBOTS_DISALLOWED, f"robots.txt of {urls.host_of(url)} disallows it")


def read_rules(body: bytes, url: str, note: str = "") -> Rules:
    """The rules of a robots.txt as received. What is no rule (HTML, binary) is passed over, as section 2.2 asks."""
    head = body[:READ_BYTES]
    if len(body) > READ_BYTES:
        head = head[: head.rfind(b"\n") + 1]  # the last line is cut
    encoding, bom = read_bom(head)
    if bom and encoding:
        head = head[len(bom) :]
    text = codecs.decode(head, encoding or "utf-8", "replace")
    parsed = Protego.parse("\n".join(_ours(line) for line in text.splitlines()))
    delay = parsed.crawl_delay(TOKEN)
    return Rules(
        parsed=parsed,
        crawl_delay=float(delay) if delay is not None and math.isfinite(delay) and delay > 0 else None,
        sitemaps=tuple(dict.fromkeys(_absolute(parsed.sitemaps, url)))[:SITEMAPS_MAX],
        note=note,
    )


def _ours(line: str) -> str:
    """A user-agent line with one of three names: ours, everybody's, or another's (sections 2.2.1 and 2.3).

    Protego keeps each rule once for each agent of its group: 18,000 agents and 20,000 rules fit into 500 KiB and
    would fill the memory. It also matches parts of names; the standard matches the product token.
    """
    agent = _AGENT.match(line)
    if agent is None:
        return line
    name = agent[1].partition("#")[0].strip()
    token = _TOKEN.match(name)
    if token is not None and token[0].lower() == TOKEN:
        return f"User-agent: {TOKEN}"
    return "User-agent: *" if name == "*" else "User-agent: another"


def _absolute(addresses: Iterable[str], base: str) -> Iterable[str]:
    for address in addresses:
        try:
            yield urls.normalise(address, base)
        except urls.BadUrl:
            logger.info("%s: a Sitemap line is no URL: %s", printable(base), printable(address, 200))


class RobotsMiddleware:
    """Asks each host for its robots.txt first, by the same downloader; refuses what it disallows. Priority: 100.

    4xx but 429: everything is allowed. 5xx, 429 and no answer: tried again, then everything is refused in this run.
    A request that had to wait for robots.txt goes back to the queue, so the host's pace holds from the first page on.
    """

    def __init__(self, crawler: Crawler) -> None:
        config: Config = crawler.settings["CHRONICLE"]
        self._crawler = crawler
        self._fetch = config.fetch
        self._sources: dict[str, Source] = crawler.settings.getdict("CHRONICLE_SOURCES")
        self._book = HostBook.of(crawler)
        self._rules: dict[str, Rules] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._tries: dict[str, int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        return cls(crawler)

    def rules(self, url: str) -> Rules | None:
        """What is known of the robots.txt that governs `url`; None if it was not asked for yet."""
        known = self._rules.get(urls.normalise("/", url))
        return known if known and time.monotonic() - known.fetched < KEPT_SECONDS else None

    async def process_request(self, request: Request) -> Request | None:
        if request.meta.get("role") is Role.ROBOTS:
            return None
        known = self.rules(request.url)
        if known is not None:
            known.check(request.url)
            return None
        origin = urls.normalise("/", request.url)
        task = self._asking.get(origin)
        if task is None:
            task = self._asking[origin] = asyncio.ensure_future(self._ask(origin, request.meta.get("source", "")))
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        await asyncio.shield(task)
        return request.replace(dont_filter=True)

    async def _ask(self, origin: str, source: str) -> None:
        """One try for a robots.txt. Leaves its rules in `_rules`, or nothing where another try is to follow."""
        host = urls.host_of(origin)
        tries = self._tries[origin] = self._tries.get(origin, 0) + 1
        passing = True
        try:
            response = await self._download(origin, source)
        except OperatorError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever Scrapy and Twisted raise is an outcome here
            outcome, detail, passing = outcome_of(error)
            passing = passing and not isinstance(error, IgnoreRequest)
            outcome = outcome if outcome in _OF_THE_HOST else Outcome.ROBOTS_DISALLOWED
            rules = Rules(refusal=Refused(outcome, f"robots.txt unreachable: {detail}", later=True))
        else:
            rules = self._read(response)
            passing = rules.refusal is not None
        if passing and tries <= self._fetch.retries and self._book[host].given_up is None:
            return  # the page goes back to the queue, waits until the host's pause is over, and asks again
        self._keep(origin, rules, source)

    async def _download(self, origin: str, source: str) -> Response:
        url, via = urls.normalise("/robots.txt", origin), ""
        for hop in range(REDIRECTS + 1):
            found = Found(url=url, route=Route.ROBOTS, source=source, via=via, hops=hop)
            meta = {"role": Role.ROBOTS, "found": found, "source": source, "asked_by_robots": True}
            request = Request(url, callback=NO_CALLBACK, dont_filter=True, meta=meta)
            response = await self._crawler.engine.download_async(request)
            if response.status not in redirects.STATUSES or "Location" not in response.headers:
                break
            try:
                url, via = urls.redirected(response.headers["Location"] or b"", url), url
            except urls.BadUrl as error:
                logger.info("%s: robots.txt redirects to nowhere: %s", printable(origin), printable(str(error)))
                break
        return response

    def _read(self, response: Response) -> Rules:
        status = response.status
        if status == 200:
            return read_rules(response.body, response.url, "read")
        if status == 429 or status >= 500 or status < 200:
            detail = f"robots.txt unreachable: status {status}; the host is left alone in this run"
            return Rules(refusal=Refused(Outcome.ROBOTS_DISALLOWED, detail, later=True))
        # 4xx, and redirects that lead nowhere or go on beyond five: there is none (sections 2.3.1.2 and 2.3.1.3).
        return Rules(note=f"none: status {status}")

    def _keep(self, origin: str, rules: Rules, source: str) -> None:
        self._rules[origin] = Rules(
            rules.refusal, rules.parsed, rules.crawl_delay, rules.sitemaps, rules.note, time.monotonic()
        )
        host = urls.host_of(origin)
        if rules.refusal is not None:
            logger.warning("%s: %s", printable(host), printable(rules.refusal.detail, 300))
        if rules.crawl_delay is None:
            return
        own = self._sources[source].delay_seconds if source in self._sources else None
        usual = self._fetch.delay_seconds if own is None else own
        asked = min(rules.crawl_delay, self._fetch.crawl_delay_max)
        if asked < rules.crawl_delay:
            logger.warning(
                "%s asks for a Crawl-delay of %.0f s; %.0f s (fetch.crawl_delay_max) is kept",
                printable(host),
                rules.crawl_delay,
                asked,
            )
        if asked > usual:
            self._book.set_pace(host, asked, self._crawler.engine.downloader)
