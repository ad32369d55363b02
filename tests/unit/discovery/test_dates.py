"""Dates of feeds: read into UTC where they say something, null with a reason where they can't be meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.discovery.dates import read_date

EVENING = datetime(2022, 9, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "2022-09-10T18:00:00+03:00",
        "2022-09-10T18:00:00.123+03:00".replace(".123", ".000"),
        "2022-09-10T15:00Z",
        "2022-09-10t15:00:00z".upper(),
        "2022-09-10T18:00:00+0300",
        "2022-09-10 18:00:00 +0300",
        "2022-09-10 18:00:00 EEST",
        "  2022-09-10\n15:00 UTC ",
        "Sat, 10 Sep 2022 18:00:00 +0300",
        "Sat, 10 Sep 2022 18:00:00 +03:00",
        "Sat, 10 Sep 2022 18:00:00 EEST",
        "10 Sep 22 15:00 GMT",
        "Sat, 10 Sep 2022 08:00:00 PDT",
        "Sat, 10 Sep 2022 18:00:00 +0300 (EEST)",
        "Sat, Sep 10 2022 15:00:00 GMT",
        "10.09.2022 18:00 MSK",
    ],
)
def test_one_moment_in_many_spellings(raw):
    read = read_date(raw)
    assert (read.moment, read.problem) == (EVENING, "")


@pytest.mark.parametrize(
    ("raw", "day"),
    [("2022-09-10", 10), ("2022-09", 1), ("10.09.2022", 10), ("10 Sep 2022", 10), ("2022-9-3", 3), ("2022/09/10", 10)],
)
def test_a_day_is_its_first_moment(raw, day):
    assert read_date(raw) == read_date(f"2022-09-{day:02}T00:00:00Z")


@pytest.mark.parametrize(
    "raw", ["2022-09-10T15:00:00", "Sat, 10 Sep 2022 15:00:00", "2022-09-10 15:00 XYZ", "10.09.2022 15:00"]
)
def test_a_time_without_a_zone_is_taken_as_utc_and_said_to_be(raw):
    read = read_date(raw)
    assert (read.moment, read.problem) == (EVENING, "date_without_zone")


def test_an_hour_that_a_change_of_clocks_left_out():
    # 27 March 2022, 02:30 did not exist in Berlin; zones of feeds are fixed offsets, so each has one reading.
    assert read_date("Sun, 27 Mar 2022 02:30:00 CET").moment == datetime(2022, 3, 27, 1, 30, tzinfo=UTC)
    assert read_date("2022-03-27T02:30:00+02:00").moment == datetime(2022, 3, 27, 0, 30, tzinfo=UTC)
    assert read_date("2022-03-27T02:30:00").problem == "date_without_zone"


@pytest.mark.parametrize(
    "raw",
    [
        "1970-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59+14:00",
        "1899-12-30",
    ],
)
def test_dates_that_mean_no_date(raw):
    read = read_date(raw)
    assert (read.moment, read.problem) == (None, "date_absurd")


def test_the_future_is_judged_by_the_capture_and_only_by_it():
    assert read_date("2099-01-01").moment is not None
    assert read_date("2099-01-01", EVENING).problem == "date_absurd"
    assert read_date("2022-09-11T23:00:00Z", EVENING).moment is not None


@pytest.mark.parametrize(
    "raw",
    [
        "yesterday",
        "2022-13-09",  # day and month swapped, and it shows
        "2022-02-30T00:00:00Z",
        "31.11.2022",
        "вчера, 18:00",
        "субота, 10 вересня 2022",
        "2022-09-10T25:00:00Z",
        "2022-09-10T10:00:00+99:00",
        "١٠.٠٩.٢٠٢٢",
        "10",
        "-",
        "9" * 300,
        "2022-09-10" * 50,
    ],
)
def test_what_is_no_date_is_said_to_be_none(raw):
    read = read_date(raw)
    assert (read.moment, read.problem) == (None, "date_unreadable")


def test_no_date_at_all():
    assert read_date("").problem == "date_unreadable"
