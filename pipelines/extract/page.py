"""The text of a page to its tree, parsed once, with markup that would cost quadratic time made harmless before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

LIBXML2: Final = ".".join(map(str, etree.LIBXML_VERSION))  # its repairs of bad markup change from version to version
ATTRIBUTES_MAX: Final = 256  # on one element; the parser's time grows with their square
DEPTH_MAX: Final = 200  # of nesting; libxml2 gives a page up at 256, browsers flatten at 512
_FLOOD = 4 * ATTRIBUTES_MAX  # characters below which a tag can't hold that many attributes
_TAG_NAME = re.compile(r"[A-Za-z][^\s/>]*+")
_ATTRIBUTE = re.compile(r"""[\s/]*+[^\s=>"'/]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>]++))?+""")
_DOCTYPE = re.compile(r"^\s*<\s?!\s?DOCTYPE[^>]{0,200}/[^<>]{0,500}>", re.IGNORECASE)
_EMPTY_ROOT = re.compile(r"(<html\b[^<>]{0,1000}?)\s*/>", re.IGNORECASE)
# References to characters that XML has not: one of them in a paragraph, and lxml refuses all that trafilatura writes.
_NO_CHARACTER = re.compile(
    r"&#(?:0{0,6}(?:[0-8]|1[124-9]|2\d|3[01]|6553[45])|[xX]0{0,6}(?:[0-8bceBCEfF]|1[\da-fA-F]|[fF]{3}[eEfF]))(?:;|(?![\w]))"
)
_DEPTH_ERROR = "Excessive depth"


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page. The tree is shared by all that read it; nobody changes it."""

    tree: HtmlElement
    notes: tuple[str, ...] = ()  # what had to be made harmless


def parse(text: str) -> Page | None:
    """The page of `text`; None where there is no element in it."""
    if "&#" in text:
        text = _NO_CHARACTER.sub(" ", text)
    if "\ufffe" in text or "\uffff" in text:
        text = text.replace("\ufffe", "").replace("\uffff", "")
    text, notes = _without_floods(text)
    head = text[:4096]
    repaired = _EMPTY_ROOT.sub(r"\1>", _DOCTYPE.sub("", head, count=1), count=1)  # both make libxml2 drop the page
    data = (repaired + text[4096:]).encode("utf-8", "replace")
    tree, deep = _tree(data, huge=False)
    if deep:
        tree, _ = _tree(data, huge=True)
        if tree is not None and _flatten(tree):
            notes = (*notes, f"nesting deeper than {DEPTH_MAX} flattened")
    return None if tree is None else Page(tree, notes)


def _tree(data: bytes, *, huge: bool) -> tuple[HtmlElement | None, bool]:
    """The tree, and whether the parser gave up for depth."""
    parser = HTMLParser(
        collect_ids=False,
        default_doctype=False,
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        huge_tree=huge,
        no_network=True,
    )
    try:
        tree = document_fromstring(data, parser=parser)
    except etree.ParserError:  # "Document is empty"
        return None, False
    errors = parser.error_log
    deep = not huge and len(errors) > 0 and any(_DEPTH_ERROR in entry.message for entry in errors)
    return tree, deep


def _without_floods(text: str) -> tuple[str, tuple[str, ...]]:
    """Tags with more than `ATTRIBUTES_MAX` attributes, cut to that many."""
    if len(text) < _FLOOD:
        return text, ()
    parts = text.split("<")
    cut = 0
    for index, part in enumerate(parts):
        if len(part) > _FLOOD and part[0].isalpha() and part[:6].lower() != "script":
            kept = _cut_attributes(part)
            cut += kept is not part
            parts[index] = kept
    if not cut:
        return text, ()
    return "<".join(parts), (f"{cut} elements with more than {ATTRIBUTES_MAX} attributes cut",)


def _cut_attributes(part: str) -> str:
    """`part` is all from behind a "<" to the next; its tag keeps the first attributes only."""
    name = _TAG_NAME.match(part)
    position = name.end() if name else 0
    count = 0
    end_of_kept = position
    while found := _ATTRIBUTE.match(part, position):
        position = found.end()
        count += 1
        if count == ATTRIBUTES_MAX:
            end_of_kept = position
    return part[:end_of_kept] + part[position:] if count > ATTRIBUTES_MAX else part


def _flatten(tree: HtmlElement) -> bool:
    """Elements deeper than `DEPTH_MAX` give way to their content."""
    deep = []
    depth = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            depth += 1
            if depth > DEPTH_MAX and len(element):
                deep.append(element)
        else:
            depth -= 1
    for element in reversed(deep):
        element.drop_tag()
    return bool(deep)
