"""The one door between Scrapy's items and derivation: it hands locators on and holds nothing up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.model import Item

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ChroniclePipeline:
    """Gives each `Item` to the session's workers; the page itself is read back from the WARC there.

    The session comes from whichever extension of the crawl has one, so that this side never imports the crawler's.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ChroniclePipeline:
        return cls(crawler)

    def open_spider(self) -> None:
        self._session = next(
            extension.session for extension in self._crawler.extensions.middlewares if hasattr(extension, "session")
        )

    def process_item(self, item: Item) -> Item:
        self._session.derive(item)
        return item
