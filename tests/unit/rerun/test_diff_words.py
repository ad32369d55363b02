"""Word-level differences: both texts can be read back, and what is marked is what changed."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rerun.diff_words import Op, compare, likeness

WORDS = st.lists(st.sampled_from(["the", "train", "left", "Куп'янськ", "站", "駅", "12", ",", ".", " ", "\n", "—"]))


def side(pieces, other: Op) -> str:
    return "".join(text for op, text in pieces if op is not other)


@given(st.one_of(st.text(), WORDS.map(" ".join)), st.one_of(st.text(), WORDS.map("".join)))
def test_both_texts_can_be_read_back(before: str, after: str) -> None:
    pieces = compare(before, after)
    assert side(pieces, Op.NEW) == before
    assert side(pieces, Op.GONE) == after
    assert all(text for _, text in pieces)
    assert all(one[0] is not two[0] for one, two in pairwise(pieces))


@given(st.text())
def test_a_text_and_itself(text: str) -> None:
    assert compare(text, text) == ([(Op.SAME, text)] if text else [])
    assert likeness(text, text) == 1


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "new", [("+", "new")]),
        ("old", "", [("-", "old")]),
        (
            "The train left on Saturday morning.",
            "The train left on Sunday morning.",
            [("=", "The train left on "), ("-", "Saturday"), ("+", "Sunday"), ("=", " morning.")],
        ),
        (  # the space between two changed words is theirs
            "It left Saturday morning, he said",
            "It left Sunday evening, he said",
            [("=", "It left "), ("-", "Saturday morning"), ("+", "Sunday evening"), ("=", ", he said")],
        ),
        ("列車は土曜日に出た", "列車は日曜日に出た", [("=", "列車は"), ("-", "土"), ("+", "日"), ("=", "曜日に出た")]),
        ("з'їв", "з’їв", [("=", "з"), ("-", "'"), ("+", "’"), ("=", "їв")]),
    ],
)
def test_what_is_marked(before, after, pieces) -> None:
    assert compare(before, after) == pieces


def test_long_texts_are_compared_in_time() -> None:
    sentences = [f"Sentence number {n} tells of train {n * 7} and of nothing else at all." for n in range(1500)]
    other = [*sentences[:700], "A sentence that is new.", *sentences[701:]]
    start = time.perf_counter()
    pieces = compare(" ".join(sentences), " ".join(other))
    assert time.perf_counter() - start < 5
    assert [text.strip() for op, text in pieces if op is Op.NEW] == ["A sentence that is new."]
    noise, louder = " ".join(str(n) for n in range(9000)), " ".join(str(-n) for n in range(9000))
    start = time.perf_counter()
    pieces = compare(noise, louder)
    assert time.perf_counter() - start < 5
    assert (side(pieces, Op.NEW), side(pieces, Op.GONE)) == (noise, louder)


@pytest.mark.parametrize(
    ("before", "after", "least", "most"),
    [
        ("The train left on Saturday", "The train left on Sunday", 0.7, 0.9),
        ("Share it with your friends", "The bridge holds", 0, 0.1),
        ("", "x", 0, 0),
    ],
)
def test_likeness(before, after, least, most) -> None:
    assert least <= likeness(before, after) <= most
