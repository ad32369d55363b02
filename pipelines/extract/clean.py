"""Strings from pages as we keep them: one line, NFC, without controls, marks that show nothing, or surrogates."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Final

# What `&#128;` to `&#159;` mean on pages: browsers read them as windows-1252, libxml2 as C1 controls.
_C1 = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}
_INVISIBLE = dict.fromkeys((*range(9), 11, *range(14, 32), 127, 0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF))
_TABLE: Final = {**_C1, **_INVISIBLE, **dict.fromkeys(range(0xD800, 0xE000))}
# Tells whether there is anything for the table to do; most lines need nothing.
_DIRTY = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
_TAG = re.compile(r"<(?:/?[A-Za-z][^<>]{0,500}|!--[^<>]{0,500}--)>")


def line(text: str) -> str:
    """`text` as one line: white space of any kind (also U+2028) is one space, ends trimmed."""
    if _DIRTY.search(text):
        text = text.translate(_TABLE)
    text = " ".join(text.split())
    return text if text.isascii() or unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def value(text: str) -> str:
    """A metadata value as one line: character references that were escaped twice undone, markup dropped."""
    if "&" in text:
        text = unescape(unescape(text))
    if "<" in text:
        text = _TAG.sub(" ", text)
    return line(text)


_QUOTES: dict[int, str] = dict.fromkeys(map(ord, "‘’‚‛′`´ʼ"), "'") | dict.fromkeys(map(ord, "“”„‟«»″"), '"')
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_EVEN: Final = _QUOTES | _DASHES
_NOT_WORD = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """What makes two spellings one for comparing: case, width, quotes, dashes and white space evened out."""
    even = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_EVEN)
    return " ".join(even.casefold().split())


def words(text: str) -> str:
    """`fold` with all that is no letter or digit as one space: for comparing a headline with its repetition."""
    return _NOT_WORD.sub(" ", fold(text)).strip()
