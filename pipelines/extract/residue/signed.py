"""The author's name alone, over the text or below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.extract import clean
from pipelines.extract.residue.context import Context, Verdict
from pipelines.model import BODY_KINDS, Block, Removal

_EDGE: Final = 4  # body blocks at the start and at the end where a text is signed
_MORE: Final = 3  # words that may stand beside the names: "by", "and", "Von", "our correspondent"


def signed(blocks: Sequence[Block], context: Context) -> Iterator[Verdict]:
    """Near the start or the end, a line that says the authors' names and hardly a word more."""
    names = [name for author in context.authors if " " in (name := clean.words(author))]
    body = [index for index, block in enumerate(blocks) if block.kept and block.kind in BODY_KINDS]
    if not names or len(body) < 2:
        return
    for index in sorted({*body[:_EDGE], *body[-_EDGE:]}):
        said = f" {clean.words(blocks[index].text)} "
        rest = said
        for name in names:
            rest = rest.replace(f" {name} ", " ")
        if rest != said and len(rest.split()) <= _MORE and blocks[index].text[-1:] not in ".!?":
            yield Verdict(index, Removal.BYLINE, "signed", "the author's name")
