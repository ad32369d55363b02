"""Days and moments of stated times."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import urls
from pipelines.export import values

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
BETWEEN = dict(zip(("min_value", "max_value"), map(datetime.fromisoformat, ("0002-01-01", "9998-01-01")), strict=True))


@given(st.datetimes(**BETWEEN, timezones=OFFSETS))
def test_a_time_with_its_offset_is_a_moment_and_its_own_day(stated):
    assert values.moment(stated.isoformat()) == stated
    assert values.moment(stated.isoformat()).tzinfo is UTC
    assert values.day(stated.isoformat()) == stated.date()
    assert values.moment(urls.timestamp(stated)) == stated


@given(st.datetimes(**BETWEEN))
def test_without_an_offset_it_is_a_day_only(stated):
    assert values.moment(stated.isoformat()) is None
    assert values.day(stated.isoformat()) == stated.date()


@given(st.text() | st.integers() | st.none())
def test_whatever_else_is_neither(stated):
    assert isinstance(values.day(stated), date | None)
    assert isinstance(values.moment(stated), datetime | None)


@pytest.mark.parametrize(
    "stated", ["2022-09", "2022-09-31", "10.09.2022", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_no_moment_in_what_is_none(stated):
    assert values.moment(stated) is None


def test_a_path_ends_where_an_object_is_null():
    row = {"found": None, "provenance": {"warc": "a"}}
    assert values.at("found.url")(row) is None
    assert values.at("gone.url")(row) is None
    assert values.at("provenance.warc")(row) == "a"
    assert values.at("provenance")(row) == {"warc": "a"}
