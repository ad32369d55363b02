"""Which rows are exported."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.export.select import Clock, Left, Selection

ROW = {
    "url": "https://www.news.example.org/a",
    "outcome": "article",
    "published": "2022-09-11T01:00:00+03:00",
    "provenance": {"captured_at": "2022-09-12T08:00:00.5Z"},
    "found": {"published": "2022-09-11T01:00:00+03:00"},
}
DAY = date(2022, 9, 11)


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        (Selection(), None),
        (Selection(outcomes=frozenset({"article", "paywalled"})), None),
        (Selection(outcomes=frozenset({"paywalled"})), Left.OUTCOME),
        (Selection(hosts=("example.org",)), None),
        (Selection(hosts=("other.example", "www.news.example.org")), None),
        (Selection(hosts=("ample.org",)), Left.HOST),
        (Selection(hosts=("a.www.news.example.org",)), Left.HOST),
        (Selection(since=DAY, until=DAY), None),
        (Selection(since=date(2022, 9, 12)), Left.DAY),
        (Selection(until=date(2022, 9, 10)), Left.DAY),
        (Selection(since=DAY, until=DAY, clock=Clock.CAPTURED), Left.DAY),
        (Selection(since=date(2022, 9, 12), until=date(2022, 9, 12), clock=Clock.CAPTURED), None),
        (Selection(until=date(2022, 9, 10), clock=Clock.FOUND), None),  # UTC
        (Selection(since=DAY, clock=Clock.FOUND), Left.DAY),
    ],
)
def test_a_row_against_a_selection(selection, left):
    assert selection.leaves_out(ROW) is left


@pytest.mark.parametrize("clock", Clock)
def test_what_has_no_date_is_left_out_only_where_dates_matter(clock):
    bare = {"url": "", "outcome": "article", "published": None, "provenance": None, "found": None}
    assert Selection(clock=clock).leaves_out(bare) is None
    assert Selection(clock=clock, until=DAY).leaves_out(bare) is Left.UNDATED
    assert Selection(hosts=("example.org",)).leaves_out(bare) is Left.HOST
