from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.errors import InputError
from pipelines.rerun.select import ALL, Selection, selection

NOON = datetime(2022, 9, 10, 12, tzinfo=UTC)


def test_a_day_is_whole_and_a_moment_is_a_moment():
    day = selection(since="2022-09-10", until="2022-09-10")
    assert day.wants("http://a.test/", NOON)
    assert day.wants("http://a.test/", NOON - timedelta(hours=12))
    assert not day.wants("http://a.test/", NOON + timedelta(hours=12))
    moment = selection(since="2022-09-10T15:00:00+03:00", until="2022-09-10T12:00:01Z")
    assert moment.wants("http://a.test/", NOON)
    assert not moment.wants("http://a.test/", NOON + timedelta(seconds=1))


def test_hosts_and_what_is_below_them():
    wanted = selection(hosts=("Example.org", "пример.test"))
    assert wanted.wants("https://www.example.org:8443/a", NOON)
    assert wanted.wants("https://xn--e1afmkfd.test/", NOON)
    assert not wanted.wants("https://notexample.org/", NOON)
    assert not wanted.wants("https://example.org.evil.test/", NOON)
    assert not wanted.wants("dns:example.org", NOON)


def test_prefixes_are_of_the_address_as_it_stands():
    wanted = selection(prefixes=("https://a.test/news/", "http://b.test"))
    assert wanted.wants("https://a.test/news/1", NOON)
    assert wanted.wants("http://b.test/x", NOON)
    assert not wanted.wants("http://a.test/news/1", NOON)


@pytest.mark.parametrize(
    ("start", "taken"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: TEXT/HTML; charset=x\r\n\r\n<p>", True),
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG", False),
        (b"HTTP/1.1 200 OK\r\n\r\n<p>", True),  # none stated: derivation looks at the bytes
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nX: never ends", True),
        (b"no HTTP at all", True),
    ],
)
def test_media_types_by_the_head_of_the_response(start, taken):
    assert selection(mimes=("text/html",)).wants_start("response", start, "application/http") is taken
    assert selection(mimes=("text/*",)).wants_start("response", start, "application/http") is taken


def test_media_types_of_resources_and_revisits():
    wanted = selection(mimes=("text/html",))
    assert wanted.wants_start("resource", b"", "text/html; charset=utf-8")
    assert not wanted.wants_start("resource", b"", "image/png")
    assert wanted.wants_start("revisit", b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n", "application/http")


def test_its_name_depends_on_nothing_but_what_it_takes():
    one = selection(hosts=("b.test", "a.test", "a.test"), since="2022-09-10")
    other = selection(hosts=("a.test", "b.test"), since="2022-09-10T00:00:00Z")
    assert one == other
    assert one.digest == other.digest != ALL.digest
    assert (ALL.facts(), bool(ALL), bool(one)) == ({}, False, True)
    assert one.facts() == {"since": "2022-09-10T00:00:00Z", "hosts": ["a.test", "b.test"]}


@pytest.mark.parametrize(
    "wrong", [{"since": "yesterday"}, {"until": "2022-13-01"}, {"hosts": ("http://a.test/",)}, {"hosts": ("",)}]
)
def test_what_nobody_can_mean_is_refused(wrong):
    with pytest.raises(InputError, match="expected a"):
        selection(**wrong)


def test_everything_by_default():
    assert Selection().wants("dns:a.test", NOON)
    assert ALL.wants_mime("")
