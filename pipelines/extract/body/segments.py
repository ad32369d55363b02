"""A page's tree as the lines that a reader sees, in reading order, each with its place in the tree.

One walk, no judgement: what is an article's is decided in `classify`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lxml.html import HtmlElement

from pipelines.extract import clean
from pipelines.extract.body.shingles import tokens

SEGMENTS_MAX: Final = 20_000  # of one page; what follows is not looked at
_BLOCKS: Final = frozenset(
    "p div section article main aside header footer nav ul ol li dl dt dd table thead tbody tfoot tr td th caption"  # noqa: SIM905
    " blockquote figure figcaption h1 h2 h3 h4 h5 h6 pre form fieldset legend address hr details summary body center"
    " menu hgroup".split()
)
_UNSEEN: Final = frozenset(
    "script style noscript template svg iframe select option textarea object embed head link meta canvas video audio"  # noqa: SIM905
    " input button map math".split()
)
_IN_CELL: Final = ("p", "div", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "figure", "br")
_CELL_MAX: Final = 200  # characters; what is longer is no cell of a table of facts
#: Elements that say what they hold.
PLACES: Final = (
    "nav", "aside", "footer", "header", "figure", "form", "table", "ul", "article", "main", "blockquote", "section",
)  # fmt: skip
_PLACE_BIT: Final = {tag: 1 << index for index, tag in enumerate((*PLACES, "ol", "figcaption"))}

_FRAME: Final = frozenset({"nav", "footer"})  # the site's own, where they are outside of an article
_TEXT: Final = _PLACE_BIT["article"] | _PLACE_BIT["main"]

#: What class names and ids say of what they are on, in the words that the web uses for it, whatever the site.
CLASSES: Final = {
    "share": r"shar(?:e|ing)|social|follow|facebook|twitter|whatsapp|telegram",
    "related": r"relat|recommend|more-?(?:news|stories|from|on)|read-?(?:more|also|next)|also|similar|trending|popular"
    r"|most-|teaser(?!-?text)|outbrain|taboola|promo|see-?also|linkbox|latest",
    "subscribe": r"newsletter|subscri|signup|sign-up|paywall|regwall|register|login|donat|piano|membership",
    "comment": r"comment|disqus|discuss|reply|respond",
    "advert": r"(?:^|[\s_-])(?:ad|ads|adv|advert\w*|sponsor\w*|banner|commercial|anzeige|affiliate)(?:$|[\s_-])",
    "byline": r"author|byline|autor|writer|contributor|bio(?:$|[\s_-])|signature",
    "meta": r"(?:^|[\s_-])(?:meta|date|time|timestamp|published|updated|info|kicker|category|categor\w+|section-?name"
    r"|label|eyebrow|dateline|reading-?time)(?:$|[\s_-])",
    "tags": r"(?:^|[\s_-])tags?(?:$|[\s_-])|topics|keyword|breadcrumb",
    "caption": r"caption|credit|photo|image|img|gallery|figure|media|picture|slideshow|video|player",
    "lead": r"lead(?!er)|lede|standfirst|intro|summary|subtitle|sub-?head|deck|dek|excerpt|abstract|chapo|vorspann"
    r"|descri|sapo|entradilla|teaser-?text|subline|preamble|ingress|anons|perex",
    "text": r"article|body|content|story|text|entry|post|copy|paragraph|prose",
    "frame": r"nav|menu|sidebar|footer|header|toolbar|widget|cookie|consent|modal|popup|copyright|legal|disclaimer",
    "box": r"box|aside|infobox|factbox|module|inset|embed|callout|pull|quote",
}
CLASS_BIT: Final = {name: 1 << index for index, name in enumerate(CLASSES)}
_CLASSES: Final = [(CLASS_BIT[name], re.compile(pattern, re.IGNORECASE)) for name, pattern in CLASSES.items()]
_POST = re.compile(
    r"twitter-(?:tweet|video)|instagram-media|tiktok-embed|fb-(?:post|video)|telegram-(?:post|embed)|bluesky-embed"
    r"|mastodon-embed|reddit-(?:embed|card)|\bvk_post|truthsocial-embed",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Place:
    """A block element on the way down to a segment; shared by all that is in it."""

    element: HtmlElement
    tag: str
    name: str  # class and id
    classes: int  # bits of CLASS_BIT
    parent: Place | None
    inside: int = 0  # bits of the PLACES above it, itself included
    near: int = 0  # classes of the three block elements above it


@dataclass(slots=True)
class Segment:
    """A line of the page."""

    text: str
    place: Place
    tag: str  # of its block element; "tr" for a row of a table of facts, "post" for an embedded post
    link: float  # share of its characters that are link text, 0 to 1
    words: list[str]
    anchors: list[HtmlElement] = field(default_factory=list)

    def inside(self, tag: str) -> bool:
        return bool(self.place.inside & _PLACE_BIT[tag])


@dataclass(slots=True)
class Segments:
    """The lines of a page, and its images with the number of lines before each."""

    lines: list[Segment]
    images: list[tuple[int, HtmlElement]]


def segments(tree: HtmlElement) -> Segments:
    """Every line of text below `tree`'s body, in document order, without what no reader sees."""
    body = tree.find("body")
    walk = _Walk()
    walk.down(tree if body is None else body)
    return Segments(walk.lines, walk.images)


class _Walk:
    def __init__(self) -> None:
        self.lines: list[Segment] = []
        self.images: list[tuple[int, HtmlElement]] = []
        self._parts: list[str] = []
        self._anchors: list[HtmlElement] = []
        self._linked = 0  # characters of the parts that are link text

    def down(self, body: HtmlElement) -> None:
        top = Place(body, "body", "", 0, None)
        self._inside(body, top, linked=False)
        if self._parts:
            self._end(top, "body")

    def _end(self, place: Place, tag: str) -> None:
        """What was gathered is a line of `place`."""
        whole = "".join(self._parts)
        self._parts.clear()
        linked, self._linked = self._linked, 0
        if not whole.isspace() and len(self.lines) < SEGMENTS_MAX:
            text = clean.line(whole)
            if words := tokens(text):
                share = min(1.0, linked / max(1, len(text) - text.count(" "))) if linked else 0.0
                self.lines.append(Segment(text, place, tag, share, words, self._anchors))
                self._anchors = []
                return
        self._anchors.clear()

    def _inside(self, element: HtmlElement, place: Place, linked: bool) -> None:
        parts = self._parts
        if text := element.text:
            parts.append(text)
            if linked:
                self._linked += len("".join(text.split()))
        for child in element:
            tag = child.tag
            if tag in _BLOCKS:
                if parts:
                    self._end(place, place.tag)
                if not (child.attrib and _hidden(child)) and not (tag in _FRAME and not place.inside & _TEXT):
                    self._block(child, tag, place, linked)
            elif tag == "br":
                if parts:
                    self._end(place, place.tag)
            elif tag == "a":
                self._anchors.append(child)
                self._inside(child, place, linked=True)
            elif tag == "img":
                self.images.append((len(self.lines), child))
            elif tag not in _UNSEEN:
                self._inside(child, place, linked)
            if text := child.tail:
                parts.append(text)
                if linked:
                    self._linked += len("".join(text.split()))

    def _block(self, element: HtmlElement, tag: str, parent: Place, linked: bool) -> None:
        name = f"{element.get('class') or ''} {element.get('id') or ''}".strip() if element.attrib else ""
        place = Place(element, tag, name, _classes(name) if name else 0, parent)
        place.inside = parent.inside | _PLACE_BIT.get(tag, 0)
        place.near = parent.classes | _above(parent)
        if tag == "blockquote" and _POST.search(name):
            self._whole(element, place, "post", element.itertext())
        elif tag == "tr" and _of_facts(element):
            cells = (clean.line("".join(cell.itertext())) for cell in element)
            self._whole(element, place, "tr", [" | ".join(filter(None, cells))])
        else:
            self._inside(element, place, linked)
            if self._parts:
                self._end(place, tag)

    def _whole(self, element: HtmlElement, place: Place, tag: str, pieces: Iterable[str]) -> None:
        """An element with all its blocks as one line."""
        self._parts.append(" ".join(pieces))
        self._anchors.extend(element.iter("a"))
        self._end(place, tag)


def _above(place: Place) -> int:
    up, classes = place.parent, 0
    for _ in range(2):
        if up is None:
            break
        classes |= up.classes
        up = up.parent
    return classes


@lru_cache(maxsize=16_384)
def _classes(name: str) -> int:
    return sum(bit for bit, pattern in _CLASSES if pattern.search(name))


def _hidden(element: HtmlElement) -> bool:
    style = element.get("style")
    if style is not None and "display:none" in style.replace(" ", "").lower():
        return True
    return element.get("hidden") is not None


def _of_facts(row: HtmlElement) -> bool:
    """Whether a row belongs to a table that shows facts, and not to one that lays out a page."""
    if len(row) < 2 or next(row.iterdescendants(*_IN_CELL), None) is not None:
        return False
    return all(len(child.text_content()) <= _CELL_MAX for child in row)
