"""What publishers state of the access to an article, and whether its text is only the free part."""

from __future__ import annotations

import json

import pytest

from pipelines.derive import DeriveSettings, derive_html
from pipelines.extract.article import extract
from pipelines.model import Outcome
from tests.unit.extract.samples import EN, TEXTS, TITLES, URL, page

LONG = tuple(f"{text} {other}" for text in EN for other in EN)  # some 280 words
PROMPTS = {
    "en": (
        "Subscribe now to continue reading.",
        "This article is for subscribers only.",
        "Already a subscriber? Log in",
    ),
    "de": ("Jetzt weiterlesen mit Beispiel Plus", "Exklusiv für Abonnenten", "Diesen Artikel mit dem Abo weiterlesen"),
    "fr": (
        "Cet article est réservé aux abonnés.",
        "Abonnez-vous pour lire la suite",
        "Il vous reste 75.5% de cet article à lire",
    ),
    "es": ("Contenido exclusivo para suscriptores", "Suscríbete para seguir leyendo", "Te queda el 80% por leer"),
    "it": ("Contenuto riservato agli abbonati", "Abbonati per continuare a leggere", "Sei già abbonato? Accedi"),
    "pl": ("Artykuł dostępny tylko dla subskrybentów", "Kup subskrypcję, aby czytać dalej", "Pozostało 89% artykułu"),
    "ru": ("Материал доступен только подписчикам", "Оформите подписку", "Чтобы читать дальше, войдите"),
    "uk": ("Матеріал доступний за передплатою", "Оформіть передплату", "Щоб читати далі, увійдіть"),
}
ALL = [(language, prompt) for language, prompts in PROMPTS.items() for prompt in prompts]


def ld(**more):
    script = json.dumps({"@type": "NewsArticle", "headline": TITLES["en"], **more}, ensure_ascii=False)
    return f'<script type="application/ld+json">{script}</script>'


def meta(name, content):
    return f'<meta property="{name}" content="{content}">'


def made(*paragraphs, head="", bottom="", lang="en"):
    return page(*paragraphs, title=TITLES.get(lang, TITLES["en"]), head=head, bottom=bottom, lang=lang)


def access(html):
    return extract(html.encode(), URL).article.access


PAID = ld(isAccessibleForFree=False)
BOX = '<div class="paywall-box"><p>Subscribe now to continue reading.</p></div>'


def test_nothing_stated_nothing_seen():
    assert access(made(*EN)) is None
    assert access(made(*EN[:2], bottom=BOX)) is None  # a short text with an advert of the outlet's own


@pytest.mark.parametrize(
    ("head", "free", "said"),
    [
        (ld(isAccessibleForFree=True), True, "json-ld:isAccessibleForFree True"),
        (ld(isAccessibleForFree=False), False, "json-ld:isAccessibleForFree False"),
        (ld(isAccessibleForFree="False"), False, "json-ld:isAccessibleForFree False"),
        (ld(isAccessibleForFree="true"), True, "json-ld:isAccessibleForFree true"),
        (ld(isAccessibleForFree="http://schema.org/True"), True, "json-ld:isAccessibleForFree http://schema.org/True"),
        (ld(isAccessibleForFree="perhaps"), None, "json-ld:isAccessibleForFree perhaps"),
        (ld(isAccessibleForFree={"x": 1}), None, "json-ld:isAccessibleForFree dict"),
        (meta("article:content_tier", "free"), True, "meta:article:content_tier free"),
        (meta("article:content_tier", "locked"), False, "meta:article:content_tier locked"),
        (meta("article:content_tier", "metered"), None, "meta:article:content_tier metered"),
        ('<meta name="isAccessibleForFree" content="false">', False, "meta:isaccessibleforfree false"),
        (
            ld(hasPart={"isAccessibleForFree": False, "cssSelector": ".paid"}),
            False,
            "json-ld:hasPart .paid isAccessibleForFree False",
        ),
    ],
)
def test_statements_of_a_page_that_holds_the_whole_text(head, free, said):
    found = access(made(*LONG, head=head))
    assert (found.free, found.cut, found.evidence) == (free, False, (said,))


def test_the_statement_on_the_article_weighs_most():
    found = access(made(*LONG, head=ld(isAccessibleForFree=True) + meta("article:content_tier", "locked")))
    assert (found.free, found.cut, len(found.evidence)) == (True, False, 2)


def test_microdata():
    found = access(made(*LONG, bottom='<meta itemprop="isAccessibleForFree" content="false">'))
    assert (found.free, found.cut) == (False, False)


@pytest.mark.parametrize("language", PROMPTS)
def test_a_paid_page_that_holds_the_whole_text_is_not_cut(language):
    box = "".join(f"<div><span>{prompt}</span></div>" for prompt in PROMPTS[language])
    texts = [f"{one} {other} {third}" for one in TEXTS.get(language, EN) for other in EN for third in EN[:2]]
    found = access(made(*texts, head=PAID, bottom=box, lang=language))
    assert (found.free, found.cut) == (False, False)


@pytest.mark.parametrize(
    ("language", "prompt"), ALL, ids=[f"{language}-{n % 3}" for n, (language, _) in enumerate(ALL)]
)
def test_first_paragraphs_of_a_paid_article_and_a_box(language, prompt):
    texts = TEXTS.get(language, EN)[:2]
    html = made(*texts, head=PAID, bottom=f"<div class='box'><span>{prompt}</span></div>", lang=language)
    found = access(html)
    assert found.cut
    assert found.evidence[0] == "json-ld:isAccessibleForFree False"
    assert "the page says" in found.evidence[1]


def test_a_short_text_of_a_paid_outlet_without_a_box_is_whole():
    assert not access(made(*EN[:2], head=PAID)).cut


def test_an_invitation_in_the_menu_is_no_box():
    html = made(*EN, head=PAID).replace("<nav>", "<nav><a href='/x'>Subscriber Only</a>" + "<a href='/y'>News</a>" * 9)
    assert not access(html).cut
    far = "<ul>" + "".join(f"<li><a href='/{n}'>Another story {n} of the day</a></li>" for n in range(80)) + "</ul>"
    assert not access(made(*EN, head=PAID, bottom=far + BOX)).cut


def test_a_text_that_breaks_off():
    cut = (*EN[:3], "The regional administration asks people not to ret…")
    assert access(made(*cut, bottom=BOX)).cut
    assert access(made(*cut, bottom=BOX)).free is None
    assert access(made(*cut)) is None
    assert not access(made(*cut, head=ld(isAccessibleForFree=True), bottom=BOX)).cut


def test_the_stated_body_is_much_longer():
    whole = " ".join(LONG)
    found = access(made(*LONG[:2], head=ld(isAccessibleForFree=False, articleBody=whole)))
    assert found.cut
    assert "json-ld:articleBody has" in found.evidence[1]
    assert not access(made(*LONG, head=ld(isAccessibleForFree=False, articleBody=whole))).cut
    assert not access(made(*LONG[:2], head=ld(isAccessibleForFree=True, articleBody=whole))).cut
    other = " ".join(["Something else altogether stands in this body, which is about the weather."] * 30)
    assert not access(made(*LONG[:8], head=ld(isAccessibleForFree=False, articleBody=other))).cut


def test_a_body_that_the_page_shows_elsewhere_was_not_withheld():
    aside = "<aside><ul>" + "".join(f"<li><a href='/x'>{text}</a></li>" for text in LONG) + "</ul></aside>"
    found = access(made(*LONG[:2], head=ld(isAccessibleForFree=False, articleBody=" ".join(LONG)), bottom=aside))
    assert not found.cut


def test_the_paid_part_is_empty():
    head = ld(isAccessibleForFree=False, hasPart={"isAccessibleForFree": False, "cssSelector": ".x, div.paid"})
    found = access(made(*EN[:2], head=head, bottom="<div class='a paid b'></div>" + BOX))
    assert found.cut
    assert ".x, div.paid is empty" in found.evidence[-1]


@pytest.mark.parametrize(
    "selector", ["", ",", "div:has(> p)", "[", "*" * 1000, ".a" * 1000, "'] | //*", None, 7, ["x"]]
)
def test_selectors_that_nobody_reads(selector):
    head = ld(isAccessibleForFree=False, hasPart=[{"isAccessibleForFree": False, "cssSelector": selector}, 1, "x"])
    assert access(made(*LONG, head=head)).cut is False


def test_outcome():
    settings = DeriveSettings()
    cut = derive_html(made(*EN[:2], head=PAID, bottom=BOX).encode(), id="x", url=URL, settings=settings)
    assert cut.outcome is Outcome.PAYWALLED
    assert EN[0] in cut.article.text
    assert cut.detail.startswith("json-ld:isAccessibleForFree False; ")
    tiny = derive_html(made("Troops entered.", head=PAID, bottom=BOX).encode(), id="x", url=URL, settings=settings)
    assert tiny.outcome is Outcome.PAYWALLED
    whole = derive_html(made(*LONG, head=PAID, bottom=BOX).encode(), id="x", url=URL, settings=settings)
    assert whole.outcome is Outcome.ARTICLE
    assert whole.article.access.free is False
