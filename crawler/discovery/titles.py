"""Titles as text: feeds put HTML into them, once or twice escaped."""

from __future__ import annotations

import re
import unicodedata

from lxml import etree, html

TITLE_MAX = 500  # characters
_MARKUP_MAX = 20_000  # characters of markup looked at for a title
_HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SILENT = ("script", "style", "noscript", "template")


def one_line(text: str, limit: int) -> str:
    """`text` on one line (U+2028 and its kind are white space), without control characters, at most `limit` long."""
    return " ".join(_HIDDEN.sub("", text[: 4 * limit]).split())[:limit].rstrip()


def plain_title(text: str) -> str:
    """A title without markup: tags and scripts gone, character references read, NFC, one line."""
    text = _HIDDEN.sub("", text[:_MARKUP_MAX])
    if "<" in text or "&" in text:
        text = _text_of(text)
        if "&" in text:  # escaped twice
            text = _text_of(text)
    return unicodedata.normalize("NFC", one_line(text, TITLE_MAX))


def _text_of(markup: str) -> str:
    try:
        root = html.fragment_fromstring(markup, create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):  # nothing but a comment, say
        return ""
    for element in root.xpath("|".join(f".//{name}" for name in _SILENT)):
        element.drop_tree()
    return str(root.text_content())
