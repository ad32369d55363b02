"""Where redirects lead: one reading of Location for pages, documents, checks and derived rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from scrapy.http import Response

from crawler import redirects
from crawler.refusals import Refused
from pipelines.derive import DeriveSettings, derive
from pipelines.model import Found, Locator, Outcome, Record, Route

FOUND = Found(
    "http://a.test/old", Route.FEED, source="a", title="T", published=datetime(2022, 9, 10, tzinfo=UTC), hops=2
)


def response(location: bytes | None) -> Response:
    headers = {} if location is None else {"Location": location}
    return Response("http://a.test/old", status=301, headers=headers)


LED = [
    (b"/new", "http://a.test/new"),
    ("/новини/ізюм".encode(), "http://a.test/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8/%D1%96%D0%B7%D1%8E%D0%BC"),
    (b"/caf\xe9", "http://a.test/caf%C3%A9"),
    (b"https://b.test/x#part", "https://b.test/x"),
]


@pytest.mark.parametrize(("location", "url"), LED)
def test_crawl_and_derived_row_read_it_alike(location: bytes, url: str) -> None:
    target = redirects.target_of(response(location), FOUND, hops_max=10)
    assert (target.url, target.via, target.hops) == (url, FOUND.url, 3)
    assert (target.title, target.published, target.source) == (FOUND.title, FOUND.published, FOUND.source)
    block = b"HTTP/1.1 301 Moved\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    record = Record(
        Locator("w", 0, 1, "urn:uuid:1"), "response", FOUND.url, datetime(2022, 9, 10, tzinfo=UTC), (), block
    )
    assert derive(record, None, DeriveSettings()).location == url


@pytest.mark.parametrize(
    ("location", "outcome", "words"),
    [
        (None, Outcome.REDIRECT, "without Location"),
        (b"", Outcome.REDIRECT, "without Location"),
        (b"file:///etc/passwd", Outcome.REDIRECT, "to nowhere"),
        (b"http://user:pw@a.test/", Outcome.REDIRECT, "to nowhere"),
    ],
)
def test_what_leads_nowhere_is_refused(location: bytes | None, outcome: Outcome, words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        redirects.target_of(response(location), FOUND, hops_max=10)
    assert caught.value.outcome is outcome


def test_too_many_hops() -> None:
    with pytest.raises(Refused, match="more than 2 redirects") as caught:
        redirects.target_of(response(b"/new"), FOUND, hops_max=2)
    assert caught.value.outcome is Outcome.OVER_BUDGET
