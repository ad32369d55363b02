"""What a crawl knows of each host: its pace, until when it waits, and whether it is given up for this run.

One `HostBook` belongs to a crawl. The middlewares write it, the queue reads it, so a pause holds up the host's
waiting requests where they wait, and nobody else's.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler

from crawler.printable import printable
from crawler.refusals import Refused
from pipelines.config import Config
from pipelines.model import Outcome

logger = logging.getLogger(__name__)

STRIKES = 5  # failures of a host in a row, after which a run leaves it alone
BACKOFF_DELAYS = 15  # the first pause of a host that gives no Retry-After, in delays: 30 s at 2 s
LONGEST_RETRY = timedelta(days=1)  # a host that asks for ten years is looked at again tomorrow

_books: WeakKeyDictionary[Crawler, HostBook] = WeakKeyDictionary()


@dataclass(slots=True)
class Host:
    """One host in one run. Times are of the monotonic clock, in seconds."""

    pace: float | None = None  # least time between requests, where it is not everybody's
    paused_until: float = 0.0
    strikes: int = 0
    given_up: Refused | None = None


class HostBook:
    """The hosts of one crawl."""

    def __init__(
        self,
        *,
        delay: float,
        pause_max: float,
        budget: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Seconds: everybody's time between requests, the longest pause, the time budget of the run (0: none)."""
        self._delay = delay
        self._pause_max = pause_max
        self._clock = clock
        self._deadline = clock() + budget if budget > 0 else math.inf
        self._hosts: dict[str, Host] = {}

    @classmethod
    def of(cls, crawler: Crawler) -> HostBook:
        """The book of this crawl; made when it is first asked for."""
        book = _books.get(crawler)
        if book is None:
            config: Config = crawler.settings["CHRONICLE"]
            book = cls(
                delay=config.fetch.delay_seconds,
                pause_max=config.fetch.retry_after_max,
                budget=crawler.settings.getfloat("CHRONICLE_BUDGET_SECONDS"),
            )
            _books[crawler] = book
        return book

    def __getitem__(self, name: str) -> Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host()
        return host

    def set_pace(self, name: str, seconds: float, downloader: Downloader) -> None:
        """At least `seconds` between requests to this host from now on, whatever AutoThrottle thinks of it."""
        self[name].pace = seconds
        slot = downloader.slots.get(name)
        if slot is not None:
            slot.delay = seconds
        # Scrapy forgets an idle host's slot after a minute; the next one is made from this.
        downloader.per_slot_settings.setdefault(name, {})["delay"] = seconds

    def wait(self, name: str) -> float:
        """Seconds until the host's pause ends; 0 if it has none, or is given up (its requests are refused at once)."""
        host = self._hosts.get(name)
        if host is None or host.given_up is not None:
            return 0.0
        return max(0.0, host.paused_until - self._clock())

    def answered(self, name: str) -> None:
        """The host gave an answer that is not about its load."""
        if name in self._hosts:
            self._hosts[name].strikes = 0

    def asked_to_wait(self, name: str, status: int, seconds: float | None) -> None:
        """The host answered 429 or 503. `seconds` is what its Retry-After says; None where it says nothing readable."""
        host = self[name]
        self._strike(host)
        if host.strikes >= STRIKES:
            self._give_up(name, Outcome.OVER_BUDGET, f"the host answered {status} {STRIKES} times in a row")
        elif seconds is not None and seconds > self._pause_max:
            asked = "years" if seconds > 3e7 else f"{seconds:.0f} s"
            self._give_up(
                name,
                Outcome.OVER_BUDGET,
                f"the host asks to wait {asked}, longer than fetch.retry_after_max ({self._pause_max:.0f} s)",
                seconds,
            )
        else:
            self._pause(name, seconds or self._backoff(host), f"answered {status}")

    def failed(self, name: str, outcome: Outcome, detail: str) -> None:
        """The host could not be reached."""
        host = self[name]
        self._strike(host)
        if host.strikes >= STRIKES:
            self._give_up(name, outcome, f"the host failed {STRIKES} times in a row: {detail}")
        else:
            self._pause(name, self._backoff(host), detail)

    def _strike(self, host: Host) -> None:
        # Requests that were under way together when the pause began tell nothing new.
        if self._clock() >= host.paused_until:
            host.strikes += 1

    def _backoff(self, host: Host) -> float:
        first = max(1.0, BACKOFF_DELAYS * max(self._delay, host.pace or 0.0))
        return float(min(first * 2 ** max(0, host.strikes - 1), self._pause_max))

    def _pause(self, name: str, seconds: float, why: str) -> None:
        host, now = self[name], self._clock()
        until = now + max(seconds, host.pace or self._delay)
        if until >= self._deadline:
            self._give_up(name, Outcome.OVER_BUDGET, f"the host's pause ({why}) ends after this run", until - now)
        elif until > host.paused_until:
            host.paused_until = until
            logger.info("%s waits %.0f s: %s", printable(name), until - now, printable(why, 200))

    def _give_up(self, name: str, outcome: Outcome, why: str, seconds: float | None = None) -> None:
        host = self[name]
        if host.given_up is not None:
            return
        again = None
        if seconds is not None:
            again = datetime.now(UTC) + min(LONGEST_RETRY, timedelta(seconds=min(seconds, 1e9)))
        host.given_up = Refused(outcome, f"{why}; left for a later run", later=True, retry_at=again)
        logger.warning("%s is left for a later run: %s", printable(name), printable(why, 300))
