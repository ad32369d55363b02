"""What markup leaves in flattened text, undone: tags, character references, Markdown. The words stay as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Final

from pipelines.extract import clean

_INLINE: Final = (
    "a|abbr|b|big|center|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt|u|wbr|nobr"
)
_BLOCK: Final = (
    "p|div|br|hr|h[1-6]|ul|ol|li|table|tr|td|th|tbody|thead|section|article|header|footer|figure|figcaption"
    "|blockquote|img"
)
_ANCHOR = re.compile(
    r"<a\b[^<>]{0,300}?\bhref\s*=\s*[\"']?([^\"'<>\s]{1,500})[^<>]{0,300}>([^<>]{1,500})</a\s*>", re.IGNORECASE
)
_INLINE_TAG = re.compile(rf"</?(?:{_INLINE})(?:\s[^<>]{{0,500}})?/?>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK})(?:\s[^<>]{{0,500}})?/?>", re.IGNORECASE)
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,500})\]\((https?://[^\s()]{1,500})(?:\s+\"[^\"\n]{0,300}\")?\)")
_LINK = re.compile(
    r"(?<!!)\[([^\[\]\n]{1,500})\]\((https?://[^\s()]{1,500}|/[^\s()]{0,500}|#\S{0,100})(?:\s+\"[^\"\n]{0,300}\")?\)"
)
_AUTOLINK = re.compile(r"<(https?://[^\s<>]{1,500})>")
_STRONG = re.compile(
    r"(?<!\*)\*\*(?=[^\s*])([^\n]{1,300}?)(?<=[^\s*])\*\*(?!\*)|(?<![\w_])__(?=[^\s_])([^\n]{1,300}?)(?<=[^\s_])__(?![\w_])"
)
_EMPHASIS = re.compile(
    r"(?<![\w*\\])\*(?=[^\s*])([^*\n]{1,600}?)(?<=[^\s*])\*(?![\w*])|(?<![\w_/.@#=&?-])_(?=[^\s_])([^_\n]{1,300}?)(?<=[^\s_])_(?![\w_/])"
)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")
_UNESCAPED: Final = 3  # times that a text may have been escaped


@dataclass(frozen=True, slots=True)
class Undone:
    """A text without markup, and where its links and images led."""

    text: str
    links: list[tuple[str, str]] = field(default_factory=list)  # address, words
    images: list[str] = field(default_factory=list)


def undo(text: str) -> Undone:
    """`text` with the leftovers of markup made words or line ends. It has as many lines as before, or more."""
    links: list[tuple[str, str]] = []
    images: list[str] = []

    def link(found: re.Match[str]) -> str:
        links.append((found[2], clean.line(found[1])))
        return found[1]

    def anchor(found: re.Match[str]) -> str:
        links.append((unescape(found[1]), clean.line(found[2])))
        return found[2]

    def image(found: re.Match[str]) -> str:
        images.append(found[2])
        return f"\n{CAPTION}{found[1]}\n" if found[1].strip() else ""

    if "<" in text:
        text = _AUTOLINK.sub(r"\1", text)
        text = _ANCHOR.sub(anchor, text)
        text = _BLOCK_TAG.sub("\n", _INLINE_TAG.sub("", text))
    if "&" in text:
        for _ in range(_UNESCAPED):
            plain = unescape(text)
            if plain == text:
                break
            text = plain
    if "](" in text:
        text = _LINK.sub(link, _IMAGE.sub(image, text))
    if "*" in text or "_" in text:
        text = _STRONG.sub(_inside, text)
        text = _EMPHASIS.sub(_inside, text)
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    return Undone(text, links, images)


#: Stands before the words that describe an image, for `flat_kinds`; no text holds it.
CAPTION: Final = "\N{OBJECT REPLACEMENT CHARACTER}"


def _inside(found: re.Match[str]) -> str:
    return found[1] or found[2]
