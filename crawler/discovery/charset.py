"""Text and UTF-8 bytes from documents whose declared encoding may lie. The reading itself is that of pages."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from pipelines.extract.decode import decode

SAMPLE = 16_384  # bytes by which an encoding is chosen: its reader looks for scripts in a time that grows as the square
_STEP = 1 << 20
_PARAMETER = re.compile(r"""charset\s*=\s*["']?\s*([^\s"';,]{1,40})""", re.IGNORECASE)
_CONTROLS = bytes(range(9)) + b"\x0b\x0c" + bytes(range(14, 32))  # no XML document may hold them
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")


def charset_of(body: bytes, mime: str) -> str:
    """Python's name of the codec of `body`: UTF-8 wherever it is valid, whatever is declared. `mime`: Content-Type."""
    if _is_utf8(body):
        return "utf-8"
    parameter = _PARAMETER.search(mime)
    return decode(body[:SAMPLE], parameter[1] if parameter else "").charset


def is_recoded(body: bytes, charset: str) -> bool:
    """Whether the XML declaration names another encoding than the one that was found."""
    declared = _DECLARED.search(body[:400])
    if declared is None or body.isascii():
        return False
    try:
        return codecs.lookup(declared[1].decode("ascii")).name != codecs.lookup(charset).name
    except LookupError:
        return True


def text_of(body: bytes, charset: str) -> str:
    """`body` as text, without a byte order mark or control characters; what does not decode becomes U+FFFD."""
    return b"".join(utf8_chunks(body, charset)).decode("utf-8")


def utf8_chunks(body: bytes, charset: str) -> Iterator[bytes]:
    """`body` as valid UTF-8, chunk by chunk, so that 50 MB are never held twice."""
    decoder = codecs.getincrementaldecoder(charset)("replace")
    view = memoryview(body)
    first = True
    for start in range(0, len(body), _STEP):
        text = decoder.decode(bytes(view[start : start + _STEP]), start + _STEP >= len(body))
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        yield text.encode("utf-8", "replace").translate(None, _CONTROLS)


def _is_utf8(body: bytes) -> bool:
    if b"\x00" in body[:64]:  # UTF-16: valid UTF-8, letter for letter
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    try:
        for start in range(0, len(body), _STEP):
            decoder.decode(bytes(view[start : start + _STEP]), start + _STEP >= len(body))
    except UnicodeDecodeError:
        return False
    return b"\x1b$" not in body[:SAMPLE]  # ISO-2022-JP and its kind, which are ASCII to the eye
