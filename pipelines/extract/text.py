"""What trafilatura takes for the article's text, as blocks in reading order: the witness that body/ hears.

trafilatura's caches hold results of pure functions only and its duplicate test is off, so no page can
change what comes of the next; tests/unit/extract/test_text.py holds it to that.
"""

from __future__ import annotations

import copy
import logging
from typing import Final

from lxml.etree import _Element, strip_elements
from trafilatura import bare_extraction
from trafilatura.settings import MANUALLY_CLEANED, Document, Extractor

from pipelines.extract import clean
from pipelines.extract.page import Page
from pipelines.model import Block, BlockKind

# What these libraries would print about a page is an outcome here, with its detail.
for _library in ("trafilatura", "htmldate", "justext", "courlan", "charset_normalizer"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)

# Links, images and formatting change which paragraphs trafilatura takes, for the worse on DEV (F4 of fundus .955,
# with images .939, with links .953): `body/` finds them in the page's own tree. date_params: without them
# trafilatura asks the clock, although it reads no metadata here.
_OPTIONS: Final = {
    fast: Extractor(
        output_format="python",
        fast=fast,
        comments=False,
        tables=True,
        links=False,
        images=False,
        formatting=False,
        dedup=False,
        date_params={"original_date": "yes"},
    )
    for fast in (False, True)
}

_THROWN_AWAY: Final = (*(tag for tag in MANUALLY_CLEANED if tag != "head"), "template", "path", "meta")

_BLOCKS: Final = {
    "p": BlockKind.PARAGRAPH,
    "head": BlockKind.HEADING,
    "quote": BlockKind.QUOTE,
    "code": BlockKind.PARAGRAPH,
    "div": BlockKind.PARAGRAPH,
    "item": BlockKind.LIST_ITEM,
    "row": BlockKind.TABLE_ROW,
    "list": BlockKind.PARAGRAPH,  # containers: only stray text in them is a block of its own
    "table": BlockKind.PARAGRAPH,
}
# Inside these, blocks of other kinds are part of the line.
_ONE_LINE: Final = frozenset({BlockKind.LIST_ITEM, BlockKind.TABLE_ROW, BlockKind.HEADING})


def blocks(page: Page, *, fast: bool = False) -> tuple[Block, ...]:
    """The blocks of a page's article, none if there is no text. The page's tree stays as it was.

    `fast` leaves out the comparison with other extractors, and hands over a tree without the elements that trafilatura
    throws away first (a script's articleBody with them): half of its time.
    """
    tree = page.tree
    if fast:
        tree = copy.copy(tree)
        strip_elements(tree, *_THROWN_AWAY, with_tail=False)
    document = bare_extraction(tree, options=_OPTIONS[fast])
    if not isinstance(document, Document):
        return ()
    writer = _Writer()
    writer.walk(document.body, BlockKind.PARAGRAPH)
    writer.end()
    return tuple(writer.blocks)


class _Writer:
    """Turns trafilatura's tree (p, head, list/item, quote, table/row/cell, code, lb, inline) into lines."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._kind = BlockKind.PARAGRAPH

    def end(self) -> None:
        """The line that is being written is a block."""
        text = clean.line("".join(self._parts)).removesuffix(" |")
        if any(map(str.isalnum, text)):
            self.blocks.append(Block(self._kind, text))
        self._parts.clear()

    def walk(self, element: _Element, kind: BlockKind) -> None:
        """Everything inside of `element`, which is part of a block of this kind."""
        self._add(element.text, kind)
        for child in element:
            tag = child.tag
            if tag == "lb":
                if kind in _ONE_LINE:
                    self._add(" ", kind)
                else:
                    self.end()
            elif tag == "cell":
                self.walk(child, kind)
                self._add(" | ", kind)
            elif tag in _BLOCKS:
                self._block(child, _BLOCKS[tag], kind)
            elif tag != "graphic":
                self.walk(child, kind)
            self._add(child.tail, kind)

    def _block(self, child: _Element, kind: BlockKind, inside: BlockKind) -> None:
        if inside in _ONE_LINE and (inside is not BlockKind.LIST_ITEM or child.tag not in {"list", "item"}):
            self._add(" ", inside)
            self.walk(child, inside)
            self._add(" ", inside)
            return
        if inside is BlockKind.QUOTE and kind is BlockKind.PARAGRAPH:
            kind = BlockKind.QUOTE
        self.end()
        self.walk(child, kind)
        self.end()

    def _add(self, text: str | None, kind: BlockKind) -> None:
        if text:
            if not self._parts:
                self._kind = kind
            self._parts.append(text)
