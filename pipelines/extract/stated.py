"""The article's text as the publisher states it besides the page itself: `articleBody` of JSON-LD or microdata.

It is evidence, not truth: some publishers state a teaser, some the whole of a paid article, some another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from pipelines.extract import clean, jsonld
from pipelines.extract.facts import Facts

BODY_MAX: Final = 400_000  # characters of markup that are read
UPDATES_MAX: Final = 500  # entries of a live blog
SHINGLE: Final = 3  # words
# Scripts written without spaces: one character is one word.
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_HIDDEN = re.compile(r"<(script|style)\b[^<>]{0,2000}>.{0,20000}?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|blockquote|section|tr|table|figure|figcaption)\b[^<>]{0,2000}>", re.IGNORECASE
)
_TAG = re.compile(r"<(?:/?[A-Za-z][^<>]{0,2000}|!--[^<>]{0,2000}--)>")
_LINES: Final = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "tr", "table"}
    | {"figure", "figcaption", "aside", "article"}
)
_UNSEEN: Final = frozenset({"script", "style", "noscript", "template", "iframe", "svg"})


@dataclass(frozen=True, slots=True)
class StatedBody:
    """A stated text, and how much of another text it has."""

    paragraphs: tuple[str, ...]
    source: str  # "json-ld:articleBody" or "itemprop:articleBody"
    _flat: str = field(repr=False)  # its words, single spaces between and around
    _shingles: frozenset[tuple[str, ...]] = field(repr=False)

    @property
    def words(self) -> int:
        return self._flat.count(" ") - 1

    def covers(self, text: str) -> float:
        """Share of the text's word triples that stand here, 0 to 1; of a shorter text, whether its words do."""
        tokens = _words(text)
        if len(tokens) < SHINGLE:
            return float(bool(tokens) and f" {' '.join(tokens)} " in self._flat)
        triples = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
        return sum(triple in self._shingles for triple in triples) / len(triples)

    def shown_in(self, text: str) -> float:
        """Share of the word triples here that stand in `text`, 0 to 1."""
        tokens = _words(text)
        triples = set(zip(tokens, tokens[1:], tokens[2:], strict=False))
        return len(self._shingles & triples) / len(self._shingles) if self._shingles else 0.0


def body_words(facts: Facts) -> StatedBody | None:
    """The text that the page states for its article, None if it states none. Build it once a page."""
    for source, paragraphs in (
        ("json-ld:articleBody", _of_json_ld(facts.article)),
        ("itemprop:articleBody", _of_items(facts)),
    ):
        worded = [(text, tokens) for text in paragraphs if (tokens := _words(text))]
        if worded:
            tokens = [word for _, some in worded for word in some]
            shingles = frozenset(zip(tokens, tokens[1:], tokens[2:], strict=False))
            return StatedBody(tuple(text for text, _ in worded), source, f" {' '.join(tokens)} ", shingles)
    return None


def _words(text: str) -> list[str]:
    return _WORD.findall(clean.fold(text))


def _of_json_ld(article: jsonld.Node) -> Iterator[str]:
    yield from _markup(article.get("articleBody"))
    updates = article.get("liveBlogUpdate")
    for update in islice(updates, UPDATES_MAX) if isinstance(updates, list) else ():
        if isinstance(update, dict):
            yield from jsonld.texts(update.get("headline"))
            yield from _markup(update.get("articleBody"))


def _markup(value: object) -> Iterator[str]:
    """The lines of a string that may hold HTML, also escaped HTML."""
    if isinstance(value, list):
        for part in value[:UPDATES_MAX]:
            yield from _markup(part)
    elif isinstance(value, str):
        text = value[:BODY_MAX]
        if "&" in text:
            text = unescape(unescape(text))
        if "<" in text:
            text = _TAG.sub("", _BREAK.sub("\n", _HIDDEN.sub(" ", text)))
        yield from map(clean.line, text.split("\n"))


def _of_items(facts: Facts) -> Iterator[str]:
    for element in facts.items.get("articlebody", ())[:3]:
        # Some pages have it as <meta itemprop=articleBody content="...">.
        if content := element.get("content"):
            yield from _markup(content)
        else:
            parts: list[str] = []
            _write(element, parts, BODY_MAX)
            yield from map(clean.line, "".join(parts).split("\n"))


def _write(element: HtmlElement, parts: list[str], left: int) -> int:
    """Write what `element` shows, line ends where its blocks end; returns how many characters may still come."""
    breaks = element.tag in _LINES
    if breaks:
        parts.append("\n")
    if element.text and element.tag not in _UNSEEN:
        parts.append(" ".join(element.text.split("\n"))[:left])
        left -= len(parts[-1])
    for child in element if element.tag not in _UNSEEN else ():
        if left <= 0:
            break
        left = _write(child, parts, left)
        if child.tail:
            parts.append(" ".join(child.tail.split("\n"))[:left])
            left -= len(parts[-1])
    if breaks:
        parts.append("\n")
    return left
