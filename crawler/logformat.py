"""Log lines of the crawl: one event a line, and no character of a page that a terminal would obey."""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from crawler.printable import printable
from crawler.refusals import Refused
from pipelines.errors import OperatorError


class LineFormatter(LogFormatter):
    """Scrapy's messages without pages, items or multi-line dumps in them."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult:  # noqa: ARG002 - Scrapy names it
        return _line(logging.DEBUG, "%(status)s %(url)s", status=response.status, url=printable(request.url))

    def scraped(
        self,
        item: Any,  # noqa: ARG002 - Scrapy names it
        response: Response | Failure | None,
        spider: Spider,  # noqa: ARG002 - Scrapy names it
    ) -> LogFormatterResult:
        url = response.url if isinstance(response, Response) else ""
        return _line(logging.DEBUG, "taken %(url)s", url=printable(url))

    def download_error(
        self,
        failure: Failure,
        request: Request,
        spider: Spider,  # noqa: ARG002 - Scrapy names it
        errmsg: str | None = None,
    ) -> LogFormatterResult:
        level = logging.DEBUG if isinstance(failure.value, Refused) else logging.INFO
        words = printable(" ".join((errmsg or failure.getErrorMessage() or "").split()), 300)
        return _line(level, "not captured %(url)s: %(words)s", url=printable(request.url), words=words)


class EscapingFilter(logging.Filter):
    """Escapes control characters in whatever a log record says, its traceback excepted."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if not message.isprintable():
            # Our own messages may have several lines; those of a page may not.
            record.msg = "\n".join(printable(line, 10_000) for line in message.split("\n"))
            record.args = None
        return True


class OperatorFilter(logging.Filter):
    """An error that a person must mend is said in its own words, once: where our code raised it helps nobody."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, OperatorError):
            return True
        record.msg, record.args = str(error), None
        record.exc_info = record.exc_text = None
        first = record.msg not in self._said
        self._said.add(record.msg)
        return first


def _line(level: int, message: str, **values: object) -> LogFormatterResult:
    return {"level": level, "msg": message, "args": values}
