"""One gzip member per record, by ISA-L: what fits a payload best by the measurements in tests/bench/warc.py.

Level 1 for bytes that came compressed (nothing is to be gained: the size is warcio's, the speed about ten
times its), level 3 for text (about 1.09 times the size of zlib's level 9 that warcio uses, eight times its
speed; zlib-ng's level 3 would be 1.05 times the size at half of our speed).
"""

from __future__ import annotations

from isal import igzip_lib

_TEXT_LEVEL = 3
_CODED_LEVEL = 1

#: Media types whose bytes are compressed already.
_COMPRESSED_TYPES = frozenset(
    {
        "application/gzip",
        "application/zip",
        "application/pdf",
        "application/ogg",
        "application/x-gzip",
        "application/x-rar-compressed",
        "application/zstd",
        "font/woff",
        "font/woff2",
    }
)
_COMPRESSED_FAMILIES = ("image/", "video/", "audio/")
_TEXT_IMAGES = frozenset({"image/svg+xml", "image/bmp", "image/x-icon", "audio/wave"})


def is_compressed(codings: tuple[str, ...], mime: str) -> bool:
    """Whether a payload with these content codings and this media type is compressed already."""
    if any(coding not in {"identity", "none"} for coding in codings):
        return True
    return mime in _COMPRESSED_TYPES or (mime.startswith(_COMPRESSED_FAMILIES) and mime not in _TEXT_IMAGES)


def member(record: bytes, *, compressed: bool) -> bytes:
    """A gzip member (RFC 1952) that holds `record`; `compressed` says that most of it is compressed already."""
    level = _CODED_LEVEL if compressed else _TEXT_LEVEL
    packed: bytes = igzip_lib.compress(record, level, igzip_lib.COMP_GZIP)
    return packed
