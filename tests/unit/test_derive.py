"""Records to rows: every outcome, and the same bytes whatever the surroundings."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import urls
from pipelines.config import Config
from pipelines.derive import LIBRARIES, DeriveSettings, derive, derive_html, failed, processing
from pipelines.extract.residue.strip import Evidence, Residue
from pipelines.model import Found, Locator, Outcome, Record, Route
from pipelines.warc.fields import sha1
from tests.unit.extract.samples import EN, UK, URL, article, page

SETTINGS = DeriveSettings()
WHEN = datetime(2022, 9, 12, 8, 0, 0, 250_000, tzinfo=UTC)
PAGE = article("uk").encode()
LOCATOR = Locator("warc/2022/09/12/a.warc.gz", 100, 200, "urn:uuid:0b8e6b4e-6a5f-4f2b-9b44-0d2c4f3a7c11")


def record(
    status="200 OK", body=PAGE, *, headers=("Content-Type: text/html; charset=utf-8",), kind="response", **fields
):
    lines = [f"HTTP/1.1 {status}", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    block = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
    names = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return Record(LOCATOR, kind, URL, WHEN, names, block, "sha1:TESTDIGEST")


def outcome(one, found=None, settings=SETTINGS):
    made = derive(one, found, settings)
    assert made.provenance.locator == LOCATOR
    assert made.provenance.captured_at == WHEN
    return made


def test_an_article():
    made = outcome(record(), Found(URL, Route.FEED, title="x", published=datetime(2022, 9, 10, tzinfo=UTC)))
    assert made.outcome is Outcome.ARTICLE
    assert made.id == urls.article_id(URL, WHEN, "sha1:TESTDIGEST")
    assert made.article.text == "\n".join(UK)
    assert made.article.charset_reason == "http"
    assert "feed" in {one.source for one in made.article.published_evidence}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("301 Moved Permanently", Outcome.REDIRECT),
        ("304 Not Modified", Outcome.NOT_MODIFIED),
        ("404 Not Found", Outcome.HTTP_4XX),
        ("451 Unavailable", Outcome.HTTP_4XX),
        ("503 Service Unavailable", Outcome.HTTP_5XX),
        ("300 Multiple Choices", Outcome.REDIRECT),
        ("999 Request denied", Outcome.HTTP_OTHER),
        ("103 Early Hints", Outcome.HTTP_OTHER),
    ],
)
def test_status_classes(status, expected):
    made = outcome(record(status, headers=("Location: /new", "Content-Type: text/html")))
    assert made.outcome is expected
    assert made.detail.startswith(status[:3])
    assert made.article is None


def test_a_redirect_names_its_target_and_one_without_is_other():
    assert (
        outcome(record("302 Found", headers=("Location: https://x.example/b",))).detail
        == "302 Found -> https://x.example/b"
    )
    assert outcome(record("302 Found", headers=())).outcome is Outcome.HTTP_OTHER


@pytest.mark.parametrize(
    ("codings", "body"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("br", brotli.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)),
        ("identity", PAGE),
        ("gzip, br", brotli.compress(gzip.compress(PAGE))),
    ],
)
def test_content_codings(codings, body):
    made = outcome(record(body=body, headers=("Content-Type: text/html", f"Content-Encoding: {codings}")))
    assert made.outcome is Outcome.ARTICLE
    assert made.article.text == "\n".join(UK)


def test_chunked():
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)
    made = outcome(record(body=chunked, headers=("Content-Type: text/html", "Transfer-Encoding: chunked")))
    assert made.outcome is Outcome.ARTICLE


def test_a_coding_that_fails():
    made = outcome(record(body=b"\x1f\x8bnothing", headers=("Content-Type: text/html", "Content-Encoding: gzip")))
    assert made.outcome is Outcome.UNDECODABLE
    assert "gzip" in made.detail
    unknown = outcome(record(body=b"\x00\x01", headers=("Content-Type: text/html", "Content-Encoding: zopfli")))
    assert unknown.outcome is Outcome.UNDECODABLE


def test_a_bomb():
    bomb = gzip.compress(b"<p>" + b"a" * 5_000_000)
    made = outcome(
        record(body=bomb, headers=("Content-Type: text/html", "Content-Encoding: gzip")),
        settings=DeriveSettings(decoded_max=1_000_000),
    )
    assert made.outcome is Outcome.UNDECODABLE
    assert "bomb" in made.detail


def test_bodies_that_other_archivers_stored_decoded():
    made = outcome(record(headers=("Content-Type: text/html", "Content-Encoding: gzip")))
    assert made.outcome is Outcome.ARTICLE
    assert made.detail == "stored without its content coding gzip"


def test_a_body_longer_than_its_length_is_whole_if_its_digest_says_so():
    """What an HTTP client decoded, under the length of what was sent; without such a digest, what follows is no body's."""
    short = len(PAGE) // 3
    long = record(headers=("Content-Type: text/html", f"Content-Length: {short}"))
    whole = outcome(replace(long, payload_digest=sha1(PAGE)))
    assert (whole.outcome, whole.detail) == (
        Outcome.ARTICLE,
        "longer than its Content-Length, and whole by its payload digest",
    )
    assert whole.article is not None
    assert whole.article.text == outcome(record()).article.text
    for digest in ("", sha1(PAGE[:short])):
        other = outcome(replace(long, payload_digest=digest))
        assert other.article is None or len(other.article.text) < len(whole.article.text)


@pytest.mark.parametrize("how", ["field", "length", "gzip", "chunked"])
def test_a_cut_page_keeps_its_text_and_is_not_passed_off_as_whole(how):
    whole = page(*UK, *EN, *UK, *EN, title="T").encode()
    if how == "field":
        one = record(body=whole[:2500], WARC_Truncated="length")
    elif how == "length":
        one = record(body=whole[:2500], headers=("Content-Type: text/html", f"Content-Length: {len(whole)}"))
    elif how == "gzip":
        packed = gzip.compress(whole)
        one = record(body=packed[: len(packed) * 3 // 4], headers=("Content-Type: text/html", "Content-Encoding: gzip"))
    else:
        cut = b"%x\r\n%s" % (len(whole), whole[:2500])
        one = record(body=cut, headers=("Content-Type: text/html", "Transfer-Encoding: chunked"))
    made = outcome(one)
    assert made.outcome is Outcome.TRUNCATED
    assert made.article.text.startswith(UK[0])
    assert "not whole" in made.detail


def test_revisits():
    same = outcome(
        record(
            kind="revisit",
            body=b"",
            WARC_Profile="http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
            WARC_Refers_To="<urn:uuid:1>",
            WARC_Refers_To_Date="2022-09-10T00:00:00Z",
        )
    )
    assert same.outcome is Outcome.DUPLICATE
    assert "urn:uuid:1" in same.detail
    unmodified = outcome(
        record(
            "304 Not Modified",
            kind="revisit",
            body=b"",
            WARC_Profile="http://netpreserve.org/warc/1.1/revisit/server-not-modified",
            WARC_Refers_To="<urn:uuid:1>",
        )
    )
    assert unmodified.outcome is Outcome.NOT_MODIFIED
    lost = replace(record(kind="revisit", body=b""), payload_digest="")
    assert derive(lost, None, SETTINGS).outcome is Outcome.UNRESOLVED_REVISIT
    failed_again = record("500 Internal Server Error", kind="revisit", body=b"", WARC_Refers_To="<urn:uuid:1>")
    assert outcome(failed_again).outcome is Outcome.HTTP_5XX


@pytest.mark.parametrize(
    ("mime", "body", "expected"),
    [
        ("application/pdf", b"%PDF-1.7 ...", Outcome.NOT_HTML),
        ("text/html", b"%PDF-1.7 ...", Outcome.NOT_HTML),
        ("image/jpeg", b"\xff\xd8\xff\xe0", Outcome.NOT_HTML),
        ("application/json", b'{"html": "<html>"}', Outcome.NOT_HTML),
        ("application/rss+xml", b"<?xml version='1.0'?><rss><channel/></rss>", Outcome.NOT_HTML),
        ("text/xml", b"<?xml version='1.0'?><rss><channel/></rss>", Outcome.NOT_HTML),
        ("text/plain", b"only words", Outcome.NOT_HTML),
        ("text/plain", PAGE, Outcome.ARTICLE),
        ("", PAGE, Outcome.ARTICLE),
        ("application/octet-stream", PAGE, Outcome.ARTICLE),
        ("application/xhtml+xml", b"<?xml version='1.0' encoding='utf-8'?>" + PAGE, Outcome.ARTICLE),
        ("TEXT/HTML;charset=utf-8", PAGE, Outcome.ARTICLE),
        ("text/html", b"", Outcome.NO_TEXT),
        ("text/html", b" \r\n ", Outcome.NO_TEXT),
        ("text/html", b"<html><body></body></html>", Outcome.NO_TEXT),
    ],
)
def test_what_is_html(mime, body, expected):
    headers = (f"Content-Type: {mime}",) if mime else ()
    assert outcome(record(body=body, headers=headers)).outcome is expected


def test_too_little_text_is_kept_and_labelled():
    short = page("A short note of one line, nothing more than that.", title="Note").encode()
    made = outcome(record(body=short))
    assert made.outcome is Outcome.NO_TEXT
    assert "A short note of one line" in made.article.text
    assert "min_characters is 120" in made.detail
    assert outcome(record(body=short), settings=DeriveSettings(min_characters=10)).outcome is Outcome.ARTICLE


def test_walls():
    wall = b"<html><head><title>Just a moment...</title></head><body><form id='challenge-form'></form></body></html>"
    made = outcome(record(body=wall))
    assert made.outcome is Outcome.BLOCKED_PAGE
    assert "Cloudflare" in made.detail


@pytest.mark.parametrize("kind", ["request", "metadata", "warcinfo", "conversion"])
def test_records_that_are_no_answers(kind):
    assert outcome(record(kind=kind)).outcome is Outcome.NOT_HTTP
    assert outcome(replace(record(), block=b"220 smtp.example.org ready\r\n")).outcome is Outcome.NOT_HTTP


def test_resources_are_pages_without_a_head():
    one = Record(LOCATOR, "resource", URL, WHEN, (("Content-Type", "text/html"),), PAGE, "sha1:X")
    assert outcome(one).outcome is Outcome.ARTICLE
    for url in ("urn:pageinfo:https://news.test/", "metadata://gnu.org/software/wget/warc/wget.log", "file:///x"):
        assert outcome(replace(one, url=url)).outcome is Outcome.NOT_HTTP


def test_a_row_has_a_name_where_no_digest_is_stated():
    first, second = (replace(record(body=body), payload_digest="") for body in (PAGE, PAGE + b" "))
    made = outcome(first)
    assert made.provenance.payload_digest.startswith("sha1:")
    assert made.id != outcome(second).id
    assert made.id == outcome(first).id == failed(first, Outcome.EXTRACT_TIMEOUT, "x").id


def test_plain_html():
    made = derive_html(PAGE, id="flag", url="", settings=SETTINGS)
    assert (made.id, made.provenance, made.outcome) == ("flag", None, Outcome.ARTICLE)


def test_settings_come_from_the_configuration():
    config = Config.model_validate({"derive": {"min_characters": 7}, "fetch": {"decoded_max": 2048}})
    assert DeriveSettings.of(config) == DeriveSettings(min_characters=7, decoded_max=2048)


def test_rules_and_evidence_come_from_the_configuration(tmp_path):
    config = Config.model_validate({"derive": {"residue": ("repeats",)}})
    assert DeriveSettings.of(config, tmp_path).residue == Residue(frozenset({Evidence.REPEATS}))
    (tmp_path / "residue").mkdir()
    assert DeriveSettings.of(config, tmp_path).residue.rules == tmp_path / "residue"


def test_processing_names_all_that_matters():
    facts = processing("run-1")
    assert facts.extractor.startswith("trafilatura 2.")
    assert {name for name, _ in facts.libraries} == {*LIBRARIES, "libxml2"}
    assert facts.rules_digest.startswith("sha256:")
    assert replace(facts, run="") == processing()


def test_rows_made_by_other_rules_or_less_evidence_say_so(tmp_path):
    (tmp_path / "en.toml").write_text('language = "en"\n')
    residues = (Residue(), Residue(frozenset({Evidence.PHRASES})), Residue(frozenset()), Residue(rules=tmp_path))
    assert len({processing(residue=residue).rules_digest for residue in residues}) == len(residues)


@given(st.binary(max_size=300), st.sampled_from(["response", "revisit", "resource", "request"]))
@settings(max_examples=100, deadline=None)
def test_any_block_ends_in_one_outcome(block, kind):
    one = Record(LOCATOR, kind, URL, WHEN, (("Content-Type", "text/html"),), block)
    for whole in (one, replace(one, block=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + block)):
        assert isinstance(derive(whole, None, SETTINGS).outcome, Outcome)


def test_what_a_feed_says_of_a_page_changes_none_of_its_text():
    plain = outcome(record())
    for title in ("", UK[0], "Щось зовсім інше", "Звільнення — Видання"):
        told = outcome(record(), Found(URL, Route.FEED, title=title, published=datetime(2022, 9, 10, tzinfo=UTC)))
        assert told.article.text == plain.article.text
        assert told.article.blocks == plain.article.blocks
