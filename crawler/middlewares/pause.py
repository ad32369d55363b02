"""A host that says "too much" is left in peace, whole; and what may pass is tried again after that, not at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.http.headers import Headers

from crawler.hosts import HostBook
from crawler.refusals import Refused, outcome_of
from pipelines import urls
from pipelines.config import Config, Source
from pipelines.model import Outcome, Role

BUSY = frozenset({429, 503})  # the host speaks of its load (RFC 6585, section 4; RFC 9110, section 15.6.4)
PASSING = frozenset({408, 425, 500, 502, 504, 522, 524})  # this answer may be another one in a moment
UNREACHED = frozenset({Outcome.DNS_ERROR, Outcome.CONNECT_ERROR, Outcome.TLS_ERROR, Outcome.TIMEOUT})
RETRIED = frozenset({Outcome.DNS_ERROR, Outcome.CONNECT_ERROR, Outcome.TIMEOUT, Outcome.PROTOCOL_ERROR})

_SECONDS = re.compile(r"\d{1,400}")


def retry_after(headers: Headers, now: datetime) -> float | None:
    """The seconds that Retry-After asks for (RFC 9110, section 10.2.3); None if it is absent or can't be read.

    A date is taken against the Date of the same answer where there is one: the server's clock may be wrong.
    """
    text = (headers.get("Retry-After") or b"").decode("latin-1").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    until = _date(text)
    if until is None:
        return None
    here = _date((headers.get("Date") or b"").decode("latin-1")) or now
    return max(0.0, (until - here).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class PauseMiddleware:
    """Reads from answers and failures how a host does, pauses it, and retries. Priority: 610.

    It stands nearer to the downloader than decompression: a busy host's answer counts even if its body is broken.
    """

    def __init__(self, crawler: Crawler) -> None:
        config: Config = crawler.settings["CHRONICLE"]
        self._crawler = crawler
        self._book = HostBook.of(crawler)
        self._retries = config.fetch.retries
        self._sources: dict[str, Source] = crawler.settings.getdict("CHRONICLE_SOURCES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PauseMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        name = urls.host_of(request.url)
        host = self._book[name]
        if host.given_up is not None:
            refused = host.given_up
            raise Refused(refused.outcome, refused.detail, later=refused.later, retry_at=refused.retry_at)
        if host.pace is None:
            source = self._sources.get(request.meta.get("source", ""))
            if source is not None and source.delay_seconds is not None:
                self._book.set_pace(name, source.delay_seconds, self._crawler.engine.downloader)
        if host.pace is not None:
            request.meta["autothrottle_dont_adjust_delay"] = True

    def process_response(self, request: Request, response: Response) -> Request | Response:
        name = urls.host_of(request.url)
        if response.status in BUSY:
            self._book.asked_to_wait(name, response.status, retry_after(response.headers, datetime.now(UTC)))
            return self._again(request, f"status {response.status}") or response
        self._book.answered(name)
        if response.status in PASSING:
            return self._again(request, f"status {response.status}") or response
        return response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        if isinstance(exception, Refused):
            return None
        outcome, detail, _ = outcome_of(exception)
        if outcome in UNREACHED:
            self._book.failed(urls.host_of(request.url), outcome, detail)
        return self._again(request, outcome.value) if outcome in RETRIED else None

    def _again(self, request: Request, reason: str) -> Request | None:
        """The same request, to be queued until the host may be asked; None if that is no use, or was done enough."""
        if request.meta.get("role") is Role.ROBOTS and request.meta.get("asked_by_robots"):
            return None  # goes past the queue; crawler.middlewares.robots asks again itself
        if self._book[urls.host_of(request.url)].given_up is not None:
            return None
        assert self._crawler.spider is not None
        return get_retry_request(
            request,
            spider=self._crawler.spider,
            reason=reason,
            max_retry_times=self._retries,
            give_up_log_level="DEBUG",
        )
