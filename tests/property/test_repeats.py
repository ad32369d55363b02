"""Learning depends on the set of pages alone: no order, no labels, no way through bytes changes it; applying loses nothing."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.residue import prints, repeats
from pipelines.extract.residue.context import Context
from pipelines.extract.residue.strip import Evidence, Residue, strip
from pipelines.model import Article, Block, BlockKind, Removal

# Few and long enough lines that pages share them; a few of every sort.
LINES = [
    *(f"Line {n} tells of a mill, a ferry and the {n} people who waited for either of them all day." for n in range(9)),
    *(f"Short {word}" for word in ("share", "print", "more", "12:30", "7 comments", "8 comments")),
    "“Nobody asked us,” she said.",
    "— Nobody asked us, he said",
    "免责声明：本文仅代表作者个人观点，与本站无关。",
    " ".join(["background"] * 50) + ".",
]
blocks = st.builds(Block, st.sampled_from(list(BlockKind)), st.sampled_from(LINES))
pages = st.lists(
    st.builds(
        lambda number, title, canonical, body, day: Article(
            url=f"https://outlet.test/{number}" if number else "",
            canonical_url=f"https://outlet.test/story/{canonical}" if canonical else "",
            title=title,
            authors=(),
            agency="",
            published=day,
            published_evidence=(),
            title_evidence=(),
            modified="",
            language="en",
            categories=(),
            blocks=tuple(body),
        ),
        st.integers(0, 40),
        st.sampled_from(["", "A ferry that did not come back", "Flood", "The paper of the quay and the mill"]),
        st.integers(0, 3),
        st.lists(blocks, max_size=8),
        st.sampled_from(["", "2022-09-10", "2022-09-11T10:00:00+03:00"]),
    ),
    max_size=14,
)


@given(pages, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_order_of_pages_makes_no_difference(articles: list[Article], dice: random.Random) -> None:
    taken = [prints.take(article) for article in articles]
    shuffled = dice.sample(taken, len(taken))
    assert repeats.learn("outlet.test", taken) == repeats.learn("outlet.test", shuffled)


@given(pages)
@settings(max_examples=150, deadline=None)
def test_applying_changes_nothing_of_what_is_learnt_and_loses_no_block(articles: list[Article]) -> None:
    outlet = repeats.learn("outlet.test", map(prints.take, articles))
    again = []
    for article in articles:
        part = outlet.part(prints.take(article))
        marked = strip(article.blocks, Context(), Residue(frozenset({Evidence.REPEATS}), repeated=part))
        assert [(block.kind, block.text) for block in marked] == [(block.kind, block.text) for block in article.blocks]
        assert all(block.rule == "site-repeat" for block in marked if block.removal is Removal.SITE_REPEAT)
        assert part or all(block.removal is not Removal.SITE_REPEAT for block in marked)
        again.append(replace(article, blocks=marked))
    assert repeats.learn("outlet.test", map(prints.take, again)) == outlet


@given(pages)
@settings(max_examples=100, deadline=None)
def test_prints_survive_packing(articles: list[Article]) -> None:
    for article in articles:
        taken = prints.take(article)
        read = prints.unpack(taken.outlet, taken.pack())
        assert read.pack() == taken.pack()
        assert (read.page, read.canonical, read.title, read.day) == (
            taken.page,
            taken.canonical,
            taken.title,
            taken.day,
        )
        assert list(zip(read.keys, read.lengths, read.flags, strict=True)) == list(
            zip(taken.keys, taken.lengths, taken.flags, strict=True)
        )


@given(pages)
@settings(max_examples=100, deadline=None)
def test_nothing_of_fewer_than_three_addresses_is_furniture(articles: list[Article]) -> None:
    outlet = repeats.learn("outlet.test", map(prints.take, articles))
    for entry in outlet.entries:
        holding = [article for article in articles if entry.key in prints.take(article).keys]
        assert len(holding) == entry.pages
        # Pages without an address can't be told apart by it.
        assert len({article.url or id(article) for article in holding}) >= entry.stories >= 3
        assert entry.edge <= entry.pages
