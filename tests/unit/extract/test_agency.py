"""The news agency behind a text."""

from __future__ import annotations

import json

import pytest

from pipelines.extract import agency, facts
from pipelines.extract.page import parse
from pipelines.model import Block, BlockKind
from tests.unit.extract.samples import EN, URL, page


def ld(**article):
    script = json.dumps({"@type": "NewsArticle", **article}, ensure_ascii=False)
    return page(*EN, head=f'<script type="application/ld+json">{script}</script>')


def meta(content, name="author"):
    return page(*EN, head=f'<meta name="{name}" content="{content}">')


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
