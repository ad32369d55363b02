"""One reading of URLs: refusals, keys, names; round trips by hypothesis."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import urls


@pytest.mark.parametrize(
    ("given_url", "normal"),
    [
        ("HTTP://Example.COM:80/A b?x=1#frag", "http://example.com/A%20b?x=1"),
        ("https://example.com", "https://example.com/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://①②⑦.0.0.1/", "http://127.0.0.1/"),
        ("https://пример.укр/новини", "https://xn--e1afmkfd.xn--j1amh/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"),
        ("http://a.test\\@b.test/", "http://a.test/@b.test/"),
        ("  http://a.test/\n", "http://a.test/"),
    ],
)
def test_normalise(given_url: str, normal: str) -> None:
    assert urls.normalise(given_url) == normal
    assert urls.normalise(normal) == normal


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "not a url",
        "/relative",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "http://user:secret@example.com/",
        "http:///",
        "http://" + "a" * 5000,
    ],
)
def test_refused(bad: str) -> None:
    with pytest.raises(urls.BadUrl):
        urls.normalise(bad)


def test_relative_against_a_base() -> None:
    assert urls.normalise("../b?c=1#d", "https://a.test/x/y") == "https://a.test/b?c=1"


def test_key_drops_what_names_the_readers_way_only() -> None:
    assert urls.key("https://a.test/p?utm_source=rss&id=7&fbclid=x") == "https://a.test/p?id=7"
    assert urls.key("https://a.test/p?utm_medium=x") == "https://a.test/p"
    assert urls.key("https://a.test/p?b=2&a=1") != urls.key("https://a.test/p?a=1&b=2")


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("a.b.pravda.com.ua", "pravda.com.ua"),
        ("127.0.0.1", "127.0.0.1"),
        ("box", "box"),
    ],
)
def test_site_of(host: str, site: str) -> None:
    assert urls.site_of(host) == site


def test_timestamp_keeps_what_is_there() -> None:
    moment = datetime(2022, 9, 10, 20, 15, 0, 120000, tzinfo=timezone(timedelta(hours=2)))
    assert urls.timestamp(moment) == "2022-09-10T18:15:00.12Z"
    assert urls.timestamp(moment.replace(microsecond=0)) == "2022-09-10T18:15:00Z"


def test_article_id_depends_on_all_three() -> None:
    moment = datetime(2022, 9, 10, tzinfo=UTC)
    ids = {
        urls.article_id("http://a.test/", moment, "sha1:X"),
        urls.article_id("http://a.test/b", moment, "sha1:X"),
        urls.article_id("http://a.test/", moment + timedelta(microseconds=1), "sha1:X"),
        urls.article_id("http://a.test/", moment, "sha1:Y"),
    }
    assert len(ids) == 4
    assert all(re.fullmatch(r"[0-9a-f]{16}", name) for name in ids)


@given(st.text(max_size=80), st.text(max_size=80))
def test_names_for_files_keep_to_their_alphabet(host: str, path: str) -> None:
    url = f"http://{host}/{path}"
    assert re.fullmatch(r"[a-z0-9-]{1,60}", urls.slug(f"http://a.test/{path}".replace("[", "(").replace("]", ")")))
    folder = urls.host_folder(url)
    assert re.fullmatch(r"[a-z0-9_.-]{1,100}", folder)
    assert folder not in {".", ".."}


@given(st.text(max_size=200))
def test_normalise_is_idempotent_or_refuses(text: str) -> None:
    try:
        once = urls.normalise("http://a.test/" + text)
    except urls.BadUrl:
        return
    assert urls.normalise(once) == once
    assert urls.host_of(once) == "a.test"


@given(
    st.from_regex(r"\Ahttps?://[a-z0-9.-]{1,30}(:[0-9]{1,5})?[/?#][a-z@:/.]{0,10}\Z"),
)
def test_host_and_port_are_what_the_url_standard_says(url: str) -> None:
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        assert urls.host_of(url) == ""
        return
    assert urls.host_of(url) == parsed.hostname
    assert urls.port_of(url) == int(parsed.port or {"http:": 80, "https:": 443}[parsed.protocol])


def test_addresses_above_255_are_no_addresses() -> None:
    assert urls.host_of("http://300.1.1.1/") == ""
    assert urls.host_of("http://1.2.3.4:8080/") == "1.2.3.4"
    assert urls.port_of("http://1.2.3.4:0080/") == 80
