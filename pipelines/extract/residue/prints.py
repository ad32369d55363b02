"""What learning needs of a page: its outlet, and a key for each block of its body. A few hundred bytes a page.

A print depends on what the blocks say, never on which of them are kept: so what is learnt from prints does not
change when it is applied.
"""

from __future__ import annotations

import re
import struct
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from pipelines import urls
from pipelines.extract import clean
from pipelines.model import BODY_KINDS, Article, Block, BlockKind

#: Raised when prints of the same page change: stored ones of another version are made again.
VERSION: Final = 1

SPEECH: Final = 1  # a quotation, or begins like one
COUNTER: Final = 2  # short, and its digits count as one: "Read 1,234 times"
HEADING: Final = 4
SENTENCE: Final = 8  # ends like one

_COUNTER_WORDS: Final = 12  # longer blocks differ where their digits differ
_DIGITS: Final = re.compile(r"\d+(?: \d+)*")
_SPEECH: Final = re.compile(r"""["'“”„‟«»‘‚‹「『]|[-–—―]\s""")
_SENTENCE: Final = re.compile(r"""[.!?…。！？]["'“”»’)\]」』]*$""")
# Written without spaces: two of these count as a word.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_EXACT: Final = frozenset({BlockKind.LIST_ITEM, BlockKind.TABLE_ROW})  # their figures are what they say
_HEAD: Final = struct.Struct("<QQQHI")


@dataclass(frozen=True, slots=True)
class Print:
    """A page as learning sees it. The three sequences have an entry for each block that could be furniture."""

    outlet: str  # registered domain or address; "folder:..." for files that state none; "" if nothing is known
    page: int  # key of the URL; 0 if unknown
    canonical: int  # key of the canonical URL where the page states one that says more than its site
    title: int  # key of the headline; 0 if it has none
    title_words: int
    day: str  # as published, "" if unknown
    keys: Sequence[int]  # 64 bits each
    lengths: Sequence[int]  # words
    flags: Sequence[int]

    def pack(self) -> bytes:
        """All but the outlet as bytes; `unpack` reads them."""
        day = self.day.encode()
        head = _HEAD.pack(self.page, self.canonical, self.title, min(self.title_words, 0xFFFF), len(self.keys))
        keys, lengths = array("Q", self.keys), array("H", self.lengths)
        if sys.byteorder == "big":
            keys.byteswap()
            lengths.byteswap()
        return b"".join((head, bytes([len(day)]), day, keys.tobytes(), lengths.tobytes(), bytes(self.flags)))


def unpack(outlet: str, data: bytes) -> Print:
    """The inverse of `Print.pack`."""
    page, canonical, title, title_words, count = _HEAD.unpack_from(data)
    at = _HEAD.size + 1
    day = data[at : at + data[at - 1]].decode()
    at += len(day)
    keys, lengths = array("Q"), array("H")
    keys.frombytes(data[at : (at := at + 8 * count)])
    lengths.frombytes(data[at : (at := at + 2 * count)])
    if sys.byteorder == "big":
        keys.byteswap()
        lengths.byteswap()
    return Print(outlet, page, canonical, title, title_words, day, keys, lengths, data[at : at + count])


def take(article: Article, folder: str = "") -> Print:
    """The print of an article. `folder` is its outlet where neither its URL nor the page says which that is."""
    stated = article.canonical_url
    return _take(article.url, stated, article.title, article.published, article.blocks, folder)


def of_row(row: Mapping[str, Any]) -> Print:
    """The print of an article by its JSON row: the same as `take` gave."""
    blocks = tuple(Block(BlockKind(block["kind"]), block["text"]) for block in row["blocks"])
    return _take(row["url"], row["canonical_url"] or "", row["title"] or "", row["published"] or "", blocks, "")


def _take(url: str, stated: str, title: str, published: str, blocks: Sequence[Block], folder: str) -> Print:
    keys, lengths, flags = array("Q"), array("H"), bytearray()
    for block in filter(countable, blocks):
        key, length, flag = identify(block)
        keys.append(key)
        lengths.append(min(length, 0xFFFF))
        flags.append(flag)
    headline = clean.words(title)
    page, canonical = _address(url), _address(stated)
    return Print(
        outlet=outlet(url, stated) or (f"folder:{folder}" if folder else ""),
        page=_key(page) if page else 0,
        canonical=_key(canonical) if canonical.count("/") > 3 or "?" in canonical else 0,
        title=_key(headline) if headline else 0,
        title_words=_length(headline),
        day=published[:10] if published.isascii() else "",
        keys=keys,
        lengths=lengths,
        flags=bytes(flags),
    )


def outlet(url: str, canonical_url: str = "") -> str:
    """The outlet of a page, by the URL it was fetched from, else by the one that it states; "" if there is none."""
    return urls.site_of(urls.host_of(url)) or urls.site_of(urls.host_of(canonical_url))


def countable(block: Block) -> bool:
    """Whether a block can be furniture: those outside the text do no harm, and an embedded post is somebody's word."""
    return block.kind in BODY_KINDS and block.kind is not BlockKind.EMBED


def identify(block: Block) -> tuple[int, int, int]:
    """Key, length in words, and flags of a block. Two blocks with one key say the same."""
    words = clean.words(block.text)
    length = _length(words)
    flags = 0
    if block.kind is BlockKind.QUOTE or _SPEECH.match(block.text):
        flags |= SPEECH
    if block.kind is BlockKind.HEADING:
        flags |= HEADING
    if _SENTENCE.search(block.text):
        flags |= SENTENCE
    if length <= _COUNTER_WORDS and block.kind not in _EXACT:
        folded = _DIGITS.sub("0", words)
        if folded != words and any(map(str.isalpha, folded)):
            words, flags = folded, flags | COUNTER
    return _key(words), length, flags


def _length(words: str) -> int:
    unspaced = 0 if words.isascii() else len(_UNSPACED.findall(words))
    return words.count(" ") + bool(words) + unspaced // 2


def _address(url: str) -> str:
    try:
        return urls.key(url) if url else ""
    except urls.BadUrl:
        return url


def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") or 1
