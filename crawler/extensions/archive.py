"""The archive of a crawl: opened before the first request, closed after the last, whatever ends the crawl."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.handlers.recording import Recording
from pipelines.config import Config
from pipelines.errors import StorageError
from pipelines.model import Capture, Recorded
from pipelines.session import Session

logger = logging.getLogger(__name__)


class ArchiveExtension(Recording):
    """Owns the `Session`; the download handler records through it, spiders and the item pipeline ask it."""

    def __init__(self, crawler: Crawler) -> None:
        config: Config = crawler.settings["CHRONICLE"]
        self._crawler = crawler
        self.session = Session(
            Path(crawler.settings.get("CHRONICLE_ARCHIVE") or config.archive.path),
            config,
            spider=crawler.spider.name if crawler.spider else "",
        )
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchiveExtension:
        return cls(crawler)

    async def record(self, capture: Capture) -> Recorded:
        """Store one exchange; returns once it is on disk. A full disk ends the crawl: nothing more could be kept."""
        try:
            return await asyncio.wrap_future(self.session.record(capture))
        except StorageError as error:
            logger.error("%s", error)  # noqa: TRY400 - a full disk needs no traceback
            self._crawler.stats.set_value("chronicle/storage_error", str(error))
            if self._crawler.engine.spider is not None:
                asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="disk_full"))  # noqa: RUF006 - engine keeps it
            raise

    async def _closed(self, spider: Spider, reason: str) -> None:
        # A crawl that ran to its end waits for its text; one that was stopped leaves it to the next start.
        await asyncio.to_thread(self.session.close, drain=reason == "finished", reason=reason)
        for name, count in self.session.counts().items():
            self._crawler.stats.set_value(f"chronicle/outcome/{name}", count)
