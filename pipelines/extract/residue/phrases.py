"""The phrase rules at work: an index finds by a block's words the few rules that may speak of it, and place decides."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError
from pipelines.extract.residue import phrase_files
from pipelines.extract.residue.context import Context, Verdict
from pipelines.extract.residue.phrase_files import How, PhraseRule, RuleFile, Where
from pipelines.extract.residue.phrase_index import Index, Openings
from pipelines.extract.residue.phrase_syntax import NUMBER, Phrase
from pipelines.extract.residue.phrase_words import fold, folded, words
from pipelines.model import BODY_KINDS, Block, BlockKind

_PACKAGED: Final = Path(__file__).parent / "rules"  # in a wheel; pyproject.toml puts them there
_IN_REPOSITORY: Final = Path(__file__).parents[3] / "config" / "residue"

_SHORT: Final = 12  # words; what is longer and ends like a sentence is prose
_LINE: Final = 30  # words; what is longer is prose, however it ends
_WORD_LENGTH: Final = 16  # characters a word on average, beyond which a block is no line of a page
_FOLLOWING_MAX: Final = 12  # blocks that a heading takes with it
_EVIDENCE: Final = 120  # characters
_SENTENCE_END = re.compile(r"[.!?…:;。！？]['\"”’»)\]]*$")
_DIGIT = re.compile(r"[0-9]")
_LABEL = re.compile(r"[^\w:：]{0,20}[^:：|»›>→►▶]{1,80}?(?=[:：|»›>→►▶]|\s[-–—]+\s)")
_PERIOD = re.compile(r"(?<!\.)[.。]['\"”’»)\]]*$")
_QUOTES: Final = ("'", '"', "‘", "’", "‚", "‛", "“", "”", "„", "‟", "«", "»", "‹", "›", "「", "『")


_BOUNDS: Final = {  # whether a phrase starts and ends what it is looked for in
    How.IS: (True, True),
    How.LABELS: (True, True),
    How.STARTS: (True, False),
    How.ENDS: (False, True),
    How.CONTAINS: (False, False),
}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One phrase of a rule."""

    rule: PhraseRule
    how: How
    phrase: Phrase
    others: tuple[Phrase, ...] = ()  # that must stand in the line, too

    def has_room(self, count: int) -> bool:
        """Whether a line of so many words may be meant."""
        return count <= self.rule.max_words and (self.how is not How.IS or count <= self.phrase.most)

    def match(self, line: str, text: str) -> str:
        """The words of a folded text that the phrase matches, or ""."""
        if self.how is How.LABELS:
            label = _LABEL.match(text)
            line = fold(label[0]) if label else ""
        start, end = _BOUNDS[self.how]
        found = self.phrase.pattern(start=start, end=end).search(line)
        others = [phrase.pattern(start=False, end=False).search(line) for phrase in self.others] if found else []
        return " ... ".join(each[0].strip() for each in (found, *others) if each) if found and all(others) else ""


def _entries(rule: PhraseRule) -> Iterator[_Entry]:
    for how, phrase in rule.phrases:
        yield _Entry(rule, how, phrase)
    if rule.together:
        yield _Entry(rule, How.CONTAINS, rule.together[0], rule.together[1:])


class Rulebook:
    """All phrase rules of a folder. All languages' rules apply to every page."""

    def __init__(self, files: Sequence[RuleFile], digest: str) -> None:
        self.files = tuple(files)
        self.digest = digest
        self.rules = tuple(rule for file in files for rule in file.rules)
        self._longest = max((rule.max_words for rule in self.rules), default=0)
        self._first = Openings()  # by the first word: most phrases say how a block starts
        self._any = Index()
        self._reported = tuple(phrase for file in files for phrase in file.reported)
        self._entries = [entry for rule in self.rules for entry in _entries(rule)]
        self._lines: defaultdict[str, list[int]] = defaultdict(list)  # whole lines without choices, as they stand
        self._labels: defaultdict[str, list[int]] = defaultdict(list)
        self._label_openings: set[str] = set()
        for number, entry in enumerate(self._entries):  # in this order they are asked
            if entry.phrase.literal and entry.how is How.IS:
                self._lines[entry.phrase.source].append(number)
            elif entry.phrase.literal and entry.how is How.LABELS:
                self._labels[entry.phrase.source].append(number)
                self._label_openings.add(entry.phrase.source.split()[0])
            elif entry.how in {How.IS, How.LABELS, How.STARTS} and entry.phrase.opens is not None:
                self._first.add(number, entry.phrase.opens, entry.phrase.keys)
            else:
                self._any.add(number, entry.phrase.keys)

    def matches(self, block: Block) -> list[tuple[PhraseRule, str]]:
        """The rules whose phrases the block holds, in the order of the files, with the words; place is not asked."""
        text = block.text
        if block.kind not in BODY_KINDS or len(text) > self._longest * _WORD_LENGTH:
            return []
        if text.count(" ") > 2 * self._longest:
            return []
        said = words(text)
        count = len(said)
        if not 0 < count <= self._longest:
            return []
        every = set(said)
        if _DIGIT.search(text):
            every.add(NUMBER)
        found = self._first.find(said[0], every)
        found |= self._any.find(every)
        line = folded(said)
        found.update(self._lines.get(line, ()))
        if said[0] in self._label_openings and (label := _LABEL.match(text)):
            found.update(self._labels.get(fold(label[0]), ()))
        matched: dict[str, tuple[PhraseRule, str]] = {}
        for number in sorted(found):
            entry = self._entries[number]
            rule = entry.rule
            if not entry.has_room(count) or rule.name in matched or block.kind not in rule.kinds:
                continue
            if (evidence := entry.match(line, text)) and self._allowed(entry, block, line):
                matched[rule.name] = rule, evidence[:_EVIDENCE]
        return list(matched.values())

    def _allowed(self, entry: _Entry, block: Block, line: str) -> bool:
        """Whether a line that matches may be taken: what somebody says can be known for none of it only whole."""
        if entry.rule.lines_only and _PERIOD.search(block.text):
            return False
        if entry.how is How.IS:
            return True
        if block.kind is BlockKind.QUOTE or block.text.startswith(_QUOTES):
            return False
        return entry.how is How.LABELS or not self._tells(line)

    def _tells(self, line: str) -> bool:
        """Whether the line reports what somebody said; then it is the article's, however it starts."""
        return any(phrase.pattern(start=False, end=False).search(line) for phrase in self._reported)

    def rule(self, blocks: Sequence[Block], context: Context) -> Iterator[Verdict]:
        """The verdicts of all rules on a page; one with no removal is on a credit."""
        del context  # phrases are the same for all pages
        matches = {index: found for index, block in enumerate(blocks) if block.kept and (found := self.matches(block))}
        return iter(_Place(blocks, matches).verdicts()) if matches else iter(())


class _Place:
    """Which matches count, by what stands before and behind them."""

    def __init__(self, blocks: Sequence[Block], matches: dict[int, list[tuple[PhraseRule, str]]]) -> None:
        self._blocks = blocks
        self._matches = matches
        self._verdicts: dict[int, Verdict] = {}

    def verdicts(self) -> list[Verdict]:
        """One verdict a block at most, in reading order."""
        count = len(self._blocks)
        self._pass(range(count), {Where.ANYWHERE}, edge=False)
        self._pass(range(count), {Where.HEAD, Where.EDGE}, edge=True)
        self._pass(range(count - 1, -1, -1), {Where.TAIL, Where.EDGE}, edge=True)
        return [self._verdicts[index] for index in sorted(self._verdicts)]

    def _pass(self, indexes: range, where: set[Where], *, edge: bool) -> None:
        for index in indexes:
            for rule, evidence in self._matches.get(index, ()):
                if rule.where in where and index not in self._verdicts:
                    self._verdicts[index] = Verdict(index, rule.removal, rule.name, evidence)
                    if rule.takes_following:
                        self._take_following(index, rule)
            if edge and not self._gone(index) and prose(self._blocks[index]):
                return

    def _gone(self, index: int) -> bool:
        return index in self._verdicts or not self._blocks[index].kept

    def _take_following(self, heading: int, rule: PhraseRule) -> None:
        taken: list[int] = []
        for index in range(heading + 1, len(self._blocks)):
            block = self._blocks[index]
            if self._gone(index) or block.kind not in BODY_KINDS:
                continue
            if len(taken) == _FOLLOWING_MAX or not _link_like(block):
                # A heading right above the text that goes on is the heading of that text.
                while taken and self._blocks[taken[-1]].kind is BlockKind.HEADING:
                    taken.pop()
                break
            taken.append(index)
        evidence = f"below {self._blocks[heading].text!r}"[:_EVIDENCE]
        for index in taken:
            self._verdicts[index] = Verdict(index, rule.removal, f"{rule.name}+following", evidence)


def prose(block: Block) -> bool:
    """Whether a kept block reads as text of an article: a sentence of more than a few words."""
    if not block.kept or block.kind not in BODY_KINDS:
        return False
    words = block.text.count(" ") + 1
    if words > _LINE or len(block.text) > _LINE * 8:
        return True
    return (words > _SHORT or len(block.text) > _SHORT * 8) and _SENTENCE_END.search(block.text) is not None


def _link_like(block: Block) -> bool:
    """A line such as stands below "Related": an item of a list, or a line that is no sentence."""
    if block.kind not in {BlockKind.LIST_ITEM, BlockKind.PARAGRAPH, BlockKind.HEADING} or prose(block):
        return False
    return block.kind is BlockKind.LIST_ITEM or _PERIOD.search(block.text) is None


def _keys(words: list[str]) -> set[str]:
    keys = set(words)
    if any(word[0].isdecimal() for word in words):
        keys.add(NUMBER)
    return keys


def rules_folder() -> Path:
    """Where the rules lie that come with warchronicle: beside the code in a wheel, in config/ in the repository."""
    return _PACKAGED if _PACKAGED.is_dir() else _IN_REPOSITORY


@cache
def load(folder: Path | None = None) -> Rulebook:
    """The rules of a folder, `rules_folder()` if None. Raises `ConfigError` naming file and line."""
    folder = folder or rules_folder()
    paths = rule_files(folder)
    if not paths:
        raise ConfigError(f"{folder}: no rules there; a file of rules is named after its language: en.toml")
    return Rulebook([phrase_files.read(path) for path in paths], digest(folder))


def rule_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml"))


def digest(folder: Path | None = None) -> str:
    """Of the names and bytes of all rule files: any change of a rule changes it."""
    hashed = hashlib.sha256()
    for path in rule_files(folder or rules_folder()):
        data = path.read_bytes()
        hashed.update(f"{path.name} {len(data)}\n".encode())
        hashed.update(data)
    return f"sha256:{hashed.hexdigest()}"
