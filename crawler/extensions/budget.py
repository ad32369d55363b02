"""Ends a crawl cleanly when its time is up or the disk runs low: what is captured is kept, the ledger has the rest."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import AsyncioLoopingCall, CallLaterResult, call_later, create_looping_call
from twisted.internet.task import LoopingCall

from pipelines.config import Config

logger = logging.getLogger(__name__)

DISK_SECONDS = 5.0  # between two looks at the disk; at 100 MB/s a floor of 1 GiB is ten seconds off

TIME_BUDGET = "time_budget"
DISK_FULL = "disk_full"


class Budget:
    """Closes the spider with reason `time_budget` after CHRONICLE_BUDGET_SECONDS (0: never), and with `disk_full` when
    the archive's disk has less than archive.free_disk_floor free, before the system itself refuses.
    """

    def __init__(self, crawler: Crawler) -> None:
        config: Config = crawler.settings["CHRONICLE"]
        self._crawler = crawler
        self._seconds = crawler.settings.getfloat("CHRONICLE_BUDGET_SECONDS")
        self._floor = config.archive.free_disk_floor
        self._archive = Path(crawler.settings.get("CHRONICLE_ARCHIVE") or config.archive.path)
        self._disk_seconds = crawler.settings.getfloat("CHRONICLE_DISK_SECONDS", DISK_SECONDS)
        self._end: CallLaterResult | None = None
        self._disk: AsyncioLoopingCall | LoopingCall | None = None
        self._closing: asyncio.Future[None] | None = None
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._stop, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Budget:
        return cls(crawler)

    def _opened(self) -> None:
        if self._seconds > 0:
            self._end = call_later(self._seconds, self._time_is_up)
        if self._floor > 0:
            self._disk = create_looping_call(self._look)
            self._disk.start(self._disk_seconds, now=True)

    def _stop(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if self._disk is not None and self._disk.running:
            self._disk.stop()

    def _time_is_up(self) -> None:
        self._end = None
        self._close(TIME_BUDGET, f"the time budget of {self._seconds:.0f} s is used up; the ledger has the rest")

    def _look(self) -> None:
        try:
            free = free_bytes(self._archive)
        except OSError as error:
            logger.warning("%s: free disk space can't be read (%s)", self._archive, error.strerror)
            return
        self._crawler.stats.set_value("chronicle/disk_free_bytes", free)
        if free < self._floor:
            self._close(
                DISK_FULL,
                f"{self._archive}: {free:,} bytes free, less than archive.free_disk_floor ({self._floor:,}); make room "
                "or lower it; what was captured is intact",
            )

    def _close(self, reason: str, words: str) -> None:
        if self._closing is not None:
            return
        self._stop()
        logger.warning("%s", words)
        self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=reason))


def free_bytes(folder: Path) -> int:
    """Bytes that we may still write to the disk of `folder`, which need not exist yet. Raises `OSError`."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.absolute().parent
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize
