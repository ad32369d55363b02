"""A line that the page says twice: a pull quote, a teaser for phones beside the one for desks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.extract import clean
from pipelines.extract.residue.context import Context, Verdict
from pipelines.model import BODY_KINDS, Block, Removal

_LEAST: Final = 30  # characters; shorter lines are said twice for a reason, such as a name over each of its answers


def repeated(blocks: Sequence[Block], context: Context) -> Iterator[Verdict]:
    """Each block that says the words of a block before it, and nothing more."""
    del context
    said: set[str] = set()
    for index, block in enumerate(blocks):
        if block.kept and block.kind in BODY_KINDS and len(block.text) >= _LEAST:
            words = clean.words(block.text)
            if words in said:
                yield Verdict(index, Removal.PAGE_REPEAT, "said-before", "the words of a block before it")
            said.add(words)
