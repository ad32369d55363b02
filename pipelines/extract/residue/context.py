"""What the rules of residue are given and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipelines.model import Block, Removal


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may know of the page besides its blocks."""

    titles: tuple[str, ...] = ()  # every spelling of the headline that the page states
    authors: tuple[str, ...] = ()
    days: tuple[str, ...] = ()  # ISO days that the page states for itself
    site: str = ""  # registered domain, or what else stands for the outlet; "" if unknown


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's word on one block."""

    index: int  # of the block
    removal: Removal | None  # None: a source credit, which is kept, outside the text
    rule: str  # "en:share-with-friends"
    evidence: str = ""  # what was seen, for people


#: Blocks in reading order, some with a removal already -> what else is no text. One on a removed block is ignored.
Rule = Callable[[Sequence[Block], Context], Iterator[Verdict]]
