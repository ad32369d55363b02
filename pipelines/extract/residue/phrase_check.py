"""Whether the rules do what their files say: each example removed by its rule, each keep left alone by all rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipelines.extract.residue.context import Context
from pipelines.extract.residue.phrase_files import PhraseRule, RuleFile, Where
from pipelines.extract.residue.phrases import Rulebook
from pipelines.model import Block, BlockKind
from pipelines.toml import line_of

_PROSE: Final = (
    "The council voted on Tuesday to rebuild the bridge that shells had destroyed in the spring, its chairman said.",
    "Engineers will begin with the two pillars in the river, which divers have to examine before winter.",
)


def faults(rulebook: Rulebook) -> Iterator[str]:
    """What is wrong, one line each with file and line: nothing, if the rules are sound."""
    for file in rulebook.files:
        text = file.path.read_text("utf-8")
        for number, rule in enumerate(file.rules):
            alone = Rulebook([RuleFile(file.path, (rule,), file.reported, ())], "")
            for example in rule.examples:
                if not _removed(alone, rule, example):
                    place = f"{file.path}:{line_of(text, ('rule', number))}"
                    yield f"{place}: rule {rule.name} does not remove its example {example!r}{_why(rule, example)}"
        for keep in (*file.keeps, *(keep for rule in file.rules for keep in rule.keeps)):
            yield from (f"{file.path}: {keep!r} must be kept, but {fault}" for fault in _touched(rulebook, keep))


def _removed(alone: Rulebook, rule: PhraseRule, example: str) -> bool:
    kinds = (BlockKind.PARAGRAPH,) if BlockKind.PARAGRAPH in rule.kinds else tuple(sorted(rule.kinds))
    places = {Where.ANYWHERE: (1,), Where.HEAD: (0,), Where.TAIL: (2,), Where.EDGE: (0, 2)}[rule.where]
    return all(_verdict(alone, Block(kind, example), place) for kind in kinds for place in places)


def _touched(rulebook: Rulebook, keep: str) -> Iterator[str]:
    """What rules say of a sentence that stands first, amid the text or last."""
    for place, name in enumerate(("first", "amid the text", "last")):
        for rule in _verdict(rulebook, Block(BlockKind.PARAGRAPH, keep), place):
            yield f"{rule} takes it where it stands {name}"
            return


def _verdict(rulebook: Rulebook, block: Block, place: int) -> list[str]:
    page = [Block(BlockKind.PARAGRAPH, text) for text in _PROSE]
    page.insert(place, block)
    return [verdict.rule for verdict in rulebook.rule(page, Context()) if verdict.index == place]


def _why(rule: PhraseRule, example: str) -> str:
    words = len(example.split())
    return f": it has {words} words, max_words is {rule.max_words}" if words > rule.max_words else ""
