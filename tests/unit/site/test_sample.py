"""The sample site answers as its truth says: every feature is looked at from the outside, over a socket."""

from __future__ import annotations

import gzip
import json
import re
import time
import zlib
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from pipelines.model import Outcome
from tests.site.model import Expected
from tests.site.outlets import OUTLETS, Outlet
from tests.site.sample import SampleSite
from tests.unit.site.asking import Answer, ask

NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK_TAG = re.compile(r"</?a\b[^>]*>")
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site():
    with SampleSite() as running:
        yield running


@pytest.fixture
def fresh():
    with SampleSite() as running:
        yield running


def get(site: SampleSite, url: str, method: str = "GET", **headers: str) -> Answer:
    parts = urlsplit(url)
    return ask(parts.hostname or "", site.port, url.partition(parts.netloc)[2], method, **headers)


def outlet(name: str) -> Outlet:
    return next(each for each in OUTLETS if each.id == name)


def one(site: SampleSite, note: str) -> Expected:
    found = [each for each in site.expected().values() if each.note == note]
    assert len(found) == 1, note
    return found[0]


def test_truth_covers_what_was_promised(site):
    truth = site.expected()
    articles = [each for each in truth.values() if each.outcome == "article"]
    assert len(articles) >= 60
    assert {each.language for each in articles} == {"en", "uk", "ru", "fr", "de", "pl"}
    assert len({urlsplit(each.url).hostname for each in articles}) >= 5
    assert {each.outcome for each in truth.values()} <= {each.value for each in Outcome}
    with_residue = {each.language for each in articles if each.residue}
    assert with_residue == {"en", "uk", "ru", "fr", "de", "pl"}
    for each in articles:
        assert len(each.sentences) == 2
        assert "2022-09-01" <= each.date <= "2022-11-30"


def test_every_article_page_holds_its_sentences_title_and_residue(fresh):
    charset = {each.host: each.charset for each in OUTLETS}
    for url, each in fresh.expected().items():
        if each.outcome != "article":
            continue
        answer = get(fresh, url, Accept_Encoding="gzip, br")
        if answer.status == 503:
            answer = get(fresh, url, Accept_Encoding="gzip, br")
        assert answer.status == 200, url
        page = LINK_TAG.sub("", unescape(answer.body.decode(charset[urlsplit(url).hostname or ""])))
        assert each.title in page
        for text in (*each.sentences, *each.residue):
            assert text in page, url


@pytest.mark.parametrize(
    ("accepted", "sent"), [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0.5", "br"), ("identity", ""), ("", "")]
)
def test_a_brotli_page_is_coded_as_the_client_accepts(site, accepted, sent):
    path = "/world/2022/09/19/izium-school-diary"
    answer = get(site, site.base("courier") + path, Accept_Encoding=accepted)
    assert answer.fields.get("content-encoding", "") == sent
    assert int(answer.fields["content-length"]) == len(answer.raw)
    assert b"wallpaper samples" in answer.body


def test_chunked_pages_come_in_several_chunks(site):
    answer = get(site, site.base("courier") + "/world/2022/09/10/pontoon-at-oskil", Accept_Encoding="identity")
    assert answer.fields["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.fields
    assert b"ninety metres wide" in answer.body
    assert answer.raw.count(b"\r\n") >= 6


def test_validators_give_304_and_only_for_the_same_representation(site):
    url = site.base("courier") + "/world/2022/09/13/power-back-kharkiv"
    first = get(site, url)
    assert get(site, url, If_None_Match=first.fields["etag"]).status == 304
    assert get(site, url, If_Modified_Since=first.fields["last-modified"]).status == 304
    assert get(site, url, If_None_Match='"other"', If_Modified_Since=first.fields["last-modified"]).status == 200
    assert get(site, url, If_Modified_Since="Thu, 01 Sep 2022 00:00:00 GMT").status == 200
    assert get(site, url, If_Modified_Since="yesterday").status == 200
    empty = get(site, url, If_None_Match=f'"x", W/{first.fields["etag"]}')
    assert (empty.status, empty.raw) == (304, b"")
    moment = parsedate_to_datetime(first.fields["last-modified"])
    assert moment == datetime(2022, 9, 13, 6, 30, tzinfo=UTC)


def test_feeds_have_validators_too(site):
    for each in OUTLETS:
        for path in (*each.feeds, *each.news_sitemaps, *each.sitemaps):
            tag = get(site, site.base(each.id) + path).fields["etag"]
            assert get(site, site.base(each.id) + path, If_None_Match=tag).status == 304, path


def test_redirects(site):
    base = site.base("courier")
    moved = get(site, base + "/2022/09/balakliia-flag.php")
    assert (moved.status, moved.fields["location"]) == (301, base + "/world/2022/09/09/balakliia-flag")
    hops, url = 0, base + "/s/lyman"
    while (answer := get(site, url)).status == 302:
        target = answer.fields["location"]
        url = base + target if target.startswith("/") else target
        hops += 1
    assert (hops, answer.status, url) == (2, 200, base + "/world/2022/09/24/lyman-encirclement")
    assert get(site, base + "/loop/a").fields["location"] == base + "/loop/b"
    assert get(site, base + "/loop/b").fields["location"] == "/loop/a"


def test_503_with_retry_after_then_the_page(fresh):
    url = one(fresh, "503 with Retry-After, then the page").url
    first = get(fresh, url)
    assert (first.status, first.fields["retry-after"]) == (503, "1")
    assert get(fresh, url).status == 200


def test_the_slow_page_is_slow_and_holds_up_nobody(site):
    started = time.monotonic()
    assert get(site, site.base("anzeiger") + "/").status == 200
    assert time.monotonic() - started < 1.0
    assert get(site, one(site, "answers after 1.5 s").url).status == 200
    assert time.monotonic() - started >= 1.5


def test_an_edited_article_differs_between_two_visits(fresh):
    url = one(fresh, "edited between two visits").url
    first, second, third = (get(fresh, url) for _ in range(3))
    assert b"would return to the city next week" in first.body
    assert b"opened an office in a library" in second.body
    assert b'"dateModified": "2022-11-12' in second.body
    assert b"dateModified" not in first.body
    assert first.fields["etag"] != second.fields["etag"] == third.fields["etag"]
    assert get(fresh, url, If_None_Match=first.fields["etag"]).status == 200
    with SampleSite(visit=2) as later:
        again = get(later, url.replace(f":{fresh.port}/", f":{later.port}/"))
        assert b"opened an office in a library" in again.body


def test_one_page_stands_under_two_urls_byte_by_byte(site):
    copy = next(each for each in site.expected().values() if each.same_as)
    assert get(site, copy.url).body == get(site, copy.same_as).body


def test_broken_bodies(site):
    cut = get(site, one(site, "the connection ends at half the stated length").url)
    assert int(cut.fields["content-length"]) // 2 == len(cut.raw) > 0
    broken = get(site, one(site, "a gzip stream with wrong bytes").url)
    assert broken.fields["content-encoding"] == "gzip"
    assert int(broken.fields["content-length"]) == len(broken.raw)
    with pytest.raises((zlib.error, gzip.BadGzipFile, EOFError)):
        gzip.decompress(broken.raw)


@pytest.mark.parametrize(("note", "status"), [("410", 410), ("404", 404), ("500, whenever it is asked", 500)])
def test_errors_stay(site, note, status):
    url = one(site, note).url
    assert [get(site, url).status for _ in range(3)] == [status] * 3


def test_walls_and_files_come_with_200(site):
    challenge = get(site, one(site, "200 with a wall against robots").url)
    consent = get(site, one(site, "200 with a cookie wall").url)
    pdf = get(site, one(site, "a PDF").url)
    assert challenge.status == consent.status == pdf.status == 200
    assert b"challenge-form" in challenge.body
    assert "Accepter et continuer" in consent.body.decode()
    assert pdf.body.startswith(b"%PDF-")
    assert pdf.fields["content-type"] == "application/pdf"


def test_charsets_true_missing_and_lying(site):
    pages = {
        path: get(site, site.base("liman") + path)
        for path in (
            "/2022/09/06/balakleya_nachalo.htm",
            "/2022/09/16/generator_bolnica.htm",
            "/2022/09/23/mobilizaciya_ocheredi.htm",
        )
    }
    true, missing, lying = pages.values()
    assert true.fields["content-type"] == "text/html; charset=windows-1251"
    assert missing.fields["content-type"] == "text/html"
    assert b"charset=" not in missing.body
    assert lying.fields["content-type"] == "text/html; charset=utf-8"
    for answer in pages.values():
        assert "Лиманская хроника" in answer.body.decode("windows-1251")
        with pytest.raises(UnicodeDecodeError):
            answer.body.decode("utf-8")


def test_the_wire_story_runs_at_three_outlets_in_three_templates(site):
    copies = [each for each in site.expected().values() if each.agency == "AFP"]
    assert {each.outlet for each in copies} == {"courier", "visnyk", "digest"}
    assert len({each.sentences for each in copies}) == 1
    assert len({get(site, each.url).body for each in copies}) == 3


def test_rss_in_windows_1251_names_titles_and_dates(site):
    answer = get(site, site.base("liman") + "/rss.php")
    assert b'encoding="windows-1251"' in answer.body
    items = ET.fromstring(answer.body).findall("./channel/item")
    truth = site.expected()
    named = {item.findtext("link") or "": item for item in items}
    assert set(named) == {url for url, each in truth.items() if each.outlet == "liman" and each.named}
    for url, item in named.items():
        if truth[url].title:
            assert item.findtext("title") == truth[url].title
            assert parsedate_to_datetime(item.findtext("pubDate") or "").date().isoformat() == truth[url].date


def test_atom_has_relative_links(site):
    root = ET.fromstring(get(site, site.base("visnyk") + "/feed/atom.xml").body)
    base = root.attrib["{http://www.w3.org/XML/1998/namespace}base"]
    links = {base + entry.find(f"{ATOM}link").attrib["href"] for entry in root.iter(f"{ATOM}entry")}
    assert links == {url for url, each in site.expected().items() if each.outlet == "visnyk" and each.named}


def test_json_feed_and_rdf(site):
    feed = json.loads(get(site, site.base("gazette") + "/feed.json").body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert {item["url"] for item in feed["items"]} == {
        url for url, each in site.expected().items() if each.outlet == "gazette"
    }
    root = ET.fromstring(get(site, site.base("kurier") + "/kanal.rdf").body)
    assert len(root.findall("{http://purl.org/rss/1.0/}item")) == len(outlet("kurier").stories)


def test_news_sitemap_states_date_title_and_language(site):
    truth = site.expected()
    answer = get(site, site.base("courier") + "/news-sitemap.xml", Accept_Encoding="br")
    assert answer.fields["content-encoding"] == "br"
    entries = list(ET.fromstring(answer.body).iter(f"{MAP}url"))
    assert len(entries) >= 10
    for entry in entries:
        known = truth[entry.findtext(f"{MAP}loc") or ""]
        if known.title:
            assert entry.findtext(f".//{NEWS}title") == known.title
            assert (entry.findtext(f".//{NEWS}publication_date") or "")[:10] == known.date
            assert entry.findtext(f".//{NEWS}language") == known.language


@pytest.mark.parametrize("name", ["gazette", "anzeiger"])
def test_sitemap_index_leads_to_a_gz_and_a_plain_sitemap(site, name):
    root = ET.fromstring(get(site, site.base(name) + "/sitemap_index.xml").body)
    parts = [loc.text or "" for loc in root.iter(f"{MAP}loc")]
    assert [part.endswith(".gz") for part in parts] == [True, False]
    urls = []
    for part in parts:
        answer = get(site, part)
        assert "content-encoding" not in answer.fields
        body = gzip.decompress(answer.body) if part.endswith(".gz") else answer.body
        urls += [loc.text for loc in ET.fromstring(body).iter(f"{MAP}loc")]
    assert sorted(urls) == sorted(url for url, each in site.expected().items() if each.outlet == name and each.named)


def test_the_broken_feed_is_html(site):
    answer = get(site, site.base("digest") + "/feed/")
    assert answer.fields["content-type"] == "application/rss+xml"
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_robots_txt(site):
    for each in OUTLETS:
        answer = get(site, site.base(each.id) + "/robots.txt")
        assert answer.status == (200 if each.robots else 404)
        for line in answer.body.decode("utf-8-sig").splitlines():
            if line.startswith("Sitemap: "):
                assert get(site, line.removeprefix("Sitemap: ")).status == 200
    closed = one(site, "a feed names what robots.txt forbids").url
    assert b"Disallow: /closed/" in get(site, site.base("visnyk") + "/robots.txt").body
    assert urlsplit(closed).path.startswith("/closed/")
    assert Counter(bool(each.robots) for each in OUTLETS)[False] == 1


def test_front_pages_name_their_feeds(site):
    for each in OUTLETS:
        page = get(site, site.base(each.id) + "/").body.decode(each.charset)
        for path in each.feeds:
            assert f'href="{path}"' in page


def test_the_log_says_who_asked_what(fresh):
    url = fresh.base("courier") + "/world/2022/09/13/power-back-kharkiv"
    before = time.monotonic()
    answer = get(fresh, url, X_Test="1")
    get(fresh, url, method="HEAD")
    get(fresh, url, method="POST")
    first, head, post = fresh.hits
    assert (first.method, first.host, first.path) == ("GET", "127.0.0.11", urlsplit(url).path)
    assert (first.status, first.sent) == (200, len(answer.raw))
    assert first.header("x-test") == "1"
    assert first.header("cookie") == ""
    assert before <= first.at <= time.monotonic()
    assert (head.method, head.status, head.sent) == ("HEAD", 200, 0)
    assert post.status == 405
    assert fresh.visits["127.0.0.11", urlsplit(url).path] == 1


def test_unknown_paths_and_hosts_without_a_server(site):
    assert get(site, site.base("courier") + "/no/such/page").status == 404
    assert get(site, site.base("courier") + "/rss.xml?page=2").status == 200
    with pytest.raises(OSError, match=r"refused|reset"):
        ask("127.0.0.99", site.port, "/")
