"""Where the markup of a page names its author: microdata, rel=author, classes, links to author pages, byline lines.

A page names other people too: those of teasers, comments and pictures. Position decides: what stands nearest behind
the headline, or else before it, is the article's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.extract import clean, jsonld, name_words
from pipelines.extract.facts import Facts
from pipelines.extract.names import Kind, Name, read
from pipelines.extract.page import Page

PLACES_MAX: Final = 60
TEXT_MAX: Final = 160  # characters of a byline
NEAR: Final = 3  # paragraphs between the headline and a byline of the article's own
_LONG: Final = 60  # characters of a text that make it a paragraph
#: How the folders of `_AUTHOR_PAGE` begin: most links are sorted out before Python sees them.
_FOLDERS: Final = (
    "/au", "/av", "/profil", "/staff", "/report", "/journ", "/by/", "/peopl", "/pers", "/colum", "/contrib", "/redak",
    "/period", "/firm", "/spivr", "/Au", "/Av",
)  # fmt: skip
# Unions of narrow paths: half the time of one path with many conditions.
_PLACES = XPath(
    "//body//@class[contains(.,'uthor') or contains(.,'yline') or contains(.,'utor') or contains(.,'uteur')]/.."
    " | //body//@itemprop[contains(.,'uthor')]/.. | //body//a[@rel='author'] | //body//p"
    f" | //body//a/@href[{' or '.join(f'contains(.,{folder!r})' for folder in _FOLDERS)}]/.."
    " | //body//h1 | //body//h2 | //body//h3"
)
_CLASS = re.compile(
    r"(?<![a-z])(?:by[-_]?line|authors?|author(?=[A-Z_-])|autor(?:en|in|es|a|e|s)?|auteurs?)(?![a-z])"
    r"|[a-z](?:Author|Byline|ByLine|Autor)(?![a-z])|[a-z]Authors(?![a-z])"
)
_NOT_CLASS = re.compile(
    r"comment|credit|button|btn|follow|social|share|grid-|popular|related|teaser|recommend|avatar|bio\b"
)
_AUTHOR_PAGE = re.compile(
    r"/(?:authors?|autor(?:en|in|es|a)?|auteurs?|autore|autori|profiles?|staff|reporters?|journalists?|by|people|person"
    r"|columnists?|contributors?|redakteure?|redaktion|periodistas?|firmas?|avtor|spivrobitnyk)/[^/?#]*[^\W\d_]{3}",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"comment|respond|disqus", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"related|recommend|popular|most-?read|sidebar|teaser|widget|footer|menu|share|newsletter", re.IGNORECASE
)
_HEADINGS: Final = ("h1", "h2", "h3")
_HEADLINE_MIN: Final = 15  # characters
SILENT: Final = frozenset({"script", "style", "noscript", "template", "option", "button", "textarea", "title"})
_OUTSIDE_TAGS: Final = frozenset({"nav", "footer", "aside", "button", "form", "blockquote"})
_PICTURES: Final = frozenset({"figure", "figcaption"})


@dataclass(frozen=True, slots=True)
class Byline:
    """A place that names people, in the order of the page."""

    source: str  # "itemprop", "rel", "class", "link"
    names: tuple[Name, ...]
    distance: int  # paragraphs between the headline and it; -1 before the headline
    outside: bool  # stands in what is no part of the article: navigation, teasers, other boxes
    text: str


def find(page: Page, facts: Facts, publishers: frozenset[str]) -> list[Byline]:
    """Every place of the page's markup that names somebody, in reading order."""
    found: list[Byline] = []
    headline = headline_of(page, facts)
    distance = 0 if headline is None else -1
    inside: HtmlElement | None = None  # the place that was read last: what stands in it is read already
    for element in _PLACES(page.tree):
        tag = element.tag
        if tag in _HEADINGS:
            distance = 0 if element is headline else distance
            continue
        source = _source(element)
        if tag == "p" and not source:
            distance += distance >= 0 and len(element.text or "") >= _LONG
            continue
        if not source or (inside is not None and inside in element.iterancestors()):
            continue
        byline = _read(element, source, distance, publishers)
        if byline is None:
            continue
        if found and inside is not None and _together(found[-1], inside, byline, element):
            found[-1] = replace(found[-1], names=tuple(_unique([*found[-1].names, *byline.names])))
        else:
            found.append(byline)
        inside = element
        if len(found) >= PLACES_MAX:
            break
    return found


def lines(page: Page, facts: Facts, publishers: frozenset[str]) -> Iterator[Byline]:
    """The short lines near the headline that say "By" and a name, in markup that says nothing."""
    headline = headline_of(page, facts)
    distance = 0 if headline is None else -1
    for element in page.tree.iter():
        if distance < 0:
            distance = 0 if element is headline else -1
            continue
        if not isinstance(element.tag, str) or element.tag in SILENT:
            continue
        parent = element.getparent()
        for text, places in ((element.text, (element, parent)), (element.tail, ())):
            if not text:
                continue
            if len(text) > TEXT_MAX or not name_words.opens_byline(text):
                distance += len(text) >= _LONG
            else:
                wholes = (clean.line(" ".join(islice(place.itertext(), 30))) for place in places if place is not None)
                whole = next((whole for whole in (clean.line(text), *wholes) if _names_person(whole, publishers)), "")
                if whole and not _outside(element):
                    yield Byline("line", tuple(read(whole, publishers)), distance, False, whole)
        if distance > NEAR:
            return


def _names_person(text: str, publishers: frozenset[str]) -> bool:
    if len(text) > TEXT_MAX or not name_words.opens_byline(text):
        return False
    return any(name.kind is Kind.PERSON for name in read(text, publishers))


def headline_of(page: Page, facts: Facts) -> HtmlElement | None:
    """The heading that says what the page's title says, or else its first h1; None without one."""
    title = clean.words(" ".join((facts.title, facts.meta("og:title"), jsonld.text(facts.article.get("headline")))))
    first = None
    for heading in page.tree.iter(*_HEADINGS):
        if first is None and heading.tag == "h1":
            first = heading
        text = clean.words("".join(heading.itertext())[:300])
        if len(text) >= _HEADLINE_MIN and text in title:
            return heading
    return first


def _source(element: HtmlElement) -> str:
    """What makes an element a place that names an author, "" if nothing does."""
    if element.tag in {"script", "style", "button", "img", "input", "time", "body", "html"}:
        return ""
    itemprop = element.get("itemprop")
    if itemprop and "author" in itemprop.lower().split():
        return "itemprop"
    if element.get("rel") == "author":
        return "rel"
    name = element.get("class") or ""
    if name and len(name) < 200 and _CLASS.search(name) and not _NOT_CLASS.search(name.lower()):
        return "class"
    return "link" if element.tag == "a" and _AUTHOR_PAGE.search(element.get("href") or "") else ""


def _read(element: HtmlElement, source: str, distance: int, publishers: frozenset[str]) -> Byline | None:
    text = element.get("content") or clean.line(" ".join(islice(element.itertext(), 60)))
    if len(text) < 2 or len(text) > 4 * TEXT_MAX:
        return None
    parts = list(dict.fromkeys(_parts(element)))
    inner = _unique(name for part in parts for name in read(part, publishers))
    names = _unique(read(text, publishers)) if len(text) <= TEXT_MAX else []
    best = max((name.kind for name in inner or names), default=None)
    if best is None:
        return None
    inner = [name for name in inner if name.kind is best]
    names = [name for name in names if name.kind is best]
    # The parts are exact where they name all that the whole names; a link may be set on the first author only.
    within = {name.key for name in inner}
    glued = any(len(name.key) > len(key) and key in name.key for name in names for key in within)
    chosen = (
        names if not inner or (len(names) > len(inner) and not glued and within <= {n.key for n in names}) else inner
    )
    outside = _outside(element)
    return None if outside is None else Byline(source, tuple(chosen), distance, outside, text[:TEXT_MAX])


def _together(last: Byline, before: HtmlElement, byline: Byline, element: HtmlElement) -> bool:
    """Whether two places that follow each other are two authors of one article: alike, and side by side."""
    if (last.source, last.distance, last.outside) != (byline.source, byline.distance, byline.outside) or last.outside:
        return False
    if before.tag != element.tag or before.get("class") != element.get("class"):
        return False
    return any(before is other for other in islice(element.itersiblings(preceding=True), 2))


def _parts(element: HtmlElement) -> Iterator[str]:
    """The texts of the elements inside that name one author each."""
    for part in element.iterdescendants():
        if not isinstance(part.tag, str) or len(part) > 2:
            continue
        itemprop, classes = part.get("itemprop") or "", (part.get("class") or "").lower()
        if (
            itemprop == "name"
            or part.get("rel") == "author"
            or (part.tag == "a" and _AUTHOR_PAGE.search(part.get("href") or ""))
            or "name" in classes
            or "fn" in classes.split()
            or (len(part) == 0 and _CLASS.search(part.get("class") or ""))
        ):
            text = clean.line(" ".join(part.itertext())) or part.get("content") or ""
            if 1 < len(text) <= TEXT_MAX:
                yield text


def _unique(names: Iterator[Name] | list[Name]) -> list[Name]:
    return list({name.key: name for name in reversed(list(names))}.values())[::-1]


def _outside(element: HtmlElement) -> bool | None:
    """Whether an element stands outside of the article, as far as its ancestors tell; None in a comment or picture."""
    outside = False
    for part in (element, *islice(element.iterancestors(), 12)):
        if part.tag in {"article", "main", "body"}:
            break
        names = f"{part.get('class') or ''} {part.get('id') or ''}"
        if _COMMENT.search(names) or part.tag in _PICTURES:
            return None
        outside = outside or part.tag in _OUTSIDE_TAGS or bool(_OUTSIDE.search(names))
    return outside
