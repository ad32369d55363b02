"""Bytes of a page to text: the charset chosen as browsers choose it, unless the bytes themselves contradict it.

The order is that of the WHATWG HTML Standard (section 13.2.3.2): byte order mark, HTTP, <meta> or XML
declaration, then detection. Labels lie on real pages, so each is held against the bytes before it is believed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding, to_unicode

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_SAMPLE = 20_000  # bytes that detection looks at
_CONTROLS = bytes(range(9)) + b"\x0b" + bytes(range(14, 32)) + b"\x7f"  # C0 without tab and line ends
_FORM_FEED = bytes.maketrans(b"\x0c", b" ")
_MULTIBYTE = frozenset({"gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp949", "euc_kr", "cp932", "euc_jp"})
_STATEFUL = ("utf-16", "utf-32", "iso2022", "hz")  # encodings in which ASCII bytes need not be ASCII
_CYRILLIC = ("cp1251", "koi8-u", "iso8859-5", "cp866")
# What browsers know besides; detection is asked for no other.
_DETECTABLE = ["cp1250", "iso8859_2", "cp1252", "cp1253", "iso8859_7", "cp1254", "cp1255", "cp1256", "cp1257"]
_DETECTABLE += ["cp1258", "cp874", "gb18030", "big5", "euc_jp", "cp932", "cp949"]
# KOI8-U has Ukrainian letters where KOI8-R has box drawing, which no page holds.
_SUPERSETS = {"koi8-r": "koi8-u"}
_WESTERN = frozenset({"cp1252", "iso8859-1", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "mac-roman", "ascii"})
# How often letters stand in Russian and Ukrainian text, in percent: lower case, since a wrong Cyrillic
# table shows as upper case, symbols or rare letters. A right reading scores 4.5 to 5.2, wrong ones under 3.
_FREQUENCY = dict(zip("оаеинтрсвлкдмупяіьызбгчйхїжшюєцщф", (
    10, 8.2, 7.4, 7, 6.6, 6, 5, 4.8, 4.6, 4, 3.6, 3.1, 3.1, 3, 2.8, 2.2, 2.5, 1.8, 1, 2, 1.7, 1.6, 1.4, 1.2, 1, 0.6,
    0.9, 0.7, 0.7, 0.5, 0.5, 0.4, 0.2), strict=True))  # fmt: skip
_CYRILLIC_TEXT = 3.6  # score from which bytes are taken for Cyrillic text
_HIGH = re.compile(rb"[\x80-\xff]+")
_MARKUP = re.compile(rb"<script\b.*?</script|<style\b.*?</style|<[^>]*>", re.DOTALL | re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]*>")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text without C0 controls, and how it was come by."""

    text: str
    charset: str  # Python's name of the codec
    reason: str  # "bom", "http", "meta", "xml", "detected", "fallback"; then what was overruled: ", not http cp1251"
    replaced: int  # U+FFFD put in for bytes that did not decode


def decode(body: bytes, http_charset: str = "") -> Decoded:
    """The text of a page; never fails. `http_charset` is the charset parameter of Content-Type, "" if none."""
    named, mark = read_bom(body)
    if named and mark:
        return _decoded(body[len(mark) :], named, "bom")
    silent = _utf16_without_bom(body)
    if silent:
        return _decoded(body, silent, "detected")
    body = body.translate(_FORM_FEED, _CONTROLS)
    labels = _labels(body, http_charset)
    if not labels or labels[0][1] == "utf-8":  # nearly every page: one strict decoding settles it
        try:
            return Decoded(body.decode("utf-8"), "utf-8", labels[0][0] if labels else "detected", 0)
        except UnicodeDecodeError:
            pass
    utf8 = _utf8_quality(body)
    overruled = ""
    for reason, codec in labels:
        if _believable(body, codec, utf8):
            return _decoded(body, codec, reason + overruled)
        overruled += f", not {reason} {codec}"
    detected = _detect(body, utf8)
    if detected:
        return _decoded(body, detected, "detected" + overruled)
    return _decoded(body, labels[0][1] if labels else "cp1252", "fallback")


def _labels(body: bytes, http_charset: str) -> list[tuple[str, str]]:
    """The codecs that HTTP and the page declare, in the order in which a browser asks them."""
    labels = []
    if http_charset and (codec := resolve_encoding(http_charset.strip(" '\""))):
        labels.append(("http", _SUPERSETS.get(codec, codec)))
    declared = html_body_declared_encoding(body)
    if declared:
        xml = _XML_DECLARATION.match(body[:1024])
        by_xml = bool(xml) and html_body_declared_encoding(xml[0]) == declared if xml else False
        # A page whose <meta> could be read as ASCII is not UTF-16, whatever it says (WHATWG).
        codec = "utf-8" if declared.startswith(("utf-16", "utf-32")) else _SUPERSETS.get(declared, declared)
        labels.append(("xml" if by_xml else "meta", codec))
    return labels


def _decoded(body: bytes, codec: str, reason: str) -> Decoded:
    text = to_unicode(body, codec)
    replaced = text.count(REPLACEMENT)
    if replaced and codec == "utf-8":
        replaced -= body.count(REPLACEMENT.encode())  # those that the page itself holds
    if codec.startswith(("utf-16", "utf-32")):
        text = text.translate(dict.fromkeys(_CONTROLS) | {12: " "})
    return Decoded(text, codec, reason, max(replaced, 0))


def _utf16_without_bom(body: bytes) -> str:
    """UTF-16 shows in markup as a NUL in every second byte, all on the same side."""
    head = body[:2048]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even + odd < max(8, len(head) // 50):
        return ""
    if odd > 8 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 8 * odd else ""


@dataclass(frozen=True, slots=True)
class _Utf8:
    good: int  # characters of more than one byte that decode
    bad: int  # faults


def _utf8_quality(body: bytes) -> _Utf8:
    if body.isascii():
        return _Utf8(0, 0)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        bad = max(text.count(REPLACEMENT) - body.count(REPLACEMENT.encode()), 0)
    else:
        bad = 0
    wide = len(text) - len(text.encode("ascii", "ignore"))
    return _Utf8(wide - bad, bad)


def _believable(body: bytes, codec: str, utf8: _Utf8) -> bool:
    """Whether the bytes can be what the label says."""
    if codec == "utf-8":
        return utf8.bad == 0 or utf8.good > 2 * utf8.bad
    if body.isascii():
        return not codec.replace("_", "").startswith(_STATEFUL)
    # Text of another encoding is UTF-8 by accident for a few characters, not for many.
    enough = 20 if codec in _MULTIBYTE else 3
    if utf8.good >= enough and utf8.bad * 20 <= utf8.good:
        return False
    text = to_unicode(body, codec)
    high = sum(map(len, _HIGH.findall(body)))
    if text.count(REPLACEMENT) * 20 > high:
        return False
    if codec in _CYRILLIC:
        sample = _visible(body)
        claimed = _cyrillic_score(sample, codec)
        return claimed > _CYRILLIC_TEXT or claimed + 1 > max(_cyrillic_score(sample, other) for other in _CYRILLIC)
    if codec in _WESTERN:
        return not _foreign_to_latin(_visible(body))
    return True


def _foreign_to_latin(sample: bytes) -> bool:
    """Whether high bytes come in words: in Latin script they stand alone or in pairs."""
    runs = [len(run) for run in _HIGH.findall(sample)]
    return len(runs) >= 5 and sum(length for length in runs if length >= 4) > sum(runs) / 2


def _visible(body: bytes) -> bytes:
    """A sample of the text between the tags, from the part of the page where most of it stands."""
    text = b" ".join(_MARKUP.sub(b" ", body[: 40 * _SAMPLE]).split())
    if len(text) <= _SAMPLE:
        return text
    high = text.translate(bytes(1 if byte > 127 else 0 for byte in range(256)))
    starts = range(0, len(text) - _SAMPLE + 1, _SAMPLE // 2)
    best = max(starts, key=lambda start: high.count(1, start, start + _SAMPLE))
    return text[best : best + _SAMPLE]


def _cyrillic_score(sample: bytes, codec: str) -> float:
    """Mean frequency (see `_FREQUENCY`) of what the bytes above ASCII read as, 0 to 10."""
    wide = [letter for letter in sample.decode(codec, "replace") if letter > "\x7f"]
    return sum(_FREQUENCY.get(letter, 0) for letter in wide) / len(wide) if wide else 0.0


def _detect(body: bytes, utf8: _Utf8) -> str:
    """The codec that the bytes speak for; "" if none does."""
    if utf8.bad == 0 or utf8.good > 2 * utf8.bad:
        return "utf-8"
    sample = _visible(body)
    foreign = _foreign_to_latin(sample)
    if foreign:
        score, codec = max((_cyrillic_score(sample, codec), codec) for codec in _CYRILLIC)
        if score > _CYRILLIC_TEXT:
            return codec
    elif len(_HIGH.findall(sample)) < 5:
        return "cp1252"  # too little to go by: the browsers' default for the West
    best = from_bytes(sample, cp_isolation=_DETECTABLE).best()
    found = resolve_encoding(best.encoding) if best else None
    if not found or (found in _WESTERN and to_unicode(sample, found) == to_unicode(sample, "cp1252")):
        return "" if foreign else "cp1252"
    return found
