"""What is an outlet's furniture and what is not: learning and applying, on pages made of lines."""

from __future__ import annotations

import random

import pytest

from pipelines.extract.residue import prints, repeats
from pipelines.extract.residue.context import Context
from pipelines.extract.residue.strip import Evidence, Residue, strip
from pipelines.model import Article, Block, BlockKind, Removal

DICE = random.Random(1939)
WORDS = [
    f"{first}{last}" for first in ("ka", "ro", "mi", "tes", "vol", "dun") for last in ("ra", "nik", "post", "lem", "sy")
]
FOOTER = "Printed by moonlight for those who cannot sleep"


def sentence(words: int = 24) -> str:
    return " ".join(DICE.choices(WORDS, k=words)).capitalize() + "."


def article(number: int, *lines: str | Block, title: str = "", canonical: str = "", url: str | None = None) -> Article:
    return Article(
        url=f"https://www.outlet.test/{number}" if url is None else url,
        canonical_url=canonical,
        title=title or f"{sentence(7)} {number}",
        authors=(),
        agency="",
        published="2022-09-10",
        published_evidence=(),
        title_evidence=(),
        modified="",
        language="en",
        categories=(),
        blocks=tuple(line if isinstance(line, Block) else Block(BlockKind.PARAGRAPH, line) for line in lines),
    )


def story(
    number: int, *last: str | Block, first: tuple[str | Block, ...] = (), amid: tuple[str | Block, ...] = (), **more
) -> Article:
    own = [sentence() for _ in range(6)]
    return article(number, *first, *own[:3], *amid, *own[3:], *last, **more)


def learn(pages: list[Article]) -> repeats.Outlet:
    return repeats.learn("outlet.test", map(prints.take, pages))


def removed(pages: list[Article]) -> list[set[str]]:
    """For each page the lines that repetition takes."""
    outlet = learn(pages)
    taken = []
    for page in pages:
        residue = Residue(frozenset({Evidence.REPEATS}), repeated=outlet.part(prints.take(page)))
        blocks = strip(page.blocks, Context(), residue)
        assert [block.text for block in blocks] == [block.text for block in page.blocks]
        taken.append({block.text for block in blocks if block.removal is Removal.SITE_REPEAT})
    return taken


def test_a_closing_line_of_three_stories_goes_and_one_of_two_stays():
    assert removed([story(n, FOOTER) for n in range(3)]) == [{FOOTER}] * 3
    assert removed([story(0, FOOTER), story(1, FOOTER), story(2)]) == [set()] * 3


def test_the_evidence_names_the_outlet_and_a_round_number_of_stories():
    pages = [story(n, FOOTER) for n in range(14)]
    residue = Residue(frozenset({Evidence.REPEATS}), repeated=learn(pages).part(prints.take(pages[0])))
    last = strip(pages[0].blocks, Context(), residue)[-1]
    assert (last.rule, last.evidence) == ("site-repeat", "in at least 10 stories of outlet.test")
    assert all(
        block.kept for block in strip(pages[0].blocks, Context(), Residue(frozenset(), repeated=residue.repeated))
    )


def test_an_updated_article_keeps_its_paragraphs():
    """Six versions under six addresses, each with a paragraph more; among other stories, whose footer goes."""
    own = [sentence() for _ in range(12)]
    versions = [article(n, *own[: 6 + n], FOOTER, title=f"Update {n} of the storm {sentence(4)}") for n in range(6)]
    others = [story(n, FOOTER) for n in range(100, 110)]
    assert removed(versions + others) == [{FOOTER}] * 16


def test_captures_of_one_address_are_one_story():
    shared = sentence(15)
    live = [story(n, shared, url="https://outlet.test/live?utm_source=x") for n in range(8)]
    assert learn(live + [story(n) for n in range(50, 60)]).entries == ()


def test_pages_of_one_article_share_their_title_and_keep_their_standfirst():
    standfirst = sentence(18)
    parts = [story(n, first=(standfirst,), title="Six days on the river that nobody counted") for n in range(4)]
    assert removed(parts + [story(n) for n in range(50, 60)])[:4] == [set()] * 4


def test_a_title_that_all_pages_have_is_no_title():
    pages = [story(n, FOOTER, title="The daily paper of the old town") for n in range(8)]
    assert removed(pages) == [{FOOTER}] * 8


def test_wire_copies_under_other_headlines_keep_their_paragraphs():
    own = [sentence() for _ in range(8)]
    copies = [article(n, *own, f"{sentence(5)}", title=f"{sentence(6)} {n}") for n in range(5)]
    assert removed(copies + [story(n) for n in range(20, 40)])[:5] == [set()] * 5


@pytest.mark.parametrize(
    "slogan",
    [
        "“Glory to those who came back, and to those who did not”",
        "— We have not forgotten, and we shall not",
        "«Слава тим, хто повернувся»",
        Block(BlockKind.QUOTE, "Glory to those who came back"),
    ],
    ids=["quoted", "dialogue", "guillemets", "blockquote"],
)
def test_a_quoted_slogan_stays_where_it_is_spoken(slogan):
    pages = [story(n, FOOTER, amid=(slogan,)) for n in range(6)] + [story(n, FOOTER) for n in range(10, 20)]
    assert removed(pages) == [{FOOTER}] * 16
    pages = [story(n, slogan, FOOTER) for n in range(4)] + [story(n, FOOTER) for n in range(10, 20)]
    assert removed(pages) == [{FOOTER}] * 14


def test_background_pasted_into_follow_ups_stays():
    background = sentence(55)
    pages = [story(n, FOOTER, amid=(background,)) for n in range(8)] + [story(n, FOOTER) for n in range(10, 22)]
    assert removed(pages) == [{FOOTER}] * 20
    closing = [story(n, sentence(3), background) for n in range(6)] + [story(n) for n in range(10, 50)]
    assert removed(closing) == [set()] * 46


@pytest.mark.parametrize("words", [8, 16, 30])
def test_a_stock_sentence_that_closes_some_stories_of_a_large_outlet_stays(words):
    stock = sentence(words)
    pages = [story(n, stock) for n in range(12)] + [story(n, FOOTER) for n in range(20, 320)]
    assert removed(pages)[:13] == [set()] * 12 + [{FOOTER}]


def test_a_line_amid_most_stories_goes_and_one_amid_a_few_stays():
    motto = "From the reading room above the fish market"
    assert removed([story(n, amid=(motto,)) for n in range(6)]) == [{motto}] * 6
    assert removed([story(n, amid=(motto,)) for n in range(4)] + [story(n) for n in range(10, 30)]) == [set()] * 24


def test_a_subheading_of_several_stories_stays():
    heading = Block(BlockKind.HEADING, "What we know so far")
    pages = [story(n, amid=(heading,)) for n in range(6)] + [story(n) for n in range(10, 20)]
    assert removed(pages) == [set()] * 16


def test_counters_are_one_line_whatever_they_count():
    pages = [story(n, f"Read {n * 137 + 11:,} times, {n + 12}:30") for n in range(8)]
    assert all(len(lines) == 1 for lines in removed(pages))


def test_figures_of_daily_reports_are_no_counters():
    losses = ["tanks {} (+{})", "guns {} (+{})", "trucks {} (+{})", "boats {} (+{})"]
    reports = [story(n, *(line.format(2000 + n * 7, n + 3) for line in losses)) for n in range(6)]
    assert removed(reports + [story(n) for n in range(20, 50)]) == [set()] * 36
    rows = [
        story(n, *(Block(BlockKind.LIST_ITEM, line.format(2000 + n * 7, n + 3)) for line in losses)) for n in range(6)
    ]
    assert removed(rows) == [set()] * 6


def test_furniture_behind_furniture_and_short_lines_is_at_the_edge():
    lines = (FOOTER, sentence(30), "Share", "Tanned leather and other advertisements of the quay")
    pages = [story(n, *lines) for n in range(6)]
    assert removed(pages) == [set(lines)] * 6


def test_a_page_that_is_all_furniture_stays():
    nothing = article(99, FOOTER, "A word more", title="Sleepless")
    pages = [story(n, FOOTER, "A word more") for n in range(6)]
    assert removed([*pages, nothing])[-1] == set()
    assert removed([*pages, nothing])[0] == {FOOTER, "A word more"}


def test_captions_credits_and_posts_are_left_alone():
    kinds = (BlockKind.CAPTION, BlockKind.CREDIT, BlockKind.EMBED)
    pages = [story(n, *(Block(kind, f"{FOOTER} {kind}") for kind in kinds)) for n in range(6)]
    assert removed(pages) == [set()] * 6


def test_blocks_that_other_rules_took_are_learnt_and_keep_their_rule():
    gone = Block(BlockKind.PARAGRAPH, FOOTER, Removal.SHARE_APPEAL, "en:some-rule", "words")
    marked, plain = [story(n, gone) for n in range(4)], [story(n, FOOTER) for n in range(4)]
    assert [entry.key for entry in learn(marked).entries] == [entry.key for entry in learn(plain).entries]
    residue = Residue(frozenset({Evidence.REPEATS}), repeated=learn(marked).part(prints.take(marked[0])))
    assert strip(marked[0].blocks, Context(), residue)[-1] == gone


@pytest.mark.parametrize(
    ("url", "canonical", "folder", "outlet"),
    [
        ("https://www.news.example.co.uk/a", "https://other.test/a", "f", "example.co.uk"),
        ("", "https://m.other.com/a", "f", "other.com"),
        ("", "", "f", "folder:f"),
        ("", "", "", ""),
        ("http://127.0.0.11:8765/a", "", "", "127.0.0.11"),
    ],
)
def test_the_outlet_of_a_page(url, canonical, folder, outlet):
    assert prints.take(article(1, "text", url=url, canonical=canonical), folder).outlet == outlet


def test_the_digest_names_what_was_learnt_and_no_folder():
    pages = [story(n, FOOTER) for n in range(4)]
    here, there = (repeats.learn(f"folder:{name}", map(prints.take, pages)) for name in ("here", "there"))
    assert repeats.table_digest({here.name: here.digest}) == repeats.table_digest({there.name: there.digest})
    more = learn([*pages, story(9, FOOTER)])
    assert more.digest not in ("", here.digest)
    assert learn([story(n) for n in range(4)]).digest == ""
