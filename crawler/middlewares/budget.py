"""Bounds for a crawl that a site would let run for ever: requests to a host, depth, documents, and trap URLs."""

from __future__ import annotations

from collections import Counter

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.refusals import Refused
from pipelines import urls
from pipelines.config import Config
from pipelines.model import Outcome, Role

URL_MAX = 2048  # characters; sitemaps.org allows less than this
SEGMENT_REPEATS = 3  # /a/b/a/b/a/b/a: a relative link that grows with each step
SEGMENTS_MAX = 30


def trap(url: str) -> str:
    """Why a URL looks like one of an endless family; "" if it does not."""
    if len(url) > URL_MAX:
        return f"the URL has {len(url)} characters, more than {URL_MAX}"
    path = url.partition("?")[0].partition("://")[2]
    segments = [segment for segment in path.split("/")[1:] if segment]
    if len(segments) > SEGMENTS_MAX:
        return f"its path has {len(segments)} parts, more than {SEGMENTS_MAX}"
    segment, count = Counter(segments).most_common(1)[0] if segments else ("", 0)
    return f"its path repeats {segment[:80]!r} {count} times" if count > SEGMENT_REPEATS else ""


class BudgetMiddleware:
    """Refuses with outcome over_budget, and says which bound was reached. Priority: 110, after robots.txt."""

    def __init__(self, crawler: Crawler) -> None:
        config: Config = crawler.settings["CHRONICLE"]
        self._config = config
        self._requests: Counter[str] = Counter()  # by host: every request that goes out, retries and robots.txt too
        self._documents: Counter[str] = Counter()  # by source: feeds and sitemaps, each once

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BudgetMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        fetch = self._config.fetch
        if reason := trap(request.url):
            raise Refused(Outcome.OVER_BUDGET, reason)
        depth = request.meta.get("depth", 0)
        if depth > fetch.depth_max:
            raise Refused(Outcome.OVER_BUDGET, f"{depth} steps from a configured address, more than fetch.depth_max")
        role, source = request.meta.get("role", Role.PAGE), request.meta.get("source", "")
        if role in {Role.FEED, Role.SITEMAP} and not request.meta.get("retry_times"):
            limit = self._config.discover.documents_max
            if self._documents[source] >= limit:
                raise Refused(Outcome.OVER_BUDGET, f"more than discover.documents_max ({limit}) feeds and sitemaps")
            self._documents[source] += 1
        host = urls.host_of(request.url)
        if self._requests[host] >= fetch.host_budget:
            detail = f"{host} had its fetch.host_budget ({fetch.host_budget} requests) in this run"
            raise Refused(Outcome.OVER_BUDGET, detail, later=True)
        self._requests[host] += 1
