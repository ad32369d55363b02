"""Lines that only sign a text."""

from __future__ import annotations

import pytest

from pipelines.extract.residue.context import Context
from pipelines.extract.residue.signed import signed
from pipelines.model import Block, BlockKind, Removal
from tests.unit.extract.samples import EN

AUTHORS = ("Ann Lee", "Олена Коваль")


def taken(*texts, authors=AUTHORS):
    blocks = [Block(BlockKind.PARAGRAPH, text) for text in texts]
    return [(verdict.index, verdict.removal) for verdict in signed(blocks, Context(authors=authors))]


@pytest.mark.parametrize(
    "line", ["Ann Lee", "By Ann Lee", "ANN LEE", "Олена Коваль", "By Ann Lee and Олена Коваль", "Ann Lee, Kyiv"]
)
def test_a_name_alone_is_a_signature(line):
    assert taken(line, *EN) == [(0, Removal.BYLINE)]
    assert taken(*EN, line) == [(4, Removal.BYLINE)]


@pytest.mark.parametrize(
    "line",
    ["Ann Lee saw the flag go up over the council that day.", "So says Ann Lee.", "Ann", "Lee, the general, went home"],
)
def test_a_sentence_with_the_name_is_text(line):
    assert taken(line, *EN) == []


def test_in_the_middle_a_name_heads_what_somebody_says():
    assert taken(*EN, "Ann Lee", *EN) == []


def test_without_authors_nothing_is_signed():
    assert taken("Ann Lee", *EN, authors=()) == []
    assert taken("Ann Lee") == []
