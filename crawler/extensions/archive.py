"""The archive of a crawl: opened before the first request, closed after the last, whatever ends the crawl."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from crawler.addon import config_folder
from crawler.extensions.budget import DISK_FULL
from crawler.handlers.recording import Recording
from pipelines.config import Config
from pipelines.errors import StorageError
from pipelines.model import Capture, Recorded
from pipelines.session import Session

logger = logging.getLogger(__name__)

STORAGE_ERROR = "chronicle/storage_error"  # in the stats: what the disk refused
_OUTCOME = "chronicle/outcome/"  # in the stats, once the archive is closed: how many ended in each outcome


def outcomes_of(stats: Mapping[str, Any]) -> dict[str, int]:
    """How many ended in each outcome, by the stats of a crawl whose archive is closed; {} before that."""
    return {name.removeprefix(_OUTCOME): int(count) for name, count in stats.items() if name.startswith(_OUTCOME)}


class ArchiveExtension(Recording):
    """Owns the `Session`; the download handler records through it, spiders and the item pipeline ask it."""

    def __init__(self, crawler: Crawler) -> None:
        config: Config = crawler.settings["CHRONICLE"]
        self._crawler = crawler
        self._loop: asyncio.AbstractEventLoop | None = None  # while the spider is open
        self.session = Session(
            Path(crawler.settings.get("CHRONICLE_ARCHIVE") or config.archive.path),
            config,
            folder=config_folder(crawler.settings),
            spider=crawler.spider.name if crawler.spider else "",
            refused=self._refused,
        )
        self._ending: asyncio.Future[None] | None = None
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._spider_error, signals.spider_error)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchiveExtension:
        return cls(crawler)

    async def record(self, capture: Capture) -> Recorded:
        """Store one exchange; returns once it is on disk. Raises `StorageError`, which also ends the crawl."""
        try:
            return await asyncio.wrap_future(self.session.record(capture))
        except StorageError as error:
            self.full(error)
            raise

    def full(self, error: StorageError) -> None:
        """The disk refuses: said once, and the crawl ends, as nothing more could be kept."""
        if self._crawler.stats.get_value(STORAGE_ERROR):
            return
        logger.error("%s", error, exc_info=error)  # crawler.logformat leaves only its words
        self._crawler.stats.set_value(STORAGE_ERROR, str(error))
        if self._loop is not None and self._crawler.engine is not None and self._crawler.engine.spider is not None:
            self._ending = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=DISK_FULL))

    def _refused(self, error: StorageError) -> None:
        """What was derived can't be kept; called from the keeper's thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.full, error)

    def _spider_error(self, failure: Failure) -> None:
        if isinstance(failure.value, StorageError):
            self.full(failure.value)

    def _opened(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def _closed(self, spider: Spider, reason: str) -> None:
        # A crawl that ran to its end waits for its text; one that was stopped leaves it to the next start.
        try:
            await asyncio.to_thread(self.session.close, drain=reason == "finished", reason=reason)
            counts = self.session.counts()
        except StorageError as error:
            self._loop = None  # the spider is closing already
            self.full(error)
            return
        for name, count in counts.items():
            self._crawler.stats.set_value(f"{_OUTCOME}{name}", count)
