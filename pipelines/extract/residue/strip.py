"""All evidence on residue, asked in one order: the first that takes a block is named in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from pipelines.extract.residue import again, phrases, repeats, signed, titles
from pipelines.extract.residue.context import Context, Rule, Verdict
from pipelines.model import Block, BlockKind


class Evidence(StrEnum):
    """The sources of evidence; each can be switched off."""

    PHRASES = "phrases"  # config/residue/<language>.toml
    CLASSIFIER = "classifier"  # features of a block, weighed
    REPEATS = "repeats"  # what stands in several stories of one outlet


@dataclass(frozen=True, slots=True)
class Residue:
    """Which evidence counts, and where the rules lie. A value: it goes to the workers as it is."""

    evidence: frozenset[Evidence] = frozenset(Evidence)
    rules: Path | None = None  # folder of the phrase rules; None: those that come with warchronicle
    repeated: repeats.Part = repeats.NOTHING  # what the page has in common with other stories of its outlet


def strip(
    blocks: Sequence[Block], context: Context, residue: Residue, against: Sequence[Verdict] = ()
) -> tuple[Block, ...]:
    """The same blocks in the same order, those that are not the article's text labelled with removal and rule.

    `against`: what the weights say (`body.choose`).
    """
    marked = list(blocks)
    for rule in _rules(residue, against):
        for verdict in rule(tuple(marked), context):
            if marked[verdict.index].kept:
                block = marked[verdict.index]
                marked[verdict.index] = replace(
                    block,
                    kind=block.kind if verdict.removal else BlockKind.CREDIT,
                    removal=verdict.removal,
                    rule=verdict.rule,
                    evidence=verdict.evidence,
                )
    return tuple(marked)


def _rules(residue: Residue, against: Sequence[Verdict]) -> Iterator[Rule]:
    """Phrases come first, since they can say what a block is; and again at the end, when more of the edges is gone."""
    yield titles.repeated
    yield signed.signed
    said = phrases.load(residue.rules).rule if Evidence.PHRASES in residue.evidence else None
    if said:
        yield said
    yield lambda _blocks, _context: iter(against)
    yield again.repeated
    repeated = residue.repeated if Evidence.REPEATS in residue.evidence else repeats.NOTHING
    if repeated:
        yield repeats.rule(repeated)
    if said and (against or repeated):
        yield said
