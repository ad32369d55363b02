"""Authors and agencies."""

from __future__ import annotations

import json

import pytest

from pipelines.extract import agency, facts, people
from pipelines.extract.page import parse
from pipelines.model import Block, BlockKind
from tests.unit.extract.samples import EN, URL, page


def authors(html):
    parsed = parse(html)
    return people.authors(parsed, facts.gather(parsed, URL), URL)


def ld(**article):
    script = json.dumps({"@type": "NewsArticle", **article}, ensure_ascii=False)
    return page(*EN, head=f'<script type="application/ld+json">{script}</script>')


def meta(content, name="author"):
    return page(*EN, head=f'<meta name="{name}" content="{content}">')


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Ann Lee and Tom Hill", ("Ann Lee", "Tom Hill")),
        ("Von Eva Kern und Jan Lohr", ("Eva Kern", "Jan Lohr")),
        ("Par Léa Petit et Hugo Roux", ("Léa Petit", "Hugo Roux")),
        ("Олена Коваль і Петро Дуб", ("Олена Коваль", "Петро Дуб")),
        ("Олена Коваль та Петро Дуб", ("Олена Коваль", "Петро Дуб")),
        ("Иван Серов и Анна Лис", ("Иван Серов", "Анна Лис")),
        ("Автор: Олена Коваль", ("Олена Коваль",)),
        ("Jan Nowak, Ewa Lis, Piotr Mak", ("Jan Nowak", "Ewa Lis", "Piotr Mak")),
        ("Ann Lee, Nairobi", ("Ann Lee",)),
        ("Lee, Ann", ("Ann Lee",)),
        ("Ann Lee (ale)", ("Ann Lee",)),
        ("Ann Lee / Journalist", ("Ann Lee",)),
        ("Anna Lind og Per Moe", ("Anna Lind", "Per Moe")),
        ("Ann Lee, Ann Lee", ("Ann Lee",)),
        ("https://news.example.org/authors/ann", ()),
        ("ann@example.org", ()),
        ("Example News", ()),
        ("Redaktion", ()),
        ("admin", ()),
        ("Reuters", ()),
        ("dpa", ()),
        ("Укрінформ", ()),
        ("news.example.org", ()),
    ],
)
def test_names(text, names):
    html = meta(text).replace("<head>", '<head><meta property="og:site_name" content="Example News">')
    assert authors(html) == names


def test_json_ld_before_meta():
    person = {"@type": "Person", "name": "Ann Lee"}
    html = ld(author=[person, {"@type": "Organization", "name": "Some House"}])
    assert authors(html.replace("<head>", '<head><meta name="author" content="Wrong One">')) == ("Ann Lee",)


def test_names_in_parts():
    assert authors(ld(author={"@type": "Person", "givenName": "Ann", "familyName": "Lee"})) == ("Ann Lee",)


def test_a_publisher_is_no_author_and_the_byline_is_asked_then():
    html = ld(
        author={"@type": "Person", "name": "Example News"}, publisher={"@type": "Organization", "name": "Example News"}
    )
    byline = '<div class="article-byline">By <a rel="author" href="/ann">Ann Lee</a></div>'
    assert authors(html.replace("<article>", f"<article>{byline}")) == ("Ann Lee",)


def test_photographers_are_no_authors():
    html = page(*EN, top='<figure><span class="author">Photo Man</span></figure>')
    assert authors(html) == ()


def find(html, *texts):
    parsed = parse(html)
    return agency.find(facts.gather(parsed, URL), [Block(BlockKind.PARAGRAPH, text) for text in texts])


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("KYIV, Sept 10 (Reuters) - Troops entered the town.", "x", "Reuters"),
        ("Kiew (dpa) - Die Truppen sind eingerückt.", "x", "dpa"),
        ("КИЕВ, 10 сентября. /ТАСС/. Войска вошли в город.", "x", "TASS"),
        ("Київ. 10 вересня (Укрінформ) Військові увійшли.", "x", "Ukrinform"),
        ("Київ. 10 вересня. Інтерфакс-Україна - Військові увійшли.", "x", "Interfax-Ukraine"),
        ("BALAKLIIA, Ukraine (AP) — Troops entered the town.", "x", "AP"),
        ("x", "(AFP)", "AFP"),
        ("x", "Quelle: dpa", "dpa"),
        ("x", "Джерело: Інтерфакс-Україна", "Interfax-Ukraine"),
        ("x", "Источник: РИА Новости", "RIA Novosti"),
        ("x", "Die Bewohner kehren zurück. (APA, dpa)", "APA"),
        ("x", "PAP", "PAP"),
        ("x", "ANSA", "ANSA"),
        ("Troops entered the town, an AFP reporter saw.", "He told Reuters that all was well.", ""),
        ("The town fell, TASS said, citing the ministry.", "x", ""),
        ("An AA battery (AA) was found by a PA.", "EP", "Europa Press"),
    ],
)
def test_agencies(first, last, name):
    found = find(page(), first, *["Some text in between."] * 9, last)
    assert (found.value if found else "") == name
    if name:
        assert found.note in (first[:200], last[:200]) or found.note in first or found.note in last


def test_agency_as_author():
    found = find(ld(author={"@type": "Organization", "name": "Agence France-Presse"}))
    assert (found.value, found.source, found.note) == ("AFP", "json-ld:author", "Agence France-Presse")
    assert find(meta("Eva Kern/dpa")).value == "dpa"
    assert find(meta("Ann Lee")) is None


def test_every_spelling_is_its_own_agency():
    for name, spellings in agency.AGENCIES.items():
        for spelling in (name, *spellings):
            assert agency.named(spelling) == name
