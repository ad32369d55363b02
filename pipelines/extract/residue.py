"""What stands among the paragraphs and is none of the text: labelled with the rule that says so, never deleted.

The door for all later rules: blocks in, the same blocks out, some of them with a `Removal`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipelines.extract import clean
from pipelines.model import BODY_KINDS, Block, Removal

_TOP: Final = 5  # body blocks in which the headline may be repeated


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may know of the page besides its blocks."""

    titles: tuple[str, ...]  # every spelling of the headline that the page states


Verdicts = Iterator[tuple[int, Removal]]  # index of a block and why it goes
Rule = Callable[[Sequence[Block], Context], Verdicts]


def _title_repeated(blocks: Sequence[Block], context: Context) -> Verdicts:
    """Among the first blocks, one that says the words of the headline and nothing more."""
    titles = {words for title in context.titles if (words := clean.words(title))}
    body = [index for index, block in enumerate(blocks) if block.kind in BODY_KINDS]
    if len(body) < 2:  # a text that is all headline is better than none
        return
    yield from ((index, Removal.DUPLICATE_TITLE) for index in body[:_TOP] if clean.words(blocks[index].text) in titles)


#: The rules in the order in which they are asked; the first that takes a block is named in it.
RULES: Final[dict[str, Rule]] = {"title-repeated": _title_repeated}


def strip(blocks: Sequence[Block], context: Context) -> tuple[Block, ...]:
    """The same blocks in the same order, those that are not the article's text labelled with removal and rule."""
    marked = list(blocks)
    for name, rule in RULES.items():
        for index, removal in rule(marked, context):
            if marked[index].kept:
                marked[index] = replace(marked[index], removal=removal, rule=name)
    return tuple(marked)
