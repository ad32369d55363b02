"""Blocks out of trafilatura's tree."""

from __future__ import annotations

import pytest

from pipelines.extract import text
from pipelines.extract.page import parse
from pipelines.model import Block, BlockKind
from tests.unit.extract.samples import EN, TEXTS, TITLES, UK, article, page

K = BlockKind


def blocks(html):
    return text.blocks(parse(html))


@pytest.mark.parametrize("language", TEXTS)
def test_paragraphs_in_order(language):
    found = blocks(article(language))
    assert [block.text for block in found if block.kind is K.PARAGRAPH] == list(TEXTS[language])
    assert Block(K.HEADING, TITLES[language]) in found


def test_kinds():
    html = page(
        EN[0],
        title="T",
        bottom=f"""<h2>What we know</h2><p>{EN[1]}</p><ul><li>Roads are closed to all traffic now</li>
        <li>Bridges are <b>being</b> checked today</li></ul><blockquote><p>{EN[2]}</p></blockquote>
        <table><tr><th>Town</th><th>Day</th></tr><tr><td>Izium</td><td>10 September</td></tr></table><p>{EN[3]}</p>""",
    )
    found = blocks(html)
    assert [(block.kind, block.text) for block in found if block.text != "T"] == [
        (K.PARAGRAPH, EN[0]),
        (K.HEADING, "What we know"),
        (K.PARAGRAPH, EN[1]),
        (K.LIST_ITEM, "Roads are closed to all traffic now"),
        (K.LIST_ITEM, "Bridges are being checked today"),
        (K.QUOTE, EN[2]),
        (K.TABLE_ROW, "Town | Day"),
        (K.TABLE_ROW, "Izium | 10 September"),
        (K.PARAGRAPH, EN[3]),
    ]


def test_line_breaks_make_blocks():
    found = blocks(page(f"{EN[0]}<br><br>{EN[1]}", EN[2], EN[3]))
    assert [block.text for block in found] == list(EN)


def test_every_block_is_one_clean_line():
    html = page(EN[0].replace("town", "to\u00adwn\u2028of"), EN[1].replace(" half", " &#150; half&#7;"), EN[2])
    for block in blocks(html):
        assert len(block.text.splitlines()) == 1
        assert block.text.isprintable()
    assert "– half" in blocks(html)[1].text


def test_one_page_does_not_change_the_next():
    """trafilatura's caches are of pure functions: the order of pages is no matter, repetition neither."""
    pages = [article(language) for language in TEXTS] + [page(*UK, *UK, *EN)]
    alone = [blocks(html) for html in pages]
    assert [blocks(html) for html in reversed(pages * 3)] == list(reversed(alone * 3))


def test_the_tree_is_left_as_it_was():
    from lxml.html import tostring

    parsed = parse(article("de"))
    before = tostring(parsed.tree)
    text.blocks(parsed)
    assert tostring(parsed.tree) == before


def test_no_text():
    assert blocks("<html><body></body></html>") == ()


@pytest.mark.parametrize(
    "reference", ["&#7;", "&#x1F;", "&#x0;", "&#12;", "&#xFFFE;", "&#xD800;", "&#11;", "&#65535;", "\ufffe"]
)
def test_characters_that_xml_has_not_cost_no_paragraph(reference):
    """lxml refuses to write them, and trafilatura then gives the whole page up."""
    found = blocks(page(EN[0], EN[1].replace(" half", f" {reference} half"), *EN[2:]))
    assert len(found) == 4
    assert "half a year" in found[1].text


@pytest.mark.parametrize("reference", ["&#123;", "&#9;", "&#10;", "&#1073;", "&#x431;", "&#160;"])
def test_other_references_stay(reference):
    from html import unescape

    assert unescape(reference).strip() in blocks(page(EN[0], f"{reference} {EN[1]}", *EN[2:]))[1].text
