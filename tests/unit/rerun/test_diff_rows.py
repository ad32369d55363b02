"""Two rows of one record: which fields and blocks differ, and what is to blame."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rerun import diff_json
from pipelines.rerun.diff_rows import BlockChange, Change, align, compare, only

SHARE = "Share this with your friends"


def block(text: str, rule: str = "", kind: str = "paragraph", removal: str = "share_appeal", **more: object) -> dict:
    return {
        "kind": kind,
        "text": text,
        "kept": not rule,
        "removal": removal if rule else None,
        "rule": rule or None,
        "evidence": None,
        **more,
    }


def row(*blocks: dict, **changes: object) -> dict:
    values = {
        "id": "0123456789abcdef",
        "url": "https://www.example.org/story",
        "canonical_url": None,
        "title": "A story",
        "authors": ["Ann Olsen"],
        "published": "2022-09-10",
        "text": "\n".join(block["text"] for block in blocks if block["kept"]),
        "blocks": list(blocks),
        "removed": sum(not block["kept"] for block in blocks),
        "topic": None,
        "outcome": "article",
        "provenance": {
            "warc": "a.warc.gz", "offset": 1, "length": 2, "record_id": "urn:uuid:1", "payload_digest": "sha1:A",
            "captured_at": "2022-09-10T06:00:00Z",
        },
        "processing": {"warchronicle": "0.1.0", "libraries": {"lxml": "6.1"}, "rules_digest": "sha256:1", "run": None},
        **changes,
    }  # fmt: skip
    return copy.deepcopy(values)


def changes(before: list[dict], after: list[dict]) -> list[tuple]:
    return [
        (pair.change and pair.change.value, pair.index_before, pair.index_after, pair.rules)
        for pair in align(before, after)
    ]


FIRST, LAST = block("The first train left on Saturday."), block("The next one is to leave on Tuesday.")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([block(SHARE)], [block(SHARE, "en:share")], ("removed", ("en:share",))),
        ([block(SHARE, "en:share")], [block(SHARE)], ("restored", ("en:share",))),
        ([block(SHARE, "en:share")], [block(SHARE, "features")], ("relabelled", ("features", "en:share"))),
        (
            [block(SHARE, "en:x")],
            [block(SHARE, "en:x", removal="donate")],
            ("relabelled", ("en:x",)),
        ),
        ([block(SHARE)], [block(SHARE, kind="quote")], ("kind", ())),
        ([block("Photo: AP")], [{**block("Photo: AP", kind="credit"), "rule": "en:credit"}], ("kind", ("en:credit",))),
        ([block("The mayor said on Monday so")], [block("The mayor said on Sunday so")], ("text", ())),
        ([block("x", kind="embed", post=None)], [block("x", kind="embed", post={"author": "A"})], ("post", ())),
        (
            [block(SHARE, "site-repeat", evidence="in 3")],
            [block(SHARE, "site-repeat", evidence="in 5")],
            ("evidence", ("site-repeat",)),
        ),
        ([], [block(SHARE)], ("added", ())),
        ([], [block(SHARE, "en:share")], ("added", ())),  # the extractor found it, no rule brought it
        ([block(SHARE)], [], ("dropped", ())),
    ],
)
def test_each_change_of_a_block_with_the_rules_that_moved_it(before, after, expected) -> None:
    pairs = changes([FIRST, *before, LAST], [FIRST, *after, LAST])
    assert pairs[0] == (None, 0, 0, ())
    assert pairs[-1] == (None, len(before) + 1, len(after) + 1, ())
    ((change, here, there, rules),) = pairs[1:-1]
    assert (change, rules) == expected
    assert (here, there) == (1 if before else None, 1 if after else None)


def test_a_block_that_stands_elsewhere() -> None:
    assert changes([FIRST, LAST, block(SHARE)], [block(SHARE), FIRST, LAST]) == [
        ("reordered", 2, 0, ()),
        (None, 0, 1, ()),
        (None, 1, 2, ()),
    ]


def test_one_that_stands_elsewhere_and_was_removed() -> None:
    (first, *_) = changes([FIRST, LAST, block(SHARE)], [block(SHARE, "en:share"), FIRST, LAST])
    assert first == ("removed", 2, 0, ("en:share",))


def test_words_decide_which_blocks_belong_together() -> None:
    before = [block("The mayor opened the bridge on Monday."), block("Forty people came.")]
    after = [
        block("Rain fell."),
        block("The mayor opened the old bridge on Monday."),
        block("Sixty people came to see."),
    ]
    assert [change[:3] for change in changes(before, after)] == [
        ("added", None, 0),
        ("text", 0, 1),
        ("text", 1, 2),
    ]


BLOCKS = st.lists(
    st.builds(block, st.sampled_from(["a b", "a c", "b", "c d e", "c d f", ""]), st.sampled_from(["", "r", "s"])),
    max_size=8,
)


@given(BLOCKS, BLOCKS)
def test_no_block_is_lost_and_none_counted_twice(before: list[dict], after: list[dict]) -> None:
    pairs = align(before, after)
    assert sorted(pair.index_before for pair in pairs if pair.index_before is not None) == [*range(len(before))]
    assert [pair.index_after for pair in pairs if pair.index_after is not None] == [*range(len(after))]
    for pair in pairs:
        assert pair.before == (before[pair.index_before] if pair.index_before is not None else None)
        assert pair.after == (after[pair.index_after] if pair.index_after is not None else None)
        if pair.change is None:
            assert pair.before == pair.after
    assert (before == after) == all(pair.change is None for pair in pairs)


@given(BLOCKS)
def test_a_row_and_itself(blocks: list[dict]) -> None:
    assert compare(row(*blocks), row(*blocks)) is None


def test_who_derived_it_and_where_it_lies_is_no_difference() -> None:
    other = row(FIRST, processing={"rules_digest": "sha256:2"})
    other["provenance"] |= {"warc": "elsewhere/b.warc.gz", "offset": 77}
    assert compare(row(FIRST), other) is None


def test_fields_and_what_made_them_differ() -> None:
    after = row(FIRST, title="Another", topic={"verdict": "on"}, published=None)
    after["processing"] |= {"libraries": {"lxml": "6.2", "numpy": "2"}}
    after["provenance"]["payload_digest"] = "sha1:B"
    found = compare(row(FIRST), after)
    assert found.fields == {
        "title": ("A story", "Another"),
        "published": ("2022-09-10", None),
        "topic": (None, {"verdict": "on"}),
        "payload_digest": ("sha1:A", "sha1:B"),
    }
    assert found.versions == {"lxml": ("6.1", "6.2"), "numpy": ("", "2")}
    assert set(found.causes) == {f"field:{name}" for name in found.fields}
    assert (found.change, found.outlet) == (Change.CHANGED, "example.org")


def test_a_rule_is_to_blame_for_its_blocks_and_no_other_cause_is_named() -> None:
    found = compare(row(FIRST, block(SHARE), LAST), row(FIRST, block(SHARE, "en:share"), LAST))
    assert found.causes == {"rule:en:share": 1}
    assert set(found.fields) == {"text"}
    line = diff_json.facts(found)
    assert line["fields"] == {}  # the blocks tell it
    (told,) = line["blocks"]
    assert told == {
        "change": "removed", "rules": ("en:share",), "a": 1, "b": 1, **block(SHARE, "en:share"),
        "was": {"kept": True, "removal": None, "rule": None},
    }  # fmt: skip
    assert (line["a"]["outcome"], line["a"]["warc"], line["b"]["offset"]) == ("article", "a.warc.gz", 1)
    assert line["a"]["characters"] - line["b"]["characters"] == len(SHARE) + 1


def test_a_page_that_could_not_be_derived_blames_its_outcome() -> None:
    found = compare(row(FIRST, LAST), row(outcome="extract_timeout", title=None, authors=[], published=None))
    assert found.causes["field:outcome"] == 2
    assert not any(cause.startswith(("rule:", "extraction")) for cause in found.causes)


def test_a_row_that_knows_less_is_compared_as_far_as_it_goes() -> None:
    thin = {"id": None, "url": row()["url"], "outcome": "article", "provenance": None, "processing": None}
    assert compare(row(FIRST), thin) is None
    assert compare(thin, row(FIRST)) is None
    assert compare(thin, row(FIRST, outcome="no_text")).fields == {"outcome": ("article", "no_text")}


@pytest.mark.parametrize(("change", "kind"), [(Change.GAINED, "added"), (Change.LOST, "dropped")])
def test_a_record_of_one_run(change: Change, kind: str) -> None:
    found = only(change, row(FIRST, block(SHARE, "en:share")))
    assert [pair.change for pair in found.blocks] == [BlockChange(kind)] * 2
    line = diff_json.facts(found)
    gained = change is Change.GAINED
    assert (line["a"] is None, line["b"] is None) == (gained, not gained)
    assert line["fields"]["title"] == ({"a": None, "b": "A story"} if gained else {"a": "A story", "b": None})
    assert line["fields"]["text"][("b" if gained else "a")] == FIRST["text"]
    assert line["id"] == "0123456789abcdef"


def test_blocks_of_a_live_blog_are_paired_in_time() -> None:
    before = [block(f"Post number {n} says that {n * 7} people came to place {n % 13}.") for n in range(1500)]
    after = [block(f"Post number {n} says that {n * 7} people went to place {n % 13}!") for n in range(1500)]
    pairs = align(before, after)
    assert sum(pair.change is BlockChange.TEXT for pair in pairs) > 1400
