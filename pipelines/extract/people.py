"""Who wrote an article: names from JSON-LD, meta elements or the byline, split, and freed of roles and publishers.

A publisher or an agency is no author: agencies stand in `Article.agency` (agency.py), publishers in the source list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml.etree import XPath

from pipelines import urls
from pipelines.extract import agency, clean, jsonld
from pipelines.extract.facts import Facts
from pipelines.extract.page import Page

AUTHORS_MAX: Final = 20
NAME_MAX: Final = 80
_BYLINE_MAX: Final = 150
_METAS: Final = (
    "author", "article:author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator",
    "dcterms.creator", "citation_author", "og:author", "og:article:author", "cxenseparse:author", "dcsext.author",
)  # fmt: skip
_BYLINES = XPath(
    "//body//*[@rel='author'] | //body//*[contains(@itemprop,'author')] | //body//address//a"
    " | //body//*[contains(@class,'byline') or contains(@class,'author') or contains(@class,'autor')"
    " or contains(@class,'Author') or contains(@class,'Byline')]"
    "[not(ancestor-or-self::*[contains(@class,'comment') or contains(@id,'comment') or contains(@class,'credit')"
    " or self::aside or self::figure])]"
)
_BY = re.compile(
    r"^(?:(?:written|reported|posted|published|texte?|analysis|story)\s+)?"
    r"(?:by|von|vom|par|por|di|da|av|af|door|tekijä|od|przez|autor(?:in|en|a|es|ka|zy)?|author|autore|auteur|"
    r"автор[иы]?|від|текст|text|texto|testo|foto|correspondent)(?:\s*[:：]\s*|\s+)",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s*(?:[;&|/•·]|,\s*(?:and|und)\s|\s(?:and|und|et|och|og|und|en|oraz|ja|та|і|й|и|y|e|ve)\s)\s*", re.IGNORECASE
)
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]{0,60}[)\]]\s*$")
_ADDRESS = re.compile(r"https?://|www\.|@|\.(?:com|net|org|de|ru|ua|php|html?)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:report(?:er|ing)|correspondent|editor(?:ial|s)?|journalist(?:in)?|staff|writer|redaktion|redakteur(?:in)?|"
    r"redacci[oó]n|r[eé]daction|redazione|redakcja|newsroom|newsdesk|desk|team|admin(?:istrator)?|contributors?|"
    r"агентство|редакц\w*|корреспондент\w*|кореспондент\w*|журналист\w*|журналіст\w*|news|online|press|contributed|"
    r"professor|director|minutes?|updated|published|developer|analyst|columnist|kolumnist(?:in)?|wire|services?)\b",
    re.IGNORECASE,
)
_URL = re.compile(r"\b(?:https?://|www\.)\S*")
_DIGIT = re.compile(r"\d")


def authors(page: Page, facts: Facts, url: str) -> tuple[str, ...]:
    """The names of the authors, each once, in the order stated; () if none is known."""
    publishers = _publishers(facts, url)
    for stated in _stated(page, facts):
        names = tuple(_names(stated, publishers))
        if names:
            return names[:AUTHORS_MAX]
    return ()


def _stated(page: Page, facts: Facts) -> Iterator[list[str]]:
    yield _of_json_ld(facts.article.get("author"))
    yield _of_json_ld(facts.article.get("creator"))
    for name in _METAS:
        yield list(facts.metas.get(name, ()))
    for element in _BYLINES(page.tree)[:40]:
        text = clean.line(" ".join(element.itertext()))
        if 3 < len(text) <= _BYLINE_MAX:
            yield [text]


def _of_json_ld(value: object) -> list[str]:
    """Names of persons; what is called an organisation is none."""
    parts = value if isinstance(value, list) else [value]
    persons = [part for part in parts if not (isinstance(part, dict) and jsonld.types(part) == {"Organization"})]
    full = [
        f"{jsonld.text(part.get('givenName'))} {jsonld.text(part.get('familyName'))}".strip()
        for part in persons
        if isinstance(part, dict) and not part.get("name")
    ]
    named = [part for part in persons if not isinstance(part, dict) or part.get("name")]
    return [*jsonld.texts(named), *filter(None, full)]


def _names(stated: Iterable[str], publishers: frozenset[str]) -> Iterator[str]:
    seen = set()
    for text in stated:
        for part in _split(text):
            name = _BRACKETS.sub("", _BY.sub("", part.strip(" ,.-–—|:"))).strip(" ,.-–—|:")
            key = clean.words(name)
            if key in seen or not _is_name(name, key, publishers):
                continue
            seen.add(key)
            yield name


def _split(text: str) -> Iterator[str]:
    for part in _AND.split(_BY.sub("", _URL.sub(" ", text))):
        pieces = [piece.strip() for piece in part.split(",")]
        if len(pieces) == 2 and " " in pieces[0] and " " not in pieces[1]:
            pieces = pieces[:1]  # "Ann Lee, Nairobi": a place or a role
        elif len(pieces) == 2 and " " not in pieces[0] and " " not in pieces[1] and pieces[1]:
            pieces = [f"{pieces[1]} {pieces[0]}"]  # "Lee, Ann"
        yield from pieces


def _is_name(name: str, key: str, publishers: frozenset[str]) -> bool:
    if not key or not 2 < len(name) <= NAME_MAX or _DIGIT.search(name) or _ADDRESS.search(name):
        return False
    if key.replace(" ", "") in publishers or agency.named(name) or len(name.split()) > 6:
        return False
    return not _ROLE.search(name)


def _publishers(facts: Facts, url: str) -> frozenset[str]:
    host = urls.host_of(url).removeprefix("www.")
    site = urls.site_of(host) if host else ""
    names = (*facts.site_names, host, site, site.partition(".")[0])
    return frozenset(clean.words(name).replace(" ", "") for name in names if name)
