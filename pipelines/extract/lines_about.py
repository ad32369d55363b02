"""What a page says of itself in lines of its text, its markup being silent: labels of a CMS, a byline, a date line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pipelines.extract import flat_labels, plain
from pipelines.extract.posts import Line
from pipelines.model import BODY_KINDS, Block, Evidence, Removal

_SIGNS: Final = frozenset({Removal.CMS_LABEL, Removal.BYLINE, Removal.DATE_LABEL})


@dataclass(frozen=True, slots=True)
class About:
    """What the lines say, and the blocks without those that only say it."""

    blocks: tuple[Block, ...]
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: tuple[Evidence, ...] = ()


def read(blocks: tuple[Block, ...], spoken: str) -> About:
    """The lines at the edges of a text, looked at only where a rule has found a label, a byline or a date there."""
    if not any(block.removal in _SIGNS for block in blocks):
        return About(blocks)
    body = [index for index, block in enumerate(blocks) if block.kind in BODY_KINDS]
    labels = flat_labels.read([Line(blocks[index].text, index) for index in body])
    marked = list(blocks)
    for at, mark in labels.marks.items():
        block = marked[body[at]]
        if block.kept and mark.removal is Removal.CMS_LABEL:  # what stands below "Category"
            marked[body[at]] = replace(block, removal=mark.removal, rule=mark.rule, evidence=mark.evidence)
    return About(
        tuple(marked),
        tuple(dict.fromkeys(labels.authors)),
        plain.categories(labels),
        tuple(map(_plainly, (day for day in plain.published(labels, blocks, spoken, "") if day.confidence))),
    )


def _plainly(day: Evidence) -> Evidence:
    """A note speaks against a candidate in a page's evidence; how an ambiguous day was read is told with its place."""
    return replace(day, source=f"{day.source} ({day.note})" if day.note else day.source, note="")


def dated(markup: Sequence[Evidence], about: About, captured_at: datetime | None) -> tuple[Evidence, ...]:
    """The days of the markup, and before one that was only seen somewhere on the page, that of a line that says it."""
    latest = captured_at.date().isoformat() if captured_at else "9999"
    lines = [day for day in about.published if day.value[:10] <= latest]
    sure = bool(markup) and markup[0].confidence > 0 and markup[0].source != "visible"
    return (*markup, *lines) if sure else (*lines, *markup)
