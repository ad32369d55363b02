"""Embedded posts, from an embed code's element and from the lines that are left of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import fragment_fromstring

from pipelines.extract import clean, posts
from pipelines.extract.posts import Line
from pipelines.model import Post


def lines(*texts: str) -> list[Line]:
    return [Line(text, group) for group, text in enumerate(texts)]


def found(*texts: str, taken=frozenset()) -> list[tuple[int, int]]:
    return [(span.start, span.stop) for span in posts.find(lines(*texts), taken)]


@pytest.mark.parametrize(
    ("line", "post"),
    [
        ("— Ann Lee (@annlee) September 10, 2022", Post("Ann Lee", "@annlee", "2022-09-10")),
        ("— Ann Lee ?? (@ann_lee) Sept. 1, 2022", Post("Ann Lee", "@ann_lee", "2022-09-01")),
        ("– Олена Коваль (@koval) 10 вересня 2022 р.", Post("Олена Коваль", "@koval", "2022-09-10")),
        ("Олег Сидоров (@sidorov) 10 сентября 2022", Post("Олег Сидоров", "@sidorov", "2022-09-10")),
        ("-- Anne Dupont (@dupont) 1er septembre 2022", Post("Anne Dupont", "@dupont", "2022-09-01")),
        ("— Jan Nowak (@nowak) 10 września 2022", Post("Jan Nowak", "@nowak", "2022-09-10")),
        ("— Eva Roth (@roth) 10. September 2022", Post("Eva Roth", "@roth", "2022-09-10")),
        ("— Luz Gil (@gil) 10 de septiembre de 2022", Post("Luz Gil", "@gil", "2022-09-10")),
        ("— Ann Lee (@annlee)", Post("Ann Lee", "@annlee")),
        ("— Ann Lee (@ann@social.example) 2022-09-10", Post("Ann Lee", "@ann@social.example", "2022-09-10")),
        ("— Ann Lee (@annlee) 9m ago", Post("Ann Lee", "@annlee", "9m ago")),
        ("A post shared by Ann Lee (@ann.lee)", Post("Ann Lee", "@ann.lee")),
        ("Допис, поширений Ann Lee (@ann.lee)", Post("Ann Lee", "@ann.lee")),
        ("Posted by Rail Service on Saturday, September 10, 2022", Post("Rail Service", "", "2022-09-10")),
        ("https://t.me/railways/123", Post("", "@railways", "", "https://t.me/railways/123")),
    ],
)
def test_what_a_signature_says(line, post):
    assert posts.of_lines([line]) == post


@pytest.mark.parametrize(
    "line",
    [
        "He wrote to her (@annlee) and asked whether the trains would run again before the winter.",
        "The account (@annlee) was opened on September 10, 2022 and closed a week later by the network itself.",
        "The station — repaired by workers (@rail said so) — opened again.",
        "Ann Lee (@annlee) said that on September 10, 2022 the first train left for the town of Kupiansk.",
        "Trains run again — at last.",
        "A well-known writer (@writer) left.",
        "Posted by mistake on the wrong wall.",
        "",
    ],
)
def test_sentences_are_no_signatures(line):
    assert posts.of_lines([line]) == Post()
    assert found("The first train left on Saturday.", line or "x") == []


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("Look. https://t.co/abc pic.twitter.com/xyz", "https://pic.twitter.com/xyz"),
        ("Look. pic.twitter.com/xyz", "https://pic.twitter.com/xyz"),
        ("Look: https://t.co/abc.", "https://t.co/abc"),
        ("https://twitter.com/annlee/status/15?s=20&t=x https://t.co/abc", "https://twitter.com/annlee/status/15"),
        ("See https://example.org/story for more.", ""),
        ("(t.me/railways/77)", "https://t.me/railways/77"),
    ],
)
def test_the_address_is_the_posts_own(text, url):
    assert posts.of_lines([text, "— Ann Lee (@annlee) September 10, 2022"]).url == url


PARAGRAPH = "The first train in six months left the station of Kupiansk on Saturday morning with two carriages."
SIGNATURE = "— Ann Lee (@annlee) September 10, 2022"


def test_a_post_is_the_paragraph_above_its_signature_and_not_the_one_before():
    assert found(PARAGRAPH, "The bridge stands. So do we.", SIGNATURE, PARAGRAPH) == [(1, 3)]
    assert found("He wrote:", "The bridge stands.", SIGNATURE) == [(1, 3)]


def test_a_post_that_was_cut_in_two_is_one():
    (span,) = posts.find(
        lines(PARAGRAPH, ".@rail map shows how far the", "trains go. pic.twitter.com/xyz", SIGNATURE), ()
    )
    assert (span.start, span.stop) == (1, 4)
    assert span.text == f".@rail map shows how far the trains go. pic.twitter.com/xyz {SIGNATURE}"
    assert span.post == Post("Ann Lee", "@annlee", "2022-09-10", "https://pic.twitter.com/xyz")


@pytest.mark.parametrize(
    "opening", ["#Kupiansk again.", "RT @rail: all clear", "⚡ Breaking", "1/ A thread on trains."]
)
def test_what_opens_like_a_post_belongs_to_it(opening):
    assert found(PARAGRAPH, opening, "The bridge stands.", SIGNATURE) == [(1, 4)]


def test_lines_without_a_blank_one_between_are_one_post():
    group = [Line(PARAGRAPH, 0), Line("The bridge stands.", 1), Line("So do we.", 1), Line(SIGNATURE, 1)]
    assert [(span.start, span.stop) for span in posts.find(group, ())] == [(1, 4)]


def test_posts_do_not_run_into_each_other():
    assert found("One.", SIGNATURE, "Two.", SIGNATURE, SIGNATURE) == [(0, 2), (2, 4), (4, 5)]


def test_the_signature_may_stand_in_the_posts_line():
    (span,) = posts.find(lines(PARAGRAPH, f"The bridge stands.{SIGNATURE}"), ())
    assert (span.start, span.post.handle) == (1, "@annlee")


def test_a_long_paragraph_is_the_articles():
    assert found(" ".join([PARAGRAPH] * 8), SIGNATURE) == [(1, 2)]


def test_lines_that_are_taken_are_none_of_a_post():
    assert found("Category", SIGNATURE, taken={0}) == [(1, 2)]
    assert found("The bridge stands.", SIGNATURE, taken={1}) == []


def test_a_network_without_words_takes_no_paragraph():
    assert found(PARAGRAPH, "A post shared by Ann Lee (@ann.lee)") == [(1, 2)]
    assert found(PARAGRAPH, "View this post on Instagram", "A post shared by Ann Lee (@ann.lee)") == [(1, 3)]


def test_a_post_copied_from_the_networks_page():
    stamp = "9:14 PM · Sep 10, 2022 · Some App for Phones"
    (span,) = posts.find(lines(PARAGRAPH, "Ann Lee", "@annlee", "The bridge stands.", stamp, PARAGRAPH), ())
    assert (span.start, span.stop) == (1, 5)
    assert span.post == Post("Ann Lee", "@annlee", "2022-09-10")
    (span,) = posts.find(lines(PARAGRAPH, "Ann Lee @annlee · Sep 10, 2022", "The bridge stands.", PARAGRAPH), ())
    assert (span.start, span.stop, span.post.posted) == (1, 3, "2022-09-10")


def test_an_address_alone_is_a_post_only_where_it_leads_to_one():
    assert found(PARAGRAPH, "https://twitter.com/annlee/status/15", PARAGRAPH) == [(1, 2)]
    assert found(PARAGRAPH, "https://example.org/story", PARAGRAPH) == []
    assert found(PARAGRAPH, "https://twitter.com/annlee", PARAGRAPH) == []


@pytest.mark.parametrize(
    ("html", "post"),
    [
        (
            (
                '<blockquote class="twitter-tweet"><p>The bridge stands. <a href="https://t.co/a">pic.twitter.com/x</a></p>'
                "&mdash; Ann Lee (@annlee) "
                '<a href="https://twitter.com/annlee/status/15?ref_src=twsrc%5Etfw">September 10, 2022</a></blockquote>'
            ),
            Post("Ann Lee", "@annlee", "2022-09-10", "https://twitter.com/annlee/status/15"),
        ),
        (
            (
                '<blockquote class="instagram-media" data-instgrm-permalink="https://www.instagram.com/p/Cx/?utm_source=ig">'
                '<p><a href="https://www.instagram.com/p/Cx/">A post shared by Ann Lee (@ann.lee)</a></p></blockquote>'
            ),
            Post("Ann Lee", "@ann.lee", "", "https://www.instagram.com/p/Cx/"),
        ),
        (
            '<blockquote class="telegram-post" data-telegram-post="railways/123">The bridge stands.</blockquote>',
            Post("", "@railways", "", "https://t.me/railways/123"),
        ),
        (
            (
                '<blockquote cite="https://www.tiktok.com/@annlee/video/70" class="tiktok-embed"><section>'
                '<a href="https://www.tiktok.com/@annlee?refer=embed">@annlee</a> <p>Trains</p></section></blockquote>'
            ),
            Post("", "@annlee", "", "https://www.tiktok.com/@annlee/video/70"),
        ),
        (
            (
                '<blockquote class="mastodon-embed" cite="https://social.example/@ann/109876543210987654">'
                '<p>The bridge stands.</p><time datetime="2022-09-10T10:00:00Z">10 Sep</time></blockquote>'
            ),
            Post("", "@ann", "2022-09-10", "https://social.example/@ann/109876543210987654"),
        ),
        ('<blockquote class="twitter-tweet"></blockquote>', Post()),
    ],
)
def test_the_element_of_an_embed_code(html, post):
    assert posts.of_element(fragment_fromstring(html)) == post


@given(st.lists(st.text(min_size=1, max_size=200).filter(str.strip), max_size=12))
def test_any_lines_give_spans_in_order_that_lose_no_word(texts):
    given_lines = lines(*(" ".join(text.split()) or "x" for text in texts))
    at = 0
    for span in posts.find(given_lines, ()):
        assert at <= span.start < span.stop <= len(given_lines)
        at = span.stop
        assert span.text == clean.line(" ".join(line.text for line in given_lines[span.start : span.stop]))
