"""The demo's comparison of archive and truth notices every page that ended otherwise, and lets twins change places."""

from __future__ import annotations

import pytest

from tests.site.content import Content
from tests.site.telling import disagreements

TRUTH = Content(8765).expected()
COPY = next(each for each in TRUTH.values() if each.same_as)


def ended() -> dict[str, tuple[str, str]]:
    return {url: (each.outcome, "") for url, each in TRUTH.items()}


def test_what_is_as_expected_agrees():
    assert disagreements(TRUTH, ended()) == []


@pytest.mark.parametrize("url", list(TRUTH)[::7])
def test_each_other_end_is_named(url):
    (line,) = disagreements(TRUTH, ended() | {url: ("timeout", "no answer")})
    assert line.startswith(f"{url}: timeout (no answer)")
    assert TRUTH[url].outcome in line


@pytest.mark.parametrize(
    ("copy", "original", "lines"),
    [
        ("duplicate", "article", 0),
        ("article", "duplicate", 0),
        ("article", "article", 1),
        ("duplicate", "duplicate", 1),
        ("duplicate", "http_4xx", 1),
    ],
)
def test_of_two_pages_with_the_same_bytes_one_is_the_article(copy, original, lines):
    outcome = ended() | {COPY.url: (copy, ""), COPY.same_as: (original, "")}
    assert len(disagreements(TRUTH, outcome)) == lines
