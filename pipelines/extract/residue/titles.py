"""The headline, repeated among the first blocks of the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.extract import clean
from pipelines.extract.residue.context import Context, Verdict
from pipelines.model import BODY_KINDS, Block, Removal

_TOP: Final = 5  # body blocks in which the headline may be repeated


def repeated(blocks: Sequence[Block], context: Context) -> Iterator[Verdict]:
    """Among the first blocks, one that says the words of the headline and nothing more."""
    titles = {words for title in context.titles if (words := clean.words(title))}
    body = [index for index, block in enumerate(blocks) if block.kind in BODY_KINDS]
    if len(body) < 2:  # a text that is all headline is better than none
        return
    for index in body[:_TOP]:
        if clean.words(blocks[index].text) in titles:
            yield Verdict(index, Removal.DUPLICATE_TITLE, "title-repeated", "the page's headline")
