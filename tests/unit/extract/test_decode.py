"""Charsets as pages declare them and as they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.decode import decode
from tests.unit.extract.samples import DE, PL, RU, TEXTS, UK, article, page


def html(language: str, declared: str = "") -> str:
    return article(language, head=f'<meta charset="{declared}">' if declared else "")


@pytest.mark.parametrize("language", TEXTS)
def test_utf8_needs_no_label(language):
    decoded = decode(html(language).encode())
    assert (decoded.charset, decoded.reason, decoded.replaced) == ("utf-8", "detected", 0)
    assert TEXTS[language][1] in decoded.text


@pytest.mark.parametrize(
    ("encoding", "http", "meta", "reason"),
    [
        ("utf-8-sig", "windows-1251", "koi8-r", "bom"),
        ("utf-16", "", "utf-8", "bom"),
        ("windows-1251", "windows-1251", "koi8-r", "http"),
        ("windows-1251", "", "windows-1251", "meta"),
        ("koi8-u", "", "koi8-u", "meta"),
    ],
)
def test_the_order_of_browsers(encoding, http, meta, reason):
    decoded = decode(html("uk", meta).encode(encoding, "xmlcharrefreplace"), http)
    assert decoded.reason == reason
    assert UK[0] in decoded.text


def test_xml_declaration():
    text = '<?xml version="1.0" encoding="windows-1251"?>' + page(*RU)
    decoded = decode(text.encode("cp1251"))
    assert (decoded.charset, decoded.reason) == ("cp1251", "xml")
    assert RU[0] in decoded.text


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-u", "iso-8859-5", "utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("lie", ["utf-8", "windows-1251", "koi8-r", "iso-8859-1", "no-such-charset", ""])
@pytest.mark.parametrize("language", ["uk", "ru"])
def test_lies_about_cyrillic_are_seen_through(encoding, lie, language):
    decoded = decode(article(language).replace("—", "-").encode(encoding, "xmlcharrefreplace"), lie)
    assert TEXTS[language][3] in decoded.text, (decoded.charset, decoded.reason)
    if decoded.charset not in (encoding.replace("windows-", "cp"), lie, "iso8859-5", "koi8-u"):
        assert decoded.reason.startswith("detected")


def test_what_was_overruled_is_said():
    decoded = decode(html("ru", "utf-8").encode("cp1251", "xmlcharrefreplace"), "utf-8")
    assert decoded.reason == "detected, not http utf-8, not meta utf-8"


def test_utf8_under_a_foreign_label():
    decoded = decode(html("de", "iso-8859-1").encode(), "windows-1252")
    assert (decoded.charset, decoded.reason) == ("utf-8", "detected, not http cp1252, not meta cp1252")
    assert DE[0] in decoded.text


def test_a_few_bad_bytes_do_not_unseat_utf8():
    body = html("uk", "utf-8").encode().replace("хлібом".encode(), "хліб".encode() + b"\xee\xec")
    decoded = decode(body)
    assert (decoded.charset, decoded.reason) == ("utf-8", "meta")
    assert 1 <= decoded.replaced <= 2
    assert UK[0] in decoded.text


def test_replacement_characters_of_the_page_itself_are_not_counted():
    assert decode("<p>a\ufffdb</p>".encode()).replaced == 0


def test_central_european_as_labelled():
    assert PL[0] in decode(html("pl", "iso-8859-2").encode("iso-8859-2", "xmlcharrefreplace")).text


def test_ascii_under_utf16_label_is_ascii():
    decoded = decode(b"<html><head><title>Plain</title></head><body>text</body></html>", "utf-16")
    assert "<title>Plain" in decoded.text


def test_controls_go_and_text_stays():
    decoded = decode(b"<p>a\x00b\x07c\x1bd\te\nf\x7fg</p>")
    assert decoded.text == "<p>abcd\te\nfg</p>"


@given(st.binary(max_size=400), st.sampled_from(["", "utf-8", "cp1251", "gb18030", "utf-7", "utf-16", "iso-2022-jp"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_text(body, label):
    decoded = decode(body, label)
    decoded.text.encode("utf-8")  # strict: no lone surrogates
    assert "\x00" not in decoded.text
    assert decoded.replaced >= 0


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=200))
@settings(max_examples=100, deadline=None)
def test_utf8_round_trip(text):
    assert decode(text.encode(), "utf-8").text == text.removeprefix("\ufeff")
