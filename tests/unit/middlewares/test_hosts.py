"""The book of hosts under a virtual clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.hosts import STRIKES, HostBook
from pipelines.model import Outcome


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def book(clock: Clock, **more: float) -> HostBook:
    return HostBook(**{"delay": 2.0, "pause_max": 3600.0, **more}, clock=clock)


def test_a_pause_holds_its_host_and_no_other(clock):
    hosts = book(clock)
    hosts.asked_to_wait("a", 503, 120)
    assert hosts.wait("a") == 120
    assert hosts.wait("b") == 0
    clock.now += 119
    assert hosts.wait("a") == 1
    clock.now += 5
    assert hosts.wait("a") == 0


def test_without_retry_after_each_pause_is_twice_the_last_and_an_answer_starts_over(clock):
    hosts = book(clock)
    seen = []
    for _ in range(STRIKES - 1):
        hosts.asked_to_wait("a", 429, None)
        seen.append(hosts.wait("a"))
        clock.now += hosts.wait("a")
    assert seen == [30, 60, 120, 240]
    hosts.answered("a")
    hosts.asked_to_wait("a", 429, None)
    assert hosts.wait("a") == 30


def test_answers_that_were_under_way_together_are_one_strike(clock):
    hosts = book(clock)
    for _ in range(16):
        hosts.asked_to_wait("a", 503, 10)
    assert hosts["a"].strikes == 1
    assert hosts["a"].given_up is None
    hosts.asked_to_wait("a", 503, 20)
    assert hosts.wait("a") == 20, "the longest of them counts"
    hosts.asked_to_wait("a", 503, 5)
    assert hosts.wait("a") == 20


def test_a_zero_is_no_leave_to_hammer(clock):
    hosts = book(clock)
    hosts.asked_to_wait("a", 503, 0)
    assert hosts.wait("a") == 30


@pytest.mark.parametrize(("asked", "hours"), [(4000.0, 2), (10 * 365 * 86_400.0, 24), (float("inf"), 24)])
def test_a_host_that_asks_for_more_than_the_maximum_is_given_up_with_a_date(clock, asked, hours):
    hosts = book(clock)
    hosts.asked_to_wait("a", 503, asked)
    refused = hosts["a"].given_up
    assert refused is not None
    assert refused.outcome is Outcome.OVER_BUDGET
    assert refused.later
    assert timedelta(0) < refused.retry_at - datetime.now(UTC) <= timedelta(hours=hours)
    assert hosts.wait("a") == 0, "its requests are refused at once, none waits"


def test_a_pause_beyond_the_end_of_the_run_is_not_sat_through(clock):
    hosts = book(clock, budget=100)
    hosts.asked_to_wait("a", 503, 90)
    assert hosts["a"].given_up is None
    hosts.asked_to_wait("b", 503, 110)
    assert hosts["b"].given_up is not None
    assert "ends after this run" in hosts["b"].given_up.detail


def test_a_dead_host_keeps_the_outcome_of_its_failure(clock):
    hosts = book(clock)
    for _ in range(STRIKES):
        hosts.failed("a", Outcome.DNS_ERROR, "no such name")
        clock.now += hosts.wait("a")
    assert hosts["a"].given_up.outcome is Outcome.DNS_ERROR
    assert hosts["a"].given_up.later


@given(st.lists(st.one_of(st.none(), st.floats(min_value=0, allow_nan=False)), max_size=12))
def test_no_answer_makes_a_pause_longer_than_the_maximum(answers):
    clock = Clock()
    hosts = book(clock)
    for seconds in answers:
        hosts.asked_to_wait("a", 503, seconds)
        assert 0 <= hosts.wait("a") <= 3600
        clock.now += hosts.wait("a")
