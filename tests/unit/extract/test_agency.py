"""The news agency behind a text."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract import agency, facts
from pipelines.extract.page import parse
from pipelines.model import Block, BlockKind, Evidence, Removal
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
        evidence, span = found.evidence, found.span
        assert evidence.note in first or evidence.note in last
        named = (first if span.block == 0 else last)[span.start : span.end]
        assert agency.named(named) == name


def test_agency_as_author():
    found = find(ld(author={"@type": "Organization", "name": "Agence France-Presse"}))
    assert found.evidence == Evidence("AFP", "json-ld:author", 0.9, "Agence France-Presse")
    assert found.span is None
    assert find(meta("Eva Kern/dpa")).value == "dpa"
    assert find(meta("Ann Lee")) is None


def test_every_spelling_is_its_own_agency():
    for name, spellings in agency.AGENCIES.items():
        for spelling in (name, *spellings):
            assert agency.named(spelling) == name


MENTIONS = {
    "AFP": (
        "Charred trucks stood by the road, AFP journalists saw on Saturday.",
        "“We are glad,” Ann Lee, 61, told AFP.",
        "Les rues étaient vides, ont constaté des journalistes de l'AFP.",
        "« Nous attendions », a déclaré à l’AFP une habitante.",
        "Журналісти AFP бачили порожні вулиці.",
        "«Ми чекали», — сказав AFP мешканець.",
        "Журналисты AFP видели пустые улицы.",
        "Die Straßen waren leer, berichteten AFP-Reporter.",
    ),
    "dpa": ("„Wir sind froh“, sagte eine Bewohnerin der dpa.", "Das erklärte sie der Deutschen Presse-Agentur."),
    "EFE": ("«Estamos contentos», dijo a EFE una vecina.", "Los periodistas de Efe vieron las calles vacías."),
    "ANSA": ("«Siamo contenti», ha detto all'ANSA una residente.", "Lo hanno visto i giornalisti dell'ANSA."),
    "PAP": ("Jesteśmy zadowoleni – powiedział PAP mieszkaniec.", "Dziennikarz PAP widział puste ulice."),
    "Reuters": ("The streets were empty, a Reuters reporter saw.", "“We are glad,” she told Reuters."),
    "AP": ("An AP photographer saw the empty streets.", "“We are glad,” she told The Associated Press."),
    "Ukrinform": ("Про це сказав Укрінформу речник.", "Кореспондент Укрінформу бачив порожні вулиці."),
    "Interfax-Ukraine": ("Про це повідомив Інтерфакс-Україна речник.", "Кореспондент Інтерфакс-Україна був там."),
    "TASS": ("Об этом сообщил ТАСС представитель штаба.", "Корреспондент ТАСС видел пустые улицы."),
    "RIA Novosti": ("Об этом рассказал РИА Новости житель.", "Корреспондент РИА Новости видел пустые улицы."),
}


@pytest.mark.parametrize(("name", "texts"), MENTIONS.items(), ids=MENTIONS)
def test_two_mentions_of_its_own_reporters(name, texts):
    for one in texts:
        for other in texts:
            found = find(page(), EN[0], one, EN[1], other, EN[2])
            assert (found.value, found.evidence.source, found.evidence.confidence) == (name, "mentions", 0.6)
            assert agency.named(one[found.span.start : found.span.end]) == name
            assert found.span.block == 1


@pytest.mark.parametrize(("name", "texts"), MENTIONS.items(), ids=MENTIONS)
def test_one_mention_where_no_other_agency_is_named(name, texts):
    for one in texts:
        assert find(page(), EN[0], one, EN[1]).value == name
        assert find(page(), EN[0], one, "TASS wrote something, and so did the ANP.", EN[1]) is None


def test_what_one_person_told_an_agency_does_not_make_a_signed_text_its_own():
    blocks = [Block(BlockKind.PARAGRAPH, "“We are glad,” she told Reuters.")]
    stated = facts.gather(parse(page()), URL)
    assert agency.find(stated, blocks, ("Ann Lee",)) is None
    assert agency.find(stated, blocks).evidence.confidence == 0.4


QUOTED = (
    "“The city is under fire,” he told Russia’s state news agency RIA Novosti.",
    "“They are retreating,” he told the state news agency TASS.",
    "Das sagte er der Nachrichtenagentur Interfax.",
    "Il l'a dit à l'agence Interfax.",
    "Про це він сказав агентству Рейтер.",
    "Об этом он сообщил агентству РИА Новости.",
)


@pytest.mark.parametrize("quoted", QUOTED)
def test_an_agency_that_is_introduced_is_a_source_only(quoted):
    assert find(page(), quoted, quoted, quoted) is None
    own = find(page(), quoted, quoted, *MENTIONS["AFP"][:2])
    assert own.value == "AFP"
    assert own.evidence.note == "AFP journalists; told AFP"


def test_agencies_that_are_mentioned_as_often_leave_it_open():
    assert find(page(), *MENTIONS["AFP"][:2], *MENTIONS["Reuters"]) is None


def test_posts_are_not_searched():
    stated = facts.gather(parse(page()), URL)
    assert agency.find(stated, [Block(BlockKind.EMBED, text) for text in MENTIONS["AFP"]]) is None


def test_credit_lines_outside_of_the_text_count_and_those_of_pictures_do_not():
    def of(block):
        return agency.find(facts.gather(parse(page()), URL), [Block(BlockKind.PARAGRAPH, EN[0]), block])

    credit = of(Block(BlockKind.CREDIT, "(Quelle: APA/dpa)", rule="de:source"))
    assert (credit.value, credit.span.block, credit.span.start) == ("APA", 1, 9)
    byline = of(Block(BlockKind.PARAGRAPH, "Von Eva Kern, dpa", Removal.BYLINE, "de:byline"))
    assert (byline.value, byline.evidence.source) == ("dpa", "credit")
    assert of(Block(BlockKind.CREDIT, "Foto: dpa")) is None
    assert of(Block(BlockKind.PARAGRAPH, "© dpa | Eva Kern", Removal.COPYRIGHT, "de:copyright")) is None
    assert of(Block(BlockKind.CAPTION, "Soldiers (AFP)")) is None
    assert of(Block(BlockKind.PARAGRAPH, "Foto: dpa", Removal.PHOTO_CREDIT, "de:photo")) is None
    assert of(Block(BlockKind.PARAGRAPH, "(AFP)", Removal.RELATED_LINKS, "en:related")) is None


def test_an_agency_s_own_page():
    html = page(*EN, head='<meta property="og:site_name" content="Укрінформ">')
    found = find(html, *EN)
    assert found.evidence == Evidence("Ukrinform", "publisher", 0.7, "Укрінформ")


def test_the_agency_in_a_byline():
    stated = facts.gather(parse(page()), URL)
    assert agency.find(stated, [], ("Eva Kern", "dpa")).evidence == Evidence("dpa", "byline", 0.8, "dpa")


SEED = Path(__file__).parents[3].parent / "shared" / "seeds" / "000_c96be513e5640d2e.txt"


def test_first_seed():
    if not SEED.exists():
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(f"{SEED} is missing")
        pytest.skip("no seeds beside the checkout")
    lines = [line for line in SEED.read_text("utf-8").splitlines() if line.strip()]
    found = find(page(), *lines)
    assert (found.value, found.evidence.confidence) == ("AFP", 0.6)
    assert lines[found.span.block][found.span.start : found.span.end] == "AFP"


@given(st.lists(st.sampled_from([text for texts in MENTIONS.values() for text in texts] + list(QUOTED)), max_size=8))
def test_spans_name_the_agency(texts):
    found = find(page(), *texts)
    if found is not None and found.span is not None:
        assert agency.named(texts[found.span.block][found.span.start : found.span.end]) == found.value
