"""Strings as we keep them."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract import clean


def test_line_separators_and_controls():
    assert clean.line("one\u2028two\u2029three\x00\x07 four\u00ad\u200b") == "one two three four"


def test_references_that_browsers_read_as_windows_1252():
    assert clean.line("a \x96 b \x85") == "a – b …"


def test_joiners_that_scripts_need_are_kept():
    assert clean.line("می\u200cروم") == "می\u200cروم"


def test_nfc():
    assert clean.line("Київ й".replace("й", "и\u0306")) == "Київ й"


def test_value_undoes_double_escaping_and_markup():
    assert clean.value("Q&amp;amp;A: <b>Харків</b> &#8211; <!-- x -->Ізюм") == "Q&A: Харків – Ізюм"
    assert clean.value("a < b and c > d") == "a < b and c > d"


def test_fold_evens_out_quotes_and_dashes():
    assert clean.fold("«Слово» – інше") == clean.fold('"слово" - ІНШЕ')
    assert clean.words("Kyiv: “free”—at last!") == "kyiv free at last"


@given(st.text())
def test_a_line_is_clean_and_stays_so(text):
    line = clean.line(text)
    assert clean.line(line) == line
    assert len(line.splitlines()) <= 1
    assert unicodedata.is_normalized("NFC", line)
    line.encode("utf-8")
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in line)
