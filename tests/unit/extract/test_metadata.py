"""Title, canonical address, categories, images."""

from __future__ import annotations

import json

import pytest

from pipelines.extract import facts, metadata
from pipelines.extract.page import parse
from tests.unit.extract.samples import EN, TITLES, URL, page


def stated(html, url=URL):
    return facts.gather(parse(html), url)


def title(html, url=URL, feed=""):
    return metadata.title(stated(html, url), url, feed)


def head(name="", **parts):
    markup = f"<title>{name}</title>" if name else ""
    if "og" in parts:
        markup += f'<meta property="og:title" content="{parts["og"]}">'
    if "site" in parts:
        markup += f'<meta property="og:site_name" content="{parts["site"]}">'
    if "ld" in parts:
        script = json.dumps({"@type": "NewsArticle", "headline": parts["ld"]}, ensure_ascii=False)
        markup += f'<script type="application/ld+json">{script}</script>'
    heading = "".join(f"<h1>{text}</h1>" for text in parts.get("h1", ()))
    return f"<html><head>{markup}</head><body>{heading}<p>{EN[0]}</p></body></html>"


@pytest.mark.parametrize("language", TITLES)
@pytest.mark.parametrize(
    "tail", [" | The Example Post", " - Example.org", " — The Example Post — world news", " :: news"]
)
def test_site_names_are_cut(language, tail):
    text = TITLES[language]
    found = title(head(text + tail.replace("::", "/ Example /"), og=text + tail, site="The Example Post", h1=[text]))
    assert found[0].value == text
    assert any(tail.strip(" -—|:")[:4] in evidence.note for evidence in found if evidence.note)


def test_a_site_name_in_front():
    assert (
        title(head("Example Post: x", site="Example Post", og="Example Post | Flag over town"))[0].value
        == "Flag over town"
    )


def test_separators_inside_a_headline_stay():
    text = "Kharkiv – the city that held out | a report"
    assert title(head(f"{text} | Example Post", site="Example Post"))[0].value == text


def test_the_vote():
    found = title(head("SEO flag news today", og="SEO flag news today", ld="Flag over town", h1=["Flag over town"]))
    assert [(one.value, one.source) for one in found] == [
        ("Flag over town", "h1"),
        ("Flag over town", "json-ld:headline"),
        ("SEO flag news today", "meta:og:title"),
        ("SEO flag news today", "title"),
    ]
    assert found[0].confidence == found[1].confidence > found[2].confidence
    assert sum({one.value: one.confidence for one in found}.values()) == pytest.approx(1, abs=0.02)


def test_spelling_of_the_page_wins_among_equal_words():
    found = title(head("", og='"Flag" - over town', h1=["«Flag» — over town"]))
    assert found[0].value == "«Flag» — over town"


def test_a_feed_breaks_a_tie():
    html = head("", og="One headline here", h1=["A site's slogan", "Another thing", "Third"])
    assert title(html, feed="One headline here")[0].value == "One headline here"


def test_the_site_is_no_title():
    found = title(head("Flag over town", site="The Example Post", h1=["The Example Post"]))
    assert found[0].value == "Flag over town"


def test_no_title():
    assert title(f"<html><body><p>{EN[0]}</p></body></html>") == ()


def test_canonical():
    link = '<link rel="canonical" href="{}">'
    assert (
        metadata.canonical_url(stated(page(head=link.format("/2022/flag"))), URL)
        == "https://news.example.org/2022/flag"
    )
    assert metadata.canonical_url(stated(page(head=link.format("https://news.example.org/"))), URL) == ""
    assert metadata.canonical_url(stated(page(head=link.format("javascript:alert(1)"))), URL) == ""
    og = '<meta property="og:url" content="https://news.example.org/og">'
    assert metadata.canonical_url(stated(page(head=og)), URL) == "https://news.example.org/og"


def test_categories():
    markup = """<meta property="article:section" content="Війна"><meta name="keywords" content="Ізюм, Харків; війна">
    <script type="application/ld+json">{"@type":"NewsArticle","articleSection":["Світ"],"keywords":"Балаклія"}</script>"""
    assert metadata.categories(stated(page(head=markup))) == ("Світ", "Війна", "Балаклія", "Ізюм", "Харків")


def test_images_lead_first_once_and_of_the_web():
    markup = """<meta property="og:image" content="/a.jpg"><script type="application/ld+json">{"@type":"NewsArticle",
    "image":[{"url":"https://cdn.example.org/b.jpg"},"data:image/png;base64,xx",["/c.jpg"]]}</script>"""
    found = metadata.images(
        stated(page(head=markup)), ["https://news.example.org/a.jpg", "https://x.example/d.jpg"], URL
    )
    assert found == (
        "https://news.example.org/a.jpg",
        "https://cdn.example.org/b.jpg",
        "https://news.example.org/c.jpg",
        "https://x.example/d.jpg",
    )


def test_the_headline_is_an_h2_where_the_h1_is_the_site():
    html = head("Flag flies over the town again | Somewhere and more", h1=["Somewhere"])
    html = html.replace("</h1>", "</h1><h2>News of today</h2><h2>Flag flies over the town again</h2>")
    found = title(html)
    assert (found[0].value, found[0].source) == ("Flag flies over the town again", "title")
    assert (found[1].value, found[1].source) == ("Flag flies over the town again", "h2")


def test_an_h2_is_nothing_where_an_h1_is_in_the_title():
    html = head("Town: Flag flies over the town | Daily", h1=["Town: Flag flies over the town"])
    html = html.replace("</h1>", "</h1><h2>Flag flies over the town</h2>")
    assert title(html)[0].value == "Town: Flag flies over the town"
    assert all(one.source != "h2" for one in title(html))


def test_a_headline_of_microdata():
    named = '<p itemprop="headline">Flag over <b>town</b></p>'
    assert title(f"<html><body>{named}</body></html>")[0].source == "itemprop:headline"
    assert title(f"<html><body>{named}</body></html>")[0].value == "Flag over town"
    assert title(f"<html><body>{named}{named.replace('Flag', 'Rain')}</body></html>") == ()
    assert title('<html><body><meta itemprop="headline" content="Flag"><p>x</p></body></html>')[0].value == "Flag"
