"""What lines of the text say of the article, where the markup is silent."""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines.extract.article import extract
from pipelines.model import Removal
from tests.unit.extract.samples import EN, page

TAIL = """<p>by Harriet Lindqvist</p><p>Category</p><p>- 1. War and Peace.</p><p>- 2. Front page</p>
<p>Date Created</p><p>09/12/2022</p>"""
DAY = "<p>The photograph was taken by a resident of the town on September 10, 2022, a day before the post.</p>"


def made(**more):
    captured = datetime(2022, 9, 20, tzinfo=UTC)
    return extract(page(*EN, title="A town and its flag", **more).encode(), "", captured_at=captured).article


def test_labels_at_the_end_become_metadata():
    article = made(bottom=f"{DAY}{TAIL}")
    assert article.authors == ("Harriet Lindqvist",)
    assert article.categories == ("War and Peace", "Front page")
    assert article.published == "2022-09-12"
    assert "Category" not in article.text
    assert "War and Peace" not in article.text
    below = next(block for block in article.blocks if "War and Peace" in block.text)
    assert below.removal is Removal.CMS_LABEL


def test_markup_that_speaks_is_believed_first():
    head = """<meta name="author" content="Ann Lee"><meta property="article:published_time" content="2022-09-11T08:00:00+00:00">
    <meta property="article:section" content="World">"""
    article = made(head=head, bottom=f"{DAY}{TAIL}")
    assert article.authors == ("Ann Lee",)
    assert article.categories == ("World",)
    assert article.published.startswith("2022-09-11")


def test_a_day_after_the_capture_is_not_taken():
    article = made(bottom=TAIL.replace("09/12/2022", "10/12/2022"))
    assert not article.published.startswith("2022-1")


def test_without_labels_nothing_is_looked_for():
    article = made()
    assert article.authors == ()
    assert article.categories == ()
    assert article.text.split("\n") == list(EN)
