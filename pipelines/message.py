"""HTTP/1 messages as bytes: where the head ends, what the entity is, and how its content coding is undone.

Reading is as lenient as Twisted's and Scrapy's parser, so that every response which the crawl accepts
can be read again from its record; nothing here raises for odd messages but `decode_content`.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import brotli

from pipelines.errors import DocumentError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODINGS_MAX = 4  # more than a browser would undo; chains of them are bombs
_STEP = 1 << 18  # bytes inflated at a time
_GZIP = 16 + zlib.MAX_WBITS
_ZSTD_OPTIONS: dict[int, int] = {
    zstd.DecompressionParameter.window_log_max: 23
}  # 8 MiB, what RFC 9659 allows on the web

_STATUS_LINE = re.compile(rb"([A-Za-z]+/\d+(?:\.\d+)?|ICY)[ \t]+(\d{3})(?:[ \t]+([^\r\n]*))?\r*\n")
_HEAD_END = re.compile(rb"\n\r?\n")
_FOLD = re.compile(rb"[ \t\r]*\n[ \t]+")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LENGTH = re.compile(r"[0-9]{1,15}\Z")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,15}\Z")


@dataclass(frozen=True, slots=True)
class Head:
    """The status line and the fields of a response; names and values as sent, folded lines joined by one space."""

    version: str  # "HTTP/1.1"
    status: int
    reason: str
    fields: tuple[tuple[bytes, bytes], ...]
    length: int  # bytes of the head, with the blank line that ends it

    def all(self, name: str) -> list[str]:
        """Every value of a field, in order (latin-1)."""
        wanted = name.lower().encode("latin-1")
        size = len(wanted)  # compared first: most names differ in it
        return [value.decode("latin-1") for key, value in self.fields if len(key) == size and key.lower() == wanted]

    def get(self, name: str) -> str:
        """The first value of a field, "" if it is absent."""
        return next(iter(self.all(name)), "")

    @property
    def mime(self) -> str:
        """The media type of Content-Type: lower case, no parameters; "" if none is stated."""
        return self.get("content-type").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The charset parameter of Content-Type as stated, without quotes; "" if none."""
        found = re.search(r"""charset\s*=\s*["']?\s*([^\s"';,]+)""", self.get("content-type"), re.IGNORECASE)
        return found[1] if found else ""

    @property
    def codings(self) -> tuple[str, ...]:
        """The content codings in the order they were applied (RFC 9110, section 8.4), lower case."""
        stated = self.all("content-encoding")
        listed = ",".join(stated).lower().split(",") if stated else ()
        return tuple(coding for part in listed if (coding := part.strip()))


def parse_head(message: bytes) -> Head | None:
    """The head of a response; None where no status line stands, or where the head does not end."""
    status_line = _STATUS_LINE.match(message)
    if status_line is None:
        return None
    end = _HEAD_END.search(message, status_line.end() - 1)
    if end is None:
        return None
    version, status, reason = status_line.groups()
    fields = _fields(message[status_line.end() : end.start()])
    return Head(version.decode("ascii"), int(status), (reason or b"").decode("latin-1"), fields, end.end())


def _fields(lines: bytes) -> tuple[tuple[bytes, bytes], ...]:
    if b"\n " in lines or b"\n\t" in lines:
        lines = _FOLD.sub(b" ", lines)  # RFC 9112, section 5.2: a fold reads as one space
    if lines[:1] in {b" ", b"\t"}:  # folded onto the status line: no field's
        lines = lines.partition(b"\n")[2]
    split = [line.partition(b":") for line in lines.split(b"\n")]
    return tuple([(name.strip(), value.strip()) for name, colon, value in split if colon])


def entity(message: bytes, head: Head) -> tuple[bytes, bool]:
    """The entity of a response (transfer coding undone, content coding not), and whether it is whole.

    A body that is no chunked stream although the head says so (many archives store it decoded) is taken
    as it stands. Bytes past Content-Length belong to no entity and are left off. The answer to a HEAD
    request can't be told from a cut one: callers that know the request ask only for other methods.
    """
    body, whole = entity_view(message, head)
    return bytes(body), whole


def entity_view(message: bytes, head: Head) -> tuple[bytes | memoryview, bool]:
    """`entity` without a copy where it stands in the message as it is."""
    if head.status in {204, 304} or head.status < 200:
        return b"", True
    codings = head.all("transfer-encoding")
    if codings and "chunked" in ",".join(codings).lower():
        read = _dechunk(message[head.length :])
        if read is not None:
            return read
    body = memoryview(message)[head.length :]
    stated = _content_length(head)
    if stated is None:
        return body, True
    return body[:stated], len(body) >= stated


def _content_length(head: Head) -> int | None:
    """The stated length, None if there is none or several that differ."""
    fields = head.all("content-length")
    if len(fields) == 1 and _LENGTH.match(fields[0]):
        return int(fields[0])
    values = {value.strip() for field in fields for value in field.split(",")}
    value = values.pop() if len(values) == 1 else ""
    return int(value) if _LENGTH.match(value) else None


def _dechunk(body: bytes) -> tuple[bytes, bool] | None:
    """RFC 9112, section 7.1, LF-only lines allowed; None if not even the first size line can be read."""
    parts: list[bytes] = []
    start = 0
    while True:
        end = body.find(b"\n", start, start + 4096)
        size_text = body[start : end if end >= 0 else len(body)].partition(b";")[0].strip()
        if not _HEX.match(size_text):
            return (b"".join(parts), False) if parts or not body else None
        if end < 0:
            return b"".join(parts), False
        size = int(size_text, 16)
        start = end + 1
        if size == 0:
            return b"".join(parts), _trailer_ends(body, start)
        parts.append(body[start : start + size])
        if len(parts[-1]) < size:
            return b"".join(parts), False
        start += size
        if body[start : start + 2] == b"\r\n":
            start += 2
        elif body[start : start + 1] == b"\n":
            start += 1
        else:
            return b"".join(parts), False


def _trailer_ends(body: bytes, start: int) -> bool:
    """Whether the blank line that ends the trailer section is there."""
    while (end := body.find(b"\n", start)) >= 0:
        if not body[start:end].strip(b"\r"):
            return True
        start = end + 1
    return False


def decode_content(body: bytes, codings: Sequence[str], limit: int) -> bytes:
    """Undo content codings, the last applied first; never holds more than about `limit` bytes of a step's result.

    Raises `DocumentError` with reason "bomb" (more than `limit` bytes, or more than four codings), "coding"
    (a coding we don't know, or bytes that are not it) or "cut" (the stream ends too early).
    """
    if len(codings) > CODINGS_MAX:
        raise DocumentError("bomb", f"{len(codings)} content codings one over the other; at most {CODINGS_MAX}")
    for coding in reversed(codings):
        name = coding.strip().lower()
        if name in {"", "identity", "none"}:
            continue
        undo = _DECODERS.get(name)
        if undo is None:
            raise DocumentError("coding", f"unknown content coding {name[:40]!r}")
        if body:  # an empty entity has no coding, whatever the head says (204-like answers)
            body = undo(body, limit)
    if len(body) > limit:
        raise DocumentError("bomb", f"{len(body)} bytes; the limit is {limit}")
    return body


def decode_prefix(body: bytes | memoryview, codings: Sequence[str], size: int) -> bytes:
    """About the first `size` decoded bytes, as many as can be had from the start of `body`; b"" if there are none.

    For looking at what a payload is, whole or not: it never raises.
    """
    enough = size + 512  # bytes of a deflate stream that hold that many decoded ones; zstd wants whole blocks
    for coding in reversed(codings[-CODINGS_MAX:]):
        try:
            match coding:
                case "gzip" | "x-gzip":
                    body = zlib.decompressobj(_GZIP).decompress(body[:enough], size)
                case "deflate":
                    body = zlib.decompressobj(_deflate_wbits(body)).decompress(body[:enough], size)
                case "br":
                    body = brotli.Decompressor().process(body, output_buffer_limit=size)
                case "zstd":
                    body = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS).decompress(body, size)
                case "" | "identity" | "none":
                    pass
                case _:
                    return b""
        except (zlib.error, brotli.error, zstd.ZstdError):
            return b""
    return bytes(body[:size])


class _Bounded:
    """Collects output and refuses to grow past the limit."""

    def __init__(self, name: str, limit: int) -> None:
        self.name, self.limit, self.size = name, limit, 0
        self.parts: list[bytes] = []

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > self.limit:
            raise DocumentError("bomb", f"{self.name} inflates past the limit of {self.limit} bytes")
        self.parts.append(part)

    def cut(self) -> DocumentError:
        return DocumentError("cut", f"the {self.name} stream ends early, after {self.size} decoded bytes")


def _inflate(body: bytes, limit: int, name: str, wbits: int) -> bytes:
    """A zlib, raw or gzip stream. Bytes behind its end are ignored, as in browsers, but for further gzip members."""
    out = _Bounded(name, limit)
    rest = body
    while True:
        stream = zlib.decompressobj(wbits)
        while not stream.eof:
            try:
                part = stream.decompress(rest, min(_STEP, limit - out.size + 1))
            except zlib.error as error:
                raise DocumentError("coding", f"not {name}: {error}") from None
            rest = stream.unconsumed_tail
            if not part and not rest and not stream.eof:
                raise out.cut()
            out.add(part)
        rest = stream.unused_data
        if wbits != _GZIP or not rest.startswith(b"\x1f\x8b"):
            return b"".join(out.parts)


def _gunzip(body: bytes, limit: int) -> bytes:
    return _inflate(body, limit, "gzip", _GZIP)


def _inflate_either(body: bytes, limit: int) -> bytes:
    """The coding "deflate": zlib by RFC 9110, section 8.4.1.2, and raw deflate at servers that took it at its word."""
    return _inflate(body, limit, "deflate", _deflate_wbits(body))


def _deflate_wbits(body: bytes | memoryview) -> int:
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _unbrotli(body: bytes, limit: int) -> bytes:
    out = _Bounded("br", limit)
    stream = brotli.Decompressor()
    rest = body
    while not stream.is_finished():
        try:
            part = stream.process(rest, output_buffer_limit=min(_STEP, limit - out.size + 1))
        except brotli.error:
            raise DocumentError("coding", "not br: the decoder refuses it") from None
        rest = b""
        if not part and not stream.is_finished() and stream.can_accept_more_data():
            raise out.cut()
        out.add(part)
    return b"".join(out.parts)


def _unzstd(body: bytes, limit: int) -> bytes:
    out = _Bounded("zstd", limit)
    rest = body
    while True:
        stream = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
        while not stream.eof:
            try:
                part = stream.decompress(rest, min(_STEP, limit - out.size + 1))
            except zstd.ZstdError as error:
                raise DocumentError("coding", f"not zstd: {error}") from None
            rest = b""
            if not part and stream.needs_input and not stream.eof:
                raise out.cut()
            out.add(part)
        rest = stream.unused_data
        if not rest.startswith(b"\x28\xb5\x2f\xfd"):
            return b"".join(out.parts)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate_either,
    "br": _unbrotli,
    "zstd": _unzstd,
}


def clean_field(text: str) -> str:
    r"""A value that can't end a line of a head: controls, line separators and lone surrogates become \xNN or \uNNNN.

    Visible and reversible by a reader of the record; a backslash of the text itself stays single.
    """
    if text.isprintable():  # nearly all are, and this is told in a fraction of the time
        return text.strip()
    return _CONTROLS.sub(_escape, text).strip()


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
