"""config/residue/<language>.toml read into rules. What is wrong in a file is refused with its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pipelines.errors import ConfigError
from pipelines.extract.residue import phrase_syntax
from pipelines.extract.residue.phrase_syntax import Phrase, PhraseError, WordList
from pipelines.model import BODY_KINDS, BlockKind, Removal
from pipelines.toml import line_of, nearest, read_toml

MAX_WORDS: Final = 25
_MAX_WORDS_LIMIT: Final = 100  # longer blocks are the article's
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Where(StrEnum):
    """Where in the article a rule looks."""

    ANYWHERE = "anywhere"
    HEAD = "head"  # nothing but short or removed blocks before it
    TAIL = "tail"  # nothing but short or removed blocks behind it
    EDGE = "edge"  # head or tail


class How(StrEnum):
    """How a phrase must stand in the block."""

    IS = "is"
    LABELS = "labels"  # all that stands before the first colon, bar, arrow or spaced dash
    STARTS = "starts"
    ENDS = "ends"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """One [[rule]] of a file."""

    name: str  # "en:share-with-friends"
    removal: Removal | None  # None: a credit, which is kept, outside the text
    where: Where
    max_words: int
    kinds: frozenset[BlockKind]
    takes_following: bool
    lines_only: bool  # not what ends with a full stop
    phrases: tuple[tuple[How, Phrase], ...]
    together: tuple[Phrase, ...]  # all of them somewhere in the block, in any order; () if the rule has none
    examples: tuple[str, ...]
    keeps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One language's rules."""

    path: Path
    rules: tuple[PhraseRule, ...]
    reported: tuple[Phrase, ...]  # a line that holds one tells what somebody said
    keeps: tuple[str, ...]  # no rule of any file may touch these


def read(path: Path) -> RuleFile:
    """The rules of a file. Raises `ConfigError` with file and line."""
    values, text = read_toml(path)
    return _Reader(path, text).file(values)


class _Reader:
    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._lists: dict[str, WordList] = {}

    def file(self, values: dict[str, Any]) -> RuleFile:
        self._known(values, ("language", "words", "reported", "keeps", "rule"), ())
        if values.get("language") != self._path.stem:
            raise self._error(("language",), f"language must be {self._path.stem!r}, the name of the file")
        for name, words in values.get("words", {}).items():
            self._lists[name] = self._list(words, ("words", name))
        rules = values.get("rule", [])
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            raise self._error(("rule",), "a rule is written [[rule]], with two brackets")
        read = tuple(self._rule(rule, index) for index, rule in enumerate(rules))
        seen: set[str] = set()
        for index, rule in enumerate(read):
            if rule.name in seen:
                raise self._error(("rule", index, "name"), f"a second rule named {rule.name!r}")
            seen.add(rule.name)
        reported = tuple(self._read(text, ("reported",)) for text in self._strings(values, "reported", ()))
        return RuleFile(self._path, read, reported, self._strings(values, "keeps", ()))

    def _rule(self, rule: dict[str, Any], index: int) -> PhraseRule:
        at = ("rule", index)
        self._known(rule, _KEYS, at)
        name = rule.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise self._error((*at, "name"), 'a rule needs a name of small letters, digits and hyphens: "share-it"')
        phrases = tuple(self._phrases(rule, at))
        together = tuple(self._read(text, (*at, "together")) for text in self._strings(rule, "together", at))
        if not phrases and not together:
            raise self._error(at, f"rule {name!r} has no phrase: is, labels, starts, ends, contains or together")
        if len(together) == 1:
            raise self._error((*at, "together"), f"rule {name!r}: together needs two phrases; one alone is contains")
        examples = self._strings(rule, "examples", at)
        if not examples:
            raise self._error(at, f"rule {name!r} has no examples; give at least one line that it removes")
        max_words = rule.get("max_words", MAX_WORDS)
        if not isinstance(max_words, int) or isinstance(max_words, bool) or not 1 <= max_words <= _MAX_WORDS_LIMIT:
            raise self._error((*at, "max_words"), f"max_words is a number from 1 to {_MAX_WORDS_LIMIT}")
        kinds = frozenset(
            BlockKind(self._one_of(kind, sorted(BODY_KINDS), (*at, "kinds")))
            for kind in self._strings(rule, "kinds", at)
        )
        return PhraseRule(
            name=f"{self._path.stem}:{name}",
            removal=self._removal(rule, at),
            where=Where(self._one_of(rule.get("where", Where.ANYWHERE), list(Where), (*at, "where"))),
            max_words=max_words,
            kinds=kinds or BODY_KINDS - {BlockKind.EMBED},
            takes_following=self._boolean(rule, "takes_following", at),
            lines_only=self._boolean(rule, "lines_only", at),
            phrases=phrases,
            together=together,
            examples=examples,
            keeps=self._strings(rule, "keeps", at),
        )

    def _removal(self, rule: Mapping[str, Any], at: tuple[str | int, ...]) -> Removal | None:
        credit = self._boolean(rule, "credit", at)
        if credit == ("removal" in rule):
            raise self._error(at, f"rule {rule['name']!r} needs either removal = ... or credit = true")
        return None if credit else Removal(self._one_of(rule["removal"], list(Removal), (*at, "removal")))

    def _phrases(self, rule: Mapping[str, Any], at: tuple[str | int, ...]) -> Iterator[tuple[How, Phrase]]:
        for how in How:
            for text in self._strings(rule, how, at):
                yield how, self._read(text, (*at, how))

    def _read(self, text: str, at: tuple[str | int, ...]) -> Phrase:
        try:
            return phrase_syntax.read(text, self._lists)
        except PhraseError as error:
            raise self._error(at, f"phrase {text!r}: {error}", text) from None

    def _list(self, words: object, at: tuple[str | int, ...]) -> WordList:
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            raise self._error(at, "a list of words: name = ['one', 'another one']")
        try:
            return phrase_syntax.read_list(words)
        except PhraseError as error:
            raise self._error(at, f"list {at[-1]!r}: {error}") from None

    def _strings(self, table: Mapping[str, Any], key: str, at: tuple[str | int, ...]) -> tuple[str, ...]:
        values = table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
            raise self._error((*at, key), f"{key} is a list of texts, none of them empty")
        return tuple(values)

    def _boolean(self, table: Mapping[str, Any], key: str, at: tuple[str | int, ...]) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self._error((*at, key), f"{key} is true or false")
        return value

    def _one_of(self, value: object, known: list[str], at: tuple[str | int, ...]) -> str:
        if not isinstance(value, str) or value not in known:
            raise self._error(at, f"{at[-1]} can't be {value!r}{nearest(str(value), [str(name) for name in known])}")
        return value

    def _known(self, table: Mapping[str, Any], known: tuple[str, ...], at: tuple[str | int, ...]) -> None:
        for key in table:
            if key not in known:
                raise self._error((*at, key), f"unknown key {key!r}{nearest(key, list(known))}")

    def _error(self, location: tuple[str | int, ...], problem: str, written: str = "") -> ConfigError:
        """`written`, where given, is looked for from the key's line on: a list of phrases has many lines."""
        line = line_of(self._text, location)
        for number, content in enumerate(self._text.splitlines()[line - 1 :], line):
            if written and written in content:
                line = number
                break
        return ConfigError(f"{self._path}:{line}: {problem}")


_KEYS: Final = (
    "name", "removal", "credit", "where", "max_words", "kinds", "takes_following", "lines_only", *map(str, How),
    "together", "examples", "keeps",
)  # fmt: skip
