"""Where captures go: the interface between the download handler and whatever stores them."""

from __future__ import annotations

import abc

from pipelines.model import Capture, Recorded


class Recording(abc.ABC):
    """A Scrapy extension that stores exchanges. The handler finds it with `crawler.get_extension(Recording)`."""

    @abc.abstractmethod
    async def record(self, capture: Capture) -> Recorded:
        """Store one exchange; return when it is safe. What it raises fails the request, whose response goes nowhere."""
