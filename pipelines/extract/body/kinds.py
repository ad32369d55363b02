"""What a line of the article is: its kind, an embedded post's facts, a caption and its credit, links and images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml.html import HtmlElement

from pipelines import urls
from pipelines.extract import clean, posts
from pipelines.extract.body.segments import Place, Segment
from pipelines.model import Block, BlockKind, Link

LINKS_MAX: Final = 1000
IMAGES_MAX: Final = 100
HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_ITEMS: Final = frozenset({"li", "dt", "dd"})
_OF_TEXT: Final = frozenset({"tr", "td", "li", "post"})  # in a figure, too
_CAPTION_NAME = re.compile(
    r"caption|bildunterschrift|bildtext|legende|légende|didascalia|pie-de-foto|podpis", re.IGNORECASE
)
_CREDIT = re.compile(r"credit|copyright|photographer|rights|\bsource\b", re.IGNORECASE)
_CAPTION_WORDS: Final = 80  # what is longer is text that somebody put into a figure


def block(line: Segment) -> Block:
    """A line as a block, kept."""
    if line.tag == "post":
        return Block(BlockKind.EMBED, line.text, post=posts.of_element(line.place.element))
    return Block(_kind(line), line.text)


def _kind(line: Segment) -> BlockKind:
    place: Place | None = line.place
    above = line.place.parent
    if line.tag in HEADINGS:
        return BlockKind.HEADING
    if line.tag == "tr":
        return BlockKind.TABLE_ROW
    if line.tag in _ITEMS or (above is not None and above.tag in _ITEMS):
        return BlockKind.LIST_ITEM
    while place is not None and place.inside:
        if place.tag == "blockquote":
            return BlockKind.QUOTE
        place = place.parent
    return BlockKind.PARAGRAPH


class Captions:
    """The captions of a page, each told once, its credit apart where the markup tells it apart."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def is_caption(self, line: Segment) -> bool:
        if len(line.words) > _CAPTION_WORDS:
            return False
        if line.inside("figcaption"):
            return True
        return _CAPTION_NAME.search(line.place.name) is not None or (
            line.inside("figure")
            and line.tag not in {"blockquote", "tr", "td", "li", "post"}
            and not line.inside("blockquote")
        )

    def blocks(self, line: Segment) -> Iterator[Block]:
        """The blocks of the caption that a line belongs to; none if it was told before."""
        element = line.place.element
        for place in _upwards(line.place):
            if place.tag == "figcaption":
                element = place.element
        whole = clean.line(" ".join(element.itertext()))
        if len(whole) > 3 * len(line.text) + 200:  # the element holds more than the caption
            whole = line.text
        credit = next((part for part in element.iterdescendants() if _CREDIT.search(part.get("class") or "")), None)
        owned = clean.line(" ".join(credit.itertext())) if credit is not None else ""
        text = clean.line(whole.replace(owned, " ", 1)) if owned else whole
        fresh = whole not in self._told and line.text not in self._told
        self._told.update(part for part in (whole, text, owned, line.text) if part)
        if not fresh:
            return
        if any(map(str.isalnum, text)):
            yield Block(BlockKind.CAPTION, text)
        if any(map(str.isalnum, owned)):
            yield Block(BlockKind.CREDIT, owned)


def _upwards(place: Place | None) -> Iterator[Place]:
    while place is not None:
        yield place
        place = place.parent


def links(lines: Iterable[Segment], base: str) -> tuple[Link, ...]:
    """Where the article's text links to, in its order."""
    found: list[Link] = []
    for line in lines:
        for anchor in line.anchors:
            target = _address(anchor.get("href"), base)
            if target and len(found) < LINKS_MAX:
                found.append(Link(target, clean.line("".join(anchor.itertext()))))
    return tuple(found)


def images(elements: Iterable[HtmlElement], base: str) -> tuple[str, ...]:
    """The addresses of the images that stand in the article, each once."""
    found: dict[str, None] = {}
    for element in elements:
        source = element.get("data-src") or element.get("src") or ""
        if not source.startswith("data:") and (address := _address(source, base)) and len(found) < IMAGES_MAX:
            found[address] = None
    return tuple(found)


def _address(reference: str | None, base: str) -> str:
    if not reference or reference.startswith("#"):
        return ""
    try:
        return urls.normalise(reference, base or None)
    except urls.BadUrl:  # script:, mailto: and broken ones are no links of an article
        return ""
