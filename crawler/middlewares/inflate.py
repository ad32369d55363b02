"""Content codings are undone here for what the spider reads: feeds, sitemaps, robots.txt, front pages."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response

from pipelines.model import Role


class InflateMiddleware(HttpCompressionMiddleware):
    """Scrapy's own, in its place (590), but pages go up as they came.

    Of a page the spider reads the status and the head; its text is made from the record, in a worker. Inflating it here
    as well would hold up all hosts, for seconds where it is a bomb.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        if request.meta.get("role", Role.PAGE) is Role.PAGE:
            return response
        answer: Request | Response = super().process_response(request, response)
        return answer
