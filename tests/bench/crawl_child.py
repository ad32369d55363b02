"""One crawl of the benchmark, in a process of its own: `crawl_child.py MODE FOLDER PORT COUNT`; prints JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import psutil
import scrapy
import trafilatura
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings


class StockSpider(scrapy.Spider):
    name = "stock"

    def __init__(self, port: str, count: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.port, self.count, self.pages = port, int(count), 0

    async def start(self):
        for number in range(self.count):
            yield scrapy.Request(f"http://127.0.0.1:{self.port}/p/{number}", dont_filter=True)

    def parse(self, response):
        self.pages += 1
        yield {"url": response.url, "html": response.body}


class InProcess:
    """What most projects do: the extractor in the item pipeline."""

    def process_item(self, item):
        trafilatura.bare_extraction(item["html"], url=item["url"], with_metadata=True, include_comments=False)
        return item


def main(mode: str, folder: str, port: str, count: str) -> None:
    os.environ["WARCHRONICLE_CONFIG"] = f"{folder}/config"
    if mode in ("stock", "inprocess"):
        settings = Settings(
            {
                "CONCURRENT_REQUESTS": 16,
                "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
                "DOWNLOAD_DELAY": 0,
                "LOG_LEVEL": "WARNING",
                "TELNETCONSOLE_ENABLED": False,
                "ITEM_PIPELINES": {InProcess: 1} if mode == "inprocess" else {},
            }
        )
        spider, arguments = StockSpider, {"port": port, "count": count}
    else:
        settings = get_project_settings()
        settings.set("LOG_LEVEL", "WARNING")
        settings.set("CHRONICLE_ARCHIVE", f"{folder}/archive")
        spider, arguments = "urls", {"file": f"{folder}/list.txt"}

    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider)
    moments: dict[str, float] = {}
    samples: list[int] = []
    seen = [0]

    def response(**_: object) -> None:
        seen[0] += 1
        if seen[0] % max(1, int(count) // 10) == 0:
            samples.append(psutil.Process().memory_info().rss // 2**20)

    def started() -> None:
        moments["start"] = time.monotonic()

    def stopped() -> None:
        moments["stop"] = time.monotonic()

    crawler.signals.connect(response, signals.response_received)
    crawler.signals.connect(started, signals.engine_started)
    crawler.signals.connect(stopped, signals.engine_stopped)
    process.crawl(crawler, **arguments)
    process.start()
    stats = crawler.stats.get_stats()
    done = stats.get("downloader/response_status_count/200", 0)
    if mode == "whole":
        done = sum(value for name, value in stats.items() if name.startswith("chronicle/outcome/"))
    print(
        json.dumps(
            {
                "pages": done,
                "seconds": moments["stop"] - moments["start"],
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "samples_mb": samples,
            }
        )
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main(*sys.argv[1:])
