"""The crawl and the catalog must agree on what a URL is and when it has ended, or a spider would ask for ever."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request

from crawler.refusals import status_may_pass
from pipelines import urls
from pipelines.store.catalog_captures import passing

characters = st.text(string.printable + "äїß日\u202e", max_size=8)


@given(characters, characters)
def test_the_url_that_is_asked_for_has_the_key_of_the_url_that_was_named(path, query):
    try:
        named = urls.normalise(f"https://outlet.test/{path}?{query}")
    except urls.BadUrl:
        return
    assert urls.key(Request(named).url) == urls.key(named)


def test_an_ipv6_host_keeps_its_brackets():
    assert urls.key("http://[2001:db8::1]:8080/a[1]?b|c") == "http://[2001:db8::1]:8080/a%5B1%5D?b%7Cc"


def test_the_same_answers_may_pass():
    assert [status for status in range(1, 1000) if passing(status)] == [
        status for status in range(1, 1000) if status_may_pass(status)
    ]
    assert passing(0)  # no answer at all
