"""Parsing, and markup made to hurt the parser."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.page import ATTRIBUTES_MAX, DEPTH_MAX, parse
from tests.unit.extract.samples import EN, article


def depth(tree):
    deepest = level = 0
    from lxml.etree import iterwalk

    for event, _ in iterwalk(tree, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def test_a_page_as_it_is():
    page = parse(article())
    assert page.notes == ()
    assert page.tree.findtext(".//h1").startswith("Ukrainian flag")


def test_nothing_to_parse():
    assert parse("") is None
    assert parse("   \n") is None


def test_a_fragment_and_an_empty_root_are_pages():
    assert parse("<p>one</p>").tree.findtext(".//p") == "one"
    assert parse("<!DOCTYPE html><html lang='uk'/><body><p>two</p></body>").tree.findtext(".//p") == "two"


def test_an_encoding_declaration_in_text_is_no_matter():
    assert (
        parse('<?xml version="1.0" encoding="windows-1251"?><html><body><p>Ізюм</p></body></html>').tree.findtext(
            ".//p"
        )
        == "Ізюм"
    )


def test_an_attribute_flood_is_cut():
    flood = " ".join(f"data-{number}='{number}'" for number in range(50_000))
    begin = time.perf_counter()
    page = parse(f"<html><body><div id=first {flood}><p class=a>{EN[0]}</p></div></body></html>")
    assert time.perf_counter() - begin < 3  # the parser alone needs 6 s and more for all of them
    (div,) = page.tree.iter("div")
    assert len(div.attrib) == ATTRIBUTES_MAX
    assert div.get("id") == "first"
    assert page.tree.findtext(".//p") == EN[0]
    assert "attributes cut" in page.notes[0]


def test_a_long_attribute_is_no_flood():
    value = " ".join(f"k{number}=v" for number in range(5_000))
    page = parse(f'<html><body><div data-state="{value}" id=x><p>{EN[0]}</p></div></body></html>')
    assert page.notes == ()
    assert page.tree.find(".//div").get("data-state") == value


def test_scripts_are_left_alone():
    code = "if (a" + "<b c=1 d=2 ".join("x" for _ in range(900)) + ") {}"
    assert parse(f"<html><body><script>{code}</script><p>x</p></body></html>").notes == ()


def test_deep_nesting_is_flattened_not_lost():
    page = parse("<html><body>" + "<div>" * 1000 + f"<p>{EN[0]}</p>" + "</div>" * 1000 + "</body></html>")
    assert page.tree.findtext(".//p") == EN[0]
    assert depth(page.tree) <= DEPTH_MAX + 1
    assert "flattened" in page.notes[0]


@given(st.text(alphabet="<>/=\"'! abpdivscript-", max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_markup_parses(text):
    page = parse(text)
    assert page is None or page.tree.tag == "html"


@given(st.integers(0, 600), st.sampled_from(["a{}", "a{}=1", "a{}='x y'", 'a{}="<"', "a{}\n=\n'1'"]))
@settings(max_examples=60, deadline=None)
def test_the_cut_keeps_what_stands_behind_the_tag(count, form):
    attributes = " ".join(form.format(number) for number in range(count))
    padding = "z='" + "q" * 1100 + "'"
    page = parse(f"<html><body><div {padding} {attributes}><p>{EN[1]}</p></div><p>{EN[2]}</p></body></html>")
    assert [element.text for element in page.tree.iter("p")] == [EN[1], EN[2]]
