"""The text that a publisher states in JSON-LD or microdata, and how much of a block it has."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract import facts, stated
from pipelines.extract.page import parse
from tests.unit.extract.samples import EN, TEXTS, URL, article


def body(html):
    return stated.body_words(facts.gather(parse(html), URL))


def ld(**more):
    script = json.dumps({"@type": "NewsArticle", "headline": "Flag", **more}, ensure_ascii=False).replace(
        "<", "\\u003c"
    )
    return f'<script type="application/ld+json">{script}</script>'


def test_a_page_that_states_no_body():
    assert body(article()) is None
    assert body(article(head=ld(articleBody=""))) is None
    assert body(article(head=ld(articleBody="<p> ... </p>"))) is None


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("end", ["\n", "\n\n", "</p><p>", "<br/>", "&lt;br&gt;"])
def test_paragraphs_of_json_ld(language, end):
    found = body(article(head=ld(articleBody=end.join(TEXTS[language]))))
    assert found.paragraphs == tuple(TEXTS[language])
    assert found.source == "json-ld:articleBody"
    assert all(found.covers(text) == 1.0 for text in TEXTS[language])


def test_markup_entities_and_scripts_are_undone():
    found = body(
        article(head=ld(articleBody="<p>Tom &amp;amp; <b>Ann</b>, all.</p><script>track(1)</script><p>Two</p>"))
    )
    assert found.paragraphs == ("Tom & Ann, all.", "Two")


def test_what_it_does_not_have():
    found = body(article(head=ld(articleBody=" ".join(EN[:2]))))
    assert found.covers("Share it with your friends or family if you liked this") == 0.0
    assert found.covers(EN[3]) < 0.2
    assert 0.3 < found.covers(f"{EN[0]} And some more words that nobody has written in the body of it") < 0.7


def test_short_texts_are_looked_up_whole():
    found = body(article(head=ld(articleBody=" ".join(EN))))
    assert found.covers("Ukrainian troops!") == 1.0
    assert found.covers("troops Ukrainian") == 0.0
    assert found.covers("") == found.covers("—") == 0.0


def test_microdata_shows_the_element_without_scripts():
    markup = f"<div itemprop='articleBody'><p>{EN[0]}</p><script>x()</script><div>{EN[1]}<br>{EN[2]}</div></div>"
    found = body(f"<html><body>{markup}<p>{EN[3]}</p></body></html>")
    assert found.source == "itemprop:articleBody"
    assert found.paragraphs == EN[:3]


def test_microdata_in_a_content_attribute():
    assert body(f"<html><body><meta itemprop='articleBody' content='{EN[0]}'></body></html>").paragraphs == EN[:1]


def test_json_ld_comes_before_microdata():
    html = article(head=ld(articleBody=EN[0]), top=f"<div itemprop='articleBody'>{EN[1]}</div>")
    assert body(html).source == "json-ld:articleBody"


def test_live_blogs_state_their_entries():
    updates = [{"@type": "BlogPosting", "headline": "Flag", "articleBody": text} for text in EN]
    found = body(article(head=ld(liveBlogUpdate=updates)))
    assert all(found.covers(text) == 1.0 for text in EN)


def test_scripts_without_spaces():
    found = body(article(head=ld(articleBody="乌克兰军队进入巴拉克利亚镇，并升起了国旗。")))
    assert found.covers("军队进入巴拉克利亚镇") == 1.0
    assert found.covers("分享给您的朋友和家人") == 0.0


@given(st.text(max_size=200), st.text(max_size=100))
def test_any_body_covers_itself(text, other):
    found = body(article(head=ld(articleBody=text)))
    if found is not None:
        assert 0.0 <= found.covers(other) <= 1.0
        for paragraph in found.paragraphs:
            assert found.covers(paragraph) == 1.0
        assert found.words > 0
