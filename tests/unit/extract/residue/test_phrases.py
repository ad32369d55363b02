"""The phrase rules: the files that come with warchronicle, the syntax, and what stands before and behind a line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.extract.residue import phrase_check, phrase_files, phrases
from pipelines.extract.residue.context import Context
from pipelines.extract.residue.phrase_words import fold
from pipelines.extract.residue.phrases import Rulebook
from pipelines.extract.residue.strip import Evidence, Residue, strip
from pipelines.model import Block, BlockKind, Removal

FILES = phrases.rule_files(phrases.rules_folder())
PROSE = "The mayor said on Monday that the bridge across the river would be closed until the spring for repairs."
RULE = """
language = "xx"
[words]
net = ["facebook", "the telegram"]
[[rule]]
name = "one"
removal = "follow_us"
examples = ["x"]
"""


def paragraphs(*texts: str) -> list[Block]:
    return [Block(BlockKind.PARAGRAPH, text) for text in texts]


def rulebook(folder: Path, keys: str) -> Rulebook:
    folder.joinpath("xx.toml").write_text(RULE + keys, "utf-8")
    return Rulebook([phrase_files.read(folder / "xx.toml")], "")


def matched(book: Rulebook, text: str, kind: BlockKind = BlockKind.PARAGRAPH) -> str:
    return "; ".join(evidence for _, evidence in book.matches(Block(kind, text)))


def removed(book: Rulebook, blocks: list[Block]) -> dict[int, str]:
    return {verdict.index: verdict.rule for verdict in book.rule(blocks, Context())}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_examples_of_a_file_go_and_its_keeps_stay(path):
    """One file by itself."""
    assert list(phrase_check.faults(Rulebook([phrase_files.read(path)], ""))) == []


def test_no_file_takes_what_another_keeps():
    assert list(phrase_check.faults(phrases.load())) == []


def test_english_has_many_sentences_that_must_stay():
    english = phrase_files.read(phrases.rules_folder() / "en.toml")
    assert sum(len(rule.keeps) for rule in english.rules) >= 60


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("→ Don’t MISS: the  e-mail!", " don t miss the e mail"),
        ("Пʼять ЁЖ, п'ять", " п ять еж п ять"),
        ("See https://a.example/x?y=1, @name or a.b@c.example", " see @ @ or @"),
        ("at t.me/sample and sample.com.", " at @ and @"),
        ("he said.The U.S. at 15:18", " he said the u s at 15 18"),
        ("© 2024", " © 2024"),
        ("!?", ""),
    ],
)
def test_folding(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("read (more|it all)", "Read it ALL"),
        ("read [much much] more", "read more"),
        ("read [much much] more", "read much much more"),
        ("follow ... now", "follow the five of us now"),
        ("follow~ us", "following us"),
        ("# (min|minutes) read", "about 5 minutes read"),
        ("on #", "on 12.05.2024, 15:18"),
        ("via <net>", "via the Telegram"),
        ("mail @", "Mail: desk@sample.example"),
        ("see t.me", "see t.me/abc"),
        ("don't", "Don’t"),
        ("((a|b) c|d)", "b c"),
    ],
)
def test_phrases_that_match(tmp_path, phrase, text):
    assert matched(rulebook(tmp_path, f'contains = ["{phrase}"]'), text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("read more", "bread more"),
        ("read more", "read moreover"),
        ("read (more|all)", "read"),
        ("follow ... now", "follow the seven of us here together right now"),
        ("# minutes", "ten minutes"),
        ("mail @", "mail desk"),
        ("a [b] c", "a b b c"),
    ],
)
def test_phrases_that_do_not_match(tmp_path, phrase, text):
    assert not matched(rulebook(tmp_path, f'contains = ["{phrase}"]'), text)


def test_how_a_phrase_must_stand(tmp_path):
    assert matched(rulebook(tmp_path, 'is = ["follow us"]'), "» Follow us!") == "follow us"
    assert not matched(rulebook(tmp_path, 'is = ["follow us"]'), "Follow us home")
    assert matched(rulebook(tmp_path, 'starts = ["follow us"]'), "Follow us home")
    assert not matched(rulebook(tmp_path, 'starts = ["follow us"]'), "They follow us home")
    assert matched(rulebook(tmp_path, 'ends = ["follow us"]'), "Like and follow us.")
    assert not matched(rulebook(tmp_path, 'ends = ["follow us"]'), "Follow us home")
    labels = rulebook(tmp_path, 'labels = ["related", "more (news|here)"]')
    for text in (
        "RELATED: Bridge closed",
        "Related | Bridge closed",
        "Related – Bridge closed",
        "More news: see",
        "related:",
    ):
        assert matched(labels, text)
    assert not matched(labels, "Related firms lost: three of them closed")
    assert not matched(labels, "Related")


def test_speech_and_reports_stay_whatever_they_start_with(tmp_path):
    book = rulebook(tmp_path, 'starts = ["follow us"]\nis = ["follow us all"]')
    assert not matched(book, "“Follow us to the square.")
    assert not matched(book, "Follow us to the square", BlockKind.QUOTE)
    assert matched(book, "«Follow us all»")
    english = phrases.load()
    assert not removed(english, paragraphs("Share this article with your friends, the editor told the class."))
    assert removed(english, paragraphs("Share this article with your friends."))


def test_limits_of_a_rule(tmp_path):
    assert matched(rulebook(tmp_path, 'starts = ["a"]\nmax_words = 3'), "a b c")
    assert not matched(rulebook(tmp_path, 'starts = ["a"]\nmax_words = 3'), "a b c d")
    assert not matched(rulebook(tmp_path, 'starts = ["a"]\nkinds = ["heading"]'), "a b c")
    assert matched(rulebook(tmp_path, 'starts = ["a"]\nkinds = ["heading"]'), "a b c", BlockKind.HEADING)
    assert not matched(rulebook(tmp_path, 'starts = ["a"]\nlines_only = true'), "a b c.")
    assert matched(rulebook(tmp_path, 'starts = ["a"]\nlines_only = true'), "a b c ...")
    assert not matched(rulebook(tmp_path, 'starts = ["a"]'), "a b", BlockKind.CAPTION)


def test_place_in_the_article(tmp_path):
    for where, places in {"anywhere": {0, 2, 4}, "head": {0}, "tail": {4}, "edge": {0, 4}}.items():
        book = rulebook(tmp_path, f'is = ["a b"]\nwhere = "{where}"')
        assert set(removed(book, paragraphs("a b", PROSE, "a b", PROSE, "a b"))) == places
    tail = rulebook(tmp_path, 'is = ["a b"]\nstarts = ["we hope"]\nwhere = "tail"')
    long = "We hope that you liked what you read here on these pages and that you will come again soon to us."
    assert set(removed(tail, paragraphs(PROSE, "a b", long, "Home", long))) == {1, 2, 4}


def test_a_heading_takes_the_links_below_it():
    book = phrases.load()
    items = [Block(BlockKind.LIST_ITEM, f"Headline {number} of another day in town") for number in range(3)]
    blocks = [*paragraphs(PROSE, "Related Posts:"), *items, *paragraphs("One more headline", PROSE, "Short line")]
    assert removed(book, blocks) == {1: "en:related-heading"} | dict.fromkeys(
        (2, 3, 4, 5), "en:related-heading+following"
    )
    below = [*paragraphs("Most read", "A link"), Block(BlockKind.HEADING, "What comes next"), *paragraphs(PROSE)]
    assert removed(book, below) == {0: "en:related-heading", 1: "en:related-heading+following"}
    many = paragraphs("Related", *(f"Headline number {number}" for number in range(20)))
    assert set(removed(book, many)) == set(range(13))
    assert set(removed(book, paragraphs("Related", "He left the town.", "A line"))) == {0}


def test_strip_labels_and_credits():
    blocks = strip(
        [
            *paragraphs(PROSE, "Source: AFP", "Please share this article with all whom you know!"),
            Block(BlockKind.CAPTION, "Share this"),
        ],
        Context(),
        Residue(),
    )
    assert [block.kind for block in blocks] == [
        BlockKind.PARAGRAPH,
        BlockKind.CREDIT,
        BlockKind.PARAGRAPH,
        BlockKind.CAPTION,
    ]
    assert [block.removal for block in blocks] == [None, None, Removal.SHARE_APPEAL, None]
    assert blocks[2].rule == "en:share-appeal"
    assert "share this" in blocks[2].evidence
    assert [block.text for block in blocks[1:3]] == ["Source: AFP", "Please share this article with all whom you know!"]
    without = strip(blocks[2:3], Context(), Residue(frozenset(Evidence) - {Evidence.PHRASES}))
    assert without == blocks[2:3]


@pytest.mark.parametrize(
    ("keys", "line", "says"),
    [
        ('starts = ["a"]\ncolour = "red"', 10, "unknown key 'colour'"),
        ('start = ["a"]', 9, "did you mean 'starts'"),
        ('starts = [\n  "fine",\n  "not (fine",\n]', 11, "not closed"),
        ('starts = ["not fine)"]', 9, "closes nothing"),
        ('starts = ["[a]"]', 9, "no word in it must stand there"),
        ('starts = ["a () b"]', 9, "empty choice"),
        ('starts = ["a#b"]', 9, "stand alone"),
        ('starts = ["a~b"]', 9, "end of a word"),
        ('starts = ["<names> a"]', 9, "no list <names>"),
        ('starts = ["a ... b ... c ... d ... e"]', 9, "at most 3"),
        ('starts = ["((((((a))))))"]', 9, "deep"),
        ('starts = ["a"]\nwhere = "middle"', 10, "where can't be 'middle'"),
        ('starts = ["a"]\nmax_words = 0', 10, "max_words is a number"),
        ('starts = ["a"]\nkinds = ["photo"]', 10, "kinds can't be 'photo'"),
        ('starts = ["a"]\ncredit = true', 5, "either removal"),
        ('starts = "a"', 9, "is a list of texts"),
        ("", 5, "has no phrase"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, keys, line, says):
    with pytest.raises(ConfigError) as caught:
        rulebook(tmp_path, keys)
    assert str(caught.value).startswith(f"{tmp_path / 'xx.toml'}:{line}: ")
    assert says in str(caught.value)


def test_an_example_that_stays_is_a_fault_with_its_line(tmp_path):
    (fault,) = phrase_check.faults(rulebook(tmp_path, 'starts = ["a"]'))
    assert fault.startswith(f"{tmp_path / 'xx.toml'}:5: rule xx:one does not remove its example 'x'")


def test_a_folder_without_rules_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no rules there"):
        phrases.load(tmp_path)


def test_a_changed_rule_changes_the_digest(tmp_path):
    rulebook(tmp_path, 'is = ["a"]')
    before = phrases.digest(tmp_path)
    rulebook(tmp_path, 'is = ["b"]')
    assert phrases.digest(tmp_path) != before
    assert phrases.load(tmp_path).digest == phrases.digest(tmp_path)


def test_no_page_makes_a_rule_explode():
    book = phrases.load()
    words = ["share", "this", "follow", "us", "a", "the", "подписывайтесь", "на", "nas", "1", "@x", "or", "and"]
    nasty = [
        *(" ".join(words[(step * number) % len(words)] for number in range(60)) for step in range(1, 13)),
        *(f"{word} " * 60 for word in words),
        "a" * 100_000, "@" * 50_000, "1 " * 500, "." * 90_000, ": " * 500, "share this " * 20 + "x", "a." * 700, "http://" * 150,
        "a-" * 700, "&#(" * 300,
    ]  # fmt: skip
    removed(book, paragraphs(*nasty))  # compiles what is needed
    start = time.process_time()
    removed(book, paragraphs(*nasty))
    assert time.process_time() - start < 0.5  # for 36 lines; a backtracking rule would take minutes
