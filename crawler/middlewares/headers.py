"""The last look at a request before it goes out: nothing in it names a person, a session or another site."""

from __future__ import annotations

from scrapy import Request

#: No part of the crawl sets these; should one ever, they stay here.
NEVER_SENT = ("Cookie", "Referer", "Authorization", "Proxy-Authorization")


class SafeHeadersMiddleware:
    """Takes out what must not be sent, and any proxy. Priority: 890, nearest to the downloader."""

    def process_request(self, request: Request) -> None:
        for name in NEVER_SENT:
            request.headers.pop(name, None)
        request.meta.pop("proxy", None)
