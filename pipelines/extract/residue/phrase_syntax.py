"""The little language of the phrase rules: a phrase is read into a regular expression over folded words.

    word  word~  (a|b|c d)  [optional|words]  ...  #  @  <list>

No phrase repeats anything without bound, so what a match can cost is bounded by the phrase, whatever the page says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from pipelines.extract.residue.phrase_words import ADDRESS, is_address, words

NUMBER: Final = "#"  # key under which phrases that need a number are found
PREFIX: Final = 4  # letters of `word~` that are looked up
_GAPS_MAX: Final = 3
_DEPTH_MAX: Final = 4


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
    literal: bool = False  # the source is the text itself
    optional: bool = False
    opens: Keys | None = None  # what its first word can be; None: anything


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that was read: its expression, and what it can be found by."""

    text: str
    source: str
    keys: Keys  # of which a matching text holds one
    opens: Keys | None  # of which its first word is one; None: unknown
    most: int  # words that it can match
    literal: bool  # it matches nothing but its own words

    def pattern(self, *, start: bool, end: bool) -> re.Pattern[str]:
        """The expression over a folded text, bound to its start or end; compiled when it is first asked for."""
        return _compiled(self.source, start, end)


@cache
def _compiled(source: str, start: bool, end: bool) -> re.Pattern[str]:
    return re.compile(("^" if start else "") + source + ("$" if end else "(?= |$)"))


_GAP = _Unit(r"(?: [^ ]++){0,6}?", None, 6, optional=True)
_ANY_NUMBER = _Unit(
    r"(?: [0-9]++[^\W\d_]{0,3}+(?= |$)){1,8}+", Keys(frozenset((NUMBER,))), 8, opens=Keys(frozenset((NUMBER,)))
)
_ANY_ADDRESS = _Unit(f" {ADDRESS}", Keys(frozenset((ADDRESS,))), 1, opens=Keys(frozenset((ADDRESS,))))
_LEXEME = re.compile(
    r"\s+|(?P<mark>\.\.\.|[()\[\]|])|<(?P<list>[\w-]+)>|(?P<chunk>(?:(?!\.\.\.)[^\s()\[\]|<>])+)|(?P<bad>.)"
)


@dataclass(frozen=True, slots=True)
class WordList:
    """The choices that <name> stands for, as one unit of any phrase."""

    unit: _Unit


def read_list(choices: Sequence[str]) -> WordList:
    """A list of [words]. Raises `PhraseError`."""
    return WordList(_either([_whole(choice, {}, gaps=0) for choice in choices], optional=False))


def read(text: str, lists: Mapping[str, WordList]) -> Phrase:
    """The phrase written as `text`; `lists` holds what <name> stands for. Raises `PhraseError`."""
    whole = _whole(text, lists, gaps=_GAPS_MAX)
    if whole.keys is None or whole.optional:
        raise PhraseError("no word in it must stand there; name one outside of [ ] and ...")
    return Phrase(text, whole.source, whole.keys, whole.opens, whole.most, whole.literal)


def _whole(text: str, lists: Mapping[str, WordList], *, gaps: int) -> _Unit:
    parser = _Parser(text, lists)
    units = parser.sequence(0)
    if parser.here is not None:
        raise PhraseError(f"{parser.here[1]!r} closes nothing")
    if parser.gaps > gaps:
        raise PhraseError(f"{parser.gaps} times '...', at most {gaps}")
    if not units:
        raise PhraseError("no word in it")
    return _sequence(units)


class _Parser:
    """Recursive descent over the marks and chunks of one phrase."""

    def __init__(self, text: str, lists: Mapping[str, WordList]) -> None:
        self._lists = lists
        self._left = _lexemes(text)
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
        if depth > _DEPTH_MAX:
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
        return self._lists[name].unit


def _lexemes(text: str) -> Iterator[tuple[str, str]]:
    for match in _LEXEME.finditer(text.replace("…", "...")):
        if match.lastgroup == "bad":
            raise PhraseError(f"{match[0]!r} means nothing here; a list is written <name>")
        if match.lastgroup:
            yield match.lastgroup, match[match.lastgroup]


@cache
def _chunk(text: str) -> tuple[_Unit, ...]:
    """The words of a piece without spaces: "don't" has two."""
    if text in {NUMBER, ADDRESS}:
        return (_ANY_NUMBER if text == NUMBER else _ANY_ADDRESS,)
    if NUMBER in text or (ADDRESS in text and not is_address(text)):
        raise PhraseError(f"{text!r}: # and @ stand alone, with a space on both sides")
    plain = text.removesuffix("~")
    found = words(plain)
    if "~" in plain or (plain != text and not found):
        raise PhraseError(f"{text!r}: ~ stands at the end of a word")
    units = [_word(word) for word in found]
    if plain != text:
        keys = Keys(prefixes=frozenset((found[-1][:PREFIX],)))
        units[-1] = _Unit(f" {re.escape(found[-1])}[^ ]*+", keys, 1, opens=keys)
    return tuple(units)


def _word(word: str) -> _Unit:
    if word == ADDRESS:
        return _ANY_ADDRESS
    keys = Keys(frozenset((NUMBER if word.isdecimal() else word,)))
    escaped = re.escape(word)
    return _Unit(f" {escaped}", keys, 1, literal=escaped == word, opens=keys)


def _sequence(units: list[_Unit]) -> _Unit:
    if len(units) == 1:
        return units[0]
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
        literal=all(unit.literal for unit in units),
        optional=all(unit.optional for unit in units),
        opens=opens,
    )


def _either(alternatives: list[_Unit], *, optional: bool) -> _Unit:
    if len(alternatives) == 1 and not optional:
        return alternatives[0]
    return _Unit(
        "(?:" + "|".join([unit.source for unit in alternatives]) + ")" + ("?" if optional else ""),
        _together([unit.keys for unit in alternatives]),
        max([unit.most for unit in alternatives]),
        optional=optional or any(unit.optional for unit in alternatives),
        opens=_together([unit.opens for unit in alternatives]),
    )


def _together(keys: list[Keys | None]) -> Keys | None:
    """Keys of a choice: one of all; none where one choice has none."""
    known = [one for one in keys if one is not None]
    if len(known) < len(keys):
        return None
    words, prefixes = [one.words for one in known], [one.prefixes for one in known]
    return Keys(frozenset().union(*words), frozenset().union(*prefixes))
