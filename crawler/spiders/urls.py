"""`scrapy crawl urls -a file=list.txt`: pages that somebody names, from a file, stdin or a CSV column."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.settings import BaseSettings

from crawler.discovery.lists import url_list
from crawler.spiders.ledger import LedgerSpider
from pipelines import urls
from pipelines.errors import DocumentError, InputError

SHOWN_LINES = 10  # bad lines of a list that are named; all are counted


class UrlsSpider(LedgerSpider):
    """Arguments: file=PATH (or "-" for stdin), column=NAME for CSV. The list's name becomes the ledger's source."""

    name = "urls"

    def __init__(self, file: str = "", column: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not file:
            raise InputError("urls: name a list: -a file=list.txt, or -a file=- for stdin")
        try:
            self._body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except OSError as error:
            raise InputError(f"urls: {file}: can't be read ({error.strerror})") from error
        self._file = file
        self._column = column
        self.ledger_sources = (f"list:{urls.slug('http://x/' + Path(file).stem) if file != '-' else 'stdin'}",)

    @classmethod
    def check(cls, settings: BaseSettings, **arguments: Any) -> None:
        if arguments.get("file") != "-":  # what is read from a pipe is gone
            super().check(settings, **arguments)

    def discover(self) -> Iterator[Request]:
        try:
            listed = url_list(self._body, name=self._file, column=self._column, source=self.ledger_sources[0])
        except DocumentError as error:
            raise InputError(f"urls: {self._file}: {error}") from error
        for reason, count in listed.skipped.items():
            self.crawler.stats.inc_value(f"chronicle/discovery/{reason}", count)
            self.logger.warning("%s: %d lines skipped: %s", self._file, count, reason)
        for line in listed.bad_lines[:SHOWN_LINES]:
            self.logger.warning("%s, line %d: %s: %s", self._file, line.number, line.reason, line.text)
        self.session.catalog.found(listed.found, datetime.now(UTC))
        yield from ()
