"""The article's lines among a page's: which, of what kind, with their captions, posts, links and images."""

from __future__ import annotations

import json

import pytest

from pipelines.extract import facts, metadata
from pipelines.extract.article import extract
from pipelines.extract.body import choose
from pipelines.extract.page import parse
from pipelines.model import BlockKind, Post
from tests.unit.extract.samples import EN, TEXTS, TITLES, URL, article, page

K = BlockKind


def body(html, *, weigh=True):
    parsed = parse(html)
    stated = facts.gather(parsed, URL)
    return choose.body(parsed, stated, metadata.title(stated, URL), URL, weigh=weigh)


def kept(html, *, weigh=True):
    found = body(html, weigh=weigh)
    against = {verdict.index for verdict in found.against}
    return [block for index, block in enumerate(found.blocks) if index not in against]


LAYOUTS = {
    "article": "<main><article><h1>{title}</h1>{paragraphs}</article></main>",
    "bare": "{paragraphs}",
    "headed": "<h1>{title}</h1>{paragraphs}",
    "divs": "<div id='content'><div class='story'><h1>{title}</h1>{divs}</div></div>",
    "breaks": "<div class='text'><h1>{title}</h1>{breaks}</div>",
    "old table": "<table><tr><td class='left'><a href='/'>1</a><br><a href='/2'>2</a></td><td>{breaks}</td></tr></table>",
    "sections": "<div class='layout'><section class='lead'><h1>{title}</h1></section><section>{paragraphs}</section></div>",
}
FRAME = """<!DOCTYPE html><html lang="{language}"><head><title>{title}</title></head><body>
<header><ul><li><a href="/">News</a></li><li><a href="/war">War</a></li><li><a href="/sport">Sport</a></li></ul></header>
{content}<aside class="related"><h3>More</h3><ul><li><a href="/1">Another headline of the day, quite long</a></li>
<li><a href="/2">A second headline that nobody asked for</a></li></ul></aside>
<footer><p>© 2022 Example Media. <a href="/terms">Terms</a></p></footer></body></html>"""


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("language", TEXTS)
def test_every_paragraph_whatever_the_markup_and_nothing_of_the_frame(layout, language):
    texts, title = TEXTS[language], TITLES[language]
    content = LAYOUTS[layout].format(
        title=title,
        paragraphs="".join(f"<p>{text}</p>" for text in texts),
        divs="".join(f"<div>{text}</div>" for text in texts),
        breaks="<br><br>".join(texts),
    )
    html = FRAME.format(language=language, title=title, content=content)
    assert extract(html.encode(), URL).article.text.split("\n") == list(texts)


def test_kinds():
    html = page(
        EN[0],
        title="T",
        bottom=f"""<h2>What we know of it</h2><p>{EN[1]}</p><ul><li>Roads are closed to all traffic now</li>
        <li><p>Bridges are <b>being</b> checked today</p></li></ul><p>{EN[2]}</p><blockquote><p>{EN[2][:60]}.</p></blockquote>
        <table><tr><th>Town</th><th>Day</th></tr><tr><td>Izium</td><td>10 September</td></tr></table><p>{EN[3]}</p>""",
    )
    assert [(block.kind, block.text) for block in body(html).blocks if block.text != "T"] == [
        (K.PARAGRAPH, EN[0]),
        (K.HEADING, "What we know of it"),
        (K.PARAGRAPH, EN[1]),
        (K.LIST_ITEM, "Roads are closed to all traffic now"),
        (K.LIST_ITEM, "Bridges are being checked today"),
        (K.PARAGRAPH, EN[2]),
        (K.QUOTE, f"{EN[2][:60]}."),
        (K.TABLE_ROW, "Town | Day"),
        (K.TABLE_ROW, "Izium | 10 September"),
        (K.PARAGRAPH, EN[3]),
    ]


def test_the_tree_is_left_as_it_was():
    from lxml.html import tostring

    parsed = parse(article("de"))
    before = tostring(parsed.tree)
    stated = facts.gather(parsed, URL)
    choose.body(parsed, stated, metadata.title(stated, URL), URL, weigh=True)
    assert tostring(parsed.tree) == before


FIGURE = """<figure><img src="/img/flag.jpg"><figcaption>Soldiers raise a flag over the council
<span class="photo-credit">Photo: Example / Ann Lee</span></figcaption></figure>"""


def test_captions_and_credits_stand_in_their_place_and_outside_the_text():
    html = page(EN[0], title="T", top=FIGURE, bottom=f"{FIGURE.replace('flag', 'bridge')}<p>{EN[1]}</p><p>{EN[2]}</p>")
    found = body(html)
    kinds = [(block.kind, block.text) for block in found.blocks if block.text != "T"]
    assert kinds == [
        (K.CAPTION, "Soldiers raise a flag over the council"),
        (K.CREDIT, "Photo: Example / Ann Lee"),
        (K.PARAGRAPH, EN[0]),
        (K.CAPTION, "Soldiers raise a bridge over the council"),
        (K.CREDIT, "Photo: Example / Ann Lee"),
        (K.PARAGRAPH, EN[1]),
        (K.PARAGRAPH, EN[2]),
    ]
    assert list(found.images) == ["https://news.example.org/img/flag.jpg", "https://news.example.org/img/bridge.jpg"]


def test_captions_of_other_articles_are_none_of_ours():
    html = page(*EN).replace("<footer>", FIGURE + "<footer>")
    assert [block.kind for block in body(html).blocks] == [K.PARAGRAPH] * 4


def test_embedded_posts():
    post = f"""<blockquote class="twitter-tweet"><p lang="en">{EN[1]}</p>&mdash; Ann Lee (@annlee)
    <a href="https://twitter.com/annlee/status/1">September 10, 2022</a></blockquote>"""
    found = body(page(EN[0], bottom=f"{post}<p>{EN[2]}</p><p>{EN[3]}</p>")).blocks
    (post,) = (block for block in found if block.kind is K.EMBED)
    assert post.text == f"{EN[1]} — Ann Lee (@annlee) September 10, 2022"
    assert post.post == Post("Ann Lee", "@annlee", "2022-09-10", "https://twitter.com/annlee/status/1")


def test_links_are_those_of_the_paragraphs_and_only_of_the_web():
    html = page(
        f'{EN[0]} <a href="/map">the map</a>, <a href="javascript:alert(1)">x</a>, <a href="mailto:a@b.org">y</a>',
        *EN[1:],
    )
    assert [(link.url, link.text) for link in body(html).links] == [("https://news.example.org/map", "the map")]


def test_without_the_classifier_trafilaturas_word_is_all_that_counts():
    html = page(*EN, bottom="<p>Share this with your friends, it helps us to bring you more of it!</p>")
    assert len(kept(html, weigh=False)) == 5
    assert body(html, weigh=False).against == ()


def test_what_is_taken_out_says_where_it_stood():
    box = """<div class="related-box"><p><a href="/a">A headline of another day, and quite a long one</a></p></div>"""
    found = body(page(*EN[:2], bottom=f"{box}<p>{EN[2]}</p><p>{EN[3]}</p>"))
    for verdict in found.against:
        assert "score" in verdict.evidence
        assert verdict.rule.startswith("features")
    assert [block.text for block in kept(page(*EN[:2], bottom=f"{box}<p>{EN[2]}</p><p>{EN[3]}</p>"))] == list(EN)


def test_text_that_stands_in_a_script_only_is_found_there():
    stated = json.dumps({"@type": "NewsArticle", "articleBody": " ".join(EN * 3)})
    script = f'<script type="application/ld+json">{stated}</script>'
    html = f"<html><head>{script}</head><body><div id=app></div><p>Loading, please wait</p></body></html>"
    assert EN[2] in extract(html.encode(), URL).article.text


def test_a_page_of_many_lines_is_bounded():
    html = page(*EN, bottom="<p>x y</p>" * 30_000)
    assert body(html).blocks


def test_no_text():
    assert body("<html><body></body></html>").blocks == ()
