from __future__ import annotations

import operator
from datetime import UTC, date, datetime, timedelta

import pytest
from htmldate import find_date
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import fromstring

from pipelines.rerun.watched import Watched

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2024, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SHIFTS = st.timedeltas(timedelta(days=-3), timedelta(days=3))
COMPARISONS = st.sampled_from([operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
QUESTIONS = st.lists(st.tuples(COMPARISONS, SHIFTS, MOMENTS, st.booleans()), max_size=8)


BOUNDS = st.lists(st.tuples(st.booleans(), SHIFTS, MOMENTS), max_size=4)


def answers(moment: datetime, questions: list, bounds: list) -> list:
    told = [
        compare(limit, moment + shift) if turned else compare(moment + shift, limit)
        for compare, shift, limit, turned in questions
    ]
    for day, shift, limit in bounds:  # as htmldate asks
        start = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0} if day else {}
        bound = (moment + shift).replace(**start, tzinfo=None)
        naive = limit.replace(tzinfo=None)
        told.append(naive.year <= bound.year)
        told.append(naive.timestamp() <= bound.timestamp())
        told.append(naive.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() <= bound.timestamp())
    return told


@given(MOMENTS, QUESTIONS, BOUNDS, MOMENTS)
def test_it_answers_as_the_moment_does_and_so_do_all_in_its_span(moment, questions, bounds, other):
    watched = Watched.of(moment)
    told = answers(watched, questions, bounds)
    assert told == answers(moment, questions, bounds)
    since, until = watched.span
    assert since <= moment < until
    for near in (other, since, until - timedelta(microseconds=1)):
        if since <= near < until and 2 < near.year < 9998:
            assert answers(near, questions, bounds) == told


DAYS = st.dates(date(2021, 1, 1), date(2024, 1, 1)).map(lambda day: f"<p>Posted {day:%d.%m.%Y}</p>")


@settings(deadline=None)  # dateparser's tables are read at its first question
@given(st.lists(DAYS, min_size=1, max_size=6), MOMENTS, MOMENTS)
def test_htmldate_finds_the_same_for_every_moment_of_the_span(paragraphs, moment, other):
    def find(latest: datetime) -> str | None:
        tree = fromstring(f"<html><body>{''.join(paragraphs)}</body></html>")
        latest = latest.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return find_date(tree, extensive_search=True, original_date=True, max_date=latest)

    watched = Watched.of(moment)
    found = find(watched)
    assert found == find(moment)
    since, until = watched.span
    assert until - since > timedelta(days=1)
    for near in (other, since, until - timedelta(microseconds=1)):
        if since <= near < until and 2 < near.year < 9998:
            assert find(near) == found


@given(MOMENTS, MOMENTS)
def test_the_span_is_as_wide_as_it_can_be(moment, limit):
    watched = Watched.of(moment)
    assert (watched < limit) == (moment < limit)
    since, until = watched.span
    assert (until == limit) if moment < limit else (since == limit)


@pytest.mark.parametrize(
    "ask",
    [
        lambda moment: moment.year,
        lambda moment: moment.replace(hour=0),
        lambda moment: moment.replace(tzinfo=None).year + 1,
        lambda moment: datetime(moment.replace(tzinfo=None).year, 1, 1),  # noqa: DTZ001
        lambda moment: int(moment.replace(tzinfo=None).timestamp()),
        lambda moment: moment.replace(tzinfo=None).isoformat(),
        lambda moment: moment.replace(tzinfo=None) < datetime(2022, 1, 1),  # noqa: DTZ001
        lambda moment: moment.replace(tzinfo=None) - datetime(2022, 1, 1),  # noqa: DTZ001
        lambda moment: moment.timestamp(),
        lambda moment: f"{moment}",
        lambda moment: f"{moment:%H}",
        lambda moment: moment.strftime("%H"),
        lambda moment: {moment: 1}[moment],
        lambda moment: moment - datetime(2022, 1, 1, tzinfo=UTC),
        lambda moment: datetime(2022, 1, 1, tzinfo=UTC) - moment,
        lambda moment: moment.isoformat(),
        lambda moment: moment.date(),
        lambda moment: moment.astimezone(UTC),
        lambda moment: (moment + timedelta(days=1)).date(),
    ],
)
def test_whatever_else_is_asked_is_asked_of_this_moment_alone(ask):
    moment = datetime(2022, 9, 10, 6, 0, 0, 5, UTC)
    watched = Watched.of(moment)
    assert ask(watched) == ask(moment)
    assert watched.span == (moment, moment + timedelta(microseconds=1))


def test_what_is_not_asked_does_not_matter():
    since, until = Watched.of(datetime(2022, 9, 10, tzinfo=UTC)).span
    assert (since.year, until.year) == (1, 9999)
