"""The date window: what it refuses before anything is fetched, and what it leaves to be seen."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crawler.discovery.window import Window, day_in
from pipelines.model import Found, Route

WINDOW = Window(date(2022, 9, 1), date(2022, 10, 15))


def found(url: str = "http://a.test/p", published: datetime | None = None, modified: datetime | None = None) -> Found:
    return Found(url=url, route=Route.SITEMAP, published=published, modified=modified)


@pytest.mark.parametrize(
    ("item", "refused"),
    [
        (found(published=datetime(2022, 9, 1, tzinfo=UTC)), False),
        (found(published=datetime(2022, 10, 15, 23, 59, tzinfo=UTC)), False),
        (found(published=datetime(2022, 10, 16, 0, 0, tzinfo=UTC)), True),
        (found(published=datetime(2022, 8, 31, tzinfo=UTC)), True),
        (found("http://a.test/2022/09/10/x"), False),
        (found("http://a.test/2023-01-05-x"), True),
        (found("http://a.test/20220831/x"), True),
        (found("http://a.test/2023-01-05-x", published=datetime(2022, 9, 9, tzinfo=UTC)), False),
        (found(modified=datetime(2022, 8, 1, tzinfo=UTC)), True),
        (found(modified=datetime(2024, 8, 1, tzinfo=UTC)), False),  # touched later: may well be of the window
        (found(), False),  # nobody can tell
    ],
)
def test_refuses(item: Found, *, refused: bool) -> None:
    assert bool(WINDOW.refuses(item)) is refused
    assert Window().refuses(item) == ""


@pytest.mark.parametrize(
    ("url", "modified", "refused"),
    [
        ("http://a.test/sitemap-2022-09.xml", None, False),
        ("http://a.test/sitemap-2022-10.xml.gz", None, False),
        ("http://a.test/sitemap-2022-11.xml", None, True),
        ("http://a.test/sitemap-2022-08.xml", None, False),  # its last day may be ours in another zone
        ("http://a.test/sitemap-2022-07.xml", None, True),
        ("http://a.test/sitemap-12.xml", None, False),
        ("http://a.test/sitemap.xml", datetime(2022, 8, 1, tzinfo=UTC), True),
        ("http://a.test/sitemap.xml", datetime(2022, 9, 2, tzinfo=UTC), False),
    ],
)
def test_documents_that_can_hold_nothing_are_not_fetched(url: str, modified: datetime | None, *, refused: bool) -> None:
    assert bool(WINDOW.refuses_document(found(url, modified=modified))) is refused


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("http://a.test/2022/09/10/story", date(2022, 9, 10)),
        ("http://a.test/story-20220910.html", date(2022, 9, 10)),
        ("http://a.test/2022/13/10/story", None),
        ("http://a.test/2022-02-30/2022-03-01/", date(2022, 3, 1)),
        ("http://a.test/id/120220910", None),
    ],
)
def test_day_in_a_url(url: str, day: date | None) -> None:
    assert day_in(url) == day
