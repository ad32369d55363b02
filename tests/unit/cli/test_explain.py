"""`--explain`: lines in a pipe, columns on a terminal, and page text that can't steer either."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pipelines.cli import explain
from pipelines.derive import DeriveSettings, derive_text
from pipelines.model import Article, Block, BlockKind, Derived, Evidence, Outcome, Post, Removal

KEPT = "The first train in six months left the station of Kupiansk on Saturday morning."
POST = Post("Ann Lee", "@annlee", "2022-09-10", "https://pic.twitter.com/x")
BLOCKS = (
    Block(BlockKind.HEADING, "The title", Removal.DUPLICATE_TITLE, "title-repeated", "the page's headline"),
    Block(BlockKind.PARAGRAPH, KEPT),
    Block(BlockKind.CAPTION, "A train at the platform"),
    Block(BlockKind.EMBED, "The bridge stands. — Ann Lee (@annlee) September 10, 2022", post=POST),
    Block(BlockKind.PARAGRAPH, "Share it", Removal.SHARE_APPEAL, "en:share", "share it"),
    Block(BlockKind.PARAGRAPH, "Share it \x1b[2Jall", Removal.SHARE_APPEAL, "en:share", "[red]share it"),
)


def derived(blocks=BLOCKS, outcome=Outcome.ARTICLE, **more) -> Derived:
    article = Article(
        url="https://example.org/a",
        canonical_url="",
        title="The title",
        authors=("Tom Hill",),
        agency="AFP",
        published="2022-09-12",
        published_evidence=(
            Evidence("2022-09-12", "label:Date Created", 0.85, "nearest to the days in the text"),
            Evidence("2022-12-09", "time", 0.3),
        ),
        title_evidence=(Evidence("The title", "h1", 1.0),),
        modified="",
        language="en",
        categories=("Rails", "Main"),
        blocks=blocks,
        authors_evidence=(Evidence("Tom Hill", "byline", 0.8),),
        agency_evidence=Evidence("AFP", "dateline", 0.9, "(AFP) -"),
    )
    return Derived("a", "https://example.org/a", outcome, article=article, **more)


def on_terminal(row: Derived, width: int) -> str:
    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system="standard",
        width=width,
        highlight=False,
        legacy_windows=False,
    )
    explain.show(row, console)
    return console.file.getvalue()


def plain(text: str) -> str:
    """What a reader sees: without colours."""
    console = Console(file=io.StringIO(), width=1000)
    from rich.text import Text

    console.print(Text.from_ansi(text), soft_wrap=True)
    return console.file.getvalue()


def test_lines_of_a_page():
    assert list(explain.lines(derived())) == [
        "==  a  article  https://example.org/a",
        "title      The title  [h1 1.00]",
        "authors    Tom Hill  [byline 0.80]",
        "published  2022-09-12  [label:Date Created 0.85: nearest to the days in the text]",
        "           not 2022-12-09  [time 0.30]",
        "agency     AFP  [dateline 0.90: (AFP) -]",
        "categories Rails; Main",
        "language   en",
        "- duplicate_title  title-repeated  The title  [the page's headline]",
        f"+ paragraph  {KEPT}",
        "~ caption  A train at the platform",
        (
            "+ embed  The bridge stands. — Ann Lee (@annlee) September 10, 2022"
            "  [Ann Lee @annlee 2022-09-10 https://pic.twitter.com/x]"
        ),
        "- share_appeal  en:share  Share it  [share it]",
        "- share_appeal  en:share  Share it \\x1b[2Jall  [[red]share it]",
        (
            "= 3 blocks kept (caption 1, embed 1, paragraph 1); 3 removed (share_appeal en:share 2, duplicate_title"
            " title-repeated 1)"
        ),
        "",
    ]


def test_columns_of_a_page_as_wide_as_the_terminal():
    for width in (80, 120, 200):
        shown = on_terminal(derived(), width)
        assert "\x1b[31m" in shown  # removed text is red
        assert "\x1b[2J" not in shown  # and a page's escapes are shown, not obeyed
        rows = plain(shown).splitlines()
        assert max(map(len, rows)) <= width
        (head,) = [row for row in rows if row.split() == ["kept", "removed"]]
        at = head.index("removed")
        assert any(row.startswith("The first train in six months") for row in rows)
        assert any(row[at:].startswith("share_appeal  en:share") and not row[:at].strip() for row in rows)
        assert any("[red]share it" in row[at:] for row in rows)


def test_a_narrow_terminal_has_one_column():
    rows = plain(on_terminal(derived(), 50)).splitlines()
    assert max(map(len, rows)) <= 50
    assert not any(row.split() == ["kept", "removed"] for row in rows)
    assert any(row.startswith("+ The first train") for row in rows)
    assert any(row.startswith("- share_appeal") for row in rows)


@pytest.mark.parametrize("width", [40, 100])
def test_every_word_is_shown(width):
    shown = "".join(plain(on_terminal(derived(), width)).split())
    for word in (KEPT.split(maxsplit=1)[0], "platform", "@annlee", "title-repeated", "share_appeal"):
        assert word in shown


def test_a_page_without_article_says_its_outcome():
    row = Derived("b", "https://example.org/b", Outcome.HTTP_4XX, "404 Not Found")
    assert list(explain.lines(row)) == ["==  b  http_4xx  https://example.org/b", "404 Not Found", ""]
    assert plain(on_terminal(row, 80)).split() == [
        "==",
        "b",
        "http_4xx",
        "https://example.org/b",
        "404",
        "Not",
        "Found",
    ]


def test_what_is_unknown_is_said():
    row = derive_text(f"{KEPT} {KEPT}".encode(), id="c", url="", settings=DeriveSettings())
    lines = list(explain.lines(row))
    assert lines[1:5] == ["title      ?", "authors    ?", "published  ?", "agency     ?"]
    assert lines[-2] == "= 1 blocks kept (paragraph 1); 0 removed"
