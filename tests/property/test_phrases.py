"""The phrase rules hold for any text: a phrase matches what it spells, and the index hides no match."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.residue import phrase_files, phrase_syntax, phrases
from pipelines.extract.residue.context import Context
from pipelines.extract.residue.phrase_words import fold
from pipelines.extract.residue.phrases import Rulebook
from pipelines.model import BODY_KINDS, Block, BlockKind

WORDS = ["read", "more", "слово", "été", "п'ять", "e-mail", "news", "us"]
word = st.sampled_from(WORDS)
BOOK = phrases.load()
ONE_BOOK = Rulebook([phrase_files.read(phrases.rules_folder() / "en.toml")], "")


def pieces(book: Rulebook) -> list[str]:
    """Words that rules look for, so that texts made of them come near to phrases; whole examples too."""
    examples = {example for rule in book.rules for example in (*rule.examples, *rule.keeps)}
    return sorted(examples | {token for example in examples for token in example.split()})


KNOWN, ENGLISH = pieces(BOOK), pieces(ONE_BOOK)
kinds = st.sampled_from(sorted(BlockKind))
blocks = st.lists(
    st.builds(
        Block, kinds, st.one_of(st.text(max_size=80), st.lists(st.sampled_from(KNOWN), max_size=12).map(" ".join))
    ),
    max_size=8,
)


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """A phrase and one text that it spells."""
    phrase, text = [draw(word)], []
    text.append(phrase[0])
    for kind in draw(
        st.lists(st.sampled_from(["word", "choice", "optional", "gap", "number", "ending", "address"]), max_size=5)
    ):
        one, other = draw(word), draw(word)
        if kind == "word":
            phrase.append(one)
            text.append(one)
        elif kind == "choice":
            phrase.append(f"({one}|{other} {one})")
            text.append(draw(st.sampled_from([one, f"{other} {one}"])))
        elif kind == "optional":
            phrase.append(f"[{one}]")
            text.append(draw(st.sampled_from(["", one])))
        elif kind == "gap" and phrase.count("...") < 3:
            phrase.append("...")
            text.extend(draw(st.lists(st.sampled_from(["any", "thing"]), max_size=6)))
        elif kind == "number":
            phrase.append("#")
            text.append(draw(st.sampled_from(["7", "12.05.2024", "15:18", "3rd"])))
            # a number is followed by none, which it would take in
            phrase.append(one)
            text.append(one)
        elif kind == "ending":
            phrase.append(f"{one}~")
            text.append(one + draw(st.sampled_from(["", "s", "ами"])))
        elif kind == "address":
            phrase.append("@")
            text.append(draw(st.sampled_from(["@name", "a@b.example", "https://a.example/b"])))
    return " ".join(phrase), " ".join(filter(None, text))


@given(spelled(), st.sampled_from(["", "» ", "- ", "… "]), st.booleans())
def test_a_phrase_matches_what_it_spells(pair, bullet, upper):
    phrase, text = pair
    read = phrase_syntax.read(phrase, {})
    shown = bullet + (text if "@" in text or "://" in text or not upper else text.upper()).replace("'", "’")
    assert read.pattern(start=True, end=True).search(fold(shown)), (read.source, fold(shown))
    assert len(fold(text).split()) <= read.most


@given(st.text(max_size=60))
def test_a_folded_text_is_words_each_behind_one_space(text):
    line = fold(text)
    assert line == "".join(f" {one}" for one in line.split(" ")[1:])
    assert all(one.isalnum() or one in {"@", "©"} for one in line.split(" ")[1:])
    assert line == line.casefold()


@given(st.text(alphabet="ab()[]|.~#@<> ", max_size=20))
def test_any_phrase_is_read_or_refused(text):
    try:
        phrase = phrase_syntax.read(text, {})
    except phrase_syntax.PhraseError:
        return
    assert phrase.keys.words or phrase.keys.prefixes
    assert phrase.pattern(start=False, end=False)


@settings(deadline=None)  # expressions are compiled when they are first needed
@given(blocks)
def test_verdicts_are_on_kept_body_blocks_once(page):
    verdicts = list(BOOK.rule(page, Context()))
    indexes = [verdict.index for verdict in verdicts]
    assert indexes == sorted(set(indexes))
    assert all(page[index].kind in BODY_KINDS for index in indexes)
    assert verdicts == list(BOOK.rule(page, Context()))


@settings(deadline=None)  # the first asking compiles all phrases
@given(st.lists(st.sampled_from(ENGLISH), min_size=1, max_size=14).map(" ".join))
def test_the_index_hides_no_match(text):
    """Through the index a line meets the rules that it meets when all phrases are asked one by one."""
    block, line = Block(BlockKind.PARAGRAPH, text), fold(text)
    every = {
        entry.rule.name
        for entry in ONE_BOOK._entries
        if block.kind in entry.rule.kinds
        and entry.has_room(len(line.split()))
        and entry.match(line, text)
        and ONE_BOOK._allowed(entry, block, line)
    }
    assert {rule.name for rule, _ in ONE_BOOK.matches(block)} == every
