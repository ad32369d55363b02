"""How far a crawl is: a live line on a terminal, a line in the log every minute anywhere else."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.log import get_scrapy_root_handler

from crawler.extensions.archive import outcomes_of
from crawler.logformat import EscapingFilter, OperatorFilter
from pipelines.errors import WarchronicleError
from pipelines.model import Outcome

if TYPE_CHECKING:
    from pipelines.session import Session

logger = logging.getLogger(__name__)

TERMINAL_SECONDS = 0.5
LOG_SECONDS = 60.0
SHOWN_OUTCOMES = 3  # the commonest ends beside articles


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a run stands."""

    captured: int = 0  # answers received, robots.txt and feeds among them
    kept: int = 0  # articles
    others: tuple[tuple[str, int], ...] = ()  # outcome, count; the commonest first
    waiting: int = 0  # URLs in the ledger, of all sources
    deriving: int = 0

    def line(self, rate: float) -> str:
        """One line for people."""
        ends = ", ".join(f"{name} {count:,}" for name, count in self.others[:SHOWN_OUTCOMES])
        words = [
            f"{self.captured:,} captured",
            f"{self.kept:,} kept",
            f"{self.waiting:,} waiting",
            *([f"{self.deriving:,} deriving"] if self.deriving else []),
            f"{rate:.1f}/s",
            *([ends] if ends else []),
        ]
        return " · ".join(words)


class Progress:
    """Reads the counts in a thread and shows them; nothing of the crawl waits for it, and it ends without a trace."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._terminal = sys.stderr.isatty() and not crawler.settings.get("LOG_FILE")
        self._bar = _Bar() if self._terminal else None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._ended = asyncio.Event()
        self._facts = Facts()
        self._began = time.monotonic()
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)
        crawler.signals.connect(self._stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        return cls(crawler)

    def _opened(self) -> None:
        if (handler := get_scrapy_root_handler()) is not None:
            handler.addFilter(OperatorFilter())
            handler.addFilter(EscapingFilter())
        self._began = time.monotonic()
        if self._bar is not None:
            self._bar.start()
        self._task = asyncio.ensure_future(self._run(TERMINAL_SECONDS if self._bar else LOG_SECONDS))

    async def _run(self, interval: float) -> None:
        cost = 0.0
        while not self._ended.is_set():
            try:
                # Counting a large ledger takes its time; it never takes more than a tenth of ours.
                await asyncio.wait_for(self._ended.wait(), max(interval, 10 * cost))
            except TimeoutError:
                began = time.monotonic()
                self._facts = self._last_facts() if self._closing else await asyncio.to_thread(self._read)
                cost = time.monotonic() - began
                self._show()

    def _closed(self) -> None:
        self._closing = True

    def _stopped(self) -> None:
        self._ended.set()
        if self._bar is not None:
            self._bar.stop()
        self._facts = self._of(outcomes_of(self._crawler.stats.get_stats()), self._facts.waiting, 0)
        logger.info("%s", self._facts.line(self._rate()))

    def _last_facts(self) -> Facts:
        """While the archive closes its catalog is left alone; how many pages the workers still have is known."""
        session = self._session()
        return replace(self._facts, deriving=session.pending if session is not None else 0)

    def _session(self) -> Session | None:
        extensions: tuple[Any, ...] = self._crawler.extensions.middlewares
        return next((extension.session for extension in extensions if hasattr(extension, "session")), None)

    def _read(self) -> Facts:
        session = self._session()
        if session is None:
            return self._of({}, 0, 0)
        try:
            counts = session.counts()
            waiting = session.catalog.ledger_states(datetime.now(UTC)).get("waiting", 0)
        except WarchronicleError as error:
            logger.debug("no counts this time: %s", error)
            return self._facts
        return self._of(counts, waiting, session.pending)

    def _of(self, counts: dict[str, int], waiting: int, deriving: int) -> Facts:
        captured = int(self._crawler.stats.get_value("response_received_count", 0))
        others = [(name, count) for name, count in counts.items() if count and name != Outcome.ARTICLE.value]
        others.sort(key=lambda pair: (-pair[1], pair[0]))
        return Facts(captured, counts.get(Outcome.ARTICLE.value, 0), tuple(others), waiting, deriving)

    def _rate(self) -> float:
        return self._facts.captured / max(time.monotonic() - self._began, 0.001)

    def _show(self) -> None:
        if self._bar is None:
            logger.info("%s", self._facts.line(self._rate()))
        elif not self._bar.show(self._facts, self._rate()):
            self._bar = None  # the terminal is gone; the log goes on


class _Bar:
    """A bar at the foot of the terminal; log lines scroll above it."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = RichProgress(
            BarColumn(bar_width=20),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            refresh_per_second=4,
            transient=True,
        )
        self._task: TaskID | None = None
        self._handler: logging.StreamHandler[Any] | None = None
        self._stream: Any = None

    def start(self) -> None:
        self._progress.start()
        self._task = self._progress.add_task("starting", total=None)
        handler = get_scrapy_root_handler()
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            # While the bar is up, sys.stderr is rich's: what is written there is put above the bar.
            self._handler, self._stream = handler, handler.setStream(sys.stderr)

    def show(self, facts: Facts, rate: float) -> bool:
        """False if the terminal does not take it any more."""
        done = facts.kept + sum(count for _, count in facts.others)
        total = done + facts.waiting + facts.deriving
        try:
            if self._task is not None:
                self._progress.update(self._task, completed=done, total=total or None, description=facts.line(rate))
        except OSError:
            self.stop()
            return False
        return True

    def stop(self) -> None:
        if self._handler is not None and self._stream is not None:
            self._handler.setStream(self._stream)
            self._handler = None
        try:
            self._progress.stop()
        except OSError as error:
            logger.debug("the terminal is gone: %s", error)
