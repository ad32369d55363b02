"""What a payload is, judged by its first bytes alone: the value of WARC-Identified-Payload-Type.

The tables are those of the WHATWG MIME Sniffing Standard (sections 6 and 7.1), with JSON and the XML
dialects of the news (RSS, Atom, sitemaps) told apart. "" is an honest "don't know".
"""

from __future__ import annotations

import re

SNIFFED = 512  # bytes looked at; the standard would have 1,445, for types that we don't tell apart

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(
    rb"[\t\n\x0c\r ]*<(?:!--|"
    rb"(?:!doctype[ \t\n\r]+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\t\n\x0c\r />])",
    re.IGNORECASE,
)
_XML = re.compile(rb"[\t\n\x0c\r ]*<\?xml[ \t\r\n]", re.IGNORECASE)
# After the declaration: the first element that is no comment, processing instruction or doctype.
_ROOT = re.compile(rb"<(?!\?|!)(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_JSON = re.compile(rb"""[\t\n\r ]*(?:\{[\t\n\r ]*(?:"|\})|\[[\t\n\r ]*(?:[\[{"\]0-9-]|true|false|null))""")
_ROOTS = {
    b"rss": "application/rss+xml",
    b"rdf": "application/rdf+xml",
    b"feed": "application/atom+xml",
    b"html": "application/xhtml+xml",
    b"svg": "image/svg+xml",
}
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"OggS\x00", "application/ogg"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"Rar!\x1a\x07", "application/x-rar-compressed"),
)
_MARKS = tuple(signature for signature, _ in _SIGNATURES)
_RIFF = {b"WEBPVP": "image/webp", b"WAVE": "audio/wave", b"AVI ": "video/avi"}
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def identify(payload: bytes) -> str:
    """The media type of a payload (content coding undone) by its first bytes; "" where nothing fits."""
    start = payload[:SNIFFED]
    if not start:
        return ""
    if start.startswith(_MARKS):
        return next(mime for signature, mime in _SIGNATURES if start.startswith(signature))
    if start[:4] == b"RIFF":
        return next((mime for tag, mime in _RIFF.items() if start[8:14].startswith(tag)), "")
    if start[4:8] == b"ftyp":
        return "image/avif" if start[8:12] == b"avif" else "video/mp4"
    text = start
    if start.startswith(_BYTE_ORDER_MARKS):
        encoding = {b"\xff": "utf-16-le", b"\xfe": "utf-16-be"}.get(start[:1])
        text = start[2:].decode(encoding, "replace").encode() if encoding else start[3:]
    return _text_type(text, marked=text is not start)


def _text_type(text: bytes, *, marked: bool) -> str:
    if _XML.match(text):
        root = _ROOT.search(text)
        return _ROOTS.get(root[1].lower(), "text/xml") if root else "text/xml"
    if _HTML.match(text):
        return "text/html"
    if text.lstrip()[:1] != b"<":
        if _JSON.match(text):
            return "application/json"
    elif (root := _ROOT.match(text.lstrip())) and root[1].lower() in _ROOTS:
        return _ROOTS[root[1].lower()]  # feeds that leave the declaration out
    if marked or not _BINARY.search(text):
        return "text/plain"
    return ""
