"""A row back as values: what it says of them is what it was made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import rows
from pipelines.derive import processing
from pipelines.model import Access, Article, Block, Derived, Evidence, Link, Locator, Post, Provenance, Span
from pipelines.rerun.from_row import derived_of

WORDS = st.text(max_size=8)
EVIDENCE = st.builds(Evidence, WORDS, WORDS, st.floats(0, 1), WORDS)
EVIDENCES = st.lists(EVIDENCE, max_size=2).map(tuple)
NAMES = st.lists(WORDS, max_size=2).map(tuple)
ARTICLE = st.builds(
    Article,
    url=st.just("https://example.org/"),
    canonical_url=WORDS,
    title=WORDS,
    authors=NAMES,
    agency=WORDS,
    published=WORDS,
    published_evidence=EVIDENCES,
    title_evidence=EVIDENCES,
    modified=WORDS,
    language=WORDS,
    categories=NAMES,
    blocks=st.lists(
        st.builds(Block, text=WORDS, rule=WORDS, evidence=WORDS, post=st.none() | st.builds(Post, WORDS, WORDS)),
        max_size=3,
    ).map(tuple),
    links=st.lists(st.builds(Link, WORDS, WORDS), max_size=2).map(tuple),
    images=NAMES,
    charset=st.just("utf-8"),
    charset_reason=WORDS,
    replaced_characters=st.integers(0, 9),
    authors_evidence=EVIDENCES,
    agency_evidence=EVIDENCE,
    agency_span=st.none() | st.builds(Span, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    access=st.none() | st.builds(Access, st.none() | st.booleans(), st.booleans(), NAMES),
)
DERIVED = st.builds(
    Derived,
    id=st.just("0123456789abcdef"),
    url=st.just("https://example.org/"),
    detail=WORDS,
    article=st.none() | ARTICLE,
    provenance=st.none()
    | st.builds(
        Provenance,
        st.builds(Locator, WORDS, st.integers(0), st.integers(0), WORDS),
        WORDS,
        st.datetimes(timezones=st.just(UTC)),
    ),
    location=st.just(""),  # a row does not hold it: its detail says where a redirect leads
)


@given(DERIVED)
def test_rows_and_values_are_each_others_inverse(derived: Derived) -> None:
    row = rows.row(derived, processing())
    assert derived_of(row) == derived
    assert rows.row(derived_of(row), processing()) == row


@pytest.mark.parametrize("name", ["outcome", "kind", "removal"])
def test_what_is_no_value_of_ours_is_refused(name: str) -> None:
    row = rows.row(Derived("a", "", next(iter(type(derived_of(ROW).outcome)))), processing())
    row["blocks"] = [{"kind": "paragraph", "text": "", "kept": True, "removal": None, "rule": None, "evidence": None}]
    target = row if name == "outcome" else row["blocks"][0]
    target[name] = "no such thing"
    with pytest.raises(ValueError, match="no such thing"):
        derived_of(row)


ROW = {"id": "a", "outcome": "article"}


def test_a_row_that_knows_little() -> None:
    derived = derived_of({"id": None, "outcome": "no_text", "url": "https://example.org/"})
    assert derived == replace(derived, id="", article=None, provenance=None)
