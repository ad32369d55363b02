"""Text as words for the phrase rules: case, width, apostrophes, dashes, ё/е and punctuation evened, addresses as "@".

A folded text has a space before each word: " share it with @". All that is no letter or digit parts words.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ADDRESS: Final = "@"  # stands for a handle, an e-mail address or a URL among the words

_TLD = (
    "com|org|net|info|biz|edu|gov|int|news|press|media|online|site|live|blog|app|eu|uk|us|ca|au|ie|in|za|ua|ru|su|by|kz|md|ge"
    "|pl|de|at|ch|fr|be|es|mx|ar|it|pt|br|nl|cz|sk|lt|lv|ee|ro|hu|gr|tr|il|io|co|tv|me|ly|укр|рф"
)
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|(?<!\w)@\w{1,64}"
    rf"|(?<![\w.-])(?:[\w-]{{1,63}}\.){{1,4}}(?:{_TLD})(?![\w-]|\.\w)(?:/\S{{0,2000}})?"
)
_INNER_DOT = re.compile(r"\.\w")
_WORD = re.compile(r"[^\W_]+|©|@")
_EVENED = (("ё", "е"), ("\u0301", ""), ("ʼ", " "))  # a stress mark; an apostrophe that counts as a letter
_PUNCTUATION = tuple("’‘“”–—… ")  # the common ones beyond ASCII: without them most English lines are ASCII
_ASCII = "".join(chr(code).lower() if chr(code).isalnum() or chr(code) == ADDRESS else " " for code in range(128))


def fold(text: str) -> str:
    """`text` as words, each behind a space."""
    return folded(words(text))


def folded(found: list[str]) -> str:
    """Words as one text, each behind a space."""
    return " " + " ".join(found) if found else ""


def words(text: str) -> list[str]:
    """The words of `fold`."""
    if "@" in text or "://" in text or _INNER_DOT.search(text):
        text = _ADDRESS.sub("\0", text).replace("@", " ").replace("\0", " @ ")
    if not text.isascii():
        for mark in _PUNCTUATION:
            text = text.replace(mark, " ")
    if text.isascii():
        return text.translate(_ASCII).split()
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    for mark, evened in _EVENED:
        if mark in text:
            text = text.replace(mark, evened)
    return _WORD.findall(text)


def is_address(text: str) -> bool:
    """Whether `text` is nothing but one handle, e-mail address or URL."""
    return _ADDRESS.fullmatch(text) is not None
