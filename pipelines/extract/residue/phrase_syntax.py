"""The little language of the phrase rules: text as folded words, and a phrase as a regular expression over them.

    word  word~  (a|b|c d)  [optional|words]  ...  #  @  <list>

A folded text has a space before each word: " share it with @". All that is no letter or digit parts words.
No phrase repeats anything without bound, so what a match can cost is bounded by the phrase, whatever the page says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

ADDRESS: Final = "@"  # stands for a handle, an e-mail address or a URL among the words
NUMBER: Final = "#"  # key under which phrases that need a number are found
PREFIX: Final = 4  # letters of `word~` that are looked up
_GAPS_MAX: Final = 3
_DEPTH_MAX: Final = 4

_TLD = (
    "com|org|net|info|biz|edu|gov|int|news|press|media|online|site|live|blog|app|eu|uk|us|ca|au|ie|in|za|ua|ru|su|by|kz|md|ge"
    "|pl|de|at|ch|fr|be|es|mx|ar|it|pt|br|nl|cz|sk|lt|lv|ee|ro|hu|gr|tr|il|io|co|tv|me|ly|укр|рф"
)
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|(?<!\w)@\w{1,64}"
    rf"|(?<![\w.-])(?:[\w-]{{1,63}}\.){{1,4}}(?:{_TLD})(?![\w-]|\.\w)(?:/\S{{0,2000}})?"
)
_MAY_HOLD_ADDRESS = re.compile(r"\w[.@:]/?/?\w|@\w")
_WORD = re.compile(r"[^\W_]+|©|@")
_LONE_AT = re.compile(r"@")
_EVENED = (("ё", "е"), ("\u0301", ""), ("ʼ", " "))  # a stress mark; an apostrophe that counts as a letter
_PUNCTUATION = tuple("’‘“”–—… ")  # the common ones beyond ASCII: without them most English lines are ASCII
_ASCII = "".join(chr(code).lower() if chr(code).isalnum() or chr(code) == ADDRESS else " " for code in range(128))


def fold(text: str) -> str:
    """`text` as words, each behind a space: case, width, apostrophes, ё/е and punctuation evened, addresses as "@"."""
    return folded(words(text))


def folded(found: list[str]) -> str:
    """Words as one text, each behind a space."""
    return " " + " ".join(found) if found else ""


def words(text: str) -> list[str]:
    """The words of `fold`."""
    if _MAY_HOLD_ADDRESS.search(text):
        text = _LONE_AT.sub(" ", _ADDRESS.sub("\0", text)).replace("\0", " @ ")
    elif "@" in text:
        text = text.replace("@", " ")
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


class PhraseError(ValueError):
    """A phrase that can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Words of which a text must hold one: whole ones, and first letters of others."""

    words: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def __or__(self, other: Keys) -> Keys:
        return Keys(self.words | other.words, self.prefixes | other.prefixes)

    @property
    def rarity(self) -> tuple[int, int]:
        """Greater where fewer texts will hold one: long words are rare."""
        every = self.words | self.prefixes
        return min(map(len, every)), -len(every)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word, a group, a gap, a number or an address."""

    source: str  # of the regular expression
    keys: Keys | None  # None: may be anything
    most: int  # words that it can match
    optional: bool = False
    opens: Keys | None = None  # what its first word can be; None: anything


@dataclass(frozen=True)
class Phrase:
    """A phrase that was read: its expression, and what it can be found by."""

    text: str
    source: str
    keys: Keys  # of which a matching text holds one
    opens: Keys | None  # of which its first word is one; None: unknown
    most: int  # words that it can match

    def whole(self, *, start: bool, end: bool) -> re.Pattern[str]:
        """The expression over a folded text, bound to its start or end."""
        return re.compile(("^" if start else "") + self.source + ("$" if end else "(?= |$)"))

    @cached_property
    def is_(self) -> re.Pattern[str]:
        return self.whole(start=True, end=True)

    @cached_property
    def starts(self) -> re.Pattern[str]:
        return self.whole(start=True, end=False)

    @cached_property
    def ends(self) -> re.Pattern[str]:
        return self.whole(start=False, end=True)

    @cached_property
    def contains(self) -> re.Pattern[str]:
        return self.whole(start=False, end=False)


_GAP = _Unit(r"(?: [^ ]++){0,6}?", None, 6, optional=True)
_ANY_NUMBER = _Unit(
    r"(?: \d++[^\W\d_]{0,3}+(?= |$)){1,8}+", Keys(frozenset((NUMBER,))), 8, opens=Keys(frozenset((NUMBER,)))
)
_ANY_ADDRESS = _Unit(f" {ADDRESS}", Keys(frozenset((ADDRESS,))), 1, opens=Keys(frozenset((ADDRESS,))))
_LEXEME = re.compile(
    r"\s+|(?P<mark>\.\.\.|[()\[\]|])|<(?P<list>[\w-]+)>|(?P<chunk>(?:(?!\.\.\.)[^\s()\[\]|<>])+)|(?P<bad>.)"
)


def read(text: str, lists: Mapping[str, str]) -> Phrase:
    """The phrase written as `text`; `lists` holds the alternatives that <name> stands for. Raises `PhraseError`."""
    parser = _Parser(text, lists)
    units = parser.sequence(0)
    if parser.here is not None:
        raise PhraseError(f"{parser.here!r} closes nothing")
    if parser.gaps > _GAPS_MAX:
        raise PhraseError(f"{parser.gaps} times '...', at most {_GAPS_MAX}")
    whole = _sequence(units)
    if whole.keys is None:
        raise PhraseError("no word in it must stand there; name one outside of [ ] and ...")
    return Phrase(text, whole.source, whole.keys, whole.opens, whole.most)


class _Parser:
    """Recursive descent over the marks and chunks of one phrase."""

    def __init__(self, text: str, lists: Mapping[str, str], depth: int = 0) -> None:
        self._lists = lists
        self._left = _lexemes(text)
        self._nested = depth
        self.gaps = 0
        self.here: tuple[str, str] | None = None
        self._next()

    def _next(self) -> None:
        self.here = next(self._left, None)

    def sequence(self, depth: int) -> list[_Unit]:
        """Units up to a mark that this sequence does not own."""
        units: list[_Unit] = []
        while self.here is not None:
            what, text = self.here
            if what == "mark" and text in "|)]":
                break
            self._next()
            if what == "chunk":
                units.extend(_chunk(text))
            elif what == "list":
                units.append(self._list(text))
            elif text == "...":
                self.gaps += 1
                units.append(_GAP)
            else:
                units.append(self._group(text, depth + 1))
        return units

    def _group(self, opening: str, depth: int) -> _Unit:
        closing = {"(": ")", "[": "]"}[opening]
        if depth + self._nested > _DEPTH_MAX:
            raise PhraseError(f"groups in groups in groups; at most {_DEPTH_MAX} deep")
        alternatives: list[_Unit] = []
        while True:
            units = self.sequence(depth)
            if not units:
                raise PhraseError(f"an empty choice in {opening}{closing}; what may be absent stands in [ ]")
            alternatives.append(_sequence(units))
            mark = self.here
            self._next()
            if mark == ("mark", closing):
                return _either(alternatives, optional=opening == "[")
            if mark != ("mark", "|"):
                raise PhraseError(f"{opening!r} is not closed by {closing!r}")

    def _list(self, name: str) -> _Unit:
        if name not in self._lists:
            raise PhraseError(f"there is no list <{name}> in [words]")
        inner = _Parser(f"({self._lists[name]})", {}, self._nested + 1)
        (unit,) = inner.sequence(0)
        self.gaps += inner.gaps
        return unit


def _lexemes(text: str) -> Iterator[tuple[str, str]]:
    for match in _LEXEME.finditer(text.replace("…", "...")):
        if match.lastgroup == "bad":
            raise PhraseError(f"{match[0]!r} means nothing here; a list is written <name>")
        if match.lastgroup:
            yield match.lastgroup, match[match.lastgroup]


def _chunk(text: str) -> Iterator[_Unit]:
    if text in {NUMBER, ADDRESS}:
        yield _ANY_NUMBER if text == NUMBER else _ANY_ADDRESS
        return
    if NUMBER in text or (ADDRESS in text and not _ADDRESS.fullmatch(text)):
        raise PhraseError(f"{text!r}: # and @ stand alone, with a space on both sides")
    inflected = text.endswith("~")
    if "~" in text.removesuffix("~"):
        raise PhraseError(f"{text!r}: ~ stands at the end of a word")
    found = words(text.removesuffix("~"))
    if inflected and not found:
        raise PhraseError("~ stands at the end of a word")
    for number, word in enumerate(found, 1):
        if word == ADDRESS:
            yield _ANY_ADDRESS
        elif inflected and number == len(found):
            keys = Keys(prefixes=frozenset((word[:PREFIX],)))
            yield _Unit(f" {re.escape(word)}[^ ]*+", keys, 1, opens=keys)
        else:
            keys = Keys(frozenset((NUMBER if word.isdecimal() else word,)))
            yield _Unit(f" {re.escape(word)}", keys, 1, opens=keys)


def _sequence(units: list[_Unit]) -> _Unit:
    needed = [unit.keys for unit in units if not unit.optional and unit.keys]
    opens: Keys | None = Keys()
    for unit in units:
        opens = opens | unit.opens if opens is not None and unit.opens is not None else None
        if not unit.optional:
            break
    else:
        opens = None  # all may be absent
    return _Unit(
        "".join(unit.source for unit in units),
        max(needed, key=lambda keys: keys.rarity, default=None),
        sum(unit.most for unit in units),
        optional=all(unit.optional for unit in units),
        opens=opens,
    )


def _either(alternatives: list[_Unit], *, optional: bool) -> _Unit:
    keys: Keys | None = Keys()
    opens: Keys | None = Keys()
    for unit in alternatives:
        keys = keys | unit.keys if keys is not None and unit.keys is not None else None
        opens = opens | unit.opens if opens is not None and unit.opens is not None else None
    source = "(?:" + "|".join(unit.source for unit in alternatives) + ")" + ("?" if optional else "")
    most = max(unit.most for unit in alternatives)
    return _Unit(source, keys, most, optional=optional or any(unit.optional for unit in alternatives), opens=opens)
