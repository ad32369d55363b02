"""Authors: which of the lists that a page states is chosen, and what the evidence says."""

from __future__ import annotations

import json

import pytest

from pipelines.extract import facts, people
from pipelines.extract.page import parse
from tests.unit.extract.samples import EN, URL, page

SITE = '<meta property="og:site_name" content="Example News">'


def evidence(html):
    parsed = parse(html)
    return people.authors(parsed, facts.gather(parsed, URL), URL)


def authors(html):
    return people.chosen(evidence(html))


def ld(**article):
    script = json.dumps({"@type": "NewsArticle", **article}, ensure_ascii=False)
    return f'<script type="application/ld+json">{script}</script>'


def meta(content, name="author"):
    return f'<meta name="{name}" content="{content}">'


def person(name):
    return {"@type": "Person", "name": name}


def organisation(name):
    return {"@type": "Organization", "name": name}


def made(head="", top="", bottom="", title="Flag over town"):
    return page(*EN, title=title, head=SITE + head, top=top, bottom=bottom)


def test_no_author():
    assert evidence(made()) == ()
    assert people.chosen(()) == ()


def test_json_ld_before_another_meta():
    found = evidence(made(ld(author=[person("Ann Lee"), organisation("Some House")]) + meta("Wrong One")))
    assert people.chosen(found) == ("Ann Lee",)
    assert [(one.value, one.source) for one in found] == [("Ann Lee", "json-ld:author"), ("Wrong One", "meta:author")]
    assert found[0].confidence > found[1].confidence


def test_places_that_agree_add_up():
    alone = evidence(made(ld(author=person("Ann Lee"))))[0].confidence
    backed = evidence(made(ld(author=person("Ann Lee")) + meta("By Ann Lee")))
    assert backed[0].confidence > alone
    assert {one.source for one in backed} == {"json-ld:author", "meta:author"}
    assert evidence(made(ld(author=person("Ann Lee")) + meta("Tom Hill")))[0].confidence < alone


def test_names_in_parts():
    assert authors(made(ld(author={"@type": "Person", "givenName": "Ann", "familyName": "Lee"}))) == ("Ann Lee",)


@pytest.mark.parametrize(
    "head",
    [
        ld(author=person("Example News"), publisher=organisation("Example News")),
        ld(author=organisation("Some House")) + meta("Some House"),
        meta("Example News"),
        meta("news.example.org"),
        meta("Redaktion"),
        meta("Reuters"),
    ],
)
@pytest.mark.parametrize(
    "byline",
    [
        '<div class="article-byline">By <a rel="author" href="/ann">Ann Lee</a></div>',
        '<p class="c-author__name">Ann Lee</p>',
        '<span itemprop="author" itemscope><b itemprop="name">Ann Lee</b></span>',
        '<a href="/authors/ann-lee">Ann Lee</a>',
    ],
)
def test_a_person_comes_before_the_house(head, byline):
    found = evidence(made(head, top=byline))
    assert people.chosen(found) == ("Ann Lee",)
    assert found[0].note == ""
    assert found[-1].note == "no person"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (ld(author=organisation("Example News")), "Example News"),
        (ld(author=organisation("dpa")), "dpa"),
        (meta("Agence France-Presse"), "Agence France-Presse"),
        (meta("Укрінформ"), "Укрінформ"),
        (meta("Guardian staff reporter"), "Guardian staff reporter"),
    ],
)
def test_a_house_or_an_agency_where_nobody_else_is_named(head, name):
    found = evidence(made(head))
    assert (people.chosen(found), found[0].note) == ((name,), "no person")
    assert found[0].confidence < 0.8


def test_the_byline_names_more_people_than_the_metadata():
    byline = '<p class="byline">By <a href="/staff/ann-lee">Ann Lee</a> and <a href="/staff/tom-hill">Tom Hill</a></p>'
    assert authors(made(meta("Ann Lee"), top=byline)) == ("Ann Lee", "Tom Hill")


def test_places_of_several_authors():
    one = '<div class="author-card"><a class="author-name" href="/a">{}</a><p>Reporter</p></div>'
    assert authors(made(top=one.format("Ann Lee") + one.format("Tom Hill"))) == ("Ann Lee", "Tom Hill")


@pytest.mark.parametrize(
    "other",
    [
        '<figure><span class="author">Photo Man</span></figure>',
        '<div class="comments"><span class="comment-author">Angry Reader</span></div>',
        '<div id="comments"><p class="author">Angry Reader</p></div>',
        '<button class="followAuthor">Follow Author</button>',
    ],
)
def test_photographers_and_readers_are_no_authors(other):
    assert authors(made(top=other)) == ()
    assert authors(made(bottom=other)) == ()


def test_authors_of_other_articles_come_last():
    teasers = "".join(
        f'<div class="teaser"><span class="author">{name}</span></div>' for name in ("Eva Kern", "Jan Lohr")
    )
    byline = '<p class="author">Ann Lee</p>'
    assert authors(made(top=byline, bottom=teasers)) == ("Ann Lee",)
    assert authors(made(meta("Ann Lee"), bottom=teasers)) == ("Ann Lee",)


@pytest.mark.parametrize(
    "line",
    [
        "<div>By Ann Lee</div>",
        "<div><strong>by</strong> Ann Lee</div>",
        "<div><i>Von Ann Lee, dpa</i></div>",
        "<p>Text: Ann Lee</p>",
        "<small>posted on <time>2022-09-10</time> by Ann Lee</small>",
        "<h4>By Ann Lee | 12/10/2020</h4>",
        "<p>Автор: <b>Ann Lee</b></p>",
    ],
)
@pytest.mark.parametrize("head", ["", meta("Example News")])
def test_a_line_in_markup_that_says_nothing(line, head):
    found = evidence(made(head, top=line))
    assert (people.chosen(found), found[0].source) == (("Ann Lee",), "line")


@pytest.mark.parametrize(
    "line", ["By the river they found bread.", "Von dort kam Brot.", "By continuing you accept cookies", "Text: Brot"]
)
def test_lines_that_name_nobody(line):
    assert authors(made(top=f"<div>{line}</div>")) == ()


def test_lines_far_from_the_headline_are_no_bylines():
    assert authors(made(bottom="<p>x</p>" * 3 + f"<p>{EN[0] * 2}</p><div>By Ann Lee</div>")) == ()


def test_the_headline_may_be_an_h2():
    html = made(top="<p class='author'>Ann Lee</p>").replace("h1>", "h2>").replace("<nav>", "<h1>Example</h1><nav>")
    assert evidence(html)[0].source == "class:near"


def test_many_authors_are_cut():
    many = [person(f"Ann Lee{chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(100)]
    assert len(authors(made(ld(author=many)))) == people.AUTHORS_MAX


def test_names_of_a_line():
    assert people.names("Von Eva Kern und Jan Lohr, dpa") == ("Eva Kern", "Jan Lohr")
    assert people.names("dpa") == ("dpa",)
    assert people.names("12.05.2022") == ()
