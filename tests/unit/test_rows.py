"""The JSON Lines contract."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import rows
from pipelines.derive import DeriveSettings, derive_html, processing
from pipelines.model import Access, Derived, Evidence, Found, Locator, Outcome, Provenance, Route, Span
from tests.unit.extract.samples import UK, URL, article

CONTRACT = [
    "id",
    "url",
    "canonical_url",
    "title",
    "authors",
    "published",
    "published_evidence",
    "modified",
    "language",
    "categories",
    "text",
    "blocks",
    "removed",
    "agency",
    "images",
    "links",
    "topic",
    "story",
    "outcome",
    "provenance",
    "processing",
]
ADDITIONS = ["detail", "title_evidence", "charset", "found", "authors_evidence", "agency_evidence", "access"]
WHERE = Provenance(
    Locator("warc/2022/09/12/a.warc.gz", 100, 200, "urn:uuid:1"),
    "sha1:ABC",
    datetime(2022, 9, 12, 8, 0, 0, 500_000, tzinfo=UTC),
)


def made(**more):
    html = article("uk", top="<h2>Балаклія знову під українським прапором</h2>")
    return replace(derive_html(html.encode(), id="x", url=URL, settings=DeriveSettings()), **more)


def test_keys_in_order():
    row = rows.row(made(provenance=WHERE), processing("r"))
    assert list(row)[: len(CONTRACT)] == CONTRACT
    assert list(row["blocks"][0]) == ["kind", "text", "kept", "removal", "rule", "evidence"]
    assert list(row)[len(CONTRACT) :] == ADDITIONS
    assert list(row["provenance"]) == ["warc", "offset", "length", "record_id", "payload_digest", "captured_at"]
    assert list(rows.row(Derived("x", URL, Outcome.HTTP_4XX, "404"), processing())) == list(row)


def test_values():
    row = json.loads(rows.dumps(rows.row(made(provenance=WHERE), processing("r"))))
    assert row["text"] == "\n".join(UK)
    assert row["removed"] == 2
    assert row["blocks"][0] == {
        "kind": "heading",
        "text": "Балаклія знову під українським прапором",
        "kept": False,
        "removal": "duplicate_title",
        "rule": "title-repeated",
        "evidence": "the page's headline",
    }
    assert row["provenance"]["captured_at"] == "2022-09-12T08:00:00.5Z"
    assert row["language"] == "uk"
    assert row["topic"] is row["story"] is None
    assert row["processing"]["run"] == "r"
    assert row["processing"]["libraries"]["lxml"]


def test_evidence_of_authors_agency_and_access():
    article = replace(
        made().article,
        authors=("Ann Lee", "Tom Hill"),
        authors_evidence=(Evidence("Ann Lee; Tom Hill", "class:near", 0.9), Evidence("AFP", "meta", 0.3, "no person")),
        agency="AFP",
        agency_evidence=Evidence("AFP", "credit", 0.8, "(AFP)"),
        agency_span=Span(3, 10, 13),
        access=Access(free=False, cut=True, evidence=("json-ld:isAccessibleForFree False",)),
    )
    row = json.loads(rows.dumps(rows.row(made(article=article), processing())))
    assert row["authors_evidence"] == [
        {"value": "Ann Lee; Tom Hill", "source": "class:near", "confidence": 0.9, "note": None},
        {"value": "AFP", "source": "meta", "confidence": 0.3, "note": "no person"},
    ]
    named = {"value": "AFP", "source": "credit", "confidence": 0.8, "note": "(AFP)"}
    assert row["agency_evidence"] == {**named, "block": 3, "start": 10, "end": 13}
    assert row["access"] == {"free": False, "cut": True, "evidence": ["json-ld:isAccessibleForFree False"]}
    placeless = json.loads(rows.dumps(rows.row(made(article=replace(article, agency_span=None)), processing())))
    assert placeless["agency_evidence"] == {**named, "block": None, "start": None, "end": None}


def test_a_row_without_an_article():
    found = Found(URL, Route.NEWS_SITEMAP, source="ua-x", published=datetime(2022, 9, 10, tzinfo=UTC))
    row = rows.row(Derived("x", URL, Outcome.HTTP_4XX, "404 Not Found"), processing(), found)
    assert (row["outcome"], row["detail"], row["text"], row["blocks"], row["title"]) == (
        "http_4xx",
        "404 Not Found",
        "",
        [],
        None,
    )
    assert row["provenance"] is None
    assert row["found"]["route"] == "news_sitemap"


def test_lines_break_nowhere():
    line = rows.dumps(rows.row(Derived("x", "u\u2028v\u2029w\x85\n", Outcome.NO_TEXT), processing()))
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line)["url"] == "u\u2028v\u2029w\x85\n"


@given(st.text(alphabet=st.characters(), max_size=40), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_strict_utf8_and_round_trip(detail, url):
    line = rows.dumps(rows.row(Derived("x", url, Outcome.NO_TEXT, detail + "\ud800"), processing()))
    back = json.loads(line.decode("utf-8"))
    assert (
        back["detail"] == detail.encode("utf-16", "surrogatepass").decode("utf-16", "replace") + "\ufffd"
        or "\ufffd" in back["detail"]
    )
    assert not any("\ud800" <= letter <= "\udfff" for letter in back["detail"] + back["url"])
    assert line.count(b"\n") == 0
