"""The scheduler's queue: hands out a request only when its host may be asked now.

Scrapy's own queue hands out requests of a host that waits, and they sit in the downloader, where each takes one of
CONCURRENT_REQUESTS: 32 slow hosts would hold up all others. Here they wait before that, and a stop need not sit
through a Crawl-delay of two minutes either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import Any

from scrapy.crawler import Crawler
from scrapy.pqueues import DownloaderAwarePriorityQueue, DownloaderInterface
from scrapy.utils.asyncio import CallLaterResult, call_later

from crawler.hosts import HostBook

HEARTBEAT = 5.0  # Scrapy asks again by itself after this long; waits that are longer need no alarm
EARLY = 0.005  # seconds; the downloader keeps the exact time


class ReadyHosts(DownloaderInterface):
    """Which hosts of those that have requests may be asked now."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawler = crawler
        self._book = HostBook.of(crawler)
        self._alarm: CallLaterResult | None = None
        self._alarm_at = 0.0

    def stats(self, possible_slots: Iterable[str]) -> list[tuple[int, str]]:
        """(requests under way, host) of each host that is ready. Sets an alarm for the next one if none is."""
        under_way = Counter(self.get_slot_key(request) for request in self.downloader.active)
        now = monotonic()
        ready: list[tuple[int, str]] = []
        next_wait = HEARTBEAT
        for host in possible_slots:
            active = under_way[host]
            slot = self.downloader.slots.get(host)
            if active >= (slot.concurrency if slot else self._concurrency(host)):
                continue  # the end of one of them asks again
            wait = self._book.wait(host)
            if slot is not None and self._book[host].given_up is None:
                wait = max(wait, slot.lastseen + slot.delay - now)
            if wait <= EARLY:
                ready.append((active, host))
            else:
                next_wait = min(next_wait, wait)
        if not ready and next_wait < HEARTBEAT:
            self._wake_in(next_wait, now)
        return ready

    def _concurrency(self, host: str) -> int:
        own: dict[str, Any] = self.downloader.per_slot_settings.get(host, {})
        return int(own.get("concurrency", self.downloader.domain_concurrency))

    def _wake_in(self, seconds: float, now: float) -> None:
        if self._alarm is not None:
            if self._alarm_at <= now + seconds:
                return
            self._alarm.cancel()
        self._alarm_at = now + seconds
        self._alarm = call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        # Scrapy has no public way to say "ask the scheduler again"; without this its heartbeat does, every 5 s.
        engine_slot = self._crawler.engine._slot  # noqa: SLF001 - see above; tests/integration/test_politeness.py
        if engine_slot is not None and engine_slot.closing is None:
            engine_slot.nextcall.schedule()


class HostQueue(DownloaderAwarePriorityQueue):
    """Scrapy's queue by host, over the hosts that are ready. Name it as SCHEDULER_PRIORITY_QUEUE."""

    def __init__(self, crawler: Crawler, *args: Any, **kwargs: Any) -> None:
        super().__init__(crawler, *args, **kwargs)
        self._downloader_interface = ReadyHosts(crawler)
